//! A PaymentMethod: a test card or PayPal.

use serde_json::{Value, json};

use super::collection::Object;
use crate::cards::TestCard;
use crate::metadata::Metadata;

/// Who pays.
#[derive(Debug, Clone, Default)]
pub(crate) struct Billing {
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) address: Option<Value>,
}

impl Billing {
    pub(crate) fn json(&self) -> Value {
        let none = json!({
            "city": null, "country": null, "line1": null, "line2": null, "postal_code": null, "state": null,
        });
        json!({
            "address": self.address.clone().unwrap_or(none), "email": self.email, "name": self.name,
            "phone": self.phone, "tax_id": null,
        })
    }
}

/// What the money comes from. Numbers of cards are never kept, their last four digits are.
#[derive(Debug, Clone)]
pub(crate) enum MethodKind {
    Card { card: TestCard, last4: String, exp_month: i64, exp_year: i64 },
    Paypal,
}

#[derive(Debug, Clone)]
pub(crate) struct Method {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) kind: MethodKind,
    pub(crate) billing: Billing,
    pub(crate) customer: Option<String>,
    pub(crate) metadata: Metadata,
}

impl Method {
    /// Stripe's `type`.
    pub(crate) fn type_name(&self) -> &'static str {
        match self.kind {
            MethodKind::Card { .. } => "card",
            MethodKind::Paypal => "paypal",
        }
    }

    /// `payment_method_details` of a charge made with it.
    pub(crate) fn details(&self) -> Value {
        match &self.kind {
            MethodKind::Card { card, last4, exp_month, exp_year } => json!({ "type": "card", "card": {
                "amount_authorized": null, "authorization_code": null, "brand": card.brand,
                "checks": checks(), "country": card.country, "exp_month": exp_month, "exp_year": exp_year,
                "extended_authorization": { "status": "disabled" }, "fingerprint": fingerprint(card, last4),
                "funding": card.funding, "incremental_authorization": { "status": "unavailable" },
                "installments": null, "last4": last4, "mandate": null,
                "multicapture": { "status": "unavailable" }, "network": card.brand,
                "network_token": { "used": false }, "network_transaction_id": null,
                "overcapture": { "maximum_amount_capturable": 0, "status": "unavailable" },
                "regulated_status": "unregulated", "three_d_secure": null, "wallet": null,
            } }),
            MethodKind::Paypal => json!({ "type": "paypal", "paypal": {
                "country": "US", "payer_email": self.billing.email, "payer_id": "SANDBOXPAYER1",
                "payer_name": self.billing.name, "seller_protection": null, "transaction_id": null,
            } }),
        }
    }
}

fn checks() -> Value {
    json!({ "address_line1_check": null, "address_postal_code_check": null, "cvc_check": "pass" })
}

/// The same for the same card.
fn fingerprint(card: &TestCard, last4: &str) -> String {
    format!("Sandbox{}{last4}", &card.brand[..1].to_ascii_uppercase())
}

impl Object for Method {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn json(&self) -> Value {
        let mut method = json!({
            "id": self.id, "object": "payment_method", "allow_redisplay": "unspecified",
            "billing_details": self.billing.json(), "created": self.created, "customer": self.customer,
            "customer_account": null, "livemode": false, "metadata": self.metadata,
            "type": self.type_name(),
        });
        method[self.type_name()] = match &self.kind {
            MethodKind::Card { card, last4, exp_month, exp_year } => json!({
                "brand": card.brand, "checks": checks(), "country": card.country,
                "display_brand": card.brand, "exp_month": exp_month, "exp_year": exp_year,
                "fingerprint": fingerprint(card, last4), "funding": card.funding, "generated_from": null,
                "last4": last4, "networks": { "available": [card.brand], "preferred": null },
                "regulated_status": "unregulated", "three_d_secure_usage": { "supported": true },
                "wallet": null,
            }),
            MethodKind::Paypal => json!({
                "country": "US", "payer_email": self.billing.email, "payer_id": "SANDBOXPAYER1",
            }),
        };
        method
    }
}
