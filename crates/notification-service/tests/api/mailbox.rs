//! Mails as files, and the page that shows them.

use test_support::{http_client, parse_mail};

use crate::app::World;
use crate::publish::{BUYER, order, paid};

#[tokio::test]
async fn mails_in_a_folder_can_be_looked_at() {
    let world = World::new().await;
    let folder = tempfile::tempdir().unwrap();
    let env = world.env.clone().with("SMTP_URL", "").with("MAIL_DIR", folder.path().to_string_lossy());
    let app = world.start_with(env).await;
    world.publisher.publish(&paid(order("<b>Cup</b>"))).await;
    world.in_state("sent", 1).await;

    let stored = notification_service::mailbox::list(folder.path()).unwrap().remove(0);
    assert_eq!((stored.to.as_str(), stored.subject.as_str()), (BUYER, "Order T-26-000042 is confirmed"));
    let eml = std::fs::read_to_string(folder.path().join(format!("{}.eml", stored.id))).unwrap();
    assert_eq!(parse_mail(&eml).message_id, stored.message_id);
    assert!(stored.text.contains("$59.98"), "{}", stored.text);

    let client = http_client();
    let list = client.get(format!("{}/mailbox", app.url)).send().await.unwrap();
    assert!(list.headers()["content-security-policy"].to_str().unwrap().contains("default-src 'none'"));
    let list = list.text().await.unwrap();
    assert!(list.contains("Order T-26-000042 is confirmed") && list.contains(&stored.id.to_string()));
    let mail = client.get(format!("{}/mailbox/{}", app.url, stored.id)).send().await.unwrap();
    let mail = mail.text().await.unwrap();
    assert!(mail.contains("&lt;b&gt;Cup") && !mail.contains("<b>Cup"), "{mail}");

    let absent = format!("{}/mailbox/{}", app.url, uuid::Uuid::nil());
    assert_eq!(client.get(absent).send().await.unwrap().status(), 404);
    app.stop().await;
    world.assert_settled().await;
}

#[tokio::test]
async fn there_is_no_mailbox_where_mails_are_sent() {
    let world = World::new().await;
    let app = world.start().await;
    assert_eq!(http_client().get(format!("{}/mailbox", app.url)).send().await.unwrap().status(), 404);
    app.stop().await;
}
