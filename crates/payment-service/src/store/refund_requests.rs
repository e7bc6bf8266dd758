//! `refund_requests`: what order-service asked to give back, one per payment and reason.

use kernel::{PaymentId, RefundRequestId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter};
use time::OffsetDateTime;

use super::entities::refund_requests::{ActiveModel, Column, Entity, Model};
use super::{to_i32, to_u32};

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RefundRequest {
    /// Of which payment.
    pub(crate) payment_id: PaymentId,
    /// Why, in order-service's word.
    pub(crate) reason: String,
    /// The request's own id.
    pub(crate) id: RefundRequestId,
    /// Minor units that will be given back: what was asked for, as far as there is that much.
    pub(crate) amount: i64,
    /// Which refund is being made for it; grows when it is proven that the one before had no effect.
    pub(crate) round: u32,
}

/// Stores a request; `false` if there is one for this payment and reason.
pub(crate) async fn insert(
    tx: &DatabaseTransaction,
    request: &RefundRequest,
    now: OffsetDateTime,
) -> Result<bool, DbErr> {
    let row = ActiveModel {
        payment_id: Set(request.payment_id.uuid()),
        reason: Set(request.reason.clone()),
        refund_request_id: Set(request.id.uuid()),
        amount: Set(request.amount),
        state: Set("pending".to_owned()),
        round: Set(to_i32(request.round)),
        refund_id: Set(None),
        created_at: Set(now),
        updated_at: Set(now),
    };
    let known = OnConflict::columns([Column::PaymentId, Column::Reason]).do_nothing().to_owned();
    let inserted = Entity::insert(row).on_conflict(known).exec_without_returning(tx).await?;
    Ok(inserted == 1)
}

/// The payment's requests whose refund is not known yet.
pub(crate) async fn pending(
    db: &impl ConnectionTrait,
    payment_id: PaymentId,
) -> Result<Vec<RefundRequest>, DbErr> {
    let rows = Entity::find()
        .filter(Column::PaymentId.eq(payment_id.uuid()))
        .filter(Column::State.eq("pending"))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(RefundRequest::from).collect())
}

/// Settles a request: with its refund, or without one because it failed for good.
pub(crate) async fn settle(
    tx: &DatabaseTransaction,
    request: &RefundRequest,
    refund_id: Option<&str>,
    now: OffsetDateTime,
) -> Result<(), DbErr> {
    let state = if refund_id.is_some() { "done" } else { "failed" };
    Entity::update_many()
        .col_expr(Column::State, Expr::value(state))
        .col_expr(Column::RefundId, Expr::value(refund_id.map(str::to_owned)))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::PaymentId.eq(request.payment_id.uuid()))
        .filter(Column::Reason.eq(request.reason.as_str()))
        .exec(tx)
        .await
        .map(drop)
}

/// Begins another round of a request whose last refund is proven not to exist, over the amount it has now.
pub(crate) async fn next_round(
    tx: &DatabaseTransaction,
    request: &RefundRequest,
    now: OffsetDateTime,
) -> Result<(), DbErr> {
    Entity::update_many()
        .col_expr(Column::Round, Expr::value(to_i32(request.round)))
        .col_expr(Column::Amount, Expr::value(request.amount))
        .col_expr(Column::UpdatedAt, Expr::value(now))
        .filter(Column::PaymentId.eq(request.payment_id.uuid()))
        .filter(Column::Reason.eq(request.reason.as_str()))
        .exec(tx)
        .await
        .map(drop)
}

impl From<Model> for RefundRequest {
    fn from(row: Model) -> Self {
        Self {
            payment_id: row.payment_id.into(),
            reason: row.reason,
            id: row.refund_request_id.into(),
            amount: row.amount,
            round: to_u32(row.round),
        }
    }
}
