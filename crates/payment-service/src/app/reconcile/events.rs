//! Events that never came, or that the restored database has forgotten: replayed through the webhook's own function.

use std::collections::HashSet;

use kernel::PaymentId;
use time::{Duration, OffsetDateTime};

use super::calls::list;
use super::run::{Halt, Run};
use super::slices::Slices;
use super::{Done, Finding};
use crate::app::ports::{ListedEvent, StripeEvent, Tidings};
use crate::app::receive_webhook::store_and_apply;
use crate::store::{payments, stripe_events};

impl Run<'_> {
    /// Replays events of the time since `from`.
    pub(super) async fn replay_events(
        &mut self,
        from: OffsetDateTime,
        undelivered: bool,
    ) -> Result<(), Halt> {
        // A second further, as Stripe counts whole ones: what happens right now is told.
        let mut slices = Slices::new(from, self.started() + Duration::seconds(1));
        self.progress.begin("replaying events", None);
        while let Some(window) = slices.window() {
            self.go_on()?;
            let Some(events) = list(self.app.stripe.events(window, undelivered).await)? else {
                slices.halve();
                continue;
            };
            slices.pass(window, events.len());
            let known = stripe_events::known(&self.app.db, &ids(&events)).await;
            let known = known.map_err(|error| Halt::Database(error.into()))?;
            for event in events {
                self.go_on()?;
                self.replay(event, &known).await?;
                self.progress.advance(1);
            }
        }
        Ok(())
    }

    async fn replay(&mut self, listed: ListedEvent, known: &HashSet<String>) -> Result<(), Halt> {
        self.report.events.listed += 1;
        if known.contains(&listed.id) {
            self.report.events.known += 1;
            return Ok(());
        }
        let event = match &listed.read {
            Ok(event) => event,
            Err(error) => {
                self.report.events.failed += 1;
                self.report.find(finding(&listed.id, format!("it cannot be read: {error}")));
                return Ok(());
            }
        };
        self.touch(event, true).await?;
        if !self.options.dry_run {
            // This run looks after it first.
            let others = self.app.clock.now() + self.app.call_lease();
            if let Err(error) = store_and_apply(self.app, event, &listed.payload, others).await {
                self.report.events.failed += 1;
                return self.survive(error, finding(&event.id, "it could not be stored"));
            }
            self.settled(event).await?;
        }
        self.report.events.replayed += 1;
        Ok(())
    }

    /// An event that is not applied now is one more thing that remains, unless the next look settles it.
    async fn settled(&mut self, event: &StripeEvent) -> Result<(), Halt> {
        if let Err(error) = crate::app::sweep_event(self.app, &event.id).await {
            return self.survive(error, finding(&event.id, "it was stored and not applied"));
        }
        match stripe_events::unsettled(&self.app.db, &event.id).await {
            Ok(None) => Ok(()),
            Ok(Some((state, reason))) => {
                let detail = format!("{}: {}", state.as_str(), reason.unwrap_or_default());
                self.report.find(finding(&event.id, detail));
                Ok(())
            }
            Err(error) => self.survive(error.into(), finding(&event.id, "what became of it cannot be read")),
        }
    }

    /// Remembers whose payment the event is about, and how it stood before.
    async fn touch(&mut self, event: &StripeEvent, before: bool) -> Result<(), Halt> {
        let (Tidings::About(seen) | Tidings::RefundsMissing(seen)) = &event.tidings else { return Ok(()) };
        let located = match payments::locate(&self.app.db, &seen.subject).await {
            Ok(located) => located,
            Err(error) => {
                return self.survive(error.into(), finding(&event.id, "its payment cannot be looked for"));
            }
        };
        let Some((payment_id, _)) = located else { return Ok(()) };
        if !self.touched.insert(payment_id) || !before {
            return Ok(());
        }
        // One that cannot be read is told when it is compared.
        if let Ok(Some(payment)) = payments::find(&self.app.db, payment_id).await {
            self.before.insert(payment_id, payment);
        }
        Ok(())
    }

    /// Finds the payments that events of the time since `from` are about, and changes nothing. Those that were settled
    /// before the backup of `since` are in it.
    pub(super) async fn gather_touched(
        &mut self,
        from: OffsetDateTime,
        since: OffsetDateTime,
    ) -> Result<(), Halt> {
        self.progress.begin("reading events", None);
        let mut slices = Slices::new(from, self.started() + Duration::seconds(1));
        while let Some(window) = slices.window() {
            self.go_on()?;
            let Some(events) = list(self.app.stripe.events(window, false).await)? else {
                slices.halve();
                continue;
            };
            slices.pass(window, events.len());
            let settled = stripe_events::settled_before(&self.app.db, &ids(&events), since).await;
            let settled = settled.map_err(|error| Halt::Database(error.into()))?;
            for listed in events {
                if let Ok(event) = &listed.read
                    && !settled.contains(&listed.id)
                {
                    self.touch(event, false).await?;
                }
                self.progress.advance(1);
            }
        }
        Ok(())
    }

    /// Events that were in quarantine before wait for somebody, and are watched there: they are told, and do not make
    /// every run until then one that left something.
    pub(super) async fn count_quarantined(&mut self) -> Result<(), Halt> {
        let quarantined = stripe_events::quarantined_before(&self.app.db, self.started()).await;
        self.report.quarantined = quarantined.map_err(|error| Halt::Database(error.into()))?;
        Ok(())
    }

    /// The touched payments that are not in the report yet.
    pub(super) fn untold(&self) -> Vec<PaymentId> {
        self.touched.iter().filter(|id| !self.examined.contains(id)).copied().collect()
    }
}

fn ids(events: &[ListedEvent]) -> Vec<String> {
    events.iter().map(|event| event.id.clone()).collect()
}

fn finding(event_id: &str, detail: impl Into<String>) -> Finding {
    Finding {
        what: "event",
        done: Done::Remains,
        payment_id: None,
        order_id: None,
        object: Some(event_id.to_owned()),
        detail: detail.into(),
    }
}
