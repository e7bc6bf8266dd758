//! Events: retrieve, list.

use super::{Answer, Call, lists};
use crate::error::ApiError;
use crate::state::Object;

pub(crate) fn retrieve(call: &Call<'_>, id: &str) -> Answer {
    call.params.only(&[])?;
    call.state.events.get(id).map(Object::json).ok_or_else(|| ApiError::no_such("event", id, "id"))
}

/// `delivery_success=false`: still pending or failed somewhere. `true`: taken by every endpoint.
pub(crate) fn list(call: &Call<'_>) -> Answer {
    let params = &call.params;
    let delivered = params.boolean("delivery_success")?;
    let (one, several) = (params.text("type")?, params.texts("types")?);
    if one.is_some() && !several.is_empty() {
        let message = "You may only specify one of these parameters: type, types.";
        return Err(ApiError::parameter(Some("parameters_exclusive"), "types", message));
    }
    let wanted: Vec<String> = one.into_iter().chain(several).collect();
    lists::page(&call.state.events, params, &["delivery_success", "type", "types"], "/v1/events", |event| {
        delivered.is_none_or(|delivered| delivered == (event.pending() == 0))
            && (wanted.is_empty() || wanted.iter().any(|pattern| crate::calls::matches(pattern, event.kind)))
    })
}
