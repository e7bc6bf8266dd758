//! The hosted pages, as a browser meets them.

use serde_json::json;

use crate::support::{Shop, session_form};

struct Seen {
    status: u16,
    location: Option<String>,
    html: String,
}

async fn see(request: reqwest::RequestBuilder) -> Seen {
    let answer = request.send().await.unwrap();
    let location = answer.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
    let status = answer.status().as_u16();
    // Slashes are escaped too, which only makes URLs hard to look for.
    Seen { status, location, html: answer.text().await.unwrap().replace("&#x2f;", "/") }
}

async fn open(shop: &Shop, path: &str) -> Seen {
    see(shop.http.get(format!("{}{path}", shop.url))).await
}

async fn submit(shop: &Shop, path: &str, form: &[(&str, &str)]) -> Seen {
    see(shop.http.post(format!("{}{path}", shop.url)).form(form)).await
}

fn card(number: &str) -> [(&str, &str); 5] {
    [("number", number), ("expiry", "12 / 34"), ("cvc", "123"), ("name", "Ada"), ("email", "ada@example.com")]
}

#[tokio::test]
async fn the_front_page_says_what_it_is() {
    let shop = Shop::open().await;
    let front = open(&shop, "/").await;
    assert_eq!(front.status, 200);
    assert!(front.html.contains("a sandbox, not Stripe"));
    assert!(front.html.contains("4242424242424242"));
}

#[tokio::test]
async fn a_person_pays_by_card() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let page = format!("/c/pay/{session}");
    let seen = open(&shop, &page).await;
    assert_eq!(seen.status, 200);
    for text in
        ["$29.99", "Enamel mug", "No real money moves here", "https://shop.example/cart", "Pay with PayPal"]
    {
        assert!(seen.html.contains(text), "{text}");
    }
    let paid = submit(&shop, &format!("{page}/card"), &card("4242 4242 4242 4242")).await;
    assert_eq!(paid.status, 303);
    assert_eq!(paid.location.unwrap(), format!("https://shop.example/done?session_id={session}"));
    let after = open(&shop, &page).await;
    assert!(after.html.contains("This checkout is paid"));
    let kept = shop.get(&format!("/v1/checkout/sessions/{session}")).await.json;
    assert_eq!(kept["customer_details"]["name"], "Ada");
}

#[tokio::test]
async fn a_decline_is_shown_and_another_card_may_be_tried() {
    let shop = Shop::open().await;
    let page = format!("/c/pay/{}", shop.session().await);
    let declined = submit(&shop, &format!("{page}/card"), &card("4000000000009995")).await;
    assert_eq!(declined.location.as_deref(), Some(format!("{page}?declined=1").as_str()));
    let seen = open(&shop, &declined.location.unwrap()).await;
    assert!(seen.html.contains("Your card has insufficient funds."));
    assert!(
        !open(&shop, &page).await.html.contains("insufficient_funds"),
        "gone when the page is opened anew"
    );
    assert_eq!(submit(&shop, &format!("{page}/card"), &card("4242424242424242")).await.status, 303);
}

#[tokio::test]
async fn mistakes_in_the_form_are_shown_by_their_fields() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let path = format!("/c/pay/{session}/card");
    let wrong =
        [("number", "4242 4242 4242 4241"), ("expiry", "01/20"), ("cvc", "1"), ("name", " "), ("email", "x")];
    let seen = submit(&shop, &path, &wrong).await;
    assert_eq!(seen.status, 422);
    for text in
        ["card number is invalid", "date is in the past", "security code is incomplete", "number-error"]
    {
        assert!(seen.html.contains(text), "{text}");
    }
    assert!(!seen.html.contains("4242 4242 4242 4241"), "numbers are not given back");
    assert_eq!(submit(&shop, &path, &[]).await.status, 422);
    assert!(shop.event_types().await.is_empty());
}

#[tokio::test]
async fn three_d_secure_has_its_page() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let page = format!("/c/pay/{session}");
    let asked = submit(&shop, &format!("{page}/card"), &card("4000002500003155")).await;
    assert_eq!(asked.location.as_deref(), Some(format!("{page}/3ds").as_str()));
    assert!(open(&shop, &format!("{page}/3ds")).await.html.contains("Fail authentication"));
    let failed = submit(&shop, &format!("{page}/3ds"), &[("answer", "fail")]).await;
    let seen = open(&shop, &failed.location.unwrap()).await;
    assert!(seen.html.contains("We are unable to authenticate your payment method."));
    assert_eq!(open(&shop, &format!("{page}/3ds")).await.location.as_deref(), Some(page.as_str()));
    submit(&shop, &format!("{page}/card"), &card("4000002500003155")).await;
    let passed = submit(&shop, &format!("{page}/3ds"), &[("answer", "pass")]).await;
    assert!(passed.location.unwrap().starts_with("https://shop.example/done"));
}

#[tokio::test]
async fn paypal_has_its_page_and_endings() {
    let shop = Shop::open().await;
    for (answer, leads) in [
        ("approve", "https://shop.example/done"),
        ("delayed_success", "https://shop.example/done"),
        ("delayed_failure", "https://shop.example/done"),
        ("cancel", "/c/pay/"),
    ] {
        let page = format!("/c/pay/{}", shop.session().await);
        assert!(open(&shop, &format!("{page}/paypal")).await.html.contains("Approve, money arrives later"));
        let seen = submit(&shop, &format!("{page}/paypal"), &[("answer", answer)]).await;
        assert!(seen.location.as_ref().unwrap().starts_with(leads), "{answer} {:?}", seen.location);
        if answer == "cancel" {
            assert!(
                open(&shop, &seen.location.unwrap())
                    .await
                    .html
                    .contains("The customer declined the payment.")
            );
        }
    }
}

#[tokio::test]
async fn expired_and_unknown_checkouts_say_so() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let page = format!("/c/pay/{session}");
    shop.clock.advance(time::Duration::hours(25));
    let seen = open(&shop, &page).await;
    assert!(
        seen.html.contains("This checkout has expired") && seen.html.contains("https://shop.example/cart")
    );
    let late = submit(&shop, &format!("{page}/card"), &card("4242424242424242")).await;
    assert!(late.html.contains("This checkout has expired"));
    assert_eq!(open(&shop, "/c/pay/cs_test_none").await.status, 404);
    assert_eq!(open(&shop, "/receipts/ch_none").await.status, 404);
}

#[tokio::test]
async fn whatever_is_shown_is_escaped() {
    let shop = Shop::open().await;
    let evil = "<script>alert('x')</script>\"><img src=x>";
    let session = shop
        .create(&[
            ("line_items[0][price_data][product_data][name]", evil),
            ("line_items[0][price_data][product_data][description]", evil),
            ("line_items[0][price_data][product_data][images][0]", "https://a.example/\"onerror=\"alert(1)"),
            ("cancel_url", "https://a.example/\"><script>alert(2)</script>"),
        ])
        .await
        .id();
    let shown = open(&shop, &format!("/c/pay/{session}")).await.html;
    let typed = [("number", "1"), ("expiry", evil), ("cvc", evil), ("name", evil), ("email", evil)];
    let back = submit(&shop, &format!("/c/pay/{session}/card"), &typed).await.html;
    for html in [shown, back] {
        assert!(!html.contains("<script>alert") && !html.contains("<img src=x>"), "{html}");
        assert!(!html.contains("\"onerror=\""), "{html}");
        assert!(html.contains("&lt;script&gt;alert"));
    }
}

#[tokio::test]
async fn the_page_allows_no_foreign_script() {
    let shop = Shop::open().await;
    let session = shop.session().await;
    let answer = shop.http.get(format!("{}/c/pay/{session}", shop.url)).send().await.unwrap();
    let policy = answer.headers()["content-security-policy"].to_str().unwrap().to_owned();
    let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
    assert!(policy.starts_with("default-src 'none'"));
    assert!(answer.text().await.unwrap().contains(&format!("<script nonce=\"{nonce}\">")));
}

#[tokio::test]
async fn the_redirect_waits_for_the_webhook_but_not_for_ever() {
    let wait = std::time::Duration::from_millis(300);
    let (shop, receiver) = Shop::with_receiver(|config| config.redirect_wait = wait).await;
    let session = shop.session().await;
    let path = format!("/c/pay/{session}/card");
    submit(&shop, &path, &card("4242424242424242")).await;
    assert!(!receiver.received().is_empty(), "the webhook was there before the redirect");
    shop.faults(json!({ "deliveries": { "delayMs": 60_000 } })).await;
    let session = shop.post("/v1/checkout/sessions", &session_form(&[])).await.id();
    let begun = std::time::Instant::now();
    let seen = submit(&shop, &format!("/c/pay/{session}/card"), &card("4242424242424242")).await;
    assert_eq!(seen.status, 303);
    assert!((wait..wait * 10).contains(&begun.elapsed()), "{:?}", begun.elapsed());
}

#[tokio::test]
async fn receipts_can_be_seen() {
    let shop = Shop::open().await;
    let intent = shop.paid_intent().await;
    let charge = shop.get(&format!("/v1/charges?payment_intent={intent}")).await.json["data"][0].clone();
    let url = charge["receipt_url"].as_str().unwrap();
    let seen = see(shop.http.get(url)).await;
    assert!(seen.html.contains("Paid: $29.99"));
}
