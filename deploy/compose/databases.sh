# shellcheck shell=bash
# Run once, by the image, when PostgreSQL's volume is new: a database for each service, with a role of its own that
# cannot enter the others'.

psql --set ON_ERROR_STOP=1 --no-psqlrc --quiet --username "${POSTGRES_USER:-postgres}" --dbname postgres \
    --set order="$ORDER_DB_PASSWORD" --set payment="$PAYMENT_DB_PASSWORD" \
    --set notification="$NOTIFICATION_DB_PASSWORD" <<'SQL'
CREATE ROLE order_service LOGIN PASSWORD :'order';
CREATE ROLE payment_service LOGIN PASSWORD :'payment';
CREATE ROLE notification_service LOGIN PASSWORD :'notification';
CREATE DATABASE orders OWNER order_service TEMPLATE template0 ENCODING 'UTF8';
CREATE DATABASE payments OWNER payment_service TEMPLATE template0 ENCODING 'UTF8';
CREATE DATABASE notifications OWNER notification_service TEMPLATE template0 ENCODING 'UTF8';
REVOKE ALL ON DATABASE orders, payments, notifications FROM PUBLIC;
SQL
