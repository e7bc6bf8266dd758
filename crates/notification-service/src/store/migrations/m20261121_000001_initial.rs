//! Notifications, and the purchases known to be paid.

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer_null, integer, json_binary, pk_uuid, string_null, text, text_null, timestamp_with_time_zone,
    timestamp_with_time_zone_null,
};

#[derive(DeriveMigrationName)]
pub(super) struct Migration;

#[derive(DeriveIden)]
enum Notifications {
    Table,
    Id,
    Kind,
    Subject,
    Recipient,
    OrderId,
    PaymentId,
    Sequence,
    State,
    Attempts,
    NextTryAt,
    LeaseUntil,
    MessageId,
    Data,
    LastError,
    Traceparent,
    CreatedAt,
    SentAt,
}

#[derive(DeriveIden)]
enum SettledPurchases {
    Table,
    PurchaseId,
    PaidSequence,
    SettledAt,
}

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(notifications()).await?;
        for index in indexes() {
            manager.create_index(index).await?;
        }
        manager.create_table(settled_purchases()).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table(SettledPurchases::Table).to_owned()).await?;
        manager.drop_table(Table::drop().table(Notifications::Table).to_owned()).await
    }
}

fn notifications() -> TableCreateStatement {
    Table::create()
        .table(Notifications::Table)
        .col(pk_uuid(Notifications::Id))
        .col(text(Notifications::Kind))
        .col(text(Notifications::Subject))
        .col(text_null(Notifications::Recipient))
        .col(text_null(Notifications::OrderId))
        .col(text_null(Notifications::PaymentId))
        .col(big_integer_null(Notifications::Sequence))
        .col(text(Notifications::State))
        .col(integer(Notifications::Attempts))
        .col(timestamp_with_time_zone(Notifications::NextTryAt))
        .col(big_integer_null(Notifications::LeaseUntil))
        .col(text(Notifications::MessageId).unique_key())
        .col(json_binary(Notifications::Data))
        .col(text_null(Notifications::LastError))
        .col(string_null(Notifications::Traceparent))
        .col(timestamp_with_time_zone(Notifications::CreatedAt))
        .col(timestamp_with_time_zone_null(Notifications::SentAt))
        .to_owned()
}

fn indexes() -> [IndexCreateStatement; 3] {
    let on = |name: &str| Index::create().name(name).table(Notifications::Table).to_owned();
    [
        on("notifications_one_per_kind_and_subject")
            .col(Notifications::Kind)
            .col(Notifications::Subject)
            .unique()
            .to_owned(),
        on("notifications_due").col(Notifications::State).col(Notifications::NextTryAt).to_owned(),
        on("notifications_by_order").col(Notifications::OrderId).to_owned(),
    ]
}

fn settled_purchases() -> TableCreateStatement {
    Table::create()
        .table(SettledPurchases::Table)
        .col(text(SettledPurchases::PurchaseId).primary_key())
        .col(big_integer_null(SettledPurchases::PaidSequence))
        .col(timestamp_with_time_zone(SettledPurchases::SettledAt))
        .to_owned()
}
