//! Quarantined webhooks as people see them, and what they did to them.

use sea_orm::ActiveValue::{NotSet, Set};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DatabaseTransaction, DbErr, EntityTrait, QueryFilter, QueryOrder,
    QuerySelect,
};
use time::OffsetDateTime;

use super::entities::quarantine_actions as actions;
use super::entities::stripe_events::{Column, Entity, Model};
use super::stripe_events::State;

/// A webhook, whole.
pub(crate) struct Webhook {
    /// `evt_…`
    pub(crate) id: String,
    /// Its type.
    pub(crate) kind: String,
    /// Its state's word.
    pub(crate) state: String,
    /// Its mode.
    pub(crate) livemode: Option<bool>,
    /// When it came.
    pub(crate) received_at: OffsetDateTime,
    /// How often applying it failed.
    pub(crate) tries: i32,
    /// Why it is where it is.
    pub(crate) reason: Option<String>,
    /// The raw body. It may hold personal data: never log it.
    pub(crate) payload: String,
}

/// What somebody did to one.
pub(crate) struct Action {
    /// When.
    pub(crate) at: OffsetDateTime,
    /// Who.
    pub(crate) actor: String,
    /// `replay` or `dismiss`.
    pub(crate) action: String,
    /// What came of it, in words.
    pub(crate) outcome: String,
}

/// All that are quarantined, oldest first.
pub(crate) async fn all(db: &impl ConnectionTrait) -> Result<Vec<Webhook>, DbErr> {
    let quarantined = Entity::find()
        .filter(Column::State.eq(State::Quarantined.as_str()))
        .order_by_asc(Column::ReceivedAt)
        .all(db)
        .await?;
    Ok(quarantined.into_iter().map(Webhook::from).collect())
}

/// One webhook, whatever its state.
pub(crate) async fn find(db: &impl ConnectionTrait, id: &str) -> Result<Option<Webhook>, DbErr> {
    Ok(Entity::find_by_id(id).one(db).await?.map(Webhook::from))
}

/// Keeps everybody else from it until the end of the transaction.
pub(crate) async fn lock(tx: &DatabaseTransaction, id: &str) -> Result<Option<Webhook>, DbErr> {
    Ok(Entity::find_by_id(id).lock_exclusive().one(tx).await?.map(Webhook::from))
}

/// Writes down what was done.
pub(crate) async fn note(
    tx: &DatabaseTransaction,
    event_id: &str,
    actor: &str,
    (action, outcome): (&str, String),
    now: OffsetDateTime,
) -> Result<(), DbErr> {
    let row = actions::ActiveModel {
        id: NotSet,
        event_id: Set(event_id.to_owned()),
        at: Set(now),
        actor: Set(actor.to_owned()),
        action: Set(action.to_owned()),
        outcome: Set(outcome),
    };
    actions::Entity::insert(row).exec_without_returning(tx).await.map(drop)
}

/// What was done to one, oldest first.
pub(crate) async fn history(db: &impl ConnectionTrait, event_id: &str) -> Result<Vec<Action>, DbErr> {
    let rows = actions::Entity::find()
        .filter(actions::Column::EventId.eq(event_id))
        .order_by_asc(actions::Column::Id)
        .all(db)
        .await?;
    let rows = rows.into_iter().map(|row| Action {
        at: row.at,
        actor: row.actor,
        action: row.action,
        outcome: row.outcome,
    });
    Ok(rows.collect())
}

impl From<Model> for Webhook {
    fn from(row: Model) -> Self {
        Self {
            id: row.id,
            kind: row.kind,
            state: row.state,
            livemode: row.livemode,
            received_at: row.received_at,
            tries: row.tries,
            reason: row.last_error,
            payload: row.payload,
        }
    }
}
