//! Charges: retrieve, list.

use super::{Answer, Call, lists};
use crate::error::ApiError;
use crate::state::Object;

pub(crate) fn retrieve(call: &Call<'_>, id: &str) -> Answer {
    call.params.only(&[])?;
    let charge = call.state.charges.get(id).ok_or_else(|| ApiError::no_such("charge", id, "charge"))?;
    Ok(charge.json())
}

pub(crate) fn list(call: &Call<'_>) -> Answer {
    let params = &call.params;
    let (intent, customer) = (params.text("payment_intent")?, params.text("customer")?);
    lists::page(&call.state.charges, params, &["payment_intent", "customer"], "/v1/charges", |charge| {
        intent.as_ref().is_none_or(|intent| charge.intent == *intent)
            && (customer.is_none() || charge.customer == customer)
    })
}
