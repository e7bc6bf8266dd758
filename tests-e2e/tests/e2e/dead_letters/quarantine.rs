//! Webhooks that speak of payments of ours and do not fit.

use serde_json::json;
use tests_e2e::world::{World, cards, text};

use super::{answer, command, refusal};

#[tokio::test]
async fn a_quarantined_webhook_is_applied_when_its_reason_is_gone() {
    let world = World::start().await;
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    world.sandbox.drop_webhooks().await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    let mut event =
        world.sandbox.events_of(&checkout.session, &["checkout.session.completed"]).await.remove(0);
    // As if this service had been given the key of the other mode.
    event["livemode"] = json!(true);
    let id = text(&event["id"]);
    world.webhook.accept(&event).await;

    let listed = answer(&world.payments, &["quarantine", "list"]).await;
    assert!(listed.lines().count() == 2 && listed.contains(&id) && listed.contains("livemode"), "{listed}");
    let shown = answer(&world.payments, &["quarantine", "show", &id]).await;
    assert!(shown.contains(&checkout.session) && shown.contains("nothing yet"), "{shown}");
    let told = refusal(&world.payments, &["quarantine", "replay", &id]).await;
    assert_eq!(told, format!("{id}: failed, stays quarantined: livemode\n"));
    guest.sees(&checkout, "pending", "pending").await;

    let corrected = || {
        let line = ["quarantine", "replay", &id, "--by", "grace"].map(str::to_owned);
        let command = world.payments.again().env("STRIPE_SECRET_KEY", "sk_live_sandbox");
        line.into_iter().fold(command, |command, word| command.arg(word)).finish()
    };
    // Two operators at the same moment.
    let (one, other) = tokio::join!(corrected(), corrected());
    let applied = format!("{id}: processed\n");
    let told = [one.stdout.as_str(), other.stdout.as_str()];
    assert_eq!(told.iter().filter(|told| **told == applied).count(), 1, "{one:?} {other:?}");
    guest.sees(&checkout, "paid", "succeeded").await;
    let late = command(&world.payments, &["quarantine", "dismiss", &id, "--reason", "too late"]).await;
    assert!(!late.status.success() && late.stderr.contains("it is processed"), "{late:?}");
    assert_eq!(answer(&world.payments, &["quarantine", "list"]).await, "nothing is quarantined\n");
    let shown = answer(&world.payments, &["quarantine", "show", &id]).await;
    assert!(shown.contains("replay by grace: processed"), "{shown}");
    world.ending().await.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
}

#[tokio::test]
async fn a_dismissed_webhook_stays_on_record() {
    let world = World::start().await;
    let checkout = world.guest().checkout(&[("mug", 1)]).await;
    world.sandbox.drop_webhooks().await;
    world.sandbox.pay(&checkout.session, cards::DECLINED).await;
    let kinds = ["payment_intent.payment_failed"];
    let mut event = world.sandbox.events_of(&checkout.session, &kinds).await.remove(0);
    event["livemode"] = json!(true);
    let id = text(&event["id"]);
    world.webhook.accept(&event).await;
    let line = ["quarantine", "dismiss", &id, "--reason", "from the other account"];
    assert_eq!(answer(&world.payments, &line).await, format!("{id}: dismissed\n"));
    assert_eq!(answer(&world.payments, &["quarantine", "list"]).await, "nothing is quarantined\n");
    let shown = answer(&world.payments, &["quarantine", "show", &id]).await;
    assert!(shown.contains("dismiss by ada: dismissed: from the other account"), "{shown}");
    // Stripe sends it again: known, and nothing happens.
    world.webhook.accept(&event).await;
    let told = refusal(&world.payments, &["quarantine", "replay", &id]).await;
    assert_eq!(told, format!("{id}: nothing to do: it is dismissed\n"));
}
