//! The one function through which every fact goes: our own calls' answers, webhooks, refreshes, recovery.

use super::{Decline, Fact, Observation, Payment, PaymentError, Refund, Status};

/// What an observation did to a payment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// It told something new.
    Advanced,
    /// It told what is known, or what something of higher rank has overtaken.
    Superseded,
    /// It cannot be about this payment as we know it: nothing was changed, somebody has to look.
    Contradiction(&'static str),
    /// It tells of something whose beginning we have not heard of: nothing was changed, try again later.
    Premature(&'static str),
}

/// What a published snapshot reports.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Change {
    /// The Session exists.
    Created,
    /// A delayed method was started.
    Processing,
    /// Money was captured.
    Succeeded,
    /// A decline, or the failure of a delayed method.
    Failed(PaymentError),
    /// The Session ended unpaid.
    Expired,
    /// A refund changed.
    Refunded(Refund),
}

/// One snapshot to publish: what changed, and the payment right after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Step {
    /// What to report.
    pub(crate) change: Change,
    /// The payment's state, with the sequence of this snapshot.
    pub(crate) after: Payment,
}

/// The result of [`apply`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// What the observation did.
    pub(crate) outcome: Outcome,
    /// What to publish, in this order.
    pub(crate) steps: Vec<Step>,
}

/// Applies everything one look at Stripe tells. Either all of it counts or, on a contradiction or when it is
/// premature, nothing.
pub(crate) fn apply(payment: &mut Payment, seen: &Observation) -> Verdict {
    let refused = contradiction(payment, seen)
        .map(Outcome::Contradiction)
        .or_else(|| premature(payment, seen).map(Outcome::Premature));
    if let Some(outcome) = refused {
        return Verdict { outcome, steps: Vec::new() };
    }
    let before = payment.status;
    payment.learn(seen);
    let mut progress = Progress { payment, steps: Vec::new() };
    for fact in &seen.facts {
        progress.fact(fact);
    }
    let mut steps = progress.steps;
    tell_all_refunds(payment, &mut steps);
    let advanced = !steps.is_empty() || payment.status != before;
    Verdict { outcome: if advanced { Outcome::Advanced } else { Outcome::Superseded }, steps }
}

/// Money that is back is told from the capture on, however many refunds one look shows: whoever reads only the first of
/// its snapshots must not take the money for ours.
fn tell_all_refunds(payment: &Payment, steps: &mut [Step]) {
    for step in steps.iter_mut().filter(|step| step.after.status == Status::Succeeded) {
        step.after.refunds.clone_from(&payment.refunds);
    }
}

fn contradiction(payment: &Payment, seen: &Observation) -> Option<&'static str> {
    fn differ<T: PartialEq>(known: Option<&T>, told: Option<&T>) -> bool {
        matches!((known, told), (Some(known), Some(told)) if known != told)
    }
    if differ(Some(&payment.livemode), seen.livemode.as_ref()) {
        return Some("livemode");
    }
    if differ(Some(&payment.id), seen.subject.payment_id.as_ref()) {
        return Some("payment id");
    }
    if differ(payment.session_id.as_ref(), seen.subject.session_id.as_ref()) {
        return Some("session id");
    }
    if differ(payment.intent_id.as_ref(), seen.subject.intent_id.as_ref()) {
        return Some("payment intent id");
    }
    let captured = seen.facts.iter().find_map(|fact| match fact {
        Fact::Succeeded(capture) => Some(capture.received),
        _ => None,
    });
    for told in [seen.money, captured].into_iter().flatten() {
        if told.currency != payment.money.currency {
            return Some("currency");
        }
        if told.amount != payment.money.amount {
            return Some("amount");
        }
    }
    None
}

/// A PaymentIntent or charge does not name its Session, and a refund does not prove its capture.
fn premature(payment: &Payment, seen: &Observation) -> Option<&'static str> {
    let never_opened = matches!(seen.facts.as_slice(), [Fact::NeverOpened(_)]);
    if payment.session_id.is_none() && seen.subject.session_id.is_none() && !never_opened {
        return Some("the session is not known yet");
    }
    let refunds = seen.facts.iter().any(|fact| matches!(fact, Fact::Refunded(_)));
    let captured = payment.status == Status::Succeeded
        || seen.facts.iter().any(|fact| matches!(fact, Fact::Succeeded(_)));
    (refunds && !captured).then_some("the capture is not known yet")
}

struct Progress<'a> {
    payment: &'a mut Payment,
    steps: Vec<Step>,
}

impl Progress<'_> {
    fn fact(&mut self, fact: &Fact) {
        match fact {
            Fact::Opened => self.open(),
            Fact::Processing => self.rise(Status::Processing, Change::Processing),
            Fact::Declined(decline) => self.decline(decline),
            Fact::Expired => self.rise(Status::Expired, Change::Expired),
            Fact::Cancelled => self.rise(Status::Cancelled, Change::Expired),
            Fact::Failed(error) => {
                self.payment.failure.get_or_insert_with(|| error.clone());
                let error = self.payment.last_error().unwrap_or(error).clone();
                self.rise(Status::Failed, Change::Failed(error));
            }
            Fact::NeverOpened(error) => self.never_opened(error),
            Fact::Succeeded(capture) => {
                let payment = &mut *self.payment;
                payment.received = capture.received.amount;
                payment.method = payment.method.take().or_else(|| capture.method.clone());
                payment.receipt_url = payment.receipt_url.take().or_else(|| capture.receipt_url.clone());
                self.rise(Status::Succeeded, Change::Succeeded);
            }
            Fact::Refunded(refund) => self.refund(refund),
        }
    }

    fn open(&mut self) {
        if self.payment.status < Status::Open {
            self.payment.status = Status::Open;
            self.publish(Change::Created);
        }
    }

    /// Nobody may hear of the end of a payment before its beginning, even one that we had given up.
    fn announce_first(&mut self) {
        if self.payment.sequence == 0 {
            let (status, received) = (self.payment.status, self.payment.received);
            self.payment.status = Status::Open;
            self.payment.received = 0;
            self.publish(Change::Created);
            self.payment.status = status.max(Status::Open);
            self.payment.received = received;
        }
    }

    fn rise(&mut self, to: Status, change: Change) {
        if self.payment.status < to {
            self.announce_first();
            self.payment.status = to;
            self.publish(change);
        }
    }

    /// Reports of one decline differ in their time at most; the earliest counts, whichever came first.
    fn decline(&mut self, decline: &Decline) {
        if let Some(known) = self.payment.declines.get_mut(&decline.key) {
            known.at = known.at.min(decline.at);
            return;
        }
        let news = self.payment.status < Status::Succeeded;
        if news {
            self.announce_first();
        }
        self.payment.declines.insert(decline.key.clone(), decline.clone());
        if news {
            self.publish(Change::Failed(decline.error.clone()));
        }
    }

    /// Nobody has heard of the payment, so nobody has to hear of its end.
    fn never_opened(&mut self, error: &PaymentError) {
        if self.payment.status == Status::Created {
            self.payment.status = Status::Failed;
            self.payment.failure = Some(error.clone());
        }
    }

    fn refund(&mut self, refund: &Refund) {
        let known = self.payment.refunds.get(&refund.id);
        if known.is_none_or(|known| known.status < refund.status) {
            let reason = refund.reason.clone().or_else(|| known.and_then(|known| known.reason.clone()));
            let request_id = refund.request_id.or_else(|| known.and_then(|known| known.request_id));
            let refund = Refund { reason, request_id, ..refund.clone() };
            self.payment.refunds.insert(refund.id.clone(), refund.clone());
            self.publish(Change::Refunded(refund));
        }
    }

    fn publish(&mut self, change: Change) {
        self.payment.sequence += 1;
        self.steps.push(Step { change, after: self.payment.clone() });
    }
}
