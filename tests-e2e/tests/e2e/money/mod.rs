//! Late and excess money, and webhooks that come twice, early, late, out of order or badly signed.

mod cancel_races;
mod duplicates;
mod early_webhook;
mod excess;
mod in_flight;
mod late;
mod permutations;
mod signatures;
mod two_tabs;
mod unknown;

use serde_json::{Value, json};

use tests_e2e::world::{Checkout, Shopper, World, cards, text};

/// The same fact as another event.
fn again(event: &Value, copy: &str) -> Value {
    let mut other = event.clone();
    other["id"] = json!(format!("{}_{copy}", text(&event["id"])));
    other
}

/// The customer pays, and all the shop hears is that the Session ended unpaid. The true events, for later.
async fn pays_unheard(world: &World, shopper: &Shopper, checkout: &Checkout) -> Vec<Value> {
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    let kinds = ["checkout.session.completed", "payment_intent.succeeded"];
    let truth = world.sandbox.events_of(&checkout.session, &kinds).await;
    let completed = truth.iter().find(|event| event["type"] == kinds[0]).unwrap();
    let mut expired = again(completed, "untrue");
    expired["type"] = json!("checkout.session.expired");
    expired["data"]["object"]["status"] = json!("expired");
    expired["data"]["object"]["payment_status"] = json!("unpaid");
    world.webhook.accept(&expired).await;
    shopper.sees(checkout, "pending", "expired").await;
    truth
}

/// The ids of the Session's refunds.
async fn refunds(world: &World, checkout: &Checkout) -> Vec<String> {
    let account = world.sandbox.account(&checkout.session).await;
    account["refunds"].as_array().unwrap().iter().map(|refund| text(&refund["id"])).collect()
}
