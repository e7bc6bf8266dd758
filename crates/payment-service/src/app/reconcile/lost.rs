//! Sessions at Stripe that were made for payments which the restored database does not know: their purchases and
//! payments are written again from what stands on them.

use kernel::{Money, PaymentId};
use messaging::database::transact;
use sea_orm::DatabaseTransaction;
use time::{Duration, OffsetDateTime};

use super::calls::list;
use super::money::Held;
use super::run::{Halt, Run, remains};
use super::slices::Slices;
use super::{Done, Finding};
use crate::app::announce::News;
use crate::app::apply_facts::{Source, apply_restated};
use crate::app::ports::{CallError, ListedSession, Memory};
use crate::app::{App, UseCaseError, trace};
use crate::domain::{Item, Observation, Payment, Purchase, PurchaseState, Status, restate, total};
use crate::store::{payments, purchases};

/// Clocks may disagree by this much.
const SKEW: Duration = Duration::minutes(10);

/// A lost payment as its Session tells of it.
struct Lost<'a> {
    payment_id: PaymentId,
    session_id: &'a str,
    memory: &'a Memory,
    money: Money,
    created_at: OffsetDateTime,
    items: Vec<Item>,
}

impl Run<'_> {
    /// Compares all Sessions made since, and writes those of lost payments again.
    pub(super) async fn walk_sessions(&mut self, since: OffsetDateTime) -> Result<(), Halt> {
        self.progress.begin("reading Sessions", None);
        let mut slices = Slices::new(since - SKEW, self.started() + Duration::seconds(1));
        while let Some(window) = slices.window() {
            self.go_on()?;
            let Some(sessions) = list(self.app.stripe.sessions(window).await)? else {
                slices.halve();
                continue;
            };
            slices.pass(window, sessions.len());
            for session in sessions {
                self.go_on()?;
                self.meet(session, since).await?;
                self.progress.advance(1);
            }
        }
        Ok(())
    }

    async fn meet(&mut self, session: ListedSession, since: OffsetDateTime) -> Result<(), Halt> {
        // Other things are sold through the same account, too.
        let (Some(memory), Some(id)) = (&session.memory, session.seen.subject.payment_id) else {
            return Ok(());
        };
        match payments::locate(&self.app.db, &session.seen.subject).await {
            // What the backup has, and was made before it, has moved only if an event tells so.
            Ok(Some(_)) if session.created_at.is_some_and(|made| made < since) => Ok(()),
            Ok(Some((known, _))) => self.examine(known, session.seen).await,
            Ok(None) => match self.rebuild(id, &session, memory).await? {
                Ok(()) => Ok(()),
                Err(reason) => {
                    self.give_up(id, &session, memory, reason);
                    Ok(())
                }
            },
            Err(error) => self.survive(error.into(), remains("payment", id, "it cannot be looked for")),
        }
    }

    /// `Err` inside: why it cannot be written again.
    async fn rebuild(
        &mut self,
        payment_id: PaymentId,
        session: &ListedSession,
        memory: &Memory,
    ) -> Result<Result<(), String>, Halt> {
        let seen = &session.seen;
        let (Some(session_id), Some(money)) = (seen.subject.session_id.as_deref(), seen.money) else {
            return Ok(Err("its Session has no id or no amount".to_owned()));
        };
        if seen.livemode.is_some_and(|livemode| livemode != self.app.policy.livemode) {
            return Ok(Err("its Session is of the other mode".to_owned()));
        }
        let answer = self.app.stripe.items(session_id).await;
        let items = match self.answered(answer)? {
            Ok(items) => items,
            Err(error) => return Ok(Err(format!("what it sells cannot be read: {error}"))),
        };
        if !total(&items, money.currency).is_ok_and(|sum| sum == money) {
            return Ok(Err("its lines do not make up its amount".to_owned()));
        }
        let created_at = session.created_at.unwrap_or_else(|| self.started());
        let lost = Lost { payment_id, session_id, memory, money, created_at, items };
        if self.options.dry_run {
            self.rebuilt(&lost, seen, Held::default());
            return Ok(Ok(()));
        }
        let answer = only_payable(self.app, &lost, seen.clone()).await;
        let seen = match answer {
            Ok(answer) => match self.answered(answer)? {
                Ok(seen) => seen,
                Err(error) => return Ok(Err(format!("it cannot be ended beside another one: {error}"))),
            },
            Err(error) => return self.broken(error),
        };
        let floor = self.floor().unwrap_or_default();
        match write(self.app, &lost, &seen, floor).await {
            Ok(Ok(payment)) => {
                self.rebuilt(&lost, &seen, Held::with_us(&payment));
                Ok(Ok(()))
            }
            Ok(Err(reason)) => Ok(Err(reason.to_owned())),
            Err(error) => self.broken(error),
        }
    }

    /// An error of ours about one of many.
    fn broken(&self, error: UseCaseError) -> Result<Result<(), String>, Halt> {
        use messaging::database::{DatabaseCause, is_infrastructure};
        if error.database_cause().is_some_and(is_infrastructure) {
            return Err(Halt::Database(error));
        }
        Ok(Err(format!("it cannot be stored: {:#}", anyhow::Error::new(error))))
    }

    fn rebuilt(&mut self, lost: &Lost<'_>, seen: &Observation, now: Held) {
        let stripe = Held::at_stripe(seen);
        self.report.money.add(lost.money.currency, (stripe, Held::default(), now));
        self.examined.insert(lost.payment_id);
        self.report.payments.asked += 1;
        self.report.payments.rebuilt += 1;
        let done = self.corrected();
        let detail = format!("captured {}, refunded {}", stripe.captured, stripe.refunded);
        self.report.find(Finding { done, ..found("lost payment", lost, detail) });
    }

    fn give_up(&mut self, id: PaymentId, session: &ListedSession, memory: &Memory, reason: String) {
        self.app.metrics.alarm("payment_lost");
        let stripe = Held::at_stripe(&session.seen);
        if let Some(money) = session.seen.money {
            self.report.money.add(money.currency, (stripe, Held::default(), Held::default()));
        }
        self.examined.insert(id);
        let detail = format!("{reason} (captured {}, refunded {})", stripe.captured, stripe.refunded);
        let mut finding = remains("lost payment", id, detail);
        finding.order_id = Some(memory.purchase_id.clone());
        finding.object = session.seen.subject.session_id.clone();
        self.report.find(finding);
    }
}

fn found(what: &'static str, lost: &Lost<'_>, detail: String) -> Finding {
    Finding {
        what,
        done: Done::Remains,
        payment_id: Some(lost.payment_id),
        order_id: Some(lost.memory.purchase_id.clone()),
        object: Some(lost.session_id.to_owned()),
        detail,
    }
}

/// At most one Session of a purchase can be paid. If another one was made for it since the restore, the lost one is
/// ended; what it is afterwards.
async fn only_payable(
    app: &App,
    lost: &Lost<'_>,
    seen: Observation,
) -> Result<Result<Observation, CallError>, UseCaseError> {
    let others = payments::of_purchase(&app.db, &lost.memory.purchase_id).await?;
    if !seen.is_payable() || !others.iter().any(|payment| payment.status.is_live()) {
        return Ok(Ok(seen));
    }
    Ok(match app.stripe.expire_session(lost.session_id).await {
        Err(CallError::Refused(_)) => app.stripe.session(lost.session_id).await,
        ended => ended,
    })
}

/// Writes purchase and payment, and tells how the payment stands. `Err` inside: why that cannot be.
async fn write(
    app: &App,
    lost: &Lost<'_>,
    seen: &Observation,
    floor: i64,
) -> Result<Result<Payment, &'static str>, UseCaseError> {
    let (payment, news) = transact(&app.db, async |tx: &DatabaseTransaction| {
        let mut news = News::default();
        let now = app.clock.now();
        // Inserted first, then read under the lock: another process may begin the same purchase at this moment, and
        // what stands in its row is filled up, never overwritten.
        if let Some(remembered) = purchase_of(lost, None) {
            purchases::insert_if_absent(tx, &remembered, now).await?;
        }
        let known = purchases::lock(tx, &lost.memory.purchase_id).await?;
        let Some(mut purchase) = known.and_then(|known| purchase_of(lost, Some(known))) else {
            return Ok::<_, UseCaseError>((Err("its buyer is not written on it"), news));
        };
        let others = payments::of_purchase(tx, &purchase.id).await?;
        let taken = others.iter().any(|payment| payment.attempt == lost.memory.attempt);
        let attempt = if taken { purchase.attempts + 1 } else { lost.memory.attempt };
        purchase.attempts = purchase.attempts.max(attempt);
        purchases::save(tx, &purchase, now).await?;
        let mut payment = payment_of(lost, seen, &purchase, attempt);
        // Stored as it will be: another one of the purchase may be payable, which this one is not.
        let mut stored = payment.clone();
        restate(&mut stored, seen, floor);
        payments::insert(tx, &stored).await?;
        let to = (&purchase, &mut payment);
        apply_restated(app, tx, to, (seen, floor), Source::call("restore"), &mut news).await?;
        Ok((Ok(payment), news))
    })
    .await?;
    news.tell(app);
    Ok(payment)
}

/// The purchase as it is known, filled up from the Session where that knows more.
fn purchase_of(lost: &Lost<'_>, known: Option<Purchase>) -> Option<Purchase> {
    let memory = lost.memory;
    // One of an older generation, or one that was only ever closed, does not know what is sold.
    let known = match known {
        Some(known) if known.generation >= memory.generation && !known.items.is_empty() => {
            return Some(known);
        }
        known => known,
    };
    let user_id = memory.user_id.clone();
    let user_id =
        user_id.or_else(|| known.as_ref().map(|known| known.user_id.clone())).filter(|id| !id.is_empty())?;
    let state = known.as_ref().filter(|known| known.generation >= memory.generation).map(|known| known.state);
    Some(Purchase {
        id: memory.purchase_id.clone(),
        kind: memory.kind,
        // order-service closes it, by its events or when it is asked for.
        state: state.unwrap_or(PurchaseState::Open),
        generation: known.as_ref().map_or(memory.generation, |known| known.generation.max(memory.generation)),
        user_id,
        email: memory.email.clone(),
        money: lost.money,
        items: lost.items.clone(),
        shipping_address: known.as_ref().and_then(|known| known.shipping_address.clone()),
        redirects: memory.redirects.clone(),
        payment_method_types: memory.payment_method_types.clone(),
        metadata: memory.metadata.clone(),
        attempts: known.as_ref().map_or(0, |known| known.attempts),
        close_due: known.as_ref().and_then(|known| known.close_due),
        created_at: known.map_or(lost.created_at, |known| known.created_at),
    })
}

fn payment_of(lost: &Lost<'_>, seen: &Observation, purchase: &Purchase, attempt: u32) -> Payment {
    Payment {
        id: lost.payment_id,
        purchase_id: purchase.id.clone(),
        attempt,
        generation: lost.memory.generation,
        status: Status::Created,
        sequence: 0,
        money: lost.money,
        received: 0,
        session_id: None,
        intent_id: None,
        url: None,
        client_secret: None,
        expires_at: seen.details.expires_at.unwrap_or(lost.created_at),
        email: None,
        method: None,
        receipt_url: None,
        declines: Default::default(),
        failure: None,
        refunds: Default::default(),
        livemode: seen.livemode.unwrap_or_default(),
        last_event_id: None,
        traceparent: trace::current(),
        created_at: lost.created_at,
    }
}
