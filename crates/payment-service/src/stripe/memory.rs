//! What is written on a Session of the purchase it is for: enough to know the purchase again if we have lost it.

use std::collections::BTreeMap;

use serde_json::Value;

use super::object::{self, text};
use crate::app::ports::Memory;
use crate::domain::{Item, Kind, Purchase, Redirects};

/// Our product's id, on the products of a Session's lines.
pub(super) const PRODUCT_ID: &str = "product_id";
/// The buyer's id.
const USER_ID: &str = "tender_user_id";
/// An order or a booking.
const KIND: &str = "tender_kind";
/// The purchase's generation.
const GENERATION: &str = "tender_generation";
/// What all pairs of ours begin with.
const OURS: &str = "tender_";
/// The longest value Stripe takes.
const LONGEST: usize = 500;

/// The pairs to write on the purchase's Sessions beside those that name payment, purchase and attempt.
pub(super) fn of(purchase: &Purchase) -> impl Iterator<Item = (String, String)> {
    let user = Some(&purchase.user_id).filter(|id| (1..=LONGEST).contains(&id.chars().count()));
    let pairs = [
        user.map(|id| (USER_ID, id.clone())),
        Some((KIND, purchase.kind.as_str().to_owned())),
        Some((GENERATION, purchase.generation.to_string())),
    ];
    pairs.into_iter().flatten().map(|(key, value)| (key.to_owned(), value))
}

/// What a Session remembers. `None` for one that is not ours.
pub(super) fn read(session: &Value) -> Option<Memory> {
    let pairs = session.get("metadata").and_then(Value::as_object)?;
    let pair = |key: &str| pairs.get(key).and_then(Value::as_str);
    let methods = session.get("payment_method_types").and_then(Value::as_array);
    let methods = methods.into_iter().flatten().filter_map(Value::as_str).map(str::to_owned).collect();
    let url = |field| text(session, field).unwrap_or_default().to_owned();
    let theirs = pairs.iter().filter(|(key, _)| !key.starts_with(OURS));
    let theirs = theirs.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned())));
    Some(Memory {
        purchase_id: pair(object::PURCHASE_ID)?.to_owned(),
        kind: pair(KIND).and_then(|word| word.parse().ok()).unwrap_or(Kind::Order),
        attempt: pair(object::ATTEMPT)?.parse().ok()?,
        generation: pair(GENERATION).and_then(|number| number.parse().ok()).unwrap_or(1),
        user_id: pair(USER_ID).map(str::to_owned),
        email: text(session, "customer_email").map(str::to_owned),
        redirects: Redirects { success_url: url("success_url"), cancel_url: url("cancel_url") },
        payment_method_types: methods,
        metadata: theirs.collect::<BTreeMap<_, _>>(),
    })
}

/// A line as it was sold. `None` if it does not say what or for how much.
pub(super) fn item(line: &Value) -> Option<Item> {
    let price = line.get("price")?;
    let product = price.get("product").filter(|product| product.is_object());
    let id = product.and_then(|product| product.get("metadata")).and_then(|pairs| text(pairs, PRODUCT_ID));
    let image = product.and_then(|product| product.get("images")).and_then(|images| images.get(0));
    Some(Item {
        product_id: id.and_then(|id| id.parse().ok()),
        name: text(line, "description")?.to_owned(),
        quantity: line.get("quantity")?.as_u64()?.try_into().ok()?,
        unit_amount: price.get("unit_amount")?.as_i64()?,
        image: image.and_then(Value::as_str).map(str::to_owned),
    })
}
