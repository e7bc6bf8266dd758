//! Fault 11: notification-service is killed when the mail server has the mail and it does not know yet.

use test_support::MailServer;

use tests_e2e::world::cards;

use super::{CART, shop_with_mail_server};

#[tokio::test]
async fn fault_11_a_mail_killed_after_it_was_accepted_is_sent_once_more_as_the_same_mail() {
    let server = MailServer::start().await;
    let mut world = shop_with_mail_server(&server).await;
    let guest = world.guest();
    let checkout = guest.checkout(CART).await;
    world.notifications.arm("mail.accepted").await;
    world.sandbox.pay(&checkout.session, cards::PAYS).await;
    world.notifications.crashed().await;
    let tries = "SELECT state || ' ' || attempts FROM notifications";
    assert_eq!(world.databases.notifications.texts(tries).await, ["pending 1"]);
    assert_eq!(server.accepted().len(), 1, "it is out");

    world.notifications.restart().await;
    let ending = world.ending_but_for_copies().await;
    ending.paid_once(&checkout.order, vec![format!("order_confirmed {}", checkout.order)]);
    assert_eq!(world.databases.notifications.texts(tries).await, ["sent 2"]);
    let copies = server.accepted();
    assert_eq!(copies.len(), 2);
    // By this a mail server, or the customer's program, knows it for the same.
    assert_eq!(copies[0].message_id, copies[1].message_id);
    assert_eq!((&copies[0].to, &copies[1].to), (&guest.email, &guest.email));
}
