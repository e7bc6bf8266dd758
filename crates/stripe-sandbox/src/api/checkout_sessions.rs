//! Checkout Sessions: retrieve, list, update, expire, line items.

use serde_json::json;

use super::{Answer, Call, lists};
use crate::error::ApiError;
use crate::flow::checkout;
use crate::metadata;
use crate::state::{Object, Session};

fn find<'a>(call: &'a Call<'_>, id: &str) -> Result<&'a Session, ApiError> {
    call.state.sessions.get(id).ok_or_else(|| ApiError::no_such("checkout.session", id, "session"))
}

pub(crate) fn retrieve(call: &Call<'_>, id: &str) -> Answer {
    call.params.only(&[])?;
    find(call, id).map(Object::json)
}

pub(crate) fn update(call: &mut Call<'_>, id: &str) -> Answer {
    call.params.only(&["metadata"])?;
    let mut changed = find(call, id)?.metadata.clone();
    metadata::apply(&mut changed, &call.params)?;
    if let Some(session) = call.state.sessions.get_mut(id) {
        session.metadata = changed;
    }
    find(call, id).map(Object::json)
}

pub(crate) fn expire(call: &mut Call<'_>, id: &str) -> Answer {
    call.params.only(&[])?;
    checkout::expire(call.state, id)?;
    find(call, id).map(Object::json)
}

pub(crate) fn line_items(call: &Call<'_>, id: &str) -> Answer {
    call.params.only(&["limit", "starting_after", "ending_before"])?;
    let session = find(call, id)?;
    let limit = call.params.integer("limit")?.unwrap_or(10).clamp(1, 100);
    let items = session.line_items();
    let start = match call.params.text("starting_after")? {
        None => 0,
        Some(after) => {
            let at = session.lines.iter().position(|line| line.id == after);
            at.ok_or_else(|| ApiError::no_such_parameter("item", &after, "starting_after"))? + 1
        }
    };
    let limit = usize::try_from(limit).unwrap_or(10);
    let has_more = items.len() > start + limit;
    let data: Vec<_> = items.into_iter().skip(start).take(limit).collect();
    let url = format!("/v1/checkout/sessions/{id}/line_items");
    Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": url }))
}

pub(crate) fn list(call: &Call<'_>) -> Answer {
    let params = &call.params;
    let status = params.word("status", &["open", "complete", "expired"])?;
    let (intent, customer) = (params.text("payment_intent")?, params.text("customer")?);
    let email = match params.child("customer_details")? {
        Some(details) => details.text("email")?,
        None => None,
    };
    let own = ["status", "payment_intent", "customer", "customer_details"];
    lists::page(&call.state.sessions, params, &own, "/v1/checkout/sessions", |session| {
        status.is_none_or(|status| session.status.name() == status)
            && (intent.is_none() || session.intent == intent)
            && (customer.is_none() || session.customer == customer)
            && (email.is_none() || session.customer_email == email)
    })
}
