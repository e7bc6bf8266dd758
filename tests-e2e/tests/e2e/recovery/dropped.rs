//! No webhook arrives, for days.

use test_support::eventually;
use tests_e2e::world::{SOON, World, cards};

use super::{books_agree, contents, reconcile, reconciling, report};

#[tokio::test]
async fn fault_36_what_no_webhook_told_is_found_by_the_job() {
    let world = reconciling().await;
    world.sandbox.drop_webhooks().await;
    let (paying, refused, late) = (world.guest(), world.guest(), world.guest());
    let paid = paying.checkout(&[("mug", 1)]).await;
    let declined = refused.checkout(&[("poster", 1)]).await;
    let expired = late.checkout(&[("mug", 2)]).await;
    world.sandbox.pay(&paid.session, cards::PAYS).await;
    world.sandbox.pay(&declined.session, cards::NO_FUNDS).await;
    world.sandbox.expire(&expired.session).await;

    // Nobody comes back from Stripe's page, and nobody asks.
    paying.sees(&paid, "paid", "succeeded").await;
    refused.sees(&declined, "pending", "failed").await;
    late.sees(&expired, "pending", "expired").await;
    assert_eq!(books_agree(&world).await, 1);

    let payment = world.payments_of(&declined.order).await.remove(0);
    world.mailed("payment_failed", &payment).await;
    let mails = vec![format!("order_confirmed {}", paid.order), format!("payment_failed {payment}")];
    world.ending().await.paid_once(&paid.order, mails);
}

#[tokio::test]
async fn fault_36_the_command_finds_it_too_and_a_rehearsal_changes_nothing() {
    let world = World::start().await;
    world.sandbox.drop_webhooks().await;
    let guest = world.guest();
    let checkout = guest.checkout(&[("mug", 1)]).await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    eventually(SOON, "the payment was announced", async || {
        world.databases.payments.number("SELECT count(*) FROM outbox").await == 0
    })
    .await;

    let before = contents(&world).await;
    let rehearsed = reconcile(&world, &["--dry-run", "--json"]).finish().await;
    assert!(!rehearsed.status.success(), "there is something to do: {}", rehearsed.stdout);
    let found = report(&rehearsed);
    assert_eq!((&found["dryRun"], &found["outcome"]), (&true.into(), &"remaining".into()), "{found}");
    assert_eq!(found["findings"][0]["done"], "would_be_corrected", "{found}");
    assert_eq!(found["money"]["usd"]["capturedAtStripe"], 1250, "{found}");
    assert_eq!(found["money"]["usd"]["unreconciled"], 1250, "{found}");
    assert_eq!(contents(&world).await, before, "a rehearsal changes nothing");

    let done = reconcile(&world, &["--json"]).finish().await;
    assert!(done.status.success(), "{}\n{}", done.stdout, done.stderr);
    let found = report(&done);
    assert_eq!(found["outcome"], "reconciled", "{found}");
    assert_eq!(found["findings"][0]["done"], "corrected", "{found}");
    let usd = &found["money"]["usd"];
    assert_eq!((&usd["capturedBefore"], &usd["capturedAfter"]), (&0.into(), &1250.into()), "{found}");
    assert_eq!(usd["unreconciled"], 0, "{found}");
    guest.sees(&checkout, "paid", "succeeded").await;

    // Once more, there is nothing to do.
    let again = reconcile(&world, &[]).finish().await;
    assert!(again.status.success(), "{}\n{}", again.stdout, again.stderr);
    assert!(again.stdout.starts_with("outcome   reconciled\n"), "{}", again.stdout);
    assert!(!again.stdout.contains("corrected"), "{}", again.stdout);
    assert!(
        !again.stdout.contains(&guest.email) && !done.stderr.contains(&guest.email),
        "an address was told"
    );
    books_agree(&world).await;
    world.ending().await.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
}

#[tokio::test]
async fn what_cannot_be_read_keeps_nothing_else_waiting() {
    let world = World::start().await;
    world.sandbox.drop_webhooks().await;
    let (broken, paying) = (world.guest(), world.guest());
    let unreadable = broken.checkout(&[("poster", 1)]).await;
    let checkout = paying.checkout(&[("mug", 1)]).await;
    world.sandbox.pay(&unreadable.session, cards::PAYS).await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    let sql = format!("UPDATE purchases SET products = '7' WHERE id = '{}'", unreadable.order);
    world.databases.payments.execute(&sql).await;

    let finished = reconcile(&world, &["--json"]).finish().await;
    assert!(!finished.status.success(), "{}", finished.stdout);
    let found = report(&finished);
    assert_eq!(found["outcome"], "remaining", "{found}");
    assert_eq!(found["payments"]["unreadable"], 1, "{found}");
    paying.sees(&checkout, "paid", "succeeded").await;

    let sql = format!(
        "UPDATE purchases SET products = (SELECT products FROM purchases WHERE id = '{}') WHERE id = '{}'",
        checkout.order, unreadable.order
    );
    world.databases.payments.execute(&sql).await;
    let finished = reconcile(&world, &[]).finish().await;
    assert!(finished.status.success(), "{}\n{}", finished.stdout, finished.stderr);
    broken.sees(&unreadable, "paid", "succeeded").await;
    assert_eq!(books_agree(&world).await, 2);
    world.ending().await;
}
