//! Invariant 10, the part about access: somebody tries every order with what is not theirs.

use reqwest::Method;
use serde_json::Value;

use super::evidence::{Evidence, text};
use super::shop::Shop;
use super::shoppers::{Browser, Call, Record};
use crate::world::jwt;

/// What was answered that should not have been. That nothing was changed either, the next look at the tables tells.
pub async fn try_all(shop: &Shop, evidence: &Evidence) -> Vec<String> {
    let mut wrong = Vec::new();
    let stranger = Browser::new(Some(jwt("stranger", "user")));
    let nobody = Browser::new(None);
    let with_token: Vec<&Record> =
        evidence.customers.iter().filter(|one| one.order_token.is_some() && one.order.is_some()).collect();
    for (index, order) in evidence.tables.of("order-service/orders").iter().enumerate() {
        let id = text(order, "id");
        // A token that opens another order.
        let other = (0..with_token.len())
            .map(|step| with_token[(index + step) % with_token.len()])
            .find(|one| one.order.as_deref() != Some(id));
        let token = other.and_then(|one| one.order_token.as_deref());
        for (who, browser, order_token) in [
            ("a stranger", &stranger, None),
            ("a guest without a token", &nobody, None),
            ("another guest", &nobody, token),
        ] {
            refused(
                shop,
                &mut wrong,
                (who, browser),
                (Method::GET, format!("/api/orders/{id}")),
                order_token,
            )
            .await;
            let cancel = (Method::POST, format!("/api/orders/{id}/cancel"));
            refused(shop, &mut wrong, (who, browser), cancel, order_token).await;
        }
    }
    for customer in &evidence.customers {
        for session in &customer.sessions {
            by_session(shop, &nobody, session, &mut wrong).await;
        }
    }
    wrong
}

async fn refused(
    shop: &Shop,
    wrong: &mut Vec<String>,
    (who, browser): (&str, &Browser),
    (method, path): (Method, String),
    order_token: Option<&str>,
) {
    let call = Call { method, url: shop.orders.url(&path), body: Value::Null, order_token, key: None };
    let answer = browser.call(&call, &shop.orders.url("/api/csrf-token")).await;
    if answer.as_ref().is_none_or(|answer| answer.status != 404) {
        wrong.push(format!("{} {path} by {who}: {answer:?}", call.method));
    }
}

/// Who only knows the Session sees how it stands, and not whose it is.
async fn by_session(shop: &Shop, nobody: &Browser, session: &str, wrong: &mut Vec<String>) {
    let url = shop.orders.url(&format!("/api/orders/by-session/{session}"));
    let call = Call { method: Method::GET, url, body: Value::Null, order_token: None, key: None };
    let answer = nobody.call(&call, "").await;
    let hidden = answer.as_ref().is_some_and(|answer| {
        answer.status == 200
            && ["user", "email", "shippingAddress"].iter().all(|field| answer.body[field] == Value::Null)
            && answer.body["payment"]["paymentIntentId"] == Value::Null
    });
    if !hidden {
        wrong.push(format!("by-session tells anybody: {answer:?}"));
    }
}
