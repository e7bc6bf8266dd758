//! The window's few routes.

use std::collections::HashMap;

use actix_web::http::header::{ContentType, LOCATION};
use actix_web::web::{Data, Path, Query, ServiceConfig, get, post};
use actix_web::{HttpResponse, ResponseError};
use serde_json::json;

use super::{Tokens, pages};
use crate::parts::Addresses;
use crate::shopper::{Answer, Shopper};

/// The customer whom the window's buyers are.
const BUYER: &str = "you@example.com";

pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .route("/", get().to(front))
        .route("/buy/{product}", post().to(buy))
        .route("/success", get().to(success))
        .route("/cancelled", get().to(cancelled))
        .route("/orders/{order}", get().to(order))
        .route("/orders/{order}/pay", post().to(pay));
}

/// Something behind the window does not answer.
#[derive(Debug, thiserror::Error)]
#[error("{0:#}")]
struct Broken(#[from] anyhow::Error);

impl ResponseError for Broken {}

type Page = Result<HttpResponse, Broken>;

async fn front(addresses: Data<Addresses>) -> Page {
    let products = Shopper::new(&addresses, None)?.products().await?;
    shown(pages::front(&products.into(), &addresses))
}

async fn buy(addresses: Data<Addresses>, tokens: Data<Tokens>, product: Path<String>) -> Page {
    let answer = Shopper::new(&addresses, None)?.checkout(BUYER, &product, 1).await?;
    to_payment(&answer, &tokens)
}

/// Stripe's page sends the customer back here; the webhook may be slower.
async fn success(
    addresses: Data<Addresses>,
    tokens: Data<Tokens>,
    query: Query<HashMap<String, String>>,
) -> Page {
    let session = query.get("session_id").cloned().unwrap_or_default();
    let body = json!({ "sessionId": session, "guestEmail": BUYER });
    let answer = Shopper::new(&addresses, None)?.post("/api/orders/verify", body, None).await?;
    let order = answer.text("/order/id").to_owned();
    if order.is_empty() {
        return shown(pages::problem(&answer.body));
    }
    tokens.remember(&order, answer.text("/orderToken"));
    Ok(see_other(&format!("/orders/{order}")))
}

async fn cancelled(query: Query<HashMap<String, String>>) -> Page {
    let order = query.get("order_id").cloned().unwrap_or_default();
    Ok(see_other(&format!("/orders/{order}")))
}

async fn order(addresses: Data<Addresses>, tokens: Data<Tokens>, id: Path<String>) -> Page {
    let token = tokens.of(&id).unwrap_or_default();
    let answer = Shopper::new(&addresses, None)?.order(&id, &token).await?;
    shown(if answer.ok().is_ok() { pages::order(&answer.body) } else { pages::problem(&answer.body) })
}

/// 'Pay now': the page that is still open, or a new one.
async fn pay(addresses: Data<Addresses>, tokens: Data<Tokens>, id: Path<String>) -> Page {
    let token = tokens.of(&id).unwrap_or_default();
    let path = format!("/api/orders/{id}/retry-session");
    let answer = Shopper::new(&addresses, None)?.post(&path, json!({}), Some(&token)).await?;
    to_payment(&answer, &tokens)
}

fn to_payment(answer: &Answer, tokens: &Tokens) -> Page {
    tokens.remember(answer.text("/orderId"), answer.text("/orderToken"));
    match answer.text("/url") {
        "" => shown(pages::problem(&answer.body)),
        url => Ok(see_other(url)),
    }
}

fn see_other(url: &str) -> HttpResponse {
    HttpResponse::SeeOther().insert_header((LOCATION, url)).finish()
}

fn shown(page: Result<String, minijinja::Error>) -> Page {
    let page = page.map_err(anyhow::Error::from)?;
    Ok(HttpResponse::Ok().content_type(ContentType::html()).body(page))
}
