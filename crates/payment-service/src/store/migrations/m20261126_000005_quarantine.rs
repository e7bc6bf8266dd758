//! What people did to quarantined webhooks.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{big_integer, text, timestamp_with_time_zone};

pub(super) struct Quarantine;

impl MigrationName for Quarantine {
    fn name(&self) -> &'static str {
        "m20261126_000005_quarantine"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Quarantine {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let actions = Table::create()
            .table("quarantine_actions")
            .col(big_integer("id").auto_increment().primary_key())
            .col(text("event_id"))
            .col(timestamp_with_time_zone("at"))
            .col(text("actor"))
            .col(text("action"))
            .col(text("outcome"))
            .take();
        manager.create_table(actions).await?;
        let connection = manager.get_connection();
        for index in [
            "CREATE INDEX quarantine_actions_event ON quarantine_actions (event_id)",
            "CREATE INDEX stripe_events_quarantined ON stripe_events (received_at) WHERE state = 'quarantined'",
        ] {
            connection.execute_unprepared(index).await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.get_connection().execute_unprepared("DROP INDEX stripe_events_quarantined").await?;
        manager.drop_table(Table::drop().table("quarantine_actions").take()).await
    }
}
