//! The schema, in steps.

mod m20261121_000010_initial;

use sea_orm_migration::{MigrationTrait, MigratorTrait, async_trait};

/// Every migration of this service's database, those of the libraries first.
#[derive(Debug)]
pub struct Migrator;

#[async_trait::async_trait]
impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut all = messaging::migrations();
        all.push(service_kit::idempotency::migration());
        all.push(Box::new(m20261121_000010_initial::Initial));
        all
    }
}
