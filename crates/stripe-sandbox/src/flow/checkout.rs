//! A Checkout Session's life: paid, declined and tried again, delayed, expired.

use super::attempt::{self, Attempt};
use super::{intents, settle};
use crate::cards::{self, Decline};
use crate::error::ApiError;
use crate::ids;
use crate::metadata::Metadata;
use crate::state::{
    Billing, Customer, Due, IntentStatus, Method, MethodKind, Object, Session, SessionStatus, State,
};

/// What the customer does on the page.
#[derive(Debug, Clone)]
pub(crate) enum Means {
    Card {
        number: String,
        exp_month: i64,
        exp_year: i64,
        /// How 3-D Secure will end, if known beforehand.
        challenge: Option<bool>,
    },
    Paypal(PaypalOutcome),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum PaypalOutcome {
    Approve,
    Cancel,
    DelayedSuccess,
    DelayedFailure,
}

/// How it went on.
#[derive(Debug)]
pub(crate) enum Paid {
    Succeeded,
    Processing,
    RequiresAction,
    Declined(ApiError),
    Cancelled(ApiError),
}

/// The customer declined at PayPal.
const CUSTOMER_DECLINED: Decline = Decline {
    code: "payment_method_customer_decline",
    decline_code: None,
    message: "The customer declined the payment.",
};

/// Pays the open Session `id`.
pub(crate) fn pay(state: &mut State, id: &str, means: Means, billing: Billing) -> Result<Paid, ApiError> {
    let session = payable(state, id)?;
    let type_name = if matches!(means, Means::Card { .. }) { "card" } else { "paypal" };
    if !session.method_types.iter().any(|allowed| allowed == type_name) {
        let message = format!("This Checkout Session does not accept {type_name}.");
        return Err(ApiError::state(Some("payment_method_not_available"), message));
    }
    let intent = ensure_intent(state, &session, &billing);
    let customer = state.intents.get(&intent).and_then(|intent| intent.customer.clone());
    let (kind, challenge, paypal) = match means {
        Means::Card { number, exp_month, exp_year, challenge } => {
            let card = cards::by_number(&number);
            let last4 = cards::last4(&number);
            (MethodKind::Card { card, last4, exp_month, exp_year }, challenge, None)
        }
        Means::Paypal(outcome) => (MethodKind::Paypal, None, Some(outcome)),
    };
    let method = Method {
        id: ids::payment_method(),
        created: state.now(),
        kind,
        billing,
        customer,
        metadata: Metadata::new(),
    };
    state.methods.insert(method.clone());
    let attempt = match paypal {
        None | Some(PaypalOutcome::Approve) => attempt::pay(state, &intent, &method, challenge),
        Some(PaypalOutcome::Cancel) => {
            return Ok(Paid::Cancelled(attempt::refuse(state, &intent, &method, CUSTOMER_DECLINED)));
        }
        Some(outcome) => {
            settle::start(state, &intent, &method, outcome == PaypalOutcome::DelayedSuccess);
            complete(state, id, &method.billing, false);
            return Ok(Paid::Processing);
        }
    };
    Ok(follow(state, id, &method.billing, attempt))
}

/// The customer answers the 3-D Secure question of the Session's current attempt.
pub(crate) fn answer_challenge(state: &mut State, id: &str, pass: bool) -> Result<Paid, ApiError> {
    let session = payable(state, id)?;
    let asked = session.intent.as_deref().and_then(|intent| state.intents.get(intent));
    let asked = asked.filter(|intent| intent.status == IntentStatus::RequiresAction);
    let method = asked.and_then(|intent| intent.method.as_deref()).and_then(|id| state.methods.get(id));
    let (Some(intent), Some(method)) = (asked.map(|intent| intent.id.clone()), method.cloned()) else {
        return Err(ApiError::state(None, "Nothing waits for 3-D Secure in this Checkout Session."));
    };
    let attempt = attempt::pay(state, &intent, &method, Some(pass));
    Ok(follow(state, id, &method.billing, attempt))
}

fn follow(state: &mut State, id: &str, billing: &Billing, attempt: Attempt) -> Paid {
    match attempt {
        Attempt::Succeeded => {
            complete(state, id, billing, true);
            Paid::Succeeded
        }
        Attempt::Declined(error) => Paid::Declined(error),
        Attempt::RequiresAction => Paid::RequiresAction,
    }
}

/// The Session, if a customer can pay it now.
fn payable(state: &mut State, id: &str) -> Result<Session, ApiError> {
    let now = state.now();
    let session =
        state.sessions.get(id).ok_or_else(|| ApiError::no_such("checkout.session", id, "session"))?;
    if session.status == SessionStatus::Open && session.expires_at <= now {
        expire(state, id)?;
    }
    let session =
        state.sessions.get(id).ok_or_else(|| ApiError::no_such("checkout.session", id, "session"))?;
    if session.status != SessionStatus::Open {
        return Err(not_open(session, "paid"));
    }
    Ok(session.clone())
}

/// The Session's PaymentIntent, made at the first attempt; with it the customer, if one is wanted.
fn ensure_intent(state: &mut State, session: &Session, billing: &Billing) -> String {
    if let Some(intent) = &session.intent {
        return intent.clone();
    }
    let mut intent = intents::of_session(state, session);
    if session.creates_customer && intent.customer.is_none() {
        intent.customer = Some(create_customer(state, billing));
    }
    let id = intent.id.clone();
    if let Some(session) = state.sessions.get_mut(&session.id) {
        session.intent = Some(id.clone());
        session.customer.clone_from(&intent.customer);
    }
    intents::create(state, intent);
    id
}

fn create_customer(state: &mut State, billing: &Billing) -> String {
    let customer = Customer {
        id: ids::customer(),
        created: state.now(),
        deleted: false,
        email: billing.email.clone(),
        name: billing.name.clone(),
        phone: None,
        description: None,
        address: None,
        shipping: None,
        locales: Vec::new(),
        default_method: None,
        metadata: Metadata::new(),
    };
    let (id, json) = (customer.id.clone(), customer.json());
    state.customers.insert(customer);
    state.emit("customer.created", json, None);
    id
}

fn complete(state: &mut State, id: &str, billing: &Billing, paid: bool) {
    let Some(session) = state.sessions.get_mut(id) else { return };
    session.status = SessionStatus::Complete;
    session.paid = paid;
    session.payer =
        Some((billing.email.clone().or_else(|| session.customer_email.clone()), billing.name.clone()));
    let json = session.json();
    state.emit("checkout.session.completed", json, None);
}

/// A delayed payment of the completed Session `id` has ended.
pub(crate) fn settled(state: &mut State, id: &str, paid: bool) {
    let Some(session) = state.sessions.get_mut(id) else { return };
    session.paid = paid;
    let json = session.json();
    let kind = if paid {
        "checkout.session.async_payment_succeeded"
    } else {
        "checkout.session.async_payment_failed"
    };
    state.emit(kind, json, None);
}

/// Ends the open Session `id` unpaid, and cancels its PaymentIntent.
pub(crate) fn expire(state: &mut State, id: &str) -> Result<(), ApiError> {
    let session =
        state.sessions.get_mut(id).ok_or_else(|| ApiError::no_such("checkout.session", id, "session"))?;
    if session.status != SessionStatus::Open {
        return Err(not_open(session, "expired"));
    }
    session.status = SessionStatus::Expired;
    let json = session.json();
    let intent = session.intent.clone();
    if let Some(intent) =
        intent.and_then(|id| state.intents.get(&id)).filter(|intent| intent.status.payable())
    {
        let id = intent.id.clone();
        intents::cancel(state, &id, Some("automatic".into()))?;
    }
    state.emit("checkout.session.expired", json, None);
    Ok(())
}

fn not_open(session: &Session, done: &str) -> ApiError {
    ApiError::state(
        None,
        format!(
            "Only Checkout Sessions with a status in [\"open\"] can be {done}. This Checkout Session has a \
             status of {}.",
            session.status.name()
        ),
    )
}

/// Lets the new Session end by itself at its time.
pub(crate) fn create(state: &mut State, session: Session) {
    state.at(session.expires_at.saturating_mul(1_000), Due::Expiry(session.id.clone()));
    state.sessions.insert(session);
}
