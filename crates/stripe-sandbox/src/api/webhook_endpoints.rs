//! Webhook endpoints. The secret is shown only when one is made.

use serde_json::{Value, json};

use super::{Answer, Call, lists};
use crate::error::ApiError;
use crate::ids;
use crate::metadata;
use crate::state::{Endpoint, Object};

const MAX_ENDPOINTS: usize = 16;

fn missing(id: &str) -> ApiError {
    ApiError::no_such("webhook endpoint", id, "webhook_endpoint")
}

pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let params = &call.params;
    params.only(&["api_version", "connect", "description", "enabled_events", "metadata", "url"])?;
    let enabled_events = params.texts("enabled_events")?;
    if enabled_events.is_empty() {
        return Err(ApiError::missing("enabled_events"));
    }
    if call.state.endpoints.iter().count() >= MAX_ENDPOINTS {
        let message = format!("You have reached the maximum of {MAX_ENDPOINTS} test webhook endpoints.");
        return Err(ApiError::bad_request(message));
    }
    let endpoint = Endpoint {
        id: ids::webhook_endpoint(),
        created: call.state.now(),
        url: params.url("url")?.ok_or_else(|| ApiError::missing("url"))?,
        secret: ids::webhook_secret(),
        enabled_events,
        enabled: true,
        description: params.text("description")?,
        metadata: metadata::read(params)?,
    };
    let mut json = endpoint.json();
    json["secret"] = Value::from(endpoint.secret.as_str());
    call.state.endpoints.insert(endpoint);
    Ok(json)
}

pub(crate) fn retrieve(call: &Call<'_>, id: &str) -> Answer {
    call.params.only(&[])?;
    call.state.endpoints.get(id).map(Object::json).ok_or_else(|| missing(id))
}

pub(crate) fn update(call: &mut Call<'_>, id: &str) -> Answer {
    let params = &call.params;
    params.only(&["description", "disabled", "enabled_events", "metadata", "url"])?;
    let mut changed = call.state.endpoints.get(id).ok_or_else(|| missing(id))?.clone();
    if let Some(url) = params.url("url")? {
        changed.url = url;
    }
    if params.has("enabled_events") {
        changed.enabled_events = params.texts("enabled_events")?;
    }
    if let Some(disabled) = params.boolean("disabled")? {
        changed.enabled = !disabled;
    }
    if let Some(description) = params.settable("description")? {
        changed.description = description;
    }
    metadata::apply(&mut changed.metadata, params)?;
    let json = changed.json();
    if let Some(endpoint) = call.state.endpoints.get_mut(id) {
        *endpoint = changed;
    }
    Ok(json)
}

pub(crate) fn delete(call: &mut Call<'_>, id: &str) -> Answer {
    call.params.only(&[])?;
    call.state.endpoints.remove(id).ok_or_else(|| missing(id))?;
    Ok(json!({ "id": id, "object": "webhook_endpoint", "deleted": true }))
}

pub(crate) fn list(call: &Call<'_>) -> Answer {
    lists::page(&call.state.endpoints, &call.params, &[], "/v1/webhook_endpoints", |_| true)
}
