//! One payment as Stripe shows it beside the one we know: what differs is applied, as any answer of Stripe's.

use kernel::PaymentId;
use messaging::database::transact;
use sea_orm::DatabaseTransaction;

use super::Done;
use super::money::Held;
use super::run::{Halt, Run, remains};
use crate::app::announce::News;
use crate::app::apply_facts::{Source, apply_facts, apply_restated};
use crate::app::attempt::locked;
use crate::app::{App, UseCaseError};
use crate::domain::{Fact, Observation, Outcome, Payment, apply};
use crate::store::payments;

/// As many refunds as Stripe shows in a charge; if there are so many there may be more.
const REFUNDS_SHOWN: usize = 10;

impl Run<'_> {
    /// Compares, applies, counts.
    pub(super) async fn examine(&mut self, id: PaymentId, seen: Observation) -> Result<(), Halt> {
        if !self.examined.insert(id) {
            return Ok(());
        }
        self.report.payments.asked += 1;
        let Some((mut seen, mut compared)) = self.compare(id, seen).await? else { return Ok(()) };
        // It may have moved since Stripe was read: only what a second look shows, too, is a difference. After a restore
        // nothing else is running.
        if compared.is_apart(&seen)
            && self.options.since.is_none()
            && let Some(session_id) = seen.subject.session_id.clone()
        {
            let answer = self.app.stripe.session(&session_id).await;
            if let Ok(newer) = self.answered(answer)? {
                let Some((newer, second)) = self.compare(id, newer).await? else { return Ok(()) };
                seen = newer;
                compared = Compared { before: compared.before, ..second };
            }
        }
        self.tell(id, &seen, compared);
        Ok(())
    }

    /// Compares and applies. What cannot be compared is told, and `None`.
    async fn compare(
        &mut self,
        id: PaymentId,
        seen: Observation,
    ) -> Result<Option<(Observation, Compared)>, Halt> {
        let seen = match self.with_all_refunds(seen).await? {
            Ok(seen) => seen,
            Err(error) => {
                self.report.payments.unreadable += 1;
                self.report.find(remains("payment", id, format!("its refunds cannot be read: {error}")));
                return Ok(None);
            }
        };
        let compared = if self.options.dry_run {
            rehearse(self.app, id, &seen).await
        } else {
            settle(self.app, id, &seen, self.floor()).await
        };
        match compared {
            Ok(compared) => Ok(Some((seen, compared))),
            Err(error) => {
                self.report.payments.unreadable += 1;
                self.survive(error, remains("payment", id, "it cannot be compared"))?;
                Ok(None)
            }
        }
    }

    /// A long list of refunds is asked for on its own.
    async fn with_all_refunds(&mut self, seen: Observation) -> Result<Result<Observation, String>, Halt> {
        let shown = seen.facts.iter().filter(|fact| matches!(fact, Fact::Refunded(_))).count();
        let Some(intent_id) = seen.subject.intent_id.as_ref().filter(|_| shown >= REFUNDS_SHOWN) else {
            return Ok(Ok(seen));
        };
        let answer = self.app.stripe.refunds(intent_id).await;
        Ok(self.answered(answer)?.map(|refunds| {
            let mut seen = seen;
            seen.facts.retain(|fact| !matches!(fact, Fact::Refunded(_)));
            seen.facts.extend(refunds.into_iter().map(Fact::Refunded));
            seen
        }))
    }

    fn tell(&mut self, id: PaymentId, seen: &Observation, compared: Compared) {
        let is_apart = compared.is_apart(seen);
        let Compared { before, after, outcome } = compared;
        let before = self.before.remove(&id).unwrap_or(before);
        let stripe = Held::at_stripe(seen);
        // In a rehearsal, what would be corrected is apart still.
        let now = if self.options.dry_run { &before } else { &after };
        let held = (stripe, Held::with_us(&before), Held::with_us(now));
        self.report.money.add(before.money.currency, held);
        let done = match outcome {
            Outcome::Contradiction(_) | Outcome::Premature(_) => Done::Remains,
            _ if is_apart => Done::Remains,
            _ => self.corrected(),
        };
        let reason = match outcome {
            Outcome::Contradiction(reason) => format!("what Stripe shows is not this payment: {reason}"),
            Outcome::Premature(reason) => reason.to_owned(),
            _ if done != Done::Remains && !differs(&before, &after) => return,
            _ => change(&before, &after),
        };
        self.report.payments.differed += 1;
        let mut finding = remains("payment", id, reason);
        finding.done = done;
        finding.order_id = Some(before.purchase_id);
        finding.object = seen.subject.session_id.clone();
        self.report.find(finding);
    }
}

struct Compared {
    before: Payment,
    after: Payment,
    outcome: Outcome,
}

impl Compared {
    /// Whether Stripe has or gave back another sum.
    fn is_apart(&self, seen: &Observation) -> bool {
        Held::with_us(&self.after).apart(Held::at_stripe(seen)) != 0
    }
}

async fn rehearse(app: &App, id: PaymentId, seen: &Observation) -> Result<Compared, UseCaseError> {
    let before = payments::find(&app.db, id).await?.ok_or(UseCaseError::NotFound)?;
    let mut after = before.clone();
    let outcome = apply(&mut after, seen).outcome;
    Ok(Compared { before, after, outcome })
}

async fn settle(
    app: &App,
    id: PaymentId,
    seen: &Observation,
    floor: Option<i64>,
) -> Result<Compared, UseCaseError> {
    let (compared, news) = transact(&app.db, async |tx: &DatabaseTransaction| {
        let (purchase, mut payment) = locked(tx, id).await?;
        let before = payment.clone();
        let mut news = News::default();
        let to = (&purchase, &mut payment);
        let outcome = match floor {
            Some(floor) => {
                apply_restated(app, tx, to, (seen, floor), Source::call("restore"), &mut news).await?
            }
            None => apply_facts(app, tx, to, seen, Source::call("reconcile"), &mut news).await?,
        };
        Ok::<_, UseCaseError>((Compared { before, after: payment, outcome }, news))
    })
    .await?;
    news.tell(app);
    Ok(compared)
}

/// Whether anything was news but the number of the snapshot.
fn differs(before: &Payment, after: &Payment) -> bool {
    before.status != after.status
        || before.received != after.received
        || before.refunds != after.refunds
        || before.declines.len() != after.declines.len()
}

fn change(before: &Payment, after: &Payment) -> String {
    let state = |payment: &Payment| {
        format!(
            "{}, captured {}, refunded {}, declined {}",
            payment.status,
            payment.received,
            payment.refunded(),
            payment.declines.len()
        )
    };
    format!("{} -> {}", state(before), state(after))
}
