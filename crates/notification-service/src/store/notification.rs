//! A row of `notifications`.

use sea_orm::entity::prelude::*;

/// One mail to one recipient.
#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "notifications")]
pub struct Model {
    /// Made of the clock, so that rows sort by age.
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    /// A [`crate::domain::Kind`], by name.
    pub kind: String,
    /// What it is about; unique together with `kind`.
    pub subject: String,
    /// A whole mail address; none if the mail cannot be sent.
    pub recipient: Option<String>,
    /// The order concerned.
    pub order_id: Option<String>,
    /// The payment concerned.
    pub payment_id: Option<String>,
    /// The sequence of the order's snapshot it was written from.
    pub sequence: Option<i64>,
    /// A [`crate::domain::State`], by name.
    pub state: String,
    /// Tries so far; grows with the claim, so that it tells one claim from the next.
    pub attempts: i32,
    /// By the service's clock.
    pub next_try_at: TimeDateTimeWithTimeZone,
    /// By the service's clock; none when it was not tried since it was noted, or written anew.
    pub first_tried_at: Option<TimeDateTimeWithTimeZone>,
    /// By the database's clock, milliseconds since 1970; nobody else claims the row before.
    pub lease_until: Option<i64>,
    /// With its angle brackets.
    pub message_id: String,
    /// The [`crate::domain::Letter`].
    pub data: Json,
    /// Why it is not sent, without addresses.
    pub last_error: Option<String>,
    /// W3C trace context of the event that asked for it.
    pub traceparent: Option<String>,
    /// When it was noted, or written anew, by the service's clock.
    pub created_at: TimeDateTimeWithTimeZone,
    /// By the service's clock.
    pub sent_at: Option<TimeDateTimeWithTimeZone>,
}

/// None.
#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}
