//! One try to pay a PaymentIntent with a payment method.

use serde_json::{Map, Value, json};

use crate::cards::{Decline, Outcome};
use crate::error::{ApiError, Kind};
use crate::ids;
use crate::state::{Charge, ChargeStatus, Intent, IntentStatus, Method, MethodKind, Object, State};

/// How a try ended.
#[derive(Debug)]
pub(crate) enum Attempt {
    Succeeded,
    /// The error Stripe answers a confirmation with; it is also the `last_payment_error`.
    Declined(ApiError),
    /// 3-D Secure is asked for.
    RequiresAction,
}

const AUTHENTICATION: Decline = Decline {
    code: "payment_intent_authentication_failure",
    decline_code: None,
    message: "We are unable to authenticate your payment method. Please choose a different payment method and try again.",
};

/// Tries to pay with `method`. `challenge` says how 3-D Secure ends, where it is known already.
pub(crate) fn pay(state: &mut State, intent: &str, method: &Method, challenge: Option<bool>) -> Attempt {
    let outcome = match method.kind {
        MethodKind::Card { card, .. } => card.outcome,
        MethodKind::Paypal => Outcome::Pays,
    };
    match (outcome, challenge) {
        (Outcome::Asks3ds(_), None) => require_action(state, intent, method),
        (Outcome::Asks3ds(_), Some(false)) => {
            Attempt::Declined(refuse(state, intent, method, AUTHENTICATION))
        }
        (Outcome::Pays, _) | (Outcome::Asks3ds(None), Some(true)) => succeed(state, intent, method),
        (Outcome::Declines(decline), _) | (Outcome::Asks3ds(Some(decline)), Some(true)) => {
            decline_charge(state, intent, method, decline)
        }
    }
}

fn require_action(state: &mut State, id: &str, method: &Method) -> Attempt {
    let base = state.public_url.clone();
    change(state, id, "payment_intent.requires_action", |intent| {
        let page = intent.session.as_ref().map_or_else(
            || format!("{base}/3ds/{}", intent.id),
            |session| format!("{base}/c/pay/{session}/3ds"),
        );
        intent.status = IntentStatus::RequiresAction;
        intent.method = Some(method.id.clone());
        intent.last_error = None;
        intent.next_action = Some(match &intent.return_url {
            Some(return_url) => json!({
                "type": "redirect_to_url", "redirect_to_url": { "url": page, "return_url": return_url },
            }),
            None => json!({
                "type": "use_stripe_sdk",
                "use_stripe_sdk": { "type": "three_d_secure_redirect", "stripe_js": page },
            }),
        });
    });
    Attempt::RequiresAction
}

fn succeed(state: &mut State, id: &str, method: &Method) -> Attempt {
    if let Some(charge) = new_charge(state, id, method, ChargeStatus::Succeeded) {
        add_charge(state, charge, "charge.succeeded");
    }
    succeeded(state, id);
    Attempt::Succeeded
}

/// Turns the PaymentIntent succeeded; its latest charge took the money.
pub(crate) fn succeeded(state: &mut State, id: &str) {
    change(state, id, "payment_intent.succeeded", |intent| {
        intent.status = IntentStatus::Succeeded;
        intent.amount_received = intent.amount;
        intent.last_error = None;
        intent.next_action = None;
        intent.will_succeed = None;
    });
}

fn decline_charge(state: &mut State, id: &str, method: &Method, decline: Decline) -> Attempt {
    let charge = new_charge(state, id, method, ChargeStatus::Failed(decline));
    if let Some(charge) = charge {
        add_charge(state, charge, "charge.failed");
    }
    Attempt::Declined(refuse(state, id, method, decline))
}

/// Puts the PaymentIntent back to where another payment method is asked for. The `last_payment_error`.
pub(crate) fn refuse(state: &mut State, id: &str, method: &Method, decline: Decline) -> ApiError {
    let charged = state.intents.get(id).and_then(|intent| intent.latest_charge.clone());
    let charge = charged.filter(|charge| {
        state.charges.get(charge).is_some_and(|charge| {
            charge.method.id == method.id && matches!(charge.status, ChargeStatus::Failed(_))
        })
    });
    let mut extra = Map::new();
    if let Some(charge) = charge {
        extra.insert("charge".into(), Value::String(charge));
    }
    if let Some(decline_code) = decline.decline_code {
        extra.insert("decline_code".into(), json!(decline_code));
    }
    extra.insert("payment_method".into(), method.json());
    let mut error = ApiError::card(decline.code, decline.message, extra);
    if decline == AUTHENTICATION {
        error.kind = Kind::InvalidRequest;
    }
    let last_error = Value::Object(error.details());
    let json = change(state, id, "payment_intent.payment_failed", |intent| {
        intent.status = IntentStatus::RequiresPaymentMethod;
        intent.method = None;
        intent.next_action = None;
        intent.will_succeed = None;
        intent.last_error = Some(last_error);
    });
    error.extra.insert("payment_intent".into(), json);
    error
}

/// A charge of the PaymentIntent's amount. `None` only if the PaymentIntent is not there.
pub(crate) fn new_charge(
    state: &State,
    intent: &str,
    method: &Method,
    status: ChargeStatus,
) -> Option<Charge> {
    let intent = state.intents.get(intent)?;
    let id = ids::charge(matches!(method.kind, MethodKind::Card { .. }));
    Some(Charge {
        receipt_url: format!("{}/receipts/{id}", state.public_url),
        balance_transaction: (status == ChargeStatus::Succeeded).then(ids::balance_transaction),
        id,
        created: state.now(),
        amount: intent.amount,
        amount_refunded: 0,
        currency: intent.currency,
        status,
        intent: intent.id.clone(),
        method: method.clone(),
        customer: intent.customer.clone(),
        description: intent.description.clone(),
        receipt_email: intent.receipt_email.clone(),
        metadata: intent.metadata.clone(),
        shipping: intent.shipping.clone(),
        transfer_group: intent.transfer_group.clone(),
        statement_descriptor: intent.statement_descriptor.clone(),
        statement_descriptor_suffix: intent.statement_descriptor_suffix.clone(),
    })
}

/// Keeps a charge as its PaymentIntent's latest, and tells of it.
pub(crate) fn add_charge(state: &mut State, charge: Charge, kind: &'static str) {
    if let Some(intent) = state.intents.get_mut(&charge.intent) {
        intent.latest_charge = Some(charge.id.clone());
        intent.method = Some(charge.method.id.clone());
    }
    let json = charge.json();
    state.charges.insert(charge);
    state.emit(kind, json, None);
}

/// Changes a PaymentIntent and tells of it. Its JSON afterwards.
pub(crate) fn change(
    state: &mut State,
    id: &str,
    kind: &'static str,
    how: impl FnOnce(&mut Intent),
) -> Value {
    let Some(intent) = state.intents.get_mut(id) else { return Value::Null };
    how(intent);
    let json = intent.json();
    state.emit(kind, json.clone(), None);
    json
}
