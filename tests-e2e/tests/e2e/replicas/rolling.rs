//! Replicas are restarted in turn behind the edge while customers buy.

use std::sync::atomic::{AtomicBool, Ordering};

use test_support::{Service, eventually};
use tests_e2e::world::{Checkout, Edge, SOON, Sandbox, Shopper, Webhook, World, cards};

use super::twins::{Twins, completion};

/// Longer than the edge takes to notice, also on a loaded machine.
const DRAIN: &str = "10s";

#[tokio::test(flavor = "multi_thread")]
async fn a_rolling_restart_under_load_loses_no_request() {
    let mut shop = Twins::with(|_, service| service.env("DRAIN_DELAY", DRAIN)).await;
    shop.world.sandbox.drop_webhooks().await;
    shop.world.set_product(&shop.world.orders, "mug", 1250, 1_000_000).await;
    let edge = Edge::start([&shop.world.orders, &shop.orders], [&shop.world.payments, &shop.payments]).await;
    for orders in [&mut shop.world.orders, &mut shop.orders] {
        orders.configure("PAYMENT_URL", edge.internal());
    }
    tokio::join!(shop.world.orders.restart(), shop.orders.restart());
    for server in ["order/order-1", "order/order-2"] {
        is_up(&edge, server, edge.found(server, "DOWN")).await;
    }

    let Twins { orders, payments, world, .. } = &mut shop;
    let World { orders: first_orders, payments: first_payments, sandbox, webhook, .. } = world;
    let webhook = webhook.at(edge.url("/api/payments/webhooks/stripe"));
    let over = AtomicBool::new(false);
    let rolling = async {
        for (number, orders, payments) in [(1, first_orders, first_payments), (2, orders, payments)] {
            tokio::join!(
                renew(&edge, orders, format!("order/order-{number}")),
                renew(&edge, payments, format!("payment/payment-{number}"))
            );
        }
        over.store(true, Ordering::SeqCst);
    };
    let ((), bought, also, read) = tokio::join!(
        rolling,
        buy(&edge, sandbox, &webhook, &over),
        buy(&edge, sandbox, &webhook, &over),
        read(&edge, &over)
    );

    let count = bought.len() + also.len();
    assert!(count > 0 && read > 0, "{count} purchases and {read} reads");
    for (guest, checkout) in bought.iter().chain(&also) {
        guest.sees(checkout, "paid", "succeeded").await;
    }
    let made = shop.world.sandbox.calls("POST", "/v1/checkout/sessions").await;
    assert_eq!(made, count as u64, "no request was made twice");
    let ending = shop.world.ending().await;
    assert_eq!((ending.captures.len(), ending.mails.len()), (count, count));
    assert_eq!(ending.published["order.created"], count);
}

/// Ends in order, is seen to be gone, starts again and is seen.
async fn renew(edge: &Edge, service: &mut Service, server: String) {
    let downs = edge.found(&server, "DOWN");
    assert!(service.terminate().await.success(), "{}", service.log());
    assert!(edge.found(&server, "DOWN") > downs, "{server} ended before the edge had left it");
    service.restart().await;
    is_up(edge, &server, downs + 1).await;
}

/// Waits until the server is up again after it was down so many times.
async fn is_up(edge: &Edge, server: &str, downs: usize) {
    eventually(SOON, format!("{server} is used again"), async || {
        let found = (edge.found(server, "DOWN"), edge.found(server, "UP"));
        if found.0 >= downs && found.1 >= found.0 { Ok(()) } else { Err(found) }
    })
    .await;
}

/// One customer after the other buys and pays, each step answered as it should be.
async fn buy(
    edge: &Edge,
    sandbox: &Sandbox,
    webhook: &Webhook,
    over: &AtomicBool,
) -> Vec<(Shopper, Checkout)> {
    let mut bought = Vec::new();
    while !over.load(Ordering::SeqCst) {
        let guest = Shopper::guest(edge.url(""));
        let checkout = guest.checkout(&[("mug", 1)]).await;
        sandbox.pay(&checkout.session, cards::PAYS).await;
        webhook.accept(&completion(sandbox, &checkout.session).await).await;
        guest.order(&checkout).await;
        bought.push((guest, checkout));
    }
    bought
}

/// How many looks at the catalogue were answered.
async fn read(edge: &Edge, over: &AtomicBool) -> usize {
    let guest = Shopper::guest(edge.url(""));
    let mut answered = 0;
    while !over.load(Ordering::SeqCst) {
        guest.products().await;
        answered += 1;
    }
    answered
}
