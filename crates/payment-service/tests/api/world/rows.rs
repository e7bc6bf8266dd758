//! What the service has written.

use sea_orm::{ConnectionTrait, DbBackend, Statement};
use serde_json::Value;
use test_support::eventually;

use super::{PATIENCE, World};

impl World {
    /// The first column of a query, as texts.
    pub async fn texts(&self, sql: &str) -> Vec<String> {
        let statement = Statement::from_string(DbBackend::Postgres, sql);
        let rows = self.database.connection().query_all_raw(statement).await.unwrap();
        rows.iter().map(|row| row.try_get_by_index(0).unwrap()).collect()
    }

    /// What waits in the outbox, in order: topic and value.
    pub async fn published(&self) -> Vec<(String, Value)> {
        let statement =
            Statement::from_string(DbBackend::Postgres, "SELECT topic, payload FROM outbox ORDER BY id");
        let rows = self.database.connection().query_all_raw(statement).await.unwrap();
        let read = |row: &sea_orm::QueryResult| {
            let payload: Vec<u8> = row.try_get_by_index(1).unwrap();
            (row.try_get_by_index(0).unwrap(), serde_json::from_slice(&payload).unwrap())
        };
        rows.iter().map(read).collect()
    }

    /// The topics of what waits in the outbox, in order.
    pub async fn topics(&self) -> Vec<String> {
        self.published().await.into_iter().map(|(topic, _)| topic).collect()
    }

    /// The state of a webhook, and why.
    pub async fn event_state(&self, id: &str) -> (String, String) {
        let sql =
            format!("SELECT state || '|' || coalesce(last_error, '') FROM stripe_events WHERE id = '{id}'");
        let found = self.texts(&sql).await.pop().unwrap_or_default();
        let (state, reason) = found.split_once('|').unwrap_or_default();
        (state.to_owned(), reason.to_owned())
    }

    pub async fn eventually_number(&self, sql: &str, expected: i64) {
        eventually(PATIENCE, format!("{expected} = {sql}"), async || {
            let found = self.database.number(sql).await;
            if found == expected { Ok(()) } else { Err(found) }
        })
        .await;
    }

    pub async fn eventually_event(&self, id: &str, state: &str) {
        eventually(PATIENCE, format!("{id} is {state}"), async || {
            let found = self.event_state(id).await;
            if found.0 == state { Ok(()) } else { Err(found) }
        })
        .await;
    }

    /// The status of the newest payment of a purchase.
    pub async fn status(&self, order: &str) -> String {
        let sql = format!(
            "SELECT status FROM payments WHERE purchase_id = '{order}' ORDER BY attempt DESC LIMIT 1"
        );
        self.texts(&sql).await.pop().unwrap()
    }
}
