//! The body of `create-checkout-session`: every field checked, every mistake told with its pointer.

use std::collections::BTreeMap;

use kernel::{Currency, Major, Money};
use serde::Deserialize;
use serde_json::Value;
use service_kit::problem::Problem;
use service_kit::validation::{Violations, pointer};

use super::problem::currency;
use super::settings::{Settings, is_payment_method};
use crate::domain::{Item, Redirects, total};

/// Stripe takes 50 pairs, some of which are ours.
const METADATA_PAIRS: usize = 40;
const METADATA_KEY: usize = 40;
const METADATA_VALUE: usize = 500;
/// Ours alone.
const RESERVED: &str = "tender_";
const IMAGE: usize = 2048;

/// As frontends send it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Body {
    products: Vec<Line>,
    currency: Option<String>,
    success_url: Option<String>,
    cancel_url: Option<String>,
    customer_email: Option<String>,
    metadata: Option<BTreeMap<String, Value>>,
    payment_method_types: Option<Vec<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    name: String,
    #[serde(deserialize_with = "kernel::exact")]
    price: Major,
    quantity: i64,
    image: Option<String>,
    product_id: Option<String>,
}

/// The same, checked.
#[derive(Debug)]
pub(super) struct Checked {
    pub(super) items: Vec<Item>,
    pub(super) currency: Currency,
    pub(super) redirects: Redirects,
    pub(super) email: Option<String>,
    pub(super) metadata: BTreeMap<String, String>,
    pub(super) payment_method_types: Option<Vec<String>>,
}

impl Body {
    /// Checks every field.
    ///
    /// # Errors
    /// `validation_failed` with all mistakes.
    pub(super) fn check(self, settings: &Settings) -> Result<Checked, Problem> {
        let mut violations = Violations::new();
        let currency = currency(self.currency.as_deref(), settings.currency, &mut violations);
        let items = items(self.products, currency, &mut violations);
        if let Some(currency) = currency
            && violations.is_empty()
            && let Err(error) = total(&items, currency).and_then(Money::check_chargeable)
        {
            violations.at("/products", error.to_string());
        }
        let success = self.success_url.as_ref().or(settings.success_url.as_ref());
        let cancel = self.cancel_url.as_ref().or(settings.cancel_url.as_ref());
        let redirects = Redirects {
            success_url: redirect("/successUrl", success, settings, &mut violations),
            cancel_url: redirect("/cancelUrl", cancel, settings, &mut violations),
        };
        let email = self.customer_email.filter(|email| !email.trim().is_empty());
        let email = email.map(|email| violations.email("/customerEmail", &email));
        let metadata = metadata(self.metadata.unwrap_or_default(), &mut violations);
        let payment_method_types = methods(self.payment_method_types, &mut violations);
        violations.check()?;
        let currency = currency.unwrap_or(settings.currency);
        Ok(Checked { items, currency, redirects, email, metadata, payment_method_types })
    }
}

fn items(lines: Vec<Line>, currency: Option<Currency>, violations: &mut Violations) -> Vec<Item> {
    violations.line_count("/products", lines.len());
    let read = |(index, line): (usize, Line)| {
        let at = |field: &str| format!("/products/{index}/{field}");
        let price =
            currency.map(|currency| Money::from_major(line.price, currency).and_then(Money::check_price));
        let unit_amount = match price {
            Some(Ok(price)) => price.amount,
            Some(Err(error)) => {
                violations.at(at("price"), error.to_string());
                0
            }
            None => 0,
        };
        let product_id = line.product_id.filter(|id| !id.trim().is_empty()).map(|id| id.trim().parse());
        let product_id = product_id.transpose().unwrap_or_else(|error: kernel::InvalidId| {
            violations.at(at("productId"), error.to_string());
            None
        });
        let image = line.image.filter(|image| !image.trim().is_empty());
        if image.as_ref().is_some_and(|image| image.len() > IMAGE || image.chars().any(char::is_control)) {
            violations.at(at("image"), "must be a URL of at most 2048 characters");
        }
        Item {
            product_id,
            name: violations.text(&at("name"), &line.name),
            quantity: violations.quantity(&at("quantity"), line.quantity),
            unit_amount,
            image,
        }
    };
    lines.into_iter().enumerate().map(read).collect()
}

/// As the frontend wrote it, `{CHECKOUT_SESSION_ID}` and all: only Stripe replaces that.
fn redirect(at: &str, url: Option<&String>, settings: &Settings, violations: &mut Violations) -> String {
    let Some(url) = url else {
        violations.at(at, "is required");
        return String::new();
    };
    violations.redirect(at, url, &settings.allowed_origins);
    url.trim_matches(' ').to_owned()
}

fn metadata(given: BTreeMap<String, Value>, violations: &mut Violations) -> BTreeMap<String, String> {
    if given.len() > METADATA_PAIRS {
        violations.at("/metadata", "must have at most 40 pairs");
    }
    let mut metadata = BTreeMap::new();
    for (key, value) in given {
        let at = pointer(["metadata", &key]);
        let value = match value {
            Value::String(text) => text,
            Value::Number(number) => number.to_string(),
            Value::Bool(flag) => flag.to_string(),
            Value::Null => continue,
            Value::Array(_) | Value::Object(_) => {
                violations.at(at, "must be a text");
                continue;
            }
        };
        let printable = |text: &str| !text.chars().any(char::is_control);
        let key_fits = (1..=METADATA_KEY).contains(&key.chars().count())
            && printable(&key)
            && !key.contains(['[', ']'])
            && !key.starts_with(RESERVED);
        if !key_fits {
            violations.at(at, "must have a key of 1 to 40 characters, without brackets, and not one of ours");
        } else if value.chars().count() > METADATA_VALUE || !printable(&value) {
            violations.at(at, "must be at most 500 characters long, without control characters");
        } else {
            metadata.insert(key, value);
        }
    }
    metadata
}

fn methods(given: Option<Vec<String>>, violations: &mut Violations) -> Option<Vec<String>> {
    let given = given.filter(|methods| !methods.is_empty())?;
    let mut methods: Vec<String> = Vec::new();
    for (index, method) in given.into_iter().enumerate() {
        if !is_payment_method(&method) {
            violations.at(format!("/paymentMethodTypes/{index}"), "is no way to pay that we know");
        } else if !methods.contains(&method) {
            methods.push(method);
        }
    }
    Some(methods)
}
