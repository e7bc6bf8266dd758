//! Forgets what only mattered for a while.

use service_kit::idempotency;
use time::Duration;

use crate::app::{App, Error};
use crate::store::dedupe;

/// How long the latest carts of buyers are kept; they matter for a minute.
const CARTS_KEPT: Duration = Duration::hours(1);

/// Deletes old idempotency keys and carts.
pub(crate) async fn housekeeping(app: &App) -> Result<(), Error> {
    let keys = idempotency::purge(&app.db, app.clock.as_ref()).await?;
    let carts = dedupe::purge(&app.db, app.now() - CARTS_KEPT).await?;
    if keys + carts > 0 {
        tracing::info!(keys, carts, "forgot old idempotency keys and carts");
    }
    Ok(())
}
