//! Prices, as `product.*` tells them.

use events::{ProductCreated, ProductDeleted, ProductSnapshot, ProductUpdated};
use kernel::{Currency, Money};
use serde_json::json;

use crate::world::{World, cart};

fn product(id: &str, name: &str, amount: i64, sequence: Option<i64>) -> ProductSnapshot {
    ProductSnapshot {
        product_id: id.parse().unwrap(),
        sequence,
        name: name.to_owned(),
        price: Money::new(amount, Currency::USD).to_major(),
        unit_amount: amount,
        currency: Currency::USD,
        image: None,
        stock: Some(5),
    }
}

const NEWEST: &str = "SELECT count(*) FROM inbox";

#[tokio::test(flavor = "multi_thread")]
async fn the_newest_price_counts_whatever_comes_last() {
    let world = World::with_broker(&[("AD_HOC_PRICES", "deny")]).await;
    world.publish(ProductCreated { product: product("cup", "Cup", 2500, Some(1)) }).await;
    world.publish(ProductUpdated { product: product("cup", "Cup", 2999, Some(3)) }).await;
    world.publish(ProductUpdated { product: product("cup", "Cup", 2700, Some(2)) }).await;
    world.publish(ProductCreated { product: product("tea", "Tea", 500, None) }).await;
    world.eventually_number(NEWEST, 4).await;

    let verify =
        async |products| world.post("/api/payments/verify-prices", &json!({"products": products})).await;
    let right = json!([{"productId": "cup", "price": 29.99, "quantity": 1}, {"productId": "tea", "price": 5.0, "quantity": 2}]);
    assert_eq!(verify(right).await.ok(), json!({"verified": true}));
    let wrong = json!([
        {"productId": "cup", "price": 27, "quantity": 1},
        {"productId": "tea", "price": 5, "quantity": 1},
        {"productId": "pot", "price": 1, "quantity": 1},
    ]);
    let expected = json!({"verified": false, "discrepancies": [
        {"productId": "cup", "expectedPrice": 29.99, "providedPrice": 27},
        {"productId": "pot", "expectedPrice": null, "providedPrice": 1},
    ]});
    assert_eq!(verify(wrong).await.ok(), expected);
    // Without a currency, each product's own is meant.
    let mut yen = product("fan", "Fan", 1250, Some(1));
    (yen.currency, yen.price) = ("jpy".parse().unwrap(), "1250".parse().unwrap());
    let mut dinars = product("rug", "Rug", 1250, Some(1));
    (dinars.currency, dinars.price) = ("kwd".parse().unwrap(), "1.250".parse().unwrap());
    world.publish(ProductCreated { product: yen }).await;
    world.publish(ProductCreated { product: dinars }).await;
    world.eventually_number(NEWEST, 6).await;
    let foreign = json!([{"productId": "fan", "price": 1250, "quantity": 1}, {"productId": "rug", "price": 1.250, "quantity": 1}]);
    assert_eq!(verify(foreign.clone()).await.ok(), json!({"verified": true}));
    let in_dollars = json!({"products": foreign, "currency": "usd"});
    assert_eq!(world.post("/api/payments/verify-prices", &in_dollars).await.ok()["verified"], false);
    let bad = json!([{"productId": "a b", "price": 1, "quantity": 0}, {"productId": "cup", "price": 0.001, "quantity": 1}]);
    assert_eq!(
        verify(bad).await.pointers(),
        ["/products/0/quantity", "/products/0/productId", "/products/1/price"]
    );

    // By name and price only, as frontends send it; then by id; the catalogue's id is on the event.
    world.checkout(&cart()).await.ok();
    let event = world.read("payment.created", 1).await[0].json();
    assert_eq!(event["data"]["products"][0]["productId"], "cup");
    let mut by_id = cart();
    by_id["products"][0] = json!({"productId": "cup", "name": "A cheap cup", "price": 29.99, "quantity": 1});
    world.checkout(&by_id).await.ok();
    let events = world.read("payment.created", 2).await;
    assert_eq!(events[1].json()["data"]["products"][0]["name"], "Cup", "the catalogue's name is sold");
    by_id["products"][0]["price"] = json!(0.5);
    let answer = world.checkout(&by_id).await;
    assert_eq!(answer.problem(), (422, "price_verification_failed"));
    assert_eq!(answer.pointers(), ["/products/0/price"]);
    let expected = json!([{"productId": "cup", "expectedPrice": 29.99, "providedPrice": 0.5}]);
    assert_eq!(answer.body["discrepancies"], expected);
    let mut euros = cart();
    euros["currency"] = json!("eur");
    assert_eq!(world.checkout(&euros).await.problem(), (422, "price_verification_failed"));

    world.publish(ProductDeleted { product: product("cup", "Cup", 2999, Some(4)) }).await;
    world.eventually_number(NEWEST, 7).await;
    assert_eq!(world.checkout(&cart()).await.problem(), (422, "price_verification_failed"));
    world.assert_settled().await;
}
