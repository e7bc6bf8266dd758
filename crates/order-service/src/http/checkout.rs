//! `POST /api/orders/checkout`: a cart becomes an order with a page to pay on.

mod request;

use actix_web::http::header::ACCEPT_LANGUAGE;
use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use kernel::OrderId;
use serde::Serialize;
use service_kit::auth::Caller;
use service_kit::csrf;
use service_kit::idempotency::{Claim, IdempotencyKey, request_hash};
use service_kit::problem::{Json, Problem};
use service_kit::task::Tasks;

use super::Shop;
use super::body::OrderBody;
use crate::app::checkout::{CheckedOut, checkout};
use request::CheckoutInput;

/// The answer, also to `retry-session`.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct CheckoutBody {
    order_id: OrderId,
    order_number: String,
    id: String,
    session_id: String,
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_token: Option<String>,
    order: OrderBody,
}

/// The handler.
pub(super) async fn post(
    request: HttpRequest,
    caller: Caller,
    csrf: csrf::Checked,
    key: IdempotencyKey,
    shop: Data<Shop>,
    tasks: Data<Tasks>,
    body: Json<CheckoutInput>,
) -> Result<HttpResponse, Problem> {
    let hash = request_hash("POST", request.path(), body.raw());
    let claim = key.0.map(|key| Claim::new(csrf.scope(&caller), key, hash));
    let languages = request.headers().get(ACCEPT_LANGUAGE);
    let locale = locale(languages.and_then(|value| value.to_str().ok()));
    let checked = body.check(&shop, &caller, locale, claim)?;
    let app = shop.app.clone();
    let done = tasks.detached(async move { checkout(&app, &checked).await }).await??;
    Ok(answer(done))
}

/// A page to pay on, with its order.
pub(super) fn answer(done: CheckedOut) -> HttpResponse {
    let order = OrderBody::full(&done.opened.view);
    let mut answer = HttpResponse::Ok();
    if done.replayed {
        answer.insert_header(("Idempotent-Replayed", "true"));
    }
    answer.json(CheckoutBody {
        order_id: done.opened.view.order.id,
        order_number: done.opened.view.order.number,
        id: done.opened.session_id.clone(),
        session_id: done.opened.session_id,
        url: done.opened.url,
        order_token: done.token,
        order,
    })
}

/// The first language of the browser, for mails; English if there is none.
fn locale(header: Option<&str>) -> String {
    let first = header.and_then(|header| header.split([',', ';']).next()).map(str::trim);
    let is_tag = |tag: &&str| {
        (2..=35).contains(&tag.len())
            && tag.split('-').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric()))
    };
    first.filter(is_tag).unwrap_or("en").to_owned()
}

#[cfg(test)]
mod tests {
    use super::locale;

    #[test]
    fn the_first_language_counts_if_it_is_one() {
        for (header, expected) in [
            (Some("de-AT,de;q=0.9"), "de-AT"),
            (Some("fr"), "fr"),
            (Some("*"), "en"),
            (Some("../../x"), "en"),
            (Some(""), "en"),
            (None, "en"),
        ] {
            assert_eq!(locale(header), expected);
        }
    }
}
