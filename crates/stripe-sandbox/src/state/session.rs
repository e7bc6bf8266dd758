//! A Checkout Session.

use kernel::Currency;
use serde_json::{Value, json};

use super::collection::Object;
use crate::metadata::Metadata;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum SessionStatus {
    Open,
    Complete,
    Expired,
}

impl SessionStatus {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Complete => "complete",
            Self::Expired => "expired",
        }
    }
}

/// What is bought: one line, in minor units of the Session's currency.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    pub(crate) id: String,
    pub(crate) price: String,
    pub(crate) product: String,
    pub(crate) name: String,
    pub(crate) description: Option<String>,
    pub(crate) image: Option<String>,
    pub(crate) unit_amount: i64,
    pub(crate) quantity: i64,
    pub(crate) metadata: Metadata,
    pub(crate) product_metadata: Metadata,
}

impl Line {
    /// Unit amount times quantity; checked when the line was read.
    pub(crate) fn total(&self) -> i64 {
        self.unit_amount.saturating_mul(self.quantity)
    }

    /// The product that was made with the line's price: shown, not sold again.
    pub(crate) fn product_json(&self, created: i64) -> Value {
        json!({
            "id": self.product, "object": "product", "active": false, "attributes": [], "created": created,
            "default_price": null, "description": self.description, "images": self.image.iter().collect::<Vec<_>>(),
            "livemode": false, "marketing_features": [], "metadata": self.product_metadata, "name": self.name,
            "package_dimensions": null, "shippable": null, "statement_descriptor": null, "tax_code": null,
            "type": "service", "unit_label": null, "updated": created, "url": null,
        })
    }

    fn json(&self, currency: Currency, created: i64) -> Value {
        let total = self.total();
        json!({
            "id": self.id, "object": "item",
            "adjustable_quantity": null,
            "amount_discount": 0, "amount_subtotal": total, "amount_tax": 0, "amount_total": total,
            "currency": currency.code(), "description": self.name, "metadata": self.metadata,
            "price": {
                "id": self.price, "object": "price", "active": false, "billing_scheme": "per_unit",
                "created": created, "currency": currency.code(), "custom_unit_amount": null,
                "livemode": false, "lookup_key": null, "metadata": {}, "nickname": null,
                "product": self.product, "recurring": null, "tax_behavior": "unspecified",
                "tiers_mode": null, "transform_quantity": null, "type": "one_time",
                "unit_amount": self.unit_amount, "unit_amount_decimal": self.unit_amount.to_string(),
            },
            "quantity": self.quantity,
        })
    }
}

/// `payment_intent_data`: what the PaymentIntent gets when it is made.
#[derive(Debug, Clone, Default)]
pub(crate) struct IntentData {
    pub(crate) metadata: Metadata,
    pub(crate) description: Option<String>,
    pub(crate) receipt_email: Option<String>,
    pub(crate) statement_descriptor: Option<String>,
    pub(crate) statement_descriptor_suffix: Option<String>,
    pub(crate) transfer_group: Option<String>,
    pub(crate) setup_future_usage: Option<&'static str>,
    pub(crate) shipping: Option<Value>,
}

#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) expires_at: i64,
    pub(crate) status: SessionStatus,
    pub(crate) paid: bool,
    pub(crate) currency: Currency,
    pub(crate) lines: Vec<Line>,
    pub(crate) amount: i64,
    pub(crate) ui_mode: &'static str,
    pub(crate) success_url: String,
    pub(crate) cancel_url: Option<String>,
    pub(crate) url: String,
    pub(crate) client_reference_id: Option<String>,
    pub(crate) customer: Option<String>,
    pub(crate) creates_customer: bool,
    pub(crate) customer_email: Option<String>,
    /// Mail and name as given on the page.
    pub(crate) payer: Option<(Option<String>, Option<String>)>,
    pub(crate) metadata: Metadata,
    pub(crate) intent_data: IntentData,
    pub(crate) method_types: Vec<String>,
    pub(crate) intent: Option<String>,
    pub(crate) locale: Option<String>,
    pub(crate) submit_type: Option<&'static str>,
}

impl Session {
    pub(crate) fn payment_status(&self) -> &'static str {
        if self.paid { "paid" } else { "unpaid" }
    }

    /// The shop's page after payment, with the Session's id in its place.
    pub(crate) fn redirect(&self) -> String {
        self.success_url.replace("{CHECKOUT_SESSION_ID}", &self.id)
    }

    /// `line_items`, as shown when expanded.
    pub(crate) fn line_items(&self) -> Vec<Value> {
        self.lines.iter().map(|line| line.json(self.currency, self.created)).collect()
    }

    fn customer_details(&self) -> Value {
        let (email, name) = self.payer.clone().unwrap_or_else(|| (self.customer_email.clone(), None));
        if email.is_none() && name.is_none() {
            return Value::Null;
        }
        json!({
            "address": null, "business_name": null, "email": email, "individual_name": null, "name": name,
            "phone": null, "tax_exempt": "none", "tax_ids": [],
        })
    }
}

impl Object for Session {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn json(&self) -> Value {
        let open = self.status == SessionStatus::Open;
        json!({
            "id": self.id, "object": "checkout.session",
            "adaptive_pricing": { "enabled": false }, "after_expiration": null,
            "allow_promotion_codes": null,
            "amount_subtotal": self.amount, "amount_total": self.amount,
            "automatic_tax": { "enabled": false, "liability": null, "provider": null, "status": null },
            "billing_address_collection": null, "cancel_url": self.cancel_url,
            "client_reference_id": self.client_reference_id, "client_secret": null,
            "collected_information": null, "consent": null, "consent_collection": null,
            "created": self.created, "currency": self.currency.code(), "currency_conversion": null,
            "custom_fields": [],
            "custom_text": {
                "after_submit": null, "shipping_address": null, "submit": null,
                "terms_of_service_acceptance": null,
            },
            "customer": self.customer, "customer_account": null,
            "customer_creation": if self.creates_customer { "always" } else { "if_required" },
            "customer_details": self.customer_details(), "customer_email": self.customer_email,
            "discounts": [], "expires_at": self.expires_at, "invoice": null, "invoice_creation": null,
            "livemode": false, "locale": self.locale, "metadata": self.metadata, "mode": "payment",
            "origin_context": null, "payment_intent": self.intent, "payment_link": null,
            "payment_method_collection": "if_required", "payment_method_configuration_details": null,
            "payment_method_options": { "card": { "request_three_d_secure": "automatic" } },
            "payment_method_types": self.method_types, "payment_status": self.payment_status(),
            "permissions": null, "phone_number_collection": { "enabled": false }, "recovered_from": null,
            "saved_payment_method_options": null, "setup_intent": null,
            "shipping_address_collection": null, "shipping_cost": null, "shipping_options": [],
            "status": self.status.name(), "submit_type": self.submit_type, "subscription": null,
            "success_url": self.success_url,
            "total_details": { "amount_discount": 0, "amount_shipping": 0, "amount_tax": 0 },
            "ui_mode": self.ui_mode, "url": open.then_some(&self.url), "wallet_options": null,
        })
    }
}
