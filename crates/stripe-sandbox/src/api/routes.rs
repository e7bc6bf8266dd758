//! Which call is which.

use super::{
    Answer, Call, charges, checkout_create, checkout_sessions, customers, events, intent_create, methods,
    payment_intents, refunds, webhook_endpoints,
};
use crate::error::ApiError;

/// Executes the call `method path`.
pub(crate) fn dispatch(call: &mut Call<'_>, method: &str, path: &str) -> Answer {
    let segments: Vec<&str> = path.trim_matches('/').split('/').skip(1).collect();
    match (method, segments.as_slice()) {
        ("POST", ["checkout", "sessions"]) => checkout_create::create(call),
        ("GET", ["checkout", "sessions"]) => checkout_sessions::list(call),
        ("GET", ["checkout", "sessions", id]) => checkout_sessions::retrieve(call, id),
        ("POST", ["checkout", "sessions", id]) => checkout_sessions::update(call, id),
        ("POST", ["checkout", "sessions", id, "expire"]) => checkout_sessions::expire(call, id),
        ("GET", ["checkout", "sessions", id, "line_items"]) => checkout_sessions::line_items(call, id),

        ("POST", ["payment_intents"]) => intent_create::create(call),
        ("GET", ["payment_intents"]) => payment_intents::list(call),
        ("GET", ["payment_intents", id]) => payment_intents::retrieve(call, id),
        ("POST", ["payment_intents", id]) => payment_intents::update(call, id),
        ("POST", ["payment_intents", id, "confirm"]) => payment_intents::confirm(call, id),
        ("POST", ["payment_intents", id, "cancel"]) => payment_intents::cancel(call, id),

        ("POST", ["payment_methods"]) => methods::create(call),
        ("GET", ["payment_methods", id]) => methods::retrieve(call, id),

        ("POST", ["customers"]) => customers::create(call),
        ("GET", ["customers"]) => customers::list(call),
        ("GET", ["customers", id]) => customers::retrieve(call, id),
        ("POST", ["customers", id]) => customers::update(call, id),
        ("DELETE", ["customers", id]) => customers::delete(call, id),

        ("GET", ["charges"]) => charges::list(call),
        ("GET", ["charges", id]) => charges::retrieve(call, id),

        ("POST", ["refunds"]) => refunds::create(call),
        ("GET", ["refunds"]) => refunds::list(call),
        ("GET", ["refunds", id]) => refunds::retrieve(call, id),

        ("GET", ["events"]) => events::list(call),
        ("GET", ["events", id]) => events::retrieve(call, id),

        ("POST", ["webhook_endpoints"]) => webhook_endpoints::create(call),
        ("GET", ["webhook_endpoints"]) => webhook_endpoints::list(call),
        ("GET", ["webhook_endpoints", id]) => webhook_endpoints::retrieve(call, id),
        ("POST", ["webhook_endpoints", id]) => webhook_endpoints::update(call, id),
        ("DELETE", ["webhook_endpoints", id]) => webhook_endpoints::delete(call, id),

        _ => Err(ApiError::unknown_route(method, path)),
    }
}
