//! Calls to Stripe whose outcome is not known: settled as the worker does.

use time::Duration;

use super::run::{Halt, Run};
use super::{Done, Finding};
use crate::app::resolve_unknown;
use crate::store::stripe_requests;

impl Run<'_> {
    /// Settles what is due, and counts what is left of it.
    pub(super) async fn resolve_unknown(&mut self) -> Result<(), Halt> {
        self.progress.begin("settling calls", None);
        let before = self.pending().await?;
        if !self.options.dry_run {
            while resolve_unknown(self.app, self.stop).await.map_err(Halt::Database)? {
                self.go_on()?;
            }
        }
        let pending = self.pending().await?;
        self.report.requests.pending = pending;
        self.report.requests.resolved = before.saturating_sub(pending);
        if pending > 0 {
            self.report.find(Finding {
                what: "calls to Stripe",
                done: self.waiting(),
                payment_id: None,
                order_id: None,
                object: None,
                detail: format!("the outcome of {pending} is not known yet"),
            });
        }
        Ok(())
    }

    /// Those that nobody can be in the middle of.
    async fn pending(&self) -> Result<u64, Halt> {
        let lease = Duration::try_from(self.app.call_lease()).unwrap_or(Duration::MINUTE);
        let before = self.started() - lease;
        let pending = stripe_requests::pending_before(&self.app.db, before).await;
        pending.map_err(|error| Halt::Database(error.into()))
    }

    const fn waiting(&self) -> Done {
        if self.options.dry_run { Done::WouldBeCorrected } else { Done::Remains }
    }
}
