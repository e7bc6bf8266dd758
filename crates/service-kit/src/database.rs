//! A service's own database, as its configuration names it.

use anyhow::Context;
use messaging::database::{self, Options};
use sea_orm::DatabaseConnection;
use sea_orm_migration::MigratorTrait;
use secrecy::ExposeSecret;

use crate::env::DatabaseConfig;

/// Opens it; `name` is the service's, as the database shows it.
///
/// # Errors
/// When it does not answer.
pub async fn open(config: &DatabaseConfig, name: &str) -> anyhow::Result<DatabaseConnection> {
    let options = Options { max_connections: config.max_connections, ..Options::new(name) };
    let db = database::connect(config.url.expose_secret(), &options).await;
    db.context("the database cannot be reached")
}

/// Opens it for a service to start on. Where `MIGRATE_ON_START` says so it is migrated first.
///
/// # Errors
/// When it does not answer, or has an older schema.
pub async fn open_at_start<M: MigratorTrait>(
    config: &DatabaseConfig,
    name: &str,
) -> anyhow::Result<DatabaseConnection> {
    if config.migrate_on_start {
        migrate::<M>(config, name).await?;
    }
    open_current::<M>(config, name).await
}

/// Opens it for work that needs today's schema, and never changes that.
///
/// # Errors
/// When it does not answer, or has an older schema.
pub async fn open_current<M: MigratorTrait>(
    config: &DatabaseConfig,
    name: &str,
) -> anyhow::Result<DatabaseConnection> {
    let db = open(config, name).await?;
    database::ensure_migrated::<M>(&db).await?;
    Ok(db)
}

/// Brings it to the newest schema, however long the statements take.
///
/// # Errors
/// When it does not answer, or a migration fails.
pub async fn migrate<M: MigratorTrait>(config: &DatabaseConfig, name: &str) -> anyhow::Result<()> {
    let options = Options::new(name).unlimited();
    let db = database::connect(config.url.expose_secret(), &options).await;
    let db = db.context("the database cannot be reached")?;
    database::migrate::<M>(&db).await?;
    Ok(db.close().await?)
}
