//! Money that was asked back.

use kernel::{OrderId, PaymentId, RefundRequestId};
use sea_orm::{ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, Set};
use time::OffsetDateTime;

use super::entities::refund_request;
use crate::domain::settlement::RefundDue;

/// The payments of an order for which money was asked back.
pub(crate) async fn requested<C: ConnectionTrait>(db: &C, order: OrderId) -> Result<Vec<PaymentId>, DbErr> {
    let rows = refund_request::Entity::find()
        .filter(refund_request::Column::OrderId.eq(order.uuid()))
        .all(db)
        .await?;
    Ok(rows.into_iter().map(|row| row.payment_id.into()).collect())
}

/// Writes a request; a second one for the same payment and reason is an error of the database.
pub(crate) async fn insert(
    tx: &DatabaseTransaction,
    id: RefundRequestId,
    order: OrderId,
    due: &RefundDue,
    now: OffsetDateTime,
) -> Result<(), DbErr> {
    let row = refund_request::ActiveModel {
        id: Set(id.uuid()),
        order_id: Set(order.uuid()),
        payment_id: Set(due.payment_id.uuid()),
        reason: Set(due.reason.as_str().to_owned()),
        amount: Set(due.money.amount),
        currency: Set(due.money.currency.code().to_owned()),
        created_at: Set(now),
    };
    refund_request::Entity::insert(row).exec_without_returning(tx).await.map(|_| ())
}
