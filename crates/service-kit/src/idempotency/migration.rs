//! Makes the table; services put it before their own migrations.

use sea_orm_migration::prelude::*;

/// The migration of `idempotency_keys`.
#[must_use]
pub fn migration() -> Box<dyn MigrationTrait> {
    Box::new(CreateIdempotencyKeys)
}

struct CreateIdempotencyKeys;

impl MigrationName for CreateIdempotencyKeys {
    fn name(&self) -> &'static str {
        "m20261121_000001_idempotency_keys"
    }
}

#[derive(DeriveIden)]
enum IdempotencyKeys {
    Table,
    Scope,
    Key,
    RequestHash,
    ResourceId,
    LeaseUntil,
    FinishedAt,
    CreatedAt,
}

#[async_trait::async_trait]
impl MigrationTrait for CreateIdempotencyKeys {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        use IdempotencyKeys as T;
        let table = Table::create()
            .table(T::Table)
            .col(ColumnDef::new(T::Scope).text().not_null())
            .col(ColumnDef::new(T::Key).text().not_null())
            .col(ColumnDef::new(T::RequestHash).binary().not_null())
            .col(ColumnDef::new(T::ResourceId).text())
            .col(ColumnDef::new(T::LeaseUntil).timestamp_with_time_zone().not_null())
            .col(ColumnDef::new(T::FinishedAt).timestamp_with_time_zone())
            .col(ColumnDef::new(T::CreatedAt).timestamp_with_time_zone().not_null())
            .primary_key(Index::create().col(T::Scope).col(T::Key))
            .to_owned();
        manager.create_table(table).await?;
        let index =
            Index::create().name("idempotency_keys_created_at").table(T::Table).col(T::CreatedAt).to_owned();
        manager.create_index(index).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(IdempotencyKeys::Table).to_owned()).await
    }
}
