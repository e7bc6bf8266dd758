//! `expand`: ids replaced by the objects they stand for.

use serde_json::{Value, json};

use crate::error::ApiError;
use crate::form::Node;
use crate::params::Params;
use crate::state::{Object, State};

/// What can be expanded, wherever it stands.
const EXPANDABLE: &[&str] = &[
    "charge",
    "customer",
    "data",
    "invoice",
    "latest_charge",
    "line_items",
    "payment_intent",
    "payment_method",
    "payment_link",
    "price",
    "product",
    "refunds",
    "review",
    "setup_intent",
    "source",
    "subscription",
    "on_behalf_of",
    "transfer",
    "application",
    "discounts",
    "default_payment_method",
    "invoice_settings",
];
const MAX_DEPTH: usize = 4;

/// Takes `expand` out of a request's parameters: paths such as `["data", "payment_intent"]`. Wrong ones are
/// refused before anything is done.
pub(crate) fn take(form: &mut Node) -> Result<Vec<Vec<String>>, ApiError> {
    let Some(node) = form.remove("expand") else { return Ok(Vec::new()) };
    let wrapped = Node::Map(vec![("expand".into(), node)]);
    let mut paths = Vec::new();
    for (index, path) in Params::root(&wrapped).texts("expand")?.into_iter().enumerate() {
        let param = format!("expand[{index}]");
        let keys: Vec<String> = path.split('.').map(str::to_owned).collect();
        if let Some(wrong) = keys.iter().find(|key| !EXPANDABLE.contains(&key.as_str())) {
            let message = format!("This property cannot be expanded ({wrong}).");
            return Err(ApiError::parameter(None, param, message));
        }
        if keys.len() > MAX_DEPTH {
            let message = format!("You cannot expand more than {MAX_DEPTH} levels of a property.");
            return Err(ApiError::parameter(None, param, message));
        }
        paths.push(keys);
    }
    Ok(paths)
}

/// Expands `path` in an answer; what is null stays null.
pub(crate) fn apply(state: &State, value: &mut Value, path: &[String]) {
    let Some((key, rest)) = path.split_first() else { return };
    if key == "line_items" || key == "refunds" {
        include_list(state, value, key);
    }
    let Some(inner) = value.get_mut(key) else { return };
    if let Some(object) = inner.as_str().and_then(|id| state.json_of(id)) {
        *inner = object;
    }
    match inner {
        Value::Array(items) => items.iter_mut().for_each(|item| apply(state, item, rest)),
        other => apply(state, other, rest),
    }
}

/// Lists that are only shown when asked for.
fn include_list(state: &State, value: &mut Value, key: &str) {
    let Some(id) = value.get("id").and_then(Value::as_str) else { return };
    let list = if key == "line_items" {
        let Some(session) = state.sessions.get(id) else { return };
        let url = format!("/v1/checkout/sessions/{id}/line_items");
        json!({ "object": "list", "data": session.line_items(), "has_more": false, "url": url })
    } else {
        if state.charges.get(id).is_none() {
            return;
        }
        let mut data: Vec<Value> =
            state.refunds.iter().rev().filter(|refund| refund.charge == id).map(Object::json).collect();
        let has_more = data.len() > 10;
        data.truncate(10);
        json!({ "object": "list", "data": data, "has_more": has_more, "url": format!("/v1/charges/{id}/refunds") })
    };
    value[key] = list;
}
