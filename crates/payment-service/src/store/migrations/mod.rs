//! Schema changes, in order.

mod m20261121_000002_initial;
mod m20261126_000003_first_tries;
mod m20261126_000004_reconcile_runs;
mod m20261126_000005_quarantine;

use sea_orm_migration::{MigrationTrait, MigratorTrait};

/// All tables of the service, those of `messaging` and `service-kit` first.
#[derive(Debug)]
pub struct Migrator;

impl MigratorTrait for Migrator {
    fn migrations() -> Vec<Box<dyn MigrationTrait>> {
        let mut migrations = messaging::migrations();
        migrations.push(service_kit::idempotency::migration());
        migrations.push(Box::new(m20261121_000002_initial::Initial));
        migrations.push(Box::new(m20261126_000003_first_tries::FirstTries));
        migrations.push(Box::new(m20261126_000004_reconcile_runs::ReconcileRuns));
        migrations.push(Box::new(m20261126_000005_quarantine::Quarantine));
        migrations
    }
}
