//! Writes a letter out as HTML and as text. Everything from outside is escaped by the HTML templates.

use kernel::decline::advice;
use minijinja::syntax::SyntaxConfig;
use minijinja::{AutoEscape, Environment, Value, context};
use url::Url;

use crate::domain::{Letter, Purchase, written};

const TEMPLATES: [(&str, &str); 14] = [
    ("layout.html", include_str!("templates/layout.html")),
    ("layout.txt", include_str!("templates/layout.txt")),
    ("order_confirmed.html", include_str!("templates/order_confirmed.html")),
    ("order_confirmed.txt", include_str!("templates/order_confirmed.txt")),
    ("payment_failed.html", include_str!("templates/payment_failed.html")),
    ("payment_failed.txt", include_str!("templates/payment_failed.txt")),
    ("order_cancelled.html", include_str!("templates/order_cancelled.html")),
    ("order_cancelled.txt", include_str!("templates/order_cancelled.txt")),
    ("order_expired.html", include_str!("templates/order_expired.html")),
    ("order_expired.txt", include_str!("templates/order_expired.txt")),
    ("order_revived.html", include_str!("templates/order_revived.html")),
    ("order_revived.txt", include_str!("templates/order_revived.txt")),
    ("payment_refunded.html", include_str!("templates/payment_refunded.html")),
    ("payment_refunded.txt", include_str!("templates/payment_refunded.txt")),
];

/// A mail's words.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) subject: String,
    pub(crate) html: String,
    pub(crate) text: String,
}

/// The templates, with the shop they speak for.
pub(crate) struct Renderer {
    templates: Environment<'static>,
    shop: String,
    shop_url: Url,
}

impl Renderer {
    /// For the shop of this name; links start with `shop_url`.
    ///
    /// # Errors
    /// When a template cannot be read: found by the first test.
    pub(crate) fn new(shop: String, shop_url: Url) -> Result<Self, minijinja::Error> {
        let mut templates = Environment::new();
        let syntax = SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build()?;
        templates.set_syntax(syntax);
        templates.set_auto_escape_callback(|name| {
            if name.ends_with(".html") { AutoEscape::Html } else { AutoEscape::None }
        });
        for (name, source) in TEMPLATES {
            templates.add_template(name, source)?;
        }
        Ok(Self { templates, shop, shop_url })
    }

    /// Writes the letter.
    ///
    /// # Errors
    /// When a template asks for what there is not.
    pub(crate) fn write(&self, letter: &Letter) -> Result<Written, minijinja::Error> {
        let subject = letter.subject_line();
        let name = letter.template();
        let view = self.view(letter, &subject);
        let html = self.templates.get_template(&format!("{name}.html"))?.render(&view)?;
        let text = self.templates.get_template(&format!("{name}.txt"))?.render(&view)?;
        Ok(Written { subject, html, text })
    }

    fn view(&self, letter: &Letter, subject: &str) -> Value {
        let (amount, currency) = letter.total();
        let wording = wording(letter);
        let lines: Vec<Value> = letter
            .lines()
            .iter()
            .map(|line| {
                context! {
                    name => &line.name,
                    quantity => line.quantity,
                    price => written(line.unit_amount, currency),
                    sum => written(line.amount(), currency),
                }
            })
            .collect();
        context! {
            shop => &self.shop,
            shop_url => self.shop_url.as_str(),
            link => self.link(letter),
            subject,
            lines,
            total => written(amount, currency),
            rule => "=".repeat(wording.heading.chars().count()),
            heading => wording.heading,
            preview => wording.preview,
            action => wording.action,
            colour => wording.colour,
            ..about(letter)
        }
    }

    /// Where the customer sees the purchase. Ids from outside cannot lead elsewhere: they are one segment.
    fn link(&self, letter: &Letter) -> String {
        let folder = match letter.purchase() {
            Some(Purchase::Booking(_)) => "bookings",
            _ => "orders",
        };
        let mut url = self.shop_url.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty().push(folder).push(letter.purchase_id());
        }
        url.into()
    }
}

struct Wording {
    heading: &'static str,
    preview: &'static str,
    action: Option<&'static str>,
    colour: &'static str,
}

fn wording(letter: &Letter) -> Wording {
    match letter {
        Letter::OrderConfirmed(_) => Wording {
            heading: "Thank you, your order is confirmed",
            preview: "Your payment has arrived and we are getting your order ready.",
            action: Some("See your order"),
            colour: "#047857",
        },
        Letter::OrderRevived(_) => Wording {
            heading: "Your order is confirmed after all",
            preview: "Your payment has arrived and we still had everything.",
            action: Some("See your order"),
            colour: "#047857",
        },
        Letter::PaymentRefunded(_) => Wording {
            heading: "We have refunded your payment",
            preview: "The money goes back the way it came.",
            action: None,
            colour: "#4b5563",
        },
        Letter::PaymentFailed(_) => Wording {
            heading: "Your payment did not go through",
            preview: "You have not been charged. Here is what you can do.",
            action: Some("Pay now"),
            colour: "#b45309",
        },
        Letter::OrderCancelled(_) => Wording {
            heading: "Your order was cancelled",
            preview: "It will not be sent.",
            action: None,
            colour: "#4b5563",
        },
        Letter::OrderExpired(_) => Wording {
            heading: "Your order has expired",
            preview: "No payment arrived in time. You can still order again.",
            action: Some("Pay after all"),
            colour: "#4b5563",
        },
    }
}

/// What only some letters have.
fn about(letter: &Letter) -> Value {
    match letter {
        Letter::PaymentFailed(payment) => {
            let advice = advice(payment.decline_code.as_deref(), &payment.code);
            let texts = context! { message => advice.message, recommendation => advice.recommendation };
            context! { advice => texts, ..reference(&payment.purchase) }
        }
        Letter::PaymentRefunded(refund) => {
            context! { cause => refund.cause.sentence(), ..reference(&refund.purchase) }
        }
        Letter::OrderConfirmed(order)
        | Letter::OrderRevived(order)
        | Letter::OrderCancelled(order)
        | Letter::OrderExpired(order) => {
            context! { reference_name => "Order", reference => &order.order_number }
        }
    }
}

/// What is bought, where only its id is known.
fn reference(purchase: &Purchase) -> Value {
    let (name, reference_name) = match purchase {
        Purchase::Order(_) => ("order", "Order"),
        Purchase::Booking(_) => ("booking", "Booking"),
    };
    context! { purchase => name, reference_name, reference => purchase.id() }
}

#[cfg(test)]
#[path = "render_tests.rs"]
mod tests;
