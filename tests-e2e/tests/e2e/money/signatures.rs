//! Whose signature is taken: either secret's while one is rolled, and none from another time.

use kernel::{Clock, SystemClock};
use serde_json::Value;

use tests_e2e::world::{Checkout, Shopper, World, cards, signature};

const NEW: &str = "whsec_the_secret_that_replaces_the_first";

/// A purchase that is paid at Stripe, and the event that says so.
async fn paid_at_stripe(world: &World) -> (Shopper, Checkout, Value) {
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    let event = world.sandbox.events_of(&checkout.session, &["checkout.session.completed"]).await.remove(0);
    (guest, checkout, event)
}

fn now() -> i64 {
    SystemClock.now().unix_timestamp()
}

async fn configure(world: &mut World, secrets: &str) {
    world.payments.configure("STRIPE_WEBHOOK_SECRET", secrets);
    assert!(world.payments.terminate().await.success(), "{}", world.payments.log());
    world.payments.restart().await;
}

async fn answers(world: &World, event: &Value, secrets: &[&str]) -> u16 {
    let body = event.to_string();
    world.webhook.deliver_signed(&body, &signature(now(), secrets, &body)).await.status.as_u16()
}

#[tokio::test]
async fn fault_37_while_a_secret_is_rolled_either_is_taken() {
    let mut world = World::start().await;
    world.sandbox.drop_webhooks().await;
    let old = world.webhook.secret().to_owned();
    let (_, _, before) = paid_at_stripe(&world).await;
    assert_eq!(answers(&world, &before, &[NEW]).await, 400, "not yet");

    configure(&mut world, &format!("{old},{NEW}")).await;
    let mut paid = Vec::new();
    // As Stripe signs while a secret is rolled: with each, in any order.
    for secrets in [vec![old.as_str()], vec![NEW], vec![old.as_str(), NEW], vec!["whsec_of_another", NEW]] {
        let (guest, checkout, event) = paid_at_stripe(&world).await;
        assert_eq!(answers(&world, &event, &secrets).await, 200, "{}", secrets.len());
        guest.sees(&checkout, "paid", "succeeded").await;
        paid.push(checkout.order);
    }
    configure(&mut world, NEW).await;
    assert_eq!(answers(&world, &before, &[&old]).await, 400, "no more");
    assert_eq!(answers(&world, &before, &[NEW]).await, 200);

    let ending = world.ending().await;
    assert_eq!((paid.len(), ending.captures.len(), ending.published["payment.successful"]), (4, 5, 5));
}

#[tokio::test]
async fn fault_47_a_clock_off_by_ten_minutes_is_refused_with_an_alarm_and_the_retry_recovers() {
    let world = World::start().await;
    world.sandbox.drop_webhooks().await;
    let (guest, checkout, event) = paid_at_stripe(&world).await;
    let body = event.to_string();
    let alarms = async || {
        let metrics = world.metrics(&world.payments).await;
        let alarm = metrics
            .lines()
            .find(|line| line.starts_with("payment_alarms_total") && line.contains("webhook_clock"));
        alarm.map_or(0.0, |line| line.rsplit(' ').next().unwrap().parse::<f64>().unwrap())
    };
    assert_eq!(alarms().await, 0.0);
    for (off, count) in [(-600, 1.0), (600, 2.0)] {
        let header = signature(now() + off, &[world.webhook.secret()], &body);
        let refused = world.webhook.deliver_signed(&body, &header).await;
        assert_eq!((refused.status.as_u16(), &refused.body["code"]), (400, &"invalid_signature".into()));
        assert_eq!(alarms().await, count, "somebody has to look at the clock");
    }
    let stored = "SELECT count(*) FROM stripe_events";
    assert_eq!(world.databases.payments.number(stored).await, 0, "nothing of it is kept");

    // Each of Stripe's retries is signed anew: once the clock is right, it is taken.
    world.webhook.accept(&event).await;
    guest.sees(&checkout, "paid", "succeeded").await;
    world.ending().await.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
}
