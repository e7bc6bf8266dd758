//! Runs of the reconciler, and indexes for what is forgotten by age.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, json_binary, text, timestamp_with_time_zone, timestamp_with_time_zone_null,
};

/// The fourth schema.
pub(super) struct ReconcileRuns;

impl MigrationName for ReconcileRuns {
    fn name(&self) -> &'static str {
        "m20261126_000004_reconcile_runs"
    }
}

const INDEXES: [&str; 3] = [
    "CREATE INDEX payments_live ON payments (id) WHERE status IN ('created', 'open', 'processing')",
    "CREATE INDEX stripe_events_received ON stripe_events (received_at)",
    "CREATE INDEX stripe_requests_finished ON stripe_requests (finished_at) WHERE finished_at IS NOT NULL",
];

#[async_trait::async_trait]
impl MigrationTrait for ReconcileRuns {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let runs = Table::create()
            .table("reconcile_runs")
            .col(big_integer("id").auto_increment().primary_key())
            .col(text("origin"))
            .col(timestamp_with_time_zone_null("since"))
            .col(timestamp_with_time_zone("started_at"))
            .col(timestamp_with_time_zone("finished_at"))
            .col(text("outcome"))
            .col(json_binary("report"))
            .take();
        manager.create_table(runs).await?;
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for index in ["payments_live", "stripe_events_received", "stripe_requests_finished"] {
            manager.get_connection().execute_unprepared(&format!("DROP INDEX {index}")).await?;
        }
        manager.drop_table(Table::drop().table("reconcile_runs").take()).await
    }
}
