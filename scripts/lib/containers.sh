# shellcheck shell=bash
# The same two servers as containers, where an engine is running.

containers_usable() { have docker && [[ -n $(docker info --format '{{.ServerVersion}}' 2>/dev/null) ]]; }

container_run() {
    local dir=$1 name=$2
    shift 2
    echo "$name" >>"$dir/containers"
    docker run --detach --rm --name "$name" "$@" >/dev/null
}

# containers_postgres DIR: prints the URL.
containers_postgres() {
    local name port memory=(--tmpfs /var/lib/postgresql/data)
    [[ $(postgres_durable) == on ]] && memory=()
    name=$(basename "$1")-postgres
    container_run "$1" "$name" --publish 127.0.0.1::5432 "${memory[@]}" --shm-size 512m \
        --env POSTGRES_USER=tender --env POSTGRES_PASSWORD=tender --env POSTGRES_DB=postgres postgres:17 \
        -c fsync="$(postgres_durable)" -c full_page_writes="$(postgres_durable)" -c max_connections=500 -c shared_buffers=256MB -c max_locks_per_transaction=256
    port=$(docker port "$name" 5432/tcp | head -n 1)
    # While it initializes, the image's server listens on a Unix socket only.
    wait_for 90 PostgreSQL docker exec "$name" pg_isready --host 127.0.0.1 --username tender || {
        docker logs --tail 20 "$name" >&2
        die "PostgreSQL did not start in its container"
    }
    echo "postgres://tender:tender@127.0.0.1:${port##*:}/postgres"
}

# containers_kafka DIR: prints the bootstrap address.
containers_kafka() {
    local name port key value options=()
    name=$(basename "$1")-kafka
    port=$(free_port)
    while IFS='=' read -r key value; do
        key=${key//./_}
        options+=(--env "KAFKA_${key^^}=$value")
    done < <(kafka_properties "$port" 29093 0.0.0.0 /tmp/kraft-combined-logs)
    container_run "$1" "$name" --publish "127.0.0.1:$port:$port" \
        --env KAFKA_HEAP_OPTS=-Xmx768m "${options[@]}" "apache/kafka:$KAFKA_VERSION"
    # The published port answers before the broker does: ask the broker.
    wait_for 90 "Apache Kafka" docker exec "$name" /opt/kafka/bin/kafka-broker-api-versions.sh \
        --bootstrap-server "127.0.0.1:$port" || {
        docker logs --tail 20 "$name" >&2
        die "Apache Kafka did not start in its container"
    }
    echo "127.0.0.1:$port"
}

containers_stop() {
    local names
    [[ -e $1/containers ]] || return 0
    mapfile -t names <"$1/containers"
    docker rm --force --volumes "${names[@]}" >/dev/null 2>&1 || true
    rm -f "$1/containers"
}
