//! With invariant 7: stock on hand is what there was less what was sold; held is what open orders hold.

use std::collections::BTreeMap;

use super::super::evidence::{Evidence, number, text};
use super::super::shop::STOCK;

pub(super) fn check(evidence: &Evidence) -> Vec<String> {
    let mut wrong = Vec::new();
    // Sold and held, by product.
    let mut units: BTreeMap<&str, (i64, i64)> = BTreeMap::new();
    let items = evidence.tables.of("order-service/order_items");
    for order in evidence.tables.of("order-service/orders") {
        let (status, stock) = (text(order, "status"), text(order, "stock_state"));
        if (status == "paid") != (stock == "committed") || (stock == "held" && status != "pending") {
            wrong.push(format!("its stock does not fit its status: {order}"));
        }
        for item in items.iter().filter(|item| item["order_id"] == order["id"]) {
            let of = units.entry(text(item, "product_id")).or_default();
            match stock {
                "committed" => of.0 += number(item, "quantity"),
                "held" => of.1 += number(item, "quantity"),
                _ => {}
            }
        }
    }
    for (product, begun) in STOCK {
        let (sold, held) = units.remove(product).unwrap_or_default();
        let row = evidence.tables.of("order-service/products").iter().find(|row| text(row, "id") == product);
        let counted = row.map(|row| (number(row, "stock"), number(row, "held")));
        if counted != Some((begun - sold, held)) || begun < sold + held {
            wrong.push(format!(
                "{product}: {begun} less {sold} sold, {held} held, and the shelf says {row:?}"
            ));
        }
    }
    wrong
}
