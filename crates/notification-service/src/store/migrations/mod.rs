//! The service's schema, from the first version on.

mod m20261121_000001_initial;
mod m20261127_000002_first_tries;

use sea_orm_migration::prelude::*;

/// Brings a database to the newest schema.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut all = messaging::migrations();
        all.push(Box::new(m20261121_000001_initial::Migration));
        all.push(Box::new(m20261127_000002_first_tries::Migration));
        all
    }
}
