//! Requests, built once with the typed builders and kept as bytes: what is sent again has to be the same.

use std::collections::HashMap;

use kernel::Currency;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionAllowedPaymentMethodTypes, CreateCheckoutSessionLineItems,
    CreateCheckoutSessionLineItemsPriceData, CreateCheckoutSessionPaymentIntentData, ExpireCheckoutSession,
    ListCheckoutSession, ListLineItemsCheckoutSession, ProductData, RetrieveCheckoutSession,
};
use stripe_client_core::{RequestBuilder, StripeMethod, StripeRequest};
use stripe_core::event::ListEvent;
use stripe_core::refund::{CreateRefund, ListRefund};
use stripe_shared::CheckoutSessionMode;
use stripe_types::{RangeBoundsTs, RangeQueryTs};
use time::{Duration, OffsetDateTime};

use super::{memory, object};
use crate::app::ports::{Prepared, RefundTerms, SessionTerms, Window};
use crate::domain::Item;

/// The API version every request asks for, and our builders are made for.
pub(super) fn version() -> String {
    stripe_client_core::VERSION.as_str().to_owned()
}

/// Everything a Session tells about its money, in one read.
const EXPAND_SESSION: &str = "payment_intent.latest_charge.refunds";
/// A line's product, which has our id of it.
const EXPAND_ITEM: &str = "data.price.product";
/// Clocks may disagree by this much when we look for what was made since.
const SKEW: Duration = Duration::minutes(10);
const PAGE: i64 = 100;

fn prepared(idempotency_key: Option<String>, request: RequestBuilder) -> Prepared {
    let method = match request.method {
        StripeMethod::Get => "GET",
        StripeMethod::Post => "POST",
        StripeMethod::Delete => "DELETE",
    };
    let query = request.query.filter(|query| !query.is_empty());
    let path = match query {
        Some(query) => format!("/v1{}?{query}", request.path),
        None => format!("/v1{}", request.path),
    };
    Prepared { idempotency_key, method: method.to_owned(), path, body: request.body, version: version() }
}

fn currency(currency: Currency) -> stripe_types::Currency {
    match currency.code().parse() {
        Ok(currency) => currency,
        // The error is `Infallible`: an unknown code is passed on as it is.
        Err(never) => match never {},
    }
}

fn line(item: &Item, of: Currency) -> CreateCheckoutSessionLineItems {
    let mut product = ProductData::new(item.name.clone());
    // Stripe shows pictures that it can fetch by https.
    product.images = item.image.clone().filter(|url| url.starts_with("https://")).map(|url| vec![url]);
    product.metadata =
        item.product_id.as_ref().map(|id| HashMap::from([(memory::PRODUCT_ID.to_owned(), id.to_string())]));
    let mut price = CreateCheckoutSessionLineItemsPriceData::new(currency(of));
    price.unit_amount = Some(item.unit_amount);
    price.product_data = Some(product);
    let mut line = CreateCheckoutSessionLineItems::new();
    line.price_data = Some(price);
    line.quantity = Some(item.quantity.into());
    line
}

fn metadata(terms: &SessionTerms<'_>) -> HashMap<String, String> {
    // Ours last: a caller's pair must not pass for ours.
    let theirs = terms.purchase.metadata.iter().map(|(key, value)| (key.clone(), value.clone()));
    let ours = [
        (object::PAYMENT_ID.to_owned(), terms.payment_id.to_string()),
        (object::PURCHASE_ID.to_owned(), terms.purchase.id.clone()),
        (object::ATTEMPT.to_owned(), terms.attempt.to_string()),
    ];
    theirs.chain(ours).chain(memory::of(terms.purchase)).collect()
}

/// Makes a Session.
pub(super) fn create_session(terms: &SessionTerms<'_>) -> Prepared {
    let purchase = terms.purchase;
    let lines: Vec<_> = purchase.items.iter().map(|item| line(item, purchase.money.currency)).collect();
    let methods: Vec<CreateCheckoutSessionAllowedPaymentMethodTypes> =
        purchase.payment_method_types.iter().map(|method| payment_method(method)).collect();
    let mut intent = CreateCheckoutSessionPaymentIntentData::new();
    // A Session's metadata is not copied to its PaymentIntent.
    intent.metadata = Some(metadata(terms));
    let mut request = CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Payment)
        .client_reference_id(purchase.id.clone())
        .line_items(lines)
        .metadata(metadata(terms))
        .payment_intent_data(intent)
        .allowed_payment_method_types(methods)
        .expires_at(terms.expires_at.unix_timestamp())
        .success_url(purchase.redirects.success_url.clone())
        .cancel_url(purchase.redirects.cancel_url.clone());
    if let Some(email) = &purchase.email {
        request = request.customer_email(email.clone());
    }
    prepared(Some(format!("{}:create-session", terms.payment_id)), request.build())
}

fn payment_method(word: &str) -> CreateCheckoutSessionAllowedPaymentMethodTypes {
    match word.parse() {
        Ok(method) => method,
        Err(never) => match never {},
    }
}

/// Reads a Session and what it knows about its money.
pub(super) fn retrieve_session(id: &str) -> Prepared {
    let request = RetrieveCheckoutSession::new(id).expand(vec![EXPAND_SESSION.to_owned()]);
    prepared(None, request.build())
}

/// Ends a Session. Without a key: ending twice is refused by itself, and a cached 500 would stay for a day.
pub(super) fn expire_session(id: &str) -> Prepared {
    prepared(None, ExpireCheckoutSession::new(id).build())
}

/// One page of the Sessions made at about `since` or later, newest first.
pub(super) fn list_sessions(since: OffsetDateTime, after: Option<&str>) -> Prepared {
    let since = (since - SKEW).unix_timestamp();
    let mut request = ListCheckoutSession::new().created(RangeQueryTs::gte(since)).limit(PAGE);
    if let Some(after) = after {
        request = request.starting_after(after);
    }
    prepared(None, request.build())
}

/// Gives money back.
pub(super) fn create_refund(terms: &RefundTerms<'_>) -> Prepared {
    let metadata = HashMap::from([
        (object::PAYMENT_ID.to_owned(), terms.payment_id.to_string()),
        (object::REFUND_REQUEST_ID.to_owned(), terms.request_id.to_string()),
        (object::REFUND_REASON.to_owned(), terms.reason.to_owned()),
    ]);
    let request = CreateRefund::new().payment_intent(terms.intent_id).amount(terms.amount).metadata(metadata);
    let key = format!("{}:refund:{}:{}", terms.payment_id, terms.request_id, terms.round);
    prepared(Some(key), request.build())
}

/// One page of the refunds of a PaymentIntent.
pub(super) fn list_refunds(intent_id: &str, after: Option<&str>) -> Prepared {
    let mut request = ListRefund::new().payment_intent(intent_id).limit(PAGE);
    if let Some(after) = after {
        request = request.starting_after(after);
    }
    prepared(None, request.build())
}

fn within(window: Window) -> RangeQueryTs {
    RangeQueryTs::Bounds(RangeBoundsTs {
        gte: Some(window.from.unix_timestamp()),
        lt: Some(window.until.unix_timestamp()),
        ..RangeBoundsTs::default()
    })
}

/// One page of the events of a time, newest first.
pub(super) fn list_events(window: Window, undelivered: bool, after: Option<&str>) -> Prepared {
    let mut request = ListEvent::new().created(within(window)).limit(PAGE);
    if undelivered {
        request = request.delivery_success(false);
    }
    if let Some(after) = after {
        request = request.starting_after(after);
    }
    prepared(None, request.build())
}

/// One page of the Sessions made in a time, newest first, with what they know about their money.
pub(super) fn list_sessions_of(window: Window, after: Option<&str>) -> Prepared {
    let expand = vec![format!("data.{EXPAND_SESSION}")];
    let mut request = ListCheckoutSession::new().created(within(window)).expand(expand).limit(PAGE);
    if let Some(after) = after {
        request = request.starting_after(after);
    }
    prepared(None, request.build())
}

/// One page of what a Session sells.
pub(super) fn list_items(session_id: &str, after: Option<&str>) -> Prepared {
    let mut request =
        ListLineItemsCheckoutSession::new(session_id).expand(vec![EXPAND_ITEM.to_owned()]).limit(PAGE);
    if let Some(after) = after {
        request = request.starting_after(after);
    }
    prepared(None, request.build())
}
