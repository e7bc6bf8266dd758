//! `POST /v1/checkout/sessions`.

use super::{Answer, Call, checkout_lines};
use crate::amounts;
use crate::error::ApiError;
use crate::flow::checkout;
use crate::ids;
use crate::metadata;
use crate::params::Params;
use crate::state::{IntentData, Line, Object, Session, SessionStatus};

const KNOWN: &[&str] = &[
    "adaptive_pricing",
    "after_expiration",
    "allow_promotion_codes",
    "allowed_payment_method_types",
    "automatic_tax",
    "billing_address_collection",
    "branding_settings",
    "cancel_url",
    "client_reference_id",
    "consent_collection",
    "currency",
    "custom_fields",
    "custom_text",
    "customer",
    "customer_account",
    "customer_creation",
    "customer_email",
    "customer_update",
    "discounts",
    "excluded_payment_method_types",
    "expires_at",
    "integration_identifier",
    "invoice_creation",
    "line_items",
    "locale",
    "managed_payments",
    "metadata",
    "mode",
    "name_collection",
    "optional_items",
    "origin_context",
    "payment_intent_data",
    "payment_method_collection",
    "payment_method_configuration",
    "payment_method_data",
    "payment_method_options",
    "payment_method_types",
    "permissions",
    "phone_number_collection",
    "redirect_on_completion",
    "return_url",
    "saved_payment_method_options",
    "setup_intent_data",
    "shipping_address_collection",
    "shipping_options",
    "submit_type",
    "subscription_data",
    "success_url",
    "tax_id_collection",
    "ui_mode",
    "wallet_options",
];

/// What would change the sum or the flow in ways the sandbox does not follow.
const UNSUPPORTED: &[(&str, &str)] = &[
    ("discounts", "discounts"),
    ("shipping_options", "shipping rates"),
    ("optional_items", "optional items"),
    ("customer_account", "customer accounts"),
    ("subscription_data", "subscriptions"),
    ("setup_intent_data", "setup mode"),
    ("return_url", "embedded pages"),
];

const METHODS: &[&str] = &[
    "acss_debit",
    "affirm",
    "afterpay_clearpay",
    "alipay",
    "amazon_pay",
    "au_becs_debit",
    "bacs_debit",
    "bancontact",
    "blik",
    "boleto",
    "card",
    "cashapp",
    "customer_balance",
    "eps",
    "fpx",
    "giropay",
    "grabpay",
    "ideal",
    "kakao_pay",
    "klarna",
    "konbini",
    "kr_card",
    "link",
    "mobilepay",
    "multibanco",
    "naver_pay",
    "oxxo",
    "p24",
    "pay_by_bank",
    "payco",
    "paynow",
    "paypal",
    "pix",
    "promptpay",
    "revolut_pay",
    "samsung_pay",
    "sepa_debit",
    "sofort",
    "swish",
    "twint",
    "us_bank_account",
    "wechat_pay",
    "zip",
];

/// Currencies PayPal takes.
const PAYPAL: &[&str] =
    &["aud", "cad", "chf", "czk", "dkk", "eur", "gbp", "hkd", "nok", "nzd", "pln", "sek", "sgd", "usd"];

/// A Session lives so long, in seconds: at least, at most and by default.
const SHORTEST: i64 = 30 * 60;
const LONGEST: i64 = 24 * 60 * 60;

pub(crate) fn create(call: &mut Call<'_>) -> Answer {
    let session = read(call)?;
    let json = session.json();
    checkout::create(call.state, session);
    Ok(json)
}

fn read(call: &Call<'_>) -> Result<Session, ApiError> {
    let params = &call.params;
    params.only(KNOWN)?;
    mode(params)?;
    for (name, what) in UNSUPPORTED {
        if params.has(name) {
            return Err(ApiError::unsupported(*name, what));
        }
    }
    if let Some(tax) = params.child("automatic_tax")?
        && tax.boolean("enabled")? == Some(true)
    {
        return Err(ApiError::unsupported("automatic_tax[enabled]", "tax"));
    }
    let ui_mode = params.word("ui_mode", &["hosted_page", "hosted"])?.unwrap_or("hosted_page");
    let success_url = params.url("success_url")?.ok_or_else(|| ApiError::missing("success_url"))?;
    let cancel_url = params.url("cancel_url")?;
    let (currency, lines) = checkout_lines::read(params)?;
    let amount = sum(&lines)?;
    let what = "The Checkout Session's total amount due";
    amounts::chargeable(amount, currency, "line_items", what)?;
    let created = call.state.now();
    let (customer, customer_email) = customer(call)?;
    let method_types = method_types(params, currency.code())?;
    let creation = params.word("customer_creation", &["always", "if_required"])?;
    let id = ids::checkout_session();
    Ok(Session {
        url: format!("{}/c/pay/{id}", call.state.public_url),
        id,
        created,
        expires_at: expires_at(params, created)?,
        status: SessionStatus::Open,
        paid: false,
        currency,
        lines,
        amount,
        ui_mode,
        success_url,
        cancel_url,
        client_reference_id: client_reference_id(params)?,
        customer,
        creates_customer: creation == Some("always"),
        customer_email,
        payer: None,
        metadata: metadata::read(params)?,
        intent_data: intent_data(params)?,
        method_types,
        intent: None,
        locale: params.text("locale")?,
        submit_type: params.word("submit_type", &["auto", "book", "donate", "pay", "subscribe"])?,
    })
}

fn mode(params: &Params<'_>) -> Result<(), ApiError> {
    match params.word("mode", &["payment", "setup", "subscription"])? {
        Some("payment") => Ok(()),
        Some(mode) => Err(ApiError::unsupported("mode", &format!("{mode} mode"))),
        None => Err(ApiError::missing("mode")),
    }
}

fn sum(lines: &[Line]) -> Result<i64, ApiError> {
    lines.iter().try_fold(0_i64, |sum, line| sum.checked_add(line.total())).ok_or_else(|| {
        let message = "The Checkout Session's total amount due is too large.";
        ApiError::parameter(Some("amount_too_large"), "line_items", message)
    })
}

fn expires_at(params: &Params<'_>, created: i64) -> Result<i64, ApiError> {
    let Some(at) = params.integer("expires_at")? else { return Ok(created + LONGEST) };
    let refuse = |message: &str| Err(ApiError::parameter(None, "expires_at", message));
    if at < created.saturating_add(SHORTEST) {
        return refuse(
            "The `expires_at` timestamp must be at least 30 minutes from Checkout Session creation.",
        );
    }
    if at > created.saturating_add(LONGEST) {
        return refuse(
            "The `expires_at` timestamp must be less than 24 hours from Checkout Session creation.",
        );
    }
    Ok(at)
}

fn customer(call: &Call<'_>) -> Result<(Option<String>, Option<String>), ApiError> {
    let (customer, email) = (call.params.text("customer")?, call.params.email("customer_email")?);
    match (customer, email) {
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: customer, customer_email.";
            Err(ApiError::parameter(Some("parameters_exclusive"), "customer_email", message))
        }
        (Some(id), None) => match call.state.customers.get(&id) {
            Some(customer) if !customer.deleted => Ok((Some(id), customer.email.clone())),
            _ => Err(ApiError::no_such_parameter("customer", &id, "customer")),
        },
        (None, email) => Ok((None, email)),
    }
}

fn client_reference_id(params: &Params<'_>) -> Result<Option<String>, ApiError> {
    let reference = params.text("client_reference_id")?;
    if reference.as_ref().is_some_and(|text| text.chars().count() > 200) {
        let message = "Invalid string: must be at most 200 characters";
        return Err(ApiError::parameter(None, "client_reference_id", message));
    }
    Ok(reference)
}

/// Those asked for, or cards and, where it exists, PayPal; of these the allowed ones. A method that is allowed need not
/// exist for the currency: it is left out, as at Stripe, while one that is asked for by name is refused.
fn method_types(params: &Params<'_>, currency: &str) -> Result<Vec<String>, ApiError> {
    let asked = known_methods(params, "payment_method_types")?;
    if let Some(index) = asked.iter().position(|method| !exists(method, currency)) {
        let message = format!("The payment method `paypal` does not support the currency {currency}.");
        return Err(ApiError::parameter(None, format!("payment_method_types[{index}]"), message));
    }
    let allowed = known_methods(params, "allowed_payment_method_types")?;
    let mut methods = match (asked.is_empty(), allowed.is_empty()) {
        (false, _) => asked,
        (true, false) => allowed.clone(),
        (true, true) => vec!["card".to_owned(), "paypal".to_owned()],
    };
    methods.retain(|method| exists(method, currency) && (allowed.is_empty() || allowed.contains(method)));
    if methods.is_empty() {
        let message = "No payment method types are left that are allowed and support the currency.";
        return Err(ApiError::parameter(None, "allowed_payment_method_types", message));
    }
    Ok(methods)
}

fn exists(method: &str, currency: &str) -> bool {
    method != "paypal" || PAYPAL.contains(&currency)
}

fn known_methods(params: &Params<'_>, name: &str) -> Result<Vec<String>, ApiError> {
    let methods = params.texts(name)?;
    if let Some(index) = methods.iter().position(|method| !METHODS.contains(&method.as_str())) {
        let param = format!("{name}[{index}]");
        let message = format!("Invalid {param}: must be one of {}", METHODS.join(", "));
        return Err(ApiError::parameter(None, param, message));
    }
    Ok(methods)
}

fn intent_data(params: &Params<'_>) -> Result<IntentData, ApiError> {
    let Some(data) = params.child("payment_intent_data")? else { return Ok(IntentData::default()) };
    data.only(&[
        "application_fee_amount",
        "capture_method",
        "description",
        "metadata",
        "on_behalf_of",
        "receipt_email",
        "setup_future_usage",
        "shipping",
        "statement_descriptor",
        "statement_descriptor_suffix",
        "transfer_data",
        "transfer_group",
    ])?;
    if data.word("capture_method", &["automatic", "automatic_async", "manual"])? == Some("manual") {
        return Err(ApiError::unsupported(data.name("capture_method"), "manual capture"));
    }
    for (name, what) in
        [("application_fee_amount", "Connect"), ("on_behalf_of", "Connect"), ("transfer_data", "Connect")]
    {
        if data.has(name) {
            return Err(ApiError::unsupported(data.name(name), what));
        }
    }
    Ok(IntentData {
        metadata: metadata::read(&data)?,
        description: data.text("description")?,
        receipt_email: data.email("receipt_email")?,
        statement_descriptor: data.text("statement_descriptor")?,
        statement_descriptor_suffix: data.text("statement_descriptor_suffix")?,
        transfer_group: data.text("transfer_group")?,
        setup_future_usage: data.word("setup_future_usage", &["off_session", "on_session"])?,
        shipping: data.child("shipping")?.map(|shipping| shipping.json()),
    })
}
