//! Catalogue, orders, their payments and history.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, integer, json_binary_null, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

pub(super) struct Initial;

impl MigrationName for Initial {
    fn name(&self) -> &'static str {
        "m20261121_000010_initial"
    }
}

const TABLES: [&str; 9] = [
    "products",
    "orders",
    "order_items",
    "order_payments",
    "payment_refunds",
    "refund_requests",
    "order_history",
    "order_numbers",
    "checkout_dedupe",
];

#[async_trait::async_trait]
impl MigrationTrait for Initial {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            products(),
            orders(),
            order_items(),
            order_payments(),
            payment_refunds(),
            refund_requests(),
            order_history(),
            order_numbers(),
            checkout_dedupe(),
        ] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        // What is due is a small part of all orders, and asked for every second.
        manager
            .get_connection()
            .execute_unprepared("CREATE INDEX orders_due ON orders (due_at) WHERE due_at IS NOT NULL")
            .await?;
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in TABLES {
            manager.drop_table(Table::drop().table(Alias::new(table)).take()).await?;
        }
        Ok(())
    }
}

fn products() -> TableCreateStatement {
    Table::create()
        .table("products")
        .col(text("id").primary_key())
        .col(text("name"))
        .col(text("description"))
        .col(big_integer("unit_amount"))
        .col(text("currency"))
        .col(text_null("image"))
        .col(big_integer("stock"))
        .col(big_integer("held"))
        .col(big_integer("sequence"))
        .col(boolean("deleted"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        // The last line of defence: nothing is sold that is not there.
        .check(Expr::col("held").gte(0))
        .check(Expr::col("stock").gte(Expr::col("held")))
        .take()
}

fn orders() -> TableCreateStatement {
    Table::create()
        .table("orders")
        .col(uuid("id").primary_key())
        .col(text("order_number").unique_key())
        .col(text("user_id"))
        .col(text_null("buyer_name"))
        .col(text_null("email"))
        .col(text("locale"))
        .col(text("status"))
        .col(text("payment_status"))
        .col(text_null("closing"))
        .col(big_integer("generation"))
        .col(timestamp_with_time_zone_null("hold_until"))
        .col(timestamp_with_time_zone_null("due_at"))
        .col(text("stock_state"))
        .col(uuid_null("paid_by"))
        .col(text("currency"))
        .col(big_integer("amount"))
        .col(big_integer("subtotal_amount"))
        .col(big_integer("shipping_amount"))
        .col(json_binary_null("shipping_address"))
        .col(text_null("payment_method"))
        .col(text("success_url"))
        .col(text("cancel_url"))
        .col(ColumnDef::new("token_hash").binary().null())
        .col(timestamp_with_time_zone_null("token_issued_at"))
        .col(integer("token_revision"))
        .col(big_integer("sequence"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .check(Expr::cust("(status = 'pending') = (hold_until IS NOT NULL)"))
        .check(Expr::cust("(status = 'paid') = (paid_by IS NOT NULL)"))
        .check(Expr::cust("status = 'pending' OR closing IS NULL"))
        .take()
}

fn order_items() -> TableCreateStatement {
    Table::create()
        .table("order_items")
        .col(uuid("order_id"))
        .col(integer("position"))
        .col(text_null("product_id"))
        .col(text("name"))
        .col(integer("quantity"))
        .col(big_integer("unit_amount"))
        .col(text_null("image"))
        .primary_key(Index::create().col("order_id").col("position"))
        .take()
}

fn order_payments() -> TableCreateStatement {
    Table::create()
        .table("order_payments")
        .col(uuid("payment_id").primary_key())
        .col(uuid("order_id"))
        .col(integer("attempt"))
        .col(big_integer("sequence"))
        .col(text("status"))
        .col(big_integer("amount"))
        .col(big_integer("amount_refunded"))
        .col(text("currency"))
        .col(text_null("session_id"))
        .col(text_null("payment_intent_id"))
        .col(text_null("url"))
        .col(timestamp_with_time_zone_null("expires_at"))
        .col(integer("declines"))
        .col(json_binary_null("last_error"))
        .col(text_null("payment_method"))
        .col(timestamp_with_time_zone("created_at"))
        .take()
}

fn payment_refunds() -> TableCreateStatement {
    Table::create()
        .table("payment_refunds")
        .col(text("refund_id").primary_key())
        .col(uuid("payment_id"))
        .col(uuid("order_id"))
        .col(big_integer("amount"))
        .col(text("status"))
        .col(text_null("reason"))
        .col(big_integer("sequence"))
        .col(timestamp_with_time_zone("created_at"))
        .take()
}

fn refund_requests() -> TableCreateStatement {
    Table::create()
        .table("refund_requests")
        .col(uuid("id").primary_key())
        .col(uuid("order_id"))
        .col(uuid("payment_id"))
        .col(text("reason"))
        .col(big_integer("amount"))
        .col(text("currency"))
        .col(timestamp_with_time_zone("created_at"))
        .take()
}

fn order_history() -> TableCreateStatement {
    Table::create()
        .table("order_history")
        .col(big_integer("id").auto_increment().primary_key())
        .col(uuid("order_id"))
        .col(timestamp_with_time_zone("at"))
        .col(text("actor"))
        .col(text("action"))
        .col(text_null("from_status"))
        .col(text("to_status"))
        .col(uuid_null("payment_id"))
        .col(uuid_null("cause_event_id"))
        .col(uuid_null("event_id"))
        .col(text_null("detail"))
        .col(text_null("trace_id"))
        .take()
}

fn order_numbers() -> TableCreateStatement {
    Table::create()
        .table("order_numbers")
        .col(big_integer("id").auto_increment().primary_key())
        .col(uuid("order_id"))
        .take()
}

fn checkout_dedupe() -> TableCreateStatement {
    Table::create()
        .table("checkout_dedupe")
        .col(text("fingerprint").primary_key())
        .col(uuid("order_id"))
        .col(timestamp_with_time_zone("created_at"))
        .take()
}

fn indexes() -> Vec<IndexCreateStatement> {
    let plain = |name: &'static str, table: &'static str, column: &'static str| {
        Index::create().name(name).table(table).col(column).take()
    };
    vec![
        plain("products_by_name", "products", "name"),
        plain("orders_by_user", "orders", "user_id"),
        plain("order_payments_by_order", "order_payments", "order_id"),
        plain("order_payments_by_session", "order_payments", "session_id"),
        plain("payment_refunds_by_order", "payment_refunds", "order_id"),
        plain("refund_requests_by_order", "refund_requests", "order_id"),
        plain("order_history_by_order", "order_history", "order_id"),
        Index::create()
            .name("refund_requests_once")
            .table("refund_requests")
            .col("payment_id")
            .col("reason")
            .unique()
            .take(),
    ]
}
