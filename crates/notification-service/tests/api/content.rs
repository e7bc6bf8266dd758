//! What stands in the mails.

use kernel::decline::advice;

use crate::app::World;
use crate::publish::{BUYER, failed, order, paid, payment};

#[tokio::test]
async fn a_mail_is_addressed_dated_and_in_two_forms() {
    let world = World::new().await;
    let app = world.start().await;
    let order = order("Blue cup");
    world.publisher.publish(&paid(order.clone())).await;
    let mail = world.mails(1).await.remove(0);
    assert_eq!((mail.to.as_str(), mail.from.as_str()), (BUYER, "Tender <orders@shop.example>"));
    assert!(mail.message_id.ends_with("@shop.example>"), "{}", mail.message_id);
    assert!(mail.raw.contains("Auto-Submitted: auto-generated"), "{}", mail.raw);
    assert!(mail.raw.contains("\r\nDate: "), "{}", mail.raw);
    // The templates escape slashes too.
    let html = mail.html.replace("&#x2f;", "/");
    for form in [&html, &mail.text] {
        let link = format!("https://shop.example/orders/{}", order.order_id);
        for part in ["Blue cup", "$29.99", "$59.98", "T-26-000042", &link] {
            assert!(form.contains(part), "{part} in {form}");
        }
    }
    app.stop().await;
    world.assert_settled().await;
}

#[tokio::test]
async fn hostile_names_stay_text() {
    let world = World::new().await;
    let app = world.start().await;
    let mut order = order("<img src=x onerror=alert(1)>\r\n.\r\nQUIT");
    order.order_number = "T-1\r\nBcc: victim@example.com\r\n\r\n<script>".into();
    world.publisher.publish(&paid(order)).await;
    let mail = world.mails(1).await.remove(0);
    assert!(!mail.html.contains("<img") && !mail.html.contains("<script"), "{}", mail.html);
    assert!(mail.html.contains("&lt;img src=x onerror=alert(1)&gt; . QUIT"), "{}", mail.html);
    assert_eq!(mail.subject, "Order T-1 Bcc: victim@example.com <script> is confirmed");
    assert!(!mail.raw.lines().any(|line| line.to_lowercase().starts_with("bcc:")), "{}", mail.raw);
    app.stop().await;
    world.assert_settled().await;
}

#[tokio::test]
async fn a_declined_payment_is_told_with_the_tables_words() {
    let world = World::new().await;
    let app = world.start().await;
    for code in ["insufficient_funds", "stolen_card", "unheard_of"] {
        let order = order("Cup");
        world.publisher.publish(&failed(payment(order.order_id, code))).await;
    }
    let mails = world.mails(3).await;
    for code in ["insufficient_funds", "stolen_card", "unheard_of"] {
        let expected = advice(Some(code), "card_declined");
        let found = mails.iter().find(|mail| mail.text.contains(expected.message)).expect(code);
        assert!(found.text.contains(expected.recommendation), "{}", found.text);
        assert!(!found.raw.contains("stolen"), "{}", found.raw);
    }
    app.stop().await;
    world.assert_settled().await;
}
