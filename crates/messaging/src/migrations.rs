//! The schema of the tables in [`crate::tables`].

use sea_orm_migration::prelude::*;
use sea_orm_migration::schema::{
    big_integer, binary, integer, json_binary, text, timestamp_with_time_zone, timestamp_with_time_zone_null,
    uuid, uuid_null,
};

/// The migrations of outbox, inbox, dead letters and leases: put them before a service's own.
#[must_use]
pub fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(Initial), Box::new(LetterStates)]
}

struct Initial;

impl MigrationName for Initial {
    fn name(&self) -> &'static str {
        "m20261121_000001_messaging"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Initial {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [outbox(), inbox(), dead_letters(), leases()] {
            manager.create_table(table).await?;
        }
        manager.create_index(inbox_by_age()).await?;
        if manager.get_database_backend() == sea_orm::DbBackend::Postgres {
            // Rows come and go: the default threshold (a fifth of the table) lets dead ones pile up.
            manager
                .get_connection()
                .execute_unprepared("ALTER TABLE outbox SET (autovacuum_vacuum_scale_factor = 0.01)")
                .await?;
        }
        Ok(())
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["outbox", "inbox", "dead_letters", "leases"] {
            manager.drop_table(Table::drop().table(Alias::new(table)).take()).await?;
        }
        Ok(())
    }
}

/// What became of a dead letter, and who saw to it.
struct LetterStates;

impl MigrationName for LetterStates {
    fn name(&self) -> &'static str {
        "m20261126_000001_dead_letter_states"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for LetterStates {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let time = match manager.get_database_backend() {
            sea_orm::DbBackend::Postgres => "timestamp with time zone",
            _ => "timestamp_with_timezone_text",
        };
        let states = [
            // A program of before writes letters without a state: they are open.
            "ALTER TABLE dead_letters ADD COLUMN state text NOT NULL DEFAULT 'open'".to_owned(),
            format!("ALTER TABLE dead_letters ADD COLUMN settled_at {time}"),
            "CREATE INDEX dead_letters_open ON dead_letters (key, id) WHERE state = 'open'".to_owned(),
        ];
        for statement in states {
            manager.get_connection().execute_unprepared(&statement).await?;
        }
        manager.create_table(dead_letter_actions()).await?;
        let by_letter = Index::create()
            .name("dead_letter_actions_letter")
            .table("dead_letter_actions")
            .col("letter_id")
            .take();
        manager.create_index(by_letter).await
    }

    async fn down(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.drop_table(Table::drop().table("dead_letter_actions").take()).await?;
        for statement in [
            "DROP INDEX dead_letters_open",
            "ALTER TABLE dead_letters DROP COLUMN settled_at",
            "ALTER TABLE dead_letters DROP COLUMN state",
        ] {
            manager.get_connection().execute_unprepared(statement).await?;
        }
        Ok(())
    }
}

fn dead_letter_actions() -> TableCreateStatement {
    Table::create()
        .table("dead_letter_actions")
        .col(big_integer("id").auto_increment().primary_key())
        .col(big_integer("letter_id"))
        .col(timestamp_with_time_zone("at"))
        .col(text("actor"))
        .col(text("action"))
        .col(text("outcome"))
        .take()
}

fn outbox() -> TableCreateStatement {
    Table::create()
        .table("outbox")
        .col(big_integer("id").auto_increment().primary_key())
        .col(uuid("event_id"))
        .col(text("topic"))
        .col(ColumnDef::new("key").text().null())
        .col(binary("payload"))
        .col(json_binary("headers"))
        .col(timestamp_with_time_zone("created_at"))
        .col(integer("attempts").default(0))
        .col(timestamp_with_time_zone_null("next_try_at"))
        .col(ColumnDef::new("last_error").text().null())
        .take()
}

fn inbox() -> TableCreateStatement {
    Table::create()
        .table("inbox")
        .col(text("consumer_group"))
        .col(uuid("event_id"))
        .col(text("topic"))
        .col(integer("partition"))
        .col(big_integer("offset"))
        .col(timestamp_with_time_zone("received_at"))
        .primary_key(Index::create().col("consumer_group").col("event_id"))
        .take()
}

/// For forgetting the oldest rows.
fn inbox_by_age() -> IndexCreateStatement {
    Index::create().name("inbox_by_age").table("inbox").col("received_at").take()
}

fn dead_letters() -> TableCreateStatement {
    Table::create()
        .table("dead_letters")
        .col(big_integer("id").auto_increment().primary_key())
        .col(text("consumer_group"))
        .col(uuid_null("event_id"))
        .col(ColumnDef::new("event_type").text().null())
        .col(text("topic"))
        .col(integer("partition"))
        .col(big_integer("offset"))
        .col(ColumnDef::new("key").text().null())
        .col(binary("payload"))
        .col(json_binary("headers"))
        .col(text("error"))
        .col(integer("attempts"))
        .col(timestamp_with_time_zone("created_at"))
        .take()
}

fn leases() -> TableCreateStatement {
    Table::create()
        .table("leases")
        .col(text("name").primary_key())
        .col(uuid("holder"))
        .col(big_integer("epoch"))
        .col(big_integer("expires_at"))
        .take()
}
