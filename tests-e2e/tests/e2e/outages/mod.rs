//! The database, the broker and Stripe go away, stand still and come back.

mod broker;
mod commit;
mod database;
mod disk;
mod stripe;

use std::time::Duration;

use reqwest::StatusCode;
use serde_json::Value;
use test_support::eventually;
use tests_e2e::world::{Checkout, Shopper, World};

/// How long it may take until everything goes on after an outage: pauses have grown meanwhile.
const RECOVERY: Duration = Duration::from_secs(90);

/// `503` with this code, and repeating helps.
fn is_problem(answer: &(StatusCode, Value), code: &str) {
    assert_eq!((answer.0.as_u16(), &answer.1["code"]), (503, &code.into()), "{}", answer.1);
    assert_eq!(answer.1["retryable"], true, "{}", answer.1);
}

/// Repeats the same checkout until it is answered.
async fn checks_out(guest: &Shopper, items: &[(&str, u32)]) -> Checkout {
    let repeat = async || {
        let (status, body) = guest.try_checkout("card", items).await;
        if status == 200 { Ok(()) } else { Err(format!("{status} {body}")) }
    };
    eventually(RECOVERY, "checkouts work again", repeat).await;
    guest.checkout(items).await
}

/// Waits until the order of this Session is paid.
async fn becomes_paid(shopper: &Shopper, session: &str) {
    eventually(RECOVERY, "the order is paid", async || {
        let (status, order) = shopper.by_session(session).await;
        if order["status"] == "paid" { Ok(()) } else { Err(format!("{status} {order}")) }
    })
    .await;
}

/// What a purchase that nothing went wrong with leaves.
async fn paid_once(world: &World, checkout: &Checkout) {
    world.ending().await.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
}
