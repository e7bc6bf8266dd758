//! `POST /v1/payment_intents`, and confirming in the same call or a later one.

use serde_json::json;

use super::{Answer, Call, methods};
use crate::amounts;
use crate::error::ApiError;
use crate::flow::attempt::{self, Attempt};
use crate::flow::intents;
use crate::metadata;
use crate::params::Params;
use crate::state::{Intent, IntentStatus, Method, Object};

const KNOWN: &[&str] = &[
    "allowed_payment_method_types",
    "amount",
    "amount_details",
    "application_fee_amount",
    "automatic_payment_methods",
    "capture_method",
    "confirm",
    "confirmation_method",
    "confirmation_token",
    "currency",
    "customer",
    "customer_account",
    "description",
    "error_on_requires_action",
    "excluded_payment_method_types",
    "hooks",
    "mandate",
    "mandate_data",
    "metadata",
    "off_session",
    "on_behalf_of",
    "payment_details",
    "payment_method",
    "payment_method_configuration",
    "payment_method_data",
    "payment_method_options",
    "payment_method_types",
    "radar_options",
    "receipt_email",
    "return_url",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_data",
    "transfer_group",
    "use_stripe_sdk",
];

pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let mut intent = read(call)?;
    let confirm = call.params.boolean("confirm")?.unwrap_or(false);
    let method = methods::chosen(call, intent.customer.as_deref())?;
    if confirm && method.is_none() {
        let message = "You must provide a payment method when confirming a PaymentIntent on creation.";
        return Err(ApiError::parameter(Some("parameter_missing"), "payment_method", message));
    }
    if let Some(method) = method {
        intent.method = Some(method.id.clone());
        intent.status = IntentStatus::RequiresConfirmation;
        methods::keep(call.state, method);
    }
    let id = intent.id.clone();
    intents::create(call.state, intent);
    if confirm { confirm_now(call, &id) } else { show(call, &id) }
}

fn show(call: &Call<'_>, id: &str) -> Answer {
    let intent =
        call.state.intents.get(id).ok_or_else(|| ApiError::no_such("payment_intent", id, "intent"))?;
    Ok(intent.json())
}

fn read(call: &Call<'_>) -> Result<Intent, ApiError> {
    let params = &call.params;
    params.only(KNOWN)?;
    let amount = params.integer("amount")?.ok_or_else(|| ApiError::missing("amount"))?;
    let currency = amounts::currency(params, "currency")?;
    amounts::chargeable(amount, currency, "amount", "Amount")?;
    unsupported(params)?;
    let automatic = match params.child("automatic_payment_methods")? {
        Some(automatic) => {
            automatic.only(&["allow_redirects", "enabled"])?;
            let enabled =
                automatic.boolean("enabled")?.ok_or_else(|| ApiError::missing(automatic.name("enabled")))?;
            let redirects = automatic.word("allow_redirects", &["always", "never"])?.unwrap_or("always");
            enabled.then(|| json!({ "allow_redirects": redirects, "enabled": true }))
        }
        // As Stripe's default, unless the methods are named.
        None => (!params.has("payment_method_types"))
            .then(|| json!({ "allow_redirects": "always", "enabled": true })),
    };
    let mut method_types = params.texts("payment_method_types")?;
    if method_types.is_empty() {
        method_types.push("card".into());
    }
    let mut intent =
        Intent { automatic_methods: automatic, method_types, ..intents::blank(call.state, amount, currency) };
    apply(call, &mut intent)?;
    intent.return_url = params.url("return_url")?;
    Ok(intent)
}

fn unsupported(params: &Params<'_>) -> Result<(), ApiError> {
    if params.word("capture_method", &["automatic", "automatic_async", "manual"])? == Some("manual") {
        return Err(ApiError::unsupported("capture_method", "manual capture"));
    }
    if params.word("confirmation_method", &["automatic", "manual"])? == Some("manual") {
        return Err(ApiError::unsupported("confirmation_method", "manual confirmation"));
    }
    for name in ["application_fee_amount", "on_behalf_of", "transfer_data", "customer_account"] {
        if params.has(name) {
            return Err(ApiError::unsupported(name, "Connect"));
        }
    }
    Ok(())
}

/// What both create and update set.
pub(crate) fn apply(call: &Call<'_>, intent: &mut Intent) -> Result<(), ApiError> {
    let params = &call.params;
    for (name, field) in [
        ("description", &mut intent.description),
        ("receipt_email", &mut intent.receipt_email),
        ("statement_descriptor", &mut intent.statement_descriptor),
        ("statement_descriptor_suffix", &mut intent.statement_descriptor_suffix),
        ("transfer_group", &mut intent.transfer_group),
    ] {
        if let Some(value) = params.settable(name)? {
            *field = value;
        }
    }
    if let Some(customer) = params.text("customer")? {
        if call.state.customers.get(&customer).is_none_or(|found| found.deleted) {
            return Err(ApiError::no_such_parameter("customer", &customer, "customer"));
        }
        intent.customer = Some(customer);
    }
    if let Some(usage) = params.word("setup_future_usage", &["off_session", "on_session"])? {
        intent.setup_future_usage = Some(usage);
    }
    if params.has("shipping") {
        intent.shipping = params.child("shipping")?.map(|shipping| shipping.json());
    }
    metadata::apply(&mut intent.metadata, params)
}

/// Pays a PaymentIntent with the payment method it has.
pub(crate) fn confirm_now(call: &mut Call<'_>, id: &str) -> Answer {
    let intent =
        call.state.intents.get(id).ok_or_else(|| ApiError::no_such("payment_intent", id, "intent"))?;
    let method: Option<Method> = intent.method.as_ref().and_then(|id| call.state.methods.get(id)).cloned();
    let Some(method) = method else {
        let message = "You cannot confirm this PaymentIntent because it's missing a payment method. You can \
                       either update the PaymentIntent with a payment method and then confirm it again, or \
                       confirm it again directly with a payment method or ConfirmationToken.";
        return Err(ApiError::state(Some("payment_intent_unexpected_state"), message));
    };
    match attempt::pay(call.state, id, &method, None) {
        Attempt::Succeeded | Attempt::RequiresAction => show(call, id),
        Attempt::Declined(error) => Err(error),
    }
}
