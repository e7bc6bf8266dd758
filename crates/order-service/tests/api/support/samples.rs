//! Bodies as frontends send them.

use kernel::OrderId;
use serde_json::{Value, json};

use super::{Client, World};

pub fn address() -> Value {
    json!({
        "firstName": "Ada", "lastName": "Lovelace", "line1": "12 St James's Square", "city": "London",
        "postalCode": "SW1Y 4JH", "country": "GB"
    })
}

/// A guest's checkout of these products.
pub fn cart(items: &[(&str, i64)]) -> Value {
    let items: Vec<_> =
        items.iter().map(|(product, quantity)| json!({"productId": product, "quantity": quantity})).collect();
    json!({
        "items": items,
        "guest": {"email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace"},
        "shippingAddress": address(),
        "paymentMethod": "card"
    })
}

/// The order of a checkout's answer.
pub fn order_id(body: &Value) -> OrderId {
    body["orderId"].as_str().unwrap().parse().unwrap()
}

/// One tea on order: the order, its Session, and the guest with the order token.
pub async fn ordered(world: &World) -> (OrderId, String, Client) {
    let guest = world.guest().await;
    let body = guest.checkout(&cart(&[("tea", 1)])).await.expect(200);
    let session = body["sessionId"].as_str().unwrap().to_owned();
    let owner = guest.with_order_token(body["orderToken"].as_str().unwrap());
    (order_id(&body), session, owner)
}
