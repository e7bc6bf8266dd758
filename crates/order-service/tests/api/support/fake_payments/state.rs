//! What the fake knows.

use std::collections::HashMap;
use std::sync::Arc;

use events::purchases::{CloseOutcome, EnsureSession, PaymentState, Purchase, PurchaseKind, PurchaseState};
use events::{LastError, LineItem, PaymentSnapshot};
use kernel::{Clock, Currency, EventId, OrderId, PaymentId, SystemClock};
use time::{Duration, OffsetDateTime};
use tokio::sync::Semaphore;

/// What became of a Session at Stripe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AtStripe {
    Open,
    Declined,
    Processing,
    Paid,
    Failed,
    Expired,
}

/// Counters.
#[derive(Debug, Clone, Default)]
pub struct Calls {
    pub ensure: u32,
    pub refresh: u32,
    pub close: u32,
    pub by_session: u32,
}

pub struct State {
    pub clock: Arc<dyn Clock>,
    pub purchases: HashMap<OrderId, Known>,
    pub down: bool,
    /// Somebody else answers every call 404, with this body.
    pub misrouted: Option<&'static str>,
    pub close_unknown: u32,
    /// An ensure-session waits for a permit here before it does anything.
    pub gate: Option<Arc<Semaphore>>,
    /// A close waits for a permit here before it does anything.
    pub close_gate: Option<Arc<Semaphore>>,
    pub calls: Calls,
    pub last_ensure: Option<EnsureSession>,
}

pub struct Known {
    pub id: OrderId,
    pub closed: bool,
    pub generation: i64,
    pub body: EnsureSession,
    pub payments: Vec<Attempt>,
    /// Every snapshot, oldest first.
    pub published: Vec<PaymentSnapshot>,
}

pub struct Attempt {
    pub snapshot: PaymentSnapshot,
    pub at_stripe: AtStripe,
    pub created_at: OffsetDateTime,
    pub expires_at: OffsetDateTime,
}

impl State {
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            purchases: HashMap::new(),
            down: false,
            misrouted: None,
            close_unknown: 0,
            gate: None,
            close_gate: None,
            calls: Calls::default(),
            last_ensure: None,
        }
    }

    pub fn ensure(&mut self, id: OrderId, body: EnsureSession) -> Result<Purchase, &'static str> {
        let known = self.purchases.entry(id).or_insert_with(|| Known {
            id,
            closed: false,
            generation: body.generation,
            body: body.clone(),
            payments: Vec::new(),
            published: Vec::new(),
        });
        if body.generation < known.generation {
            return Ok(known.answer(None));
        }
        if body.generation > known.generation {
            known.generation = body.generation;
            known.closed = false;
        }
        if known.closed {
            return Err("purchase_closed");
        }
        known.body = body;
        let now = self.clock.now();
        for payment in known.payments.iter_mut().filter(|payment| payment.expires_at <= now) {
            if payment.at_stripe == AtStripe::Open {
                payment.at_stripe = AtStripe::Expired;
            }
        }
        known.learn();
        let settled = known
            .payments
            .iter()
            .any(|payment| ["open", "processing", "succeeded"].contains(&payment.snapshot.status.as_str()));
        if !settled {
            known.attempt(now);
        }
        Ok(known.answer(None))
    }

    /// What was never begun is closed all the same, and stays so for who begins it later.
    pub fn close(&mut self, id: OrderId, generation: i64) -> Purchase {
        let unknown = self.close_unknown > 0;
        self.close_unknown = self.close_unknown.saturating_sub(1);
        let known = self.purchases.entry(id).or_insert_with(|| Known {
            id,
            closed: true,
            generation,
            body: direct("", Vec::new(), 0),
            payments: Vec::new(),
            published: Vec::new(),
        });
        if generation < known.generation {
            return known.answer(None);
        }
        known.generation = generation;
        known.closed = true;
        if unknown {
            return known.answer(Some(CloseOutcome::Unknown));
        }
        known.learn();
        let has =
            |known: &Known, status: &str| known.payments.iter().any(|one| one.snapshot.status == status);
        let outcome = if has(known, "succeeded") {
            CloseOutcome::Paid
        } else if has(known, "processing") {
            CloseOutcome::Processing
        } else {
            for payment in &mut known.payments {
                if payment.snapshot.status == "open" {
                    payment.at_stripe = AtStripe::Expired;
                }
            }
            known.learn();
            CloseOutcome::Closed
        };
        known.answer(Some(outcome))
    }
}

impl Known {
    pub fn newest(&mut self) -> &mut Attempt {
        self.payments.last_mut().unwrap()
    }

    pub fn payable(&self) -> usize {
        self.payments
            .iter()
            .filter(|payment| payment.snapshot.status == "open" && payment.at_stripe == AtStripe::Open)
            .count()
    }

    /// Takes over what Stripe knows, a snapshot per step.
    pub fn learn(&mut self) {
        for payment in &mut self.payments {
            let snapshot = &mut payment.snapshot;
            let status = match payment.at_stripe {
                AtStripe::Open | AtStripe::Declined => "open",
                AtStripe::Processing => "processing",
                AtStripe::Paid => "succeeded",
                AtStripe::Failed => "failed",
                AtStripe::Expired => "expired",
            };
            let declined = payment.at_stripe == AtStripe::Declined;
            if snapshot.status == status && !declined {
                continue;
            }
            if declined {
                payment.at_stripe = AtStripe::Open;
                snapshot.declines += 1;
                snapshot.last_error = Some(LastError {
                    code: "card_declined".to_owned(),
                    decline_code: Some("insufficient_funds".to_owned()),
                    message: "Your card has insufficient funds.".to_owned(),
                    retryable: true,
                });
            }
            status.clone_into(&mut snapshot.status);
            if status == "succeeded" {
                snapshot.payment_intent_id = Some(format!("pi_{}", snapshot.payment_id.uuid().simple()));
            }
            snapshot.sequence += 1;
            self.published.push(snapshot.clone());
        }
    }

    fn attempt(&mut self, now: OffsetDateTime) {
        let payment_id = PaymentId::generate(&SystemClock);
        let body = self.body.clone();
        let snapshot = PaymentSnapshot {
            payment_id,
            attempt: u32::try_from(self.payments.len()).unwrap() + 1,
            order_id: Some(self.id),
            booking_id: None,
            sequence: 1,
            status: "open".to_owned(),
            user_id: body.user_id,
            email: body.email,
            recipient_id: None,
            recipient_email: None,
            amount: body.amount,
            amount_refunded: 0,
            currency: body.currency,
            products: body.products,
            session_id: Some(format!("cs_test_{}", payment_id.uuid().simple())),
            payment_intent_id: None,
            declines: 0,
            last_error: None,
            livemode: false,
        };
        self.published.push(snapshot.clone());
        let (shortest, longest) = (now + Duration::minutes(36), now + Duration::hours(24));
        let expires_at = (body.hold_until - Duration::minutes(10)).clamp(shortest, longest);
        self.payments.push(Attempt { snapshot, at_stripe: AtStripe::Open, created_at: now, expires_at });
    }

    pub fn answer(&self, outcome: Option<CloseOutcome>) -> Purchase {
        let payments = self.payments.iter().map(|payment| PaymentState {
            event_id: Some(EventId::generate(&SystemClock)),
            url: Some(url(&payment.snapshot)),
            client_secret: None,
            expires_at: Some(payment.expires_at),
            created_at: payment.created_at,
            snapshot: payment.snapshot.clone(),
        });
        Purchase {
            id: self.id.to_string(),
            kind: PurchaseKind::Order,
            state: if self.closed { PurchaseState::Closed } else { PurchaseState::Open },
            generation: self.generation,
            payments: payments.collect(),
            outcome,
        }
    }
}

/// The page of a Session.
pub fn url(snapshot: &PaymentSnapshot) -> String {
    format!("https://pay.example/{}", snapshot.session_id.as_deref().unwrap_or_default())
}

/// What a frontend's own `create-checkout-session` amounts to.
pub fn direct(user: &str, products: Vec<LineItem>, amount: i64) -> EnsureSession {
    EnsureSession {
        generation: 1,
        user_id: user.to_owned(),
        email: Some("direct@example.com".to_owned()),
        currency: Currency::USD,
        amount,
        products,
        shipping_address: None,
        success_url: "https://shop.example/ok".to_owned(),
        cancel_url: "https://shop.example/back".to_owned(),
        payment_method_types: None,
        hold_until: SystemClock.now() + Duration::minutes(40),
        metadata: std::collections::BTreeMap::new(),
    }
}
