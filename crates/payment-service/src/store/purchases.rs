//! `purchases`: the lock, and what is paid for.

use kernel::Money;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::OnConflict;
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, IntoActiveModel,
    QueryFilter, QueryOrder, QuerySelect,
};
use time::OffsetDateTime;

use super::entities::purchases::{ActiveModel, Column, Entity, Model};
use super::{from_json, to_i32, to_json, to_u32, unreadable};
use crate::domain::{Purchase, Redirects};

/// Locks the purchase for the rest of the transaction. `None` if it is not known.
pub(crate) async fn lock(tx: &DatabaseTransaction, id: &str) -> Result<Option<Purchase>, DbErr> {
    let row = Entity::find_by_id(id).lock_exclusive().one(tx).await?;
    row.map(Purchase::try_from).transpose()
}

/// Reads without a lock, for answers.
pub(crate) async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<Purchase>, DbErr> {
    Entity::find_by_id(id).one(db).await?.map(Purchase::try_from).transpose()
}

/// Inserts it unless there is one of this id; either way [`lock`] finds a row afterwards. Whether it was inserted.
pub(crate) async fn insert_if_absent(
    tx: &DatabaseTransaction,
    purchase: &Purchase,
    now: OffsetDateTime,
) -> Result<bool, DbErr> {
    let inserted = Entity::insert(row(purchase, now)?)
        .on_conflict(OnConflict::column(Column::Id).do_nothing().to_owned())
        .exec_without_returning(tx)
        .await?;
    Ok(inserted == 1)
}

/// Writes every column of a purchase that is locked.
pub(crate) async fn save(
    tx: &DatabaseTransaction,
    purchase: &Purchase,
    now: OffsetDateTime,
) -> Result<(), DbErr> {
    let mut row = row(purchase, now)?;
    row.created_at = sea_orm::ActiveValue::NotSet;
    Entity::update(row).exec(tx).await.map(drop)
}

/// Ids of closed purchases whose live payment has to be looked after, longest waiting first.
pub(crate) async fn close_due(
    db: &impl ConnectionTrait,
    now: OffsetDateTime,
    limit: u64,
) -> Result<Vec<String>, DbErr> {
    Entity::find()
        .select_only()
        .column(Column::Id)
        .filter(Column::CloseDue.lte(now))
        .order_by_asc(Column::CloseDue)
        .limit(limit)
        .into_tuple()
        .all(db)
        .await
}

/// Takes the work on a closed purchase until `until`; `false` if another process was faster.
pub(crate) async fn claim_close(
    db: &impl ConnectionTrait,
    id: &str,
    now: OffsetDateTime,
    until: OffsetDateTime,
) -> Result<bool, DbErr> {
    let claimed = Entity::update_many()
        .col_expr(Column::CloseDue, sea_orm::sea_query::Expr::value(until))
        .filter(Column::Id.eq(id))
        .filter(Column::CloseDue.lte(now))
        .exec(db)
        .await?;
    Ok(claimed.rows_affected == 1)
}

fn row(purchase: &Purchase, now: OffsetDateTime) -> Result<ActiveModel, DbErr> {
    let model = Model {
        id: purchase.id.clone(),
        kind: purchase.kind.as_str().to_owned(),
        state: purchase.state.as_str().to_owned(),
        generation: purchase.generation,
        user_id: purchase.user_id.clone(),
        email: purchase.email.clone(),
        currency: purchase.money.currency.code().to_owned(),
        amount: purchase.money.amount,
        products: to_json(&purchase.items)?,
        shipping_address: purchase.shipping_address.clone(),
        success_url: purchase.redirects.success_url.clone(),
        cancel_url: purchase.redirects.cancel_url.clone(),
        payment_method_types: to_json(&purchase.payment_method_types)?,
        metadata: to_json(&purchase.metadata)?,
        attempts: to_i32(purchase.attempts),
        close_due: purchase.close_due,
        created_at: purchase.created_at,
        updated_at: now,
    };
    let id = model.id.clone();
    // Every column is set, not only those that sea-orm takes for changed.
    let mut row = model.into_active_model().reset_all();
    row.id = Set(id);
    Ok(row)
}

impl TryFrom<Model> for Purchase {
    type Error = DbErr;

    fn try_from(row: Model) -> Result<Self, DbErr> {
        Ok(Self {
            id: row.id,
            kind: row.kind.parse().map_err(unreadable)?,
            state: row.state.parse().map_err(unreadable)?,
            generation: row.generation,
            user_id: row.user_id,
            email: row.email,
            money: Money::new(row.amount, row.currency.parse().map_err(unreadable)?),
            items: from_json(row.products)?,
            shipping_address: row.shipping_address,
            redirects: Redirects { success_url: row.success_url, cancel_url: row.cancel_url },
            payment_method_types: from_json(row.payment_method_types)?,
            metadata: from_json(row.metadata)?,
            attempts: to_u32(row.attempts),
            close_due: row.close_due,
            created_at: row.created_at,
        })
    }
}
