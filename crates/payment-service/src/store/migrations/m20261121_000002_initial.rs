//! Purchases, payments, what Stripe said and what was asked of it.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, boolean, integer, json_binary, text, timestamp_with_time_zone,
    timestamp_with_time_zone_null, uuid, uuid_null,
};

/// The first schema.
pub(super) struct Initial;

impl MigrationName for Initial {
    fn name(&self) -> &'static str {
        "m20261121_000002_payments"
    }
}

fn optional_text(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).text().null().take()
}

fn optional_json(name: &'static str) -> ColumnDef {
    ColumnDef::new(name).json_binary().null().take()
}

#[async_trait::async_trait]
impl MigrationTrait for Initial {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            purchases(),
            payments(),
            payment_declines(),
            refunds(),
            refund_requests(),
            stripe_requests(),
            stripe_events(),
            payment_history(),
            catalogue_products(),
        ] {
            manager.create_table(table).await?;
        }
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            "catalogue_products",
            "payment_history",
            "stripe_events",
            "stripe_requests",
            "refund_requests",
            "refunds",
            "payment_declines",
            "payments",
            "purchases",
        ] {
            manager.drop_table(Table::drop().table(table).take()).await?;
        }
        Ok(())
    }
}

/// Partial ones are written the same in both dialects, and not at all by the builder.
const INDEXES: [&str; 8] = [
    // The rule that no code may break: one payment at a time can be paid.
    "CREATE UNIQUE INDEX payments_one_live ON payments (purchase_id) \
     WHERE status IN ('created', 'open', 'processing')",
    "CREATE UNIQUE INDEX payments_attempt ON payments (purchase_id, attempt)",
    "CREATE UNIQUE INDEX payments_session ON payments (session_id) WHERE session_id IS NOT NULL",
    "CREATE UNIQUE INDEX payments_intent ON payments (payment_intent_id) WHERE payment_intent_id IS NOT NULL",
    "CREATE INDEX purchases_close_due ON purchases (close_due) WHERE close_due IS NOT NULL",
    "CREATE INDEX stripe_requests_pending ON stripe_requests (next_try_at) WHERE state = 'pending'",
    "CREATE INDEX stripe_events_pending ON stripe_events (next_try_at) WHERE state = 'pending'",
    "CREATE INDEX payment_history_payment ON payment_history (payment_id)",
];

fn purchases() -> TableCreateStatement {
    Table::create()
        .table("purchases")
        .col(text("id").primary_key())
        .col(text("kind"))
        .col(text("state"))
        .col(big_integer("generation"))
        .col(text("user_id"))
        .col(optional_text("email"))
        .col(text("currency"))
        .col(big_integer("amount"))
        .col(json_binary("products"))
        .col(optional_json("shipping_address"))
        .col(text("success_url"))
        .col(text("cancel_url"))
        .col(json_binary("payment_method_types"))
        .col(json_binary("metadata"))
        .col(integer("attempts"))
        .col(timestamp_with_time_zone_null("close_due"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .take()
}

fn payments() -> TableCreateStatement {
    Table::create()
        .table("payments")
        .col(uuid("id").primary_key())
        .col(text("purchase_id"))
        .col(integer("attempt"))
        .col(big_integer("generation"))
        .col(text("status"))
        .col(big_integer("sequence"))
        .col(big_integer("amount"))
        .col(big_integer("amount_received"))
        .col(big_integer("amount_refunded"))
        .col(text("currency"))
        .col(optional_text("email"))
        .col(optional_text("session_id"))
        .col(optional_text("payment_intent_id"))
        .col(optional_text("session_url"))
        .col(optional_text("client_secret"))
        .col(timestamp_with_time_zone("expires_at"))
        .col(optional_text("payment_method"))
        .col(optional_text("receipt_url"))
        .col(optional_json("failure"))
        .col(boolean("livemode"))
        .col(uuid_null("last_event_id"))
        .col(optional_text("traceparent"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .foreign_key(ForeignKey::create().from("payments", "purchase_id").to("purchases", "id"))
        .take()
}

fn payment_declines() -> TableCreateStatement {
    Table::create()
        .table("payment_declines")
        .col(uuid("payment_id"))
        .col(text("decline_key"))
        .col(json_binary("error"))
        .col(timestamp_with_time_zone("at"))
        .primary_key(Index::create().col("payment_id").col("decline_key"))
        .foreign_key(ForeignKey::create().from("payment_declines", "payment_id").to("payments", "id"))
        .take()
}

fn refunds() -> TableCreateStatement {
    Table::create()
        .table("refunds")
        .col(text("id").primary_key())
        .col(uuid("payment_id"))
        .col(big_integer("amount"))
        .col(text("status"))
        .col(optional_text("reason"))
        .col(uuid_null("request_id"))
        .col(timestamp_with_time_zone("updated_at"))
        .foreign_key(ForeignKey::create().from("refunds", "payment_id").to("payments", "id"))
        .take()
}

fn refund_requests() -> TableCreateStatement {
    Table::create()
        .table("refund_requests")
        .col(uuid("payment_id"))
        .col(text("reason"))
        .col(uuid("refund_request_id"))
        .col(big_integer("amount"))
        .col(text("state"))
        .col(integer("round"))
        .col(optional_text("refund_id"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone("updated_at"))
        .primary_key(Index::create().col("payment_id").col("reason"))
        .foreign_key(ForeignKey::create().from("refund_requests", "payment_id").to("payments", "id"))
        .take()
}

fn stripe_requests() -> TableCreateStatement {
    Table::create()
        .table("stripe_requests")
        .col(text("id").primary_key())
        .col(uuid("payment_id"))
        .col(text("operation"))
        .col(optional_text("reference"))
        .col(text("method"))
        .col(text("path"))
        .col(optional_text("body"))
        .col(text("stripe_version"))
        .col(text("state"))
        .col(integer("tries"))
        .col(timestamp_with_time_zone("next_try_at"))
        .col(optional_text("traceparent"))
        .col(timestamp_with_time_zone("created_at"))
        .col(timestamp_with_time_zone_null("finished_at"))
        .foreign_key(ForeignKey::create().from("stripe_requests", "payment_id").to("payments", "id"))
        .take()
}

fn stripe_events() -> TableCreateStatement {
    Table::create()
        .table("stripe_events")
        .col(text("id").primary_key())
        .col(text("type"))
        .col(ColumnDef::new("livemode").boolean().null())
        .col(optional_text("api_version"))
        .col(text("payload"))
        .col(text("state"))
        .col(integer("tries"))
        .col(optional_text("last_error"))
        .col(timestamp_with_time_zone("next_try_at"))
        .col(timestamp_with_time_zone("received_at"))
        .col(timestamp_with_time_zone_null("processed_at"))
        .take()
}

fn payment_history() -> TableCreateStatement {
    Table::create()
        .table("payment_history")
        .col(big_integer("id").auto_increment().primary_key())
        .col(uuid("payment_id"))
        .col(text("purchase_id"))
        .col(text("outcome"))
        .col(optional_text("reason"))
        .col(text("from_status"))
        .col(text("to_status"))
        .col(text("source"))
        .col(optional_text("stripe_event_id"))
        .col(uuid_null("event_id"))
        .col(optional_text("trace_id"))
        .col(timestamp_with_time_zone("at"))
        .take()
}

fn catalogue_products() -> TableCreateStatement {
    Table::create()
        .table("catalogue_products")
        .col(text("product_id").primary_key())
        .col(big_integer("sequence"))
        .col(text("name"))
        .col(big_integer("unit_amount"))
        .col(text("currency"))
        .col(optional_text("image"))
        .col(boolean("deleted"))
        .col(timestamp_with_time_zone("updated_at"))
        .take()
}
