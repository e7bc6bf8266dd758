//! Refunds: create, retrieve, list.

use super::{Answer, Call, lists};
use crate::error::ApiError;
use crate::flow::refunds::{self, Wanted};
use crate::metadata;
use crate::state::Object;

fn find(call: &Call<'_>, id: &str) -> Answer {
    call.state.refunds.get(id).map(Object::json).ok_or_else(|| ApiError::no_such("refund", id, "refund"))
}

pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let params = &call.params;
    params.only(&[
        "amount",
        "charge",
        "currency",
        "instructions_email",
        "metadata",
        "payment_intent",
        "reason",
        "refund_application_fee",
        "reverse_transfer",
    ])?;
    let amount = params.integer("amount")?;
    if amount.is_some_and(|amount| amount < 1) {
        let message = "Invalid positive integer";
        return Err(ApiError::parameter(Some("parameter_invalid_integer"), "amount", message));
    }
    let wanted = Wanted {
        charge: charge(call)?,
        amount,
        reason: params.word("reason", &["duplicate", "fraudulent", "requested_by_customer"])?,
        metadata: metadata::read(params)?,
    };
    let id = refunds::create(call.state, wanted)?;
    find(call, &id)
}

/// The charge named, or the one that paid the PaymentIntent named.
fn charge(call: &Call<'_>) -> Result<String, ApiError> {
    match (call.params.text("charge")?, call.params.text("payment_intent")?) {
        (Some(charge), _) => Ok(charge),
        (None, Some(intent)) => {
            let found = call.state.intents.get(&intent);
            let found = found
                .ok_or_else(|| ApiError::no_such_parameter("payment_intent", &intent, "payment_intent"))?;
            found.latest_charge.clone().ok_or_else(|| {
                let message =
                    format!("This PaymentIntent ({intent}) does not have a successful charge to refund.");
                ApiError::state(Some("payment_intent_unexpected_state"), message)
            })
        }
        (None, None) => {
            let message =
                "One of the following params should be provided for this request: payment_intent or charge.";
            Err(ApiError::parameter(Some("parameter_missing"), "payment_intent", message))
        }
    }
}

pub(crate) fn retrieve(call: &Call<'_>, id: &str) -> Answer {
    call.params.only(&[])?;
    find(call, id)
}

pub(crate) fn list(call: &Call<'_>) -> Answer {
    let params = &call.params;
    let (charge, intent) = (params.text("charge")?, params.text("payment_intent")?);
    lists::page(&call.state.refunds, params, &["charge", "payment_intent"], "/v1/refunds", |refund| {
        charge.as_ref().is_none_or(|charge| refund.charge == *charge)
            && intent.as_ref().is_none_or(|intent| refund.intent == *intent)
    })
}
