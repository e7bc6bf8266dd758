//! When a webhook that has to wait was first tried again: how long it was really tried is counted from there.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::timestamp_with_time_zone_null;

/// Adds the column; rows that wait already count from their next try.
pub(super) struct FirstTries;

impl MigrationName for FirstTries {
    fn name(&self) -> &'static str {
        "m20261126_000003_first_tries"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for FirstTries {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = timestamp_with_time_zone_null("first_tried_at");
        manager.alter_table(Table::alter().table("stripe_events").add_column(column).take()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.alter_table(Table::alter().table("stripe_events").drop_column("first_tried_at").take()).await
    }
}
