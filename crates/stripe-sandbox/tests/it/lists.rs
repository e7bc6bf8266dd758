//! Pages and filters.

use serde_json::json;

use crate::support::{Shop, strings};

#[tokio::test]
async fn pages_go_forward_and_back() {
    let shop = Shop::open().await;
    let mut all = Vec::new();
    for _ in 0..7 {
        all.insert(0, shop.session().await);
    }
    let page = async |query: &str| {
        let list = shop.get(&format!("/v1/checkout/sessions?{query}")).await.json;
        (strings(&list["data"], "id"), list["has_more"].as_bool().unwrap())
    };
    assert_eq!(page("limit=3").await, (all[..3].to_vec(), true));
    assert_eq!(page(&format!("limit=3&starting_after={}", all[2])).await, (all[3..6].to_vec(), true));
    assert_eq!(page(&format!("limit=3&starting_after={}", all[5])).await, (all[6..].to_vec(), false));
    assert_eq!(page(&format!("limit=3&ending_before={}", all[4])).await, (all[1..4].to_vec(), true));
    assert_eq!(page(&format!("limit=3&ending_before={}", all[1])).await, (all[..1].to_vec(), false));
    assert_eq!(page("").await, (all.clone(), false));
    let list = shop.get("/v1/checkout/sessions?limit=1").await.json;
    assert_eq!((&list["object"], &list["url"]), (&json!("list"), &json!("/v1/checkout/sessions")));
}

#[tokio::test]
async fn wrong_pages_are_refused() {
    let shop = Shop::open().await;
    for (query, code) in [
        ("limit=0", "parameter_invalid_integer"),
        ("limit=101", "parameter_invalid_integer"),
        ("limit=few", "parameter_invalid_integer"),
        ("starting_after=cs_none", "resource_missing"),
        ("starting_after=a&ending_before=b", "parameters_exclusive"),
        ("page=2", "parameter_unknown"),
        ("created[since]=1", "parameter_unknown"),
    ] {
        let answer = shop.get(&format!("/v1/checkout/sessions?{query}")).await;
        assert_eq!((answer.status, answer.code()), (400, code), "{query}");
    }
}

#[tokio::test]
async fn lists_are_filtered_by_time() {
    let shop = Shop::open().await;
    let old = shop.session().await;
    shop.clock.advance(time::Duration::hours(1));
    let middle = shop.now() - 1_800;
    let new = shop.session().await;
    for (query, ids) in [
        (format!("created[gte]={middle}"), vec![&new]),
        (format!("created[lt]={middle}"), vec![&old]),
        (format!("created[gt]=0&created[lte]={}", middle + 86_400), vec![&new, &old]),
        ("created=12".to_owned(), vec![]),
    ] {
        let list = shop.get(&format!("/v1/checkout/sessions?{query}")).await.json;
        assert_eq!(strings(&list["data"], "id"), ids.into_iter().cloned().collect::<Vec<_>>(), "{query}");
    }
}

#[tokio::test]
async fn sessions_are_filtered_by_what_they_are() {
    let shop = Shop::open().await;
    let (open, paid) = (shop.session().await, shop.session().await);
    let answer = shop.pay(&paid, json!({ "card": "4242424242424242" })).await;
    let intent = answer.json["session"]["payment_intent"].as_str().unwrap();
    for (query, id) in [
        ("status=open".to_owned(), &open),
        ("status=complete".to_owned(), &paid),
        (format!("payment_intent={intent}"), &paid),
    ] {
        let list = shop.get(&format!("/v1/checkout/sessions?{query}")).await.json;
        assert_eq!(strings(&list["data"], "id"), [id.as_str()], "{query}");
    }
    let expanded = shop.get("/v1/checkout/sessions?status=complete&expand[]=data.payment_intent").await.json;
    assert_eq!(expanded["data"][0]["payment_intent"]["id"], intent);
}

#[tokio::test]
async fn events_are_filtered_by_type_and_delivery() {
    let (shop, receiver) = Shop::with_receiver(|config| config.retries = 0).await;
    shop.paid_intent().await;
    receiver.wait_for("checkout.session.completed", 1).await;
    let types = async |query: &str| {
        let list = shop.get(&format!("/v1/events?{query}")).await.json;
        strings(&list["data"], "type")
    };
    assert_eq!(types("type=charge.succeeded").await, ["charge.succeeded"]);
    assert_eq!(types("type=payment_intent.*").await, ["payment_intent.succeeded", "payment_intent.created"]);
    let several = "types[]=charge.succeeded&types[]=payment_intent.created";
    assert_eq!(types(several).await, ["charge.succeeded", "payment_intent.created"]);
    let all = async || types("delivery_success=true").await.len() == 4;
    test_support::eventually(crate::support::SOON, "all delivered", all).await;
    assert!(types("delivery_success=false").await.is_empty());
    shop.faults(json!({ "deliveries": { "drop": "all" } })).await;
    shop.paid_intent().await;
    assert_eq!(types("delivery_success=false").await.len(), 4);
    assert_eq!(types("delivery_success=true").await.len(), 4);
}

#[tokio::test]
async fn line_items_have_pages_too() {
    let shop = Shop::open().await;
    let session = shop
        .create(&[
            ("line_items[1][price_data][currency]", "usd"),
            ("line_items[1][price_data][unit_amount]", "150"),
            ("line_items[1][price_data][product_data][name]", "Sticker"),
            ("line_items[1][quantity]", "3"),
        ])
        .await;
    assert_eq!(session.json["amount_total"], 2999 + 450);
    let path = format!("/v1/checkout/sessions/{}/line_items", session.id());
    let first = shop.get(&format!("{path}?limit=1")).await.json;
    assert_eq!((&first["has_more"], &first["data"][0]["description"]), (&json!(true), &json!("Enamel mug")));
    let after = first["data"][0]["id"].as_str().unwrap();
    let second = shop.get(&format!("{path}?limit=1&starting_after={after}")).await.json;
    assert_eq!((&second["has_more"], &second["data"][0]["amount_total"]), (&json!(false), &json!(450)));
}

#[tokio::test]
async fn line_items_show_their_products_when_asked() {
    let shop = Shop::open().await;
    let session = shop
        .create(&[
            ("line_items[0][price_data][product_data][metadata][product_id]", "mug"),
            ("line_items[0][price_data][product_data][images][0]", "https://shop.example/mug.png"),
        ])
        .await;
    let path = format!("/v1/checkout/sessions/{}/line_items", session.id());
    let plain = shop.get(&path).await.json;
    assert!(plain["data"][0]["price"]["product"].is_string(), "{plain}");
    let expanded = shop.get(&format!("{path}?expand[]=data.price.product")).await.json;
    let product = &expanded["data"][0]["price"]["product"];
    assert_eq!(product["metadata"], json!({ "product_id": "mug" }));
    assert_eq!(product["images"], json!(["https://shop.example/mug.png"]));
    assert_eq!((&product["object"], &product["name"]), (&json!("product"), &json!("Enamel mug")));
}
