//! Delayed payments: the money is on its way, and arrives or does not.

use super::{attempt, checkout};
use crate::cards::Decline;
use crate::error::ApiError;
use crate::ids;
use crate::state::{ChargeStatus, Due, IntentStatus, Method, Object, State};

/// What a delayed payment fails with.
const PROVIDER_DECLINED: Decline = Decline {
    code: "payment_method_provider_decline",
    decline_code: Some("generic_decline"),
    message: "The payment was declined by the payment method's provider.",
};

/// Starts a payment that ends later, as `succeeds` says.
pub(crate) fn start(state: &mut State, intent: &str, method: &Method, succeeds: bool) {
    if let Some(charge) = attempt::new_charge(state, intent, method, ChargeStatus::Pending) {
        attempt::add_charge(state, charge, "charge.pending");
    }
    attempt::change(state, intent, "payment_intent.processing", |intent| {
        intent.status = IntentStatus::Processing;
        intent.last_error = None;
        intent.will_succeed = Some(succeeds);
    });
    state.soon(Due::Settlement(intent.to_owned()));
}

/// Ends a delayed payment; `succeeds` overrides what was chosen at its start.
pub(crate) fn finish(state: &mut State, id: &str, succeeds: Option<bool>) -> Result<(), ApiError> {
    let intent = state.intents.get(id).ok_or_else(|| ApiError::no_such("payment_intent", id, "intent"))?;
    let (charge, session) = (intent.latest_charge.clone(), intent.session.clone());
    let (IntentStatus::Processing, Some(charge)) = (intent.status, charge) else {
        return Err(super::intents::unexpected_state(intent, "settled"));
    };
    let succeeds = succeeds.or(intent.will_succeed).unwrap_or(true);
    let status = if succeeds { ChargeStatus::Succeeded } else { ChargeStatus::Failed(PROVIDER_DECLINED) };
    let Some(charge) = state.charges.get_mut(&charge) else {
        return Err(ApiError::no_such("charge", &charge, "charge"));
    };
    charge.status = status;
    charge.balance_transaction = succeeds.then(ids::balance_transaction);
    let (method, json) = (charge.method.clone(), charge.json());
    if succeeds {
        state.emit("charge.succeeded", json, None);
        attempt::succeeded(state, id);
    } else {
        state.emit("charge.failed", json, None);
        attempt::refuse(state, id, &method, PROVIDER_DECLINED);
    }
    if let Some(session) = session {
        checkout::settled(state, &session, succeeds);
    }
    Ok(())
}
