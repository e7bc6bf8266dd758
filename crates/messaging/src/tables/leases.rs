//! Who may do what only one process at a time may do.

use sea_orm::entity::prelude::*;

#[sea_orm::model]
#[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "leases")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub name: String,
    pub holder: Uuid,
    /// Grows with every change of holder.
    pub epoch: i64,
    /// Milliseconds since 1970 by the database's clock.
    pub expires_at: i64,
}

impl ActiveModelBehavior for ActiveModel {}
