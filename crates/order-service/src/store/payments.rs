//! What is known of an order's payments, and of their refunds.

use kernel::{OrderId, PaymentId};
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, Iterable, QueryFilter, QueryOrder,
    Set,
};
use time::OffsetDateTime;

use super::entities::{order_payment, payment_refund};
use super::rows::{column, count, from_json, money, to_json};
use crate::domain::payment::{Details, Payment, PaymentStatus};

/// All payments of an order, first attempt first.
pub(crate) async fn of_order<C: ConnectionTrait>(db: &C, order: OrderId) -> Result<Vec<Payment>, DbErr> {
    let rows = order_payment::Entity::find()
        .filter(order_payment::Column::OrderId.eq(order.uuid()))
        .order_by_asc(order_payment::Column::Attempt)
        .order_by_asc(order_payment::Column::PaymentId)
        .all(db)
        .await?;
    rows.into_iter().map(from_row).collect()
}

/// The order whose payment has that Session.
pub(crate) async fn order_of_session<C: ConnectionTrait>(
    db: &C,
    session_id: &str,
) -> Result<Option<OrderId>, DbErr> {
    let row =
        order_payment::Entity::find().filter(order_payment::Column::SessionId.eq(session_id)).one(db).await?;
    Ok(row.map(|row| row.order_id.into()))
}

/// Writes the newest snapshot of a payment.
pub(crate) async fn put(tx: &DatabaseTransaction, order: OrderId, payment: &Payment) -> Result<(), DbErr> {
    let row = order_payment::ActiveModel {
        payment_id: Set(payment.id.uuid()),
        order_id: Set(order.uuid()),
        attempt: Set(column(payment.attempt)),
        sequence: Set(payment.sequence),
        status: Set(payment.status.as_str().to_owned()),
        amount: Set(payment.money.amount),
        amount_refunded: Set(payment.amount_refunded),
        currency: Set(payment.money.currency.code().to_owned()),
        session_id: Set(payment.details.session_id.clone()),
        payment_intent_id: Set(payment.details.payment_intent_id.clone()),
        url: Set(payment.details.url.clone()),
        expires_at: Set(payment.details.expires_at),
        declines: Set(column(payment.declines)),
        last_error: Set(to_json(payment.last_error.as_ref())?),
        payment_method: Set(payment.details.method.clone()),
        created_at: Set(payment.created_at),
    };
    let replace = OnConflict::column(order_payment::Column::PaymentId)
        .update_columns(order_payment::Column::iter().filter(|column| {
            !matches!(column, order_payment::Column::PaymentId | order_payment::Column::OrderId)
        }))
        .to_owned();
    order_payment::Entity::insert(row).on_conflict(replace).exec_without_returning(tx).await.map(|_| ())
}

fn from_row(row: order_payment::Model) -> Result<Payment, DbErr> {
    Ok(Payment {
        id: row.payment_id.into(),
        attempt: count(row.attempt)?,
        sequence: row.sequence,
        status: PaymentStatus::from_text(&row.status),
        money: money(row.amount, &row.currency)?,
        amount_refunded: row.amount_refunded,
        declines: count(row.declines)?,
        last_error: from_json(row.last_error, "a payment's last error")?,
        details: Details {
            session_id: row.session_id,
            payment_intent_id: row.payment_intent_id,
            url: row.url,
            expires_at: row.expires_at,
            method: row.payment_method,
        },
        created_at: row.created_at,
    })
}

/// A refund of a payment, as of the snapshot `sequence`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) payment_id: PaymentId,
    /// Minor units.
    pub(crate) amount: i64,
    /// `pending`, `succeeded` or `failed`.
    pub(crate) status: String,
    pub(crate) reason: Option<String>,
    pub(crate) sequence: i64,
    pub(crate) created_at: OffsetDateTime,
}

/// All refunds of an order's payments, oldest first.
pub(crate) async fn refunds_of_order<C: ConnectionTrait>(
    db: &C,
    order: OrderId,
) -> Result<Vec<Refund>, DbErr> {
    let rows = payment_refund::Entity::find()
        .filter(payment_refund::Column::OrderId.eq(order.uuid()))
        .order_by_asc(payment_refund::Column::CreatedAt)
        .order_by_asc(payment_refund::Column::RefundId)
        .all(db)
        .await?;
    Ok(rows.into_iter().map(refund_from).collect())
}

/// Writes a refund if it is newer than what is known of it. The caller holds the order's lock.
pub(crate) async fn put_refund(
    tx: &DatabaseTransaction,
    order: OrderId,
    refund: &Refund,
) -> Result<bool, DbErr> {
    let known = payment_refund::Entity::find_by_id(refund.id.clone()).one(tx).await?;
    let created_at =
        known.as_ref().map_or(refund.created_at, |known| known.created_at.min(refund.created_at));
    let newer = known.as_ref().is_none_or(|known| known.sequence < refund.sequence);
    let row = payment_refund::ActiveModel {
        refund_id: Set(refund.id.clone()),
        payment_id: Set(refund.payment_id.uuid()),
        order_id: Set(order.uuid()),
        amount: Set(refund.amount),
        status: Set(refund.status.clone()),
        reason: Set(refund.reason.clone()),
        sequence: Set(refund.sequence),
        created_at: Set(created_at),
    };
    match known {
        None => {
            payment_refund::Entity::insert(row).exec_without_returning(tx).await?;
        }
        Some(_) if newer => {
            payment_refund::Entity::update(row).exec(tx).await?;
        }
        Some(known) if known.created_at != created_at => {
            let earlier = payment_refund::ActiveModel {
                refund_id: Set(known.refund_id),
                created_at: Set(created_at),
                ..Default::default()
            };
            payment_refund::Entity::update(earlier).exec(tx).await?;
        }
        Some(_) => {}
    }
    Ok(newer)
}

fn refund_from(row: payment_refund::Model) -> Refund {
    Refund {
        id: row.refund_id,
        payment_id: row.payment_id.into(),
        amount: row.amount,
        status: row.status,
        reason: row.reason,
        sequence: row.sequence,
        created_at: row.created_at,
    }
}
