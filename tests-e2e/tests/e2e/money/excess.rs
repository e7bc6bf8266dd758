//! Two captures for one order: one is kept, the other goes back once.

use tests_e2e::world::{World, cards, header};

use super::{again, pays_unheard, refunds};

#[tokio::test]
async fn fault_34_two_captures_for_one_order_end_with_one() {
    let world = World::start().await;
    world.sandbox.drop_webhooks().await;
    let guest = world.guest();
    let first = guest.checkout(&[("mug", 2)]).await;
    let truth = pays_unheard(&world, &guest, &first).await;
    let second = guest.retry(&first).await;
    assert_ne!(second.session, first.session);
    world.sandbox.pay(&second.session, cards::PAYS).await;
    guest.verify(&second.session).await;
    guest.sees(&first, "paid", "succeeded").await;

    for event in truth.iter().flat_map(|event| [event.clone(), again(event, "too")]) {
        world.webhook.accept(&event).await;
    }
    world.sandbox.account(&first.session).await;
    let ending = world.ending().await;
    let refunds = refunds(&world, &first).await;
    assert_eq!(refunds.len(), 1, "asked back once");
    let mails = vec![format!("order_confirmed {}", first.order), format!("payment_refunded {}", refunds[0])];
    ending.paid_once(&first.order, mails);
    assert_eq!((ending.published["order.refund_requested"], ending.published["payment.refunded"]), (1, 1));
    assert_eq!(
        world.sandbox.account(&second.session).await["refunded"],
        0,
        "the one that came first is kept"
    );
    guest.sees(&first, "paid", "succeeded").await;
    assert_eq!(guest.available("mug").await, 98);
    let mails = world.mails();
    let told = mails.iter().find(|mail| header(mail, "Subject") == "We have refunded your payment").unwrap();
    assert!(told.contains("$25.00") && told.contains("one too many"), "{told}");
}
