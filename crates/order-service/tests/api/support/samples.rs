//! Bodies as frontends send them.

use serde_json::{Value, json};

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
pub fn order_id(body: &Value) -> kernel::OrderId {
    body["orderId"].as_str().unwrap().parse().unwrap()
}
