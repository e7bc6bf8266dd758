//! The window's pages; everything shown is escaped.

use kernel::Money;
use minijinja::{AutoEscape, Environment, Value, context};
use serde_json::Value as Json;

use crate::parts::Addresses;

type Html = Result<String, minijinja::Error>;

/// The catalogue, a button to buy each product, and where else to look.
pub(super) fn front(products: &Json, addresses: &Addresses) -> Html {
    let Addresses { order, notification, sandbox, .. } = addresses;
    render(include_str!("front.html"), context! { products => of(products), order, notification, sandbox })
}

/// An order as its customer sees it.
pub(super) fn order(order: &Json) -> Html {
    render(include_str!("order.html"), context! { order => of(order) })
}

/// What the API answered instead.
pub(super) fn problem(problem: &Json) -> Html {
    render(include_str!("problem.html"), context! { problem => of(problem) })
}

fn render(page: &str, values: Value) -> Html {
    let mut pages = Environment::new();
    pages.set_auto_escape_callback(|_| AutoEscape::Html);
    pages.add_filter("money", |amount: i64, currency: &str| money(amount, currency));
    pages.add_template("layout", include_str!("layout.html"))?;
    pages.render_str(page, values)
}

/// Minor units as people read them: `12.90 USD`.
fn money(amount: i64, currency: &str) -> String {
    currency.parse().map(|currency| Money::new(amount, currency).to_string()).unwrap_or_default()
}

/// JSON as templates know it.
fn of(json: &Json) -> Value {
    match json {
        Json::Null => Value::from(()),
        Json::Bool(flag) => Value::from(*flag),
        Json::Number(number) => number.as_i64().map_or_else(|| Value::from(number.to_string()), Value::from),
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(all) => all.iter().map(of).collect(),
        Json::Object(fields) => {
            Value::from_pairs(fields.iter().map(|(name, value)| (name.as_str(), of(value))))
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_the_api_says_is_escaped() {
        let hostile = "<script>alert(1)</script>";
        let shown = json!({ "orderNumber": "T-1", "amount": 1290, "currency": "usd",
            "items": [{ "name": hostile, "unitAmount": 645, "quantity": 2 }], "payment": { "lastError": null } });
        let pages = [order(&shown).unwrap(), problem(&json!({ "detail": hostile })).unwrap()];
        for page in pages {
            assert!(!page.contains("<script>") && page.contains("&lt;script&gt;"), "{page}");
        }
    }
}
