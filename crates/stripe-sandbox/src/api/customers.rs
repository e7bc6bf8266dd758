//! Customers: create, retrieve, update, delete, list.

use serde_json::json;

use super::{Answer, Call, lists};
use crate::error::ApiError;
use crate::ids;
use crate::metadata::{self, Metadata};
use crate::params::Params;
use crate::state::{Customer, Object};

const KNOWN: &[&str] = &[
    "address",
    "balance",
    "business_name",
    "cash_balance",
    "default_source",
    "description",
    "email",
    "individual_name",
    "invoice_prefix",
    "invoice_settings",
    "metadata",
    "name",
    "next_invoice_sequence",
    "payment_method",
    "phone",
    "preferred_locales",
    "shipping",
    "source",
    "tax",
    "tax_exempt",
    "tax_id_data",
    "test_clock",
    "validate",
];

fn missing(id: &str) -> ApiError {
    ApiError::no_such("customer", id, "id")
}

pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let mut customer = Customer {
        id: ids::customer(),
        created: call.state.now(),
        deleted: false,
        email: None,
        name: None,
        phone: None,
        description: None,
        address: None,
        shipping: None,
        locales: Vec::new(),
        default_method: None,
        metadata: Metadata::new(),
    };
    apply(&mut customer, &call.params)?;
    let json = customer.json();
    call.state.customers.insert(customer);
    call.state.emit("customer.created", json.clone(), None);
    Ok(json)
}

fn apply(customer: &mut Customer, params: &Params<'_>) -> Result<(), ApiError> {
    params.only(KNOWN)?;
    if params.settable("email")?.is_some_and(|email| email.is_none()) {
        customer.email = None;
    } else if let Some(email) = params.email("email")? {
        customer.email = Some(email);
    }
    for (name, field) in [
        ("name", &mut customer.name),
        ("phone", &mut customer.phone),
        ("description", &mut customer.description),
    ] {
        if let Some(value) = params.settable(name)? {
            *field = value;
        }
    }
    for (name, field) in [("address", &mut customer.address), ("shipping", &mut customer.shipping)] {
        if params.has(name) {
            *field = params.child(name)?.map(|map| map.json());
        }
    }
    if params.has("preferred_locales") {
        customer.locales = params.texts("preferred_locales")?;
    }
    if let Some(settings) = params.child("invoice_settings")?
        && let Some(method) = settings.settable("default_payment_method")?
    {
        customer.default_method = method;
    }
    metadata::apply(&mut customer.metadata, params)
}

/// A deleted one is still shown, as deleted.
pub(crate) fn retrieve(call: &Call<'_>, id: &str) -> Answer {
    call.params.only(&[])?;
    call.state.customers.get(id).map(Object::json).ok_or_else(|| missing(id))
}

pub(crate) fn update(call: &mut Call<'_>, id: &str) -> Answer {
    let mut changed =
        call.state.customers.get(id).filter(|it| !it.deleted).ok_or_else(|| missing(id))?.clone();
    apply(&mut changed, &call.params)?;
    let json = changed.json();
    if let Some(customer) = call.state.customers.get_mut(id) {
        *customer = changed;
    }
    call.state.emit("customer.updated", json.clone(), None);
    Ok(json)
}

pub(crate) fn delete(call: &mut Call<'_>, id: &str) -> Answer {
    call.params.only(&[])?;
    let customer = call.state.customers.get_mut(id).filter(|it| !it.deleted).ok_or_else(|| missing(id))?;
    let json = customer.json();
    customer.deleted = true;
    call.state.emit("customer.deleted", json, None);
    Ok(json!({ "id": id, "object": "customer", "deleted": true }))
}

pub(crate) fn list(call: &Call<'_>) -> Answer {
    let email = call.params.text("email")?;
    lists::page(&call.state.customers, &call.params, &["email", "test_clock"], "/v1/customers", |customer| {
        !customer.deleted && (email.is_none() || customer.email == email)
    })
}
