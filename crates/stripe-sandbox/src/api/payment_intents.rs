//! PaymentIntents: retrieve, list, update, confirm, cancel.

use super::{Answer, Call, intent_create, lists, methods};
use crate::amounts;
use crate::error::ApiError;
use crate::flow::intents;
use crate::state::{Intent, IntentStatus, Object};

fn find<'a>(call: &'a Call<'_>, id: &str) -> Result<&'a Intent, ApiError> {
    call.state.intents.get(id).ok_or_else(|| ApiError::no_such("payment_intent", id, "intent"))
}

pub(crate) fn retrieve(call: &Call<'_>, id: &str) -> Answer {
    call.params.only(&["client_secret"])?;
    find(call, id).map(Object::json)
}

pub(crate) fn update(call: &mut Call<'_>, id: &str) -> Answer {
    call.params.only(&[
        "amount",
        "amount_details",
        "currency",
        "customer",
        "description",
        "metadata",
        "payment_method",
        "payment_method_options",
        "receipt_email",
        "setup_future_usage",
        "shipping",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_group",
    ])?;
    let mut changed = find(call, id)?.clone();
    let payable =
        matches!(changed.status, IntentStatus::RequiresPaymentMethod | IntentStatus::RequiresConfirmation);
    for name in ["amount", "currency", "payment_method"] {
        if call.params.has(name) && (!payable || changed.session.is_some()) {
            return Err(intents::unexpected_state(&changed, &format!("updated ({name})")));
        }
    }
    if call.params.has("currency") {
        changed.currency = amounts::currency(&call.params, "currency")?;
    }
    changed.amount = call.params.integer("amount")?.unwrap_or(changed.amount);
    if call.params.has("amount") || call.params.has("currency") {
        amounts::chargeable(changed.amount, changed.currency, "amount", "Amount")?;
    }
    intent_create::apply(call, &mut changed)?;
    if let Some(method) = methods::chosen(call, changed.customer.as_deref())? {
        changed.method = Some(method.id.clone());
        changed.status = IntentStatus::RequiresConfirmation;
        methods::keep(call.state, method);
    }
    let json = changed.json();
    if let Some(intent) = call.state.intents.get_mut(id) {
        *intent = changed;
    }
    Ok(json)
}

pub(crate) fn confirm(call: &mut Call<'_>, id: &str) -> Answer {
    call.params.only(&[
        "allowed_payment_method_types",
        "amount_details",
        "amount_to_confirm",
        "capture_method",
        "client_secret",
        "confirmation_token",
        "error_on_requires_action",
        "excluded_payment_method_types",
        "hooks",
        "mandate",
        "mandate_data",
        "off_session",
        "payment_details",
        "payment_method",
        "payment_method_data",
        "payment_method_options",
        "radar_options",
        "receipt_email",
        "return_url",
        "setup_future_usage",
        "shipping",
        "use_stripe_sdk",
    ])?;
    let mut changed = find(call, id)?.clone();
    if changed.session.is_some() {
        let message = "This PaymentIntent cannot be confirmed because it was created by Checkout.";
        return Err(ApiError::state(Some("payment_intent_unexpected_state"), message));
    }
    if !changed.status.payable() {
        return Err(intents::unexpected_state(&changed, "confirmed"));
    }
    intent_create::apply(call, &mut changed)?;
    changed.return_url = call.params.url("return_url")?.or(changed.return_url);
    if let Some(method) = methods::chosen(call, changed.customer.as_deref())? {
        changed.method = Some(method.id.clone());
        methods::keep(call.state, method);
    }
    if let Some(intent) = call.state.intents.get_mut(id) {
        *intent = changed;
    }
    intent_create::confirm_now(call, id)
}

pub(crate) fn cancel(call: &mut Call<'_>, id: &str) -> Answer {
    call.params.only(&["cancellation_reason"])?;
    let reasons = ["abandoned", "duplicate", "fraudulent", "requested_by_customer"];
    let reason = call.params.word("cancellation_reason", &reasons)?;
    let intent = find(call, id)?;
    if let Some(session) = &intent.session {
        let message = format!(
            "You cannot cancel this PaymentIntent because it was created by Checkout. Expire the Checkout \
             Session {session} instead."
        );
        return Err(ApiError::state(Some("payment_intent_unexpected_state"), message));
    }
    intents::cancel(call.state, id, reason.map(str::to_owned))?;
    find(call, id).map(Object::json)
}

pub(crate) fn list(call: &Call<'_>) -> Answer {
    let customer = call.params.text("customer")?;
    lists::page(&call.state.intents, &call.params, &["customer"], "/v1/payment_intents", |intent| {
        customer.is_none() || intent.customer == customer
    })
}
