//! The body of a checkout, and its way to the use case's words.

use kernel::{Currency, Major, ProductId};
use serde::Deserialize;
use serde_json::value::RawValue;
use service_kit::auth::{Caller, User};
use service_kit::idempotency::Claim;
use service_kit::problem::Problem;
use service_kit::validation::{Violations, rules};

use crate::app::checkout::Checkout;
use crate::domain::order::{Buyer, Redirects};
use crate::domain::pricing::CartLine;
use crate::http::Shop;
use crate::http::asker::actor;
use crate::http::input::{AddressInput, redirect};

/// As frontends send it; unknown fields are ignored.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(in crate::http) struct CheckoutInput {
    items: Vec<ItemInput>,
    guest: Option<GuestInput>,
    shipping_address: AddressInput,
    payment_method: Option<String>,
    currency: Option<String>,
    success_url: Option<String>,
    cancel_url: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ItemInput {
    product_id: String,
    quantity: i64,
    /// Only compared. Kept as text, so that a number of any length is a mistake of this field.
    #[serde(default)]
    price: Option<Box<RawValue>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct GuestInput {
    email: Option<String>,
    first_name: Option<String>,
    last_name: Option<String>,
}

impl CheckoutInput {
    /// Everything checked that can be without the catalogue.
    pub(super) fn check(
        &self,
        shop: &Shop,
        caller: &Caller,
        locale: String,
        claim: Option<Claim>,
    ) -> Result<Checkout, Problem> {
        let settings = &shop.app.settings;
        let mut violations = Violations::new();
        let lines = self.lines(&mut violations);
        let currency = self.currency(settings.currency, &mut violations);
        let (buyer_name, email) = self.contact(caller, &mut violations);
        let address = self.shipping_address.check("/shippingAddress", &mut violations);
        let method = self.method(&settings.payment_methods, &mut violations);
        let mut url =
            |pointer: &str, value: Option<&str>| redirect(&mut violations, pointer, value, &shop.origins);
        let success_url = url("/successUrl", self.success_url.as_deref());
        let cancel_url = url("/cancelUrl", self.cancel_url.as_deref());
        violations.check()?;
        let defaults = settings.redirects.clone();
        Ok(Checkout {
            buyer: caller.user().map_or(Buyer::Guest, |user| Buyer::User(user.id.clone())),
            buyer_name,
            email,
            locale,
            lines,
            currency,
            address,
            method,
            redirects: Redirects {
                success_url: success_url.unwrap_or(defaults.success_url),
                cancel_url: cancel_url.unwrap_or(defaults.cancel_url),
            },
            claim,
            actor: actor(caller),
        })
    }

    fn lines(&self, violations: &mut Violations) -> Vec<CartLine> {
        violations.line_count("/items", self.items.len());
        let mut lines = Vec::with_capacity(self.items.len());
        for (index, item) in self.items.iter().enumerate() {
            let quantity = violations.quantity(&format!("/items/{index}/quantity"), item.quantity);
            let price = item.price(index, violations);
            match item.product_id.parse::<ProductId>() {
                Ok(product_id) => lines.push(CartLine { product_id, quantity, price }),
                Err(_) => {
                    violations.at(format!("/items/{index}/productId"), "is no product of the catalogue")
                }
            }
        }
        lines
    }

    fn currency(&self, default: Currency, violations: &mut Violations) -> Currency {
        let Some(text) = &self.currency else { return default };
        text.trim().parse().unwrap_or_else(|_| {
            violations.at("/currency", "is no currency that can be charged");
            default
        })
    }

    /// Name and mail address: a guest's as given, a user's as the token vouches for it, else as given or none.
    fn contact(&self, caller: &Caller, violations: &mut Violations) -> (Option<String>, Option<String>) {
        let guest = self.guest.as_ref();
        let given = guest.and_then(|guest| guest.email.as_deref());
        let known = caller.user().and_then(vouched_mail);
        let email = match (known, given) {
            (Some(known), _) => Some(known),
            (None, Some(given)) => Some(violations.email("/guest/email", given)),
            (None, None) if caller.user().is_some() => None,
            (None, None) => {
                violations.at("/guest/email", "is required");
                None
            }
        };
        let mut name = |pointer: &str, value: Option<&String>| {
            violations.optional_text(pointer, value.map(String::as_str))
        };
        let first = name("/guest/firstName", guest.and_then(|guest| guest.first_name.as_ref()));
        let last = name("/guest/lastName", guest.and_then(|guest| guest.last_name.as_ref()));
        let names: Vec<_> = [first, last].into_iter().flatten().collect();
        (Some(names.join(" ")).filter(|name| !name.is_empty()), email)
    }

    /// One of those that can be chosen; the first of them unless one is named.
    fn method(&self, choice: &[String], violations: &mut Violations) -> String {
        let named = self.payment_method.as_deref().map(str::trim);
        let chosen = choice.iter().find(|method| named.is_none_or(|named| named == method.as_str()));
        if chosen.is_none() {
            violations.at("/paymentMethod", format!("must be one of {}", choice.join(", ")));
        }
        chosen.cloned().unwrap_or_default()
    }
}

/// The token's mail address, if its issuer vouches for it and it is one: Stripe refuses others.
fn vouched_mail(user: &User) -> Option<String> {
    let mail = user.email.as_deref().filter(|_| user.email_verified)?;
    rules::email(mail).ok()
}

impl ItemInput {
    fn price(&self, index: usize, violations: &mut Violations) -> Option<Major> {
        let text = self.price.as_ref()?.get();
        let digits = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        let price = text.parse().ok().filter(|_| digits);
        if price.is_none() {
            let detail = if digits { "has too many digits" } else { "must be a number" };
            violations.at(format!("/items/{index}/price"), detail);
        }
        price
    }
}
