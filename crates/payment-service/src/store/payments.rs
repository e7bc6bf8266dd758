//! `payments` with their declines and refunds.

use std::collections::BTreeMap;

use kernel::{Money, PaymentId};
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};
use time::OffsetDateTime;
use uuid::Uuid;

use super::entities::payments::{ActiveModel, Column, Entity, Model};
use super::entities::{payment_declines, refunds};
use super::{from_json, to_i32, to_json, to_u32, unreadable};
use crate::domain::{Decline, Payment, Refund, Status, Subject};

/// Inserts a new attempt. Fails on the index of live payments if there is one already.
pub(crate) async fn insert(tx: &DatabaseTransaction, payment: &Payment) -> Result<(), DbErr> {
    let row = row(payment, payment.created_at)?;
    Entity::insert(row).exec_without_returning(tx).await.map(drop)
}

/// Writes what changed about a payment whose purchase is locked.
pub(crate) async fn save(
    tx: &DatabaseTransaction,
    before: &Payment,
    payment: &Payment,
    now: OffsetDateTime,
) -> Result<(), DbErr> {
    if before == payment {
        return Ok(());
    }
    let mut changed = row(payment, now)?;
    changed.created_at = sea_orm::ActiveValue::NotSet;
    Entity::update(changed).exec(tx).await?;
    let new_declines =
        payment.declines.values().filter(|decline| before.declines.get(&decline.key) != Some(*decline));
    for decline in new_declines {
        save_decline(tx, payment.id, decline).await?;
    }
    let new_refunds =
        payment.refunds.values().filter(|refund| before.refunds.get(&refund.id) != Some(*refund));
    for refund in new_refunds {
        save_refund(tx, payment.id, refund, now).await?;
    }
    Ok(())
}

/// Which purchase the payment spoken of belongs to: by our id, else by Stripe's. No lock.
pub(crate) async fn locate(
    db: &impl ConnectionTrait,
    subject: &Subject,
) -> Result<Option<(PaymentId, String)>, DbErr> {
    let find = || Entity::find().select_only().column(Column::Id).column(Column::PurchaseId);
    let mut candidates = Vec::new();
    candidates.extend(subject.payment_id.map(|id| find().filter(Column::Id.eq(id.uuid()))));
    candidates.extend(subject.session_id.as_ref().map(|id| find().filter(Column::SessionId.eq(id))));
    candidates.extend(subject.intent_id.as_ref().map(|id| find().filter(Column::PaymentIntentId.eq(id))));
    for candidate in candidates {
        let found: Option<(Uuid, String)> = candidate.into_tuple().one(db).await?;
        if let Some((id, purchase_id)) = found {
            return Ok(Some((id.into(), purchase_id)));
        }
    }
    Ok(None)
}

/// One payment.
pub(crate) async fn find(db: &impl ConnectionTrait, id: PaymentId) -> Result<Option<Payment>, DbErr> {
    let rows = Entity::find_by_id(id.uuid()).all(db).await?;
    Ok(with_ledgers(db, rows).await?.pop())
}

/// Ids of payments that can be paid as far as is known, begun before `before`; by id, behind `after`.
pub(crate) async fn live_ids(
    db: &impl ConnectionTrait,
    before: OffsetDateTime,
    after: Option<Uuid>,
    limit: u64,
) -> Result<Vec<Uuid>, DbErr> {
    let live = [Status::Created, Status::Open, Status::Processing].map(Status::as_str);
    let mut ids = Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::Status.is_in(live))
        .filter(Column::CreatedAt.lt(before));
    if let Some(after) = after {
        ids = ids.filter(Column::Id.gt(after));
    }
    ids.order_by_asc(Column::Id).limit(limit).into_tuple().all(db).await
}

/// All payments of a purchase, by rising attempt.
pub(crate) async fn of_purchase(db: &impl ConnectionTrait, purchase_id: &str) -> Result<Vec<Payment>, DbErr> {
    let rows = Entity::find()
        .filter(Column::PurchaseId.eq(purchase_id))
        .order_by_asc(Column::Attempt)
        .all(db)
        .await?;
    with_ledgers(db, rows).await
}

async fn with_ledgers(db: &impl ConnectionTrait, rows: Vec<Model>) -> Result<Vec<Payment>, DbErr> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let declines = payment_declines::Entity::find()
        .filter(payment_declines::Column::PaymentId.is_in(ids.clone()))
        .all(db)
        .await?;
    let refunds = refunds::Entity::find().filter(refunds::Column::PaymentId.is_in(ids)).all(db).await?;
    let mut payments = rows.into_iter().map(Payment::try_from).collect::<Result<Vec<_>, _>>()?;
    for payment in &mut payments {
        let id = payment.id.uuid();
        for row in declines.iter().filter(|row| row.payment_id == id) {
            let decline =
                Decline { key: row.decline_key.clone(), error: from_json(row.error.clone())?, at: row.at };
            payment.declines.insert(decline.key.clone(), decline);
        }
        for row in refunds.iter().filter(|row| row.payment_id == id) {
            let refund = Refund {
                id: row.id.clone(),
                amount: row.amount,
                status: row.status.parse().map_err(unreadable)?,
                reason: row.reason.clone(),
                request_id: row.request_id.map(Into::into),
            };
            payment.refunds.insert(refund.id.clone(), refund);
        }
    }
    Ok(payments)
}

async fn save_decline(
    tx: &DatabaseTransaction,
    payment_id: PaymentId,
    decline: &Decline,
) -> Result<(), DbErr> {
    use payment_declines::{ActiveModel, Column, Entity};
    let row = ActiveModel {
        payment_id: Set(payment_id.uuid()),
        decline_key: Set(decline.key.clone()),
        error: Set(to_json(&decline.error)?),
        at: Set(decline.at),
    };
    let again =
        OnConflict::columns([Column::PaymentId, Column::DeclineKey]).update_column(Column::At).to_owned();
    Entity::insert(row).on_conflict(again).exec_without_returning(tx).await.map(drop)
}

async fn save_refund(
    tx: &DatabaseTransaction,
    payment_id: PaymentId,
    refund: &Refund,
    now: OffsetDateTime,
) -> Result<(), DbErr> {
    use refunds::{ActiveModel, Column, Entity};
    let row = ActiveModel {
        id: Set(refund.id.clone()),
        payment_id: Set(payment_id.uuid()),
        amount: Set(refund.amount),
        status: Set(refund.status.as_str().to_owned()),
        reason: Set(refund.reason.clone()),
        request_id: Set(refund.request_id.map(kernel::RefundRequestId::uuid)),
        updated_at: Set(now),
    };
    let again = OnConflict::column(Column::Id)
        .update_columns([
            Column::Amount,
            Column::Status,
            Column::Reason,
            Column::RequestId,
            Column::UpdatedAt,
        ])
        .to_owned();
    Entity::insert(row).on_conflict(again).exec_without_returning(tx).await.map(drop)
}

fn row(payment: &Payment, now: OffsetDateTime) -> Result<ActiveModel, DbErr> {
    let model = Model {
        id: payment.id.uuid(),
        purchase_id: payment.purchase_id.clone(),
        attempt: to_i32(payment.attempt),
        generation: payment.generation,
        status: payment.status.as_str().to_owned(),
        sequence: payment.sequence,
        amount: payment.money.amount,
        amount_received: payment.received,
        amount_refunded: payment.refunded(),
        currency: payment.money.currency.code().to_owned(),
        email: payment.email.clone(),
        session_id: payment.session_id.clone(),
        payment_intent_id: payment.intent_id.clone(),
        session_url: payment.url.clone(),
        client_secret: payment.client_secret.clone(),
        expires_at: payment.expires_at,
        payment_method: payment.method.clone(),
        receipt_url: payment.receipt_url.clone(),
        failure: payment.failure.as_ref().map(to_json).transpose()?,
        livemode: payment.livemode,
        last_event_id: payment.last_event_id.map(kernel::EventId::uuid),
        traceparent: payment.traceparent.clone(),
        created_at: payment.created_at,
        updated_at: now,
    };
    let id = model.id;
    let mut row = model.into_active_model().reset_all();
    row.id = Set(id);
    Ok(row)
}

impl TryFrom<Model> for Payment {
    type Error = DbErr;

    /// Without declines and refunds, which have tables of their own.
    fn try_from(row: Model) -> Result<Self, DbErr> {
        Ok(Self {
            id: row.id.into(),
            purchase_id: row.purchase_id,
            attempt: to_u32(row.attempt),
            generation: row.generation,
            status: row.status.parse().map_err(unreadable)?,
            sequence: row.sequence,
            money: Money::new(row.amount, row.currency.parse().map_err(unreadable)?),
            received: row.amount_received,
            session_id: row.session_id,
            intent_id: row.payment_intent_id,
            url: row.session_url,
            client_secret: row.client_secret,
            expires_at: row.expires_at,
            email: row.email,
            method: row.payment_method,
            receipt_url: row.receipt_url,
            declines: BTreeMap::new(),
            failure: row.failure.map(from_json).transpose()?,
            refunds: BTreeMap::new(),
            livemode: row.livemode,
            last_event_id: row.last_event_id.map(Into::into),
            traceparent: row.traceparent,
            created_at: row.created_at,
        })
    }
}
