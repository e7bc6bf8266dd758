//! A Customer.

use serde_json::{Value, json};

use super::collection::Object;
use crate::metadata::Metadata;

#[derive(Debug, Clone)]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) deleted: bool,
    pub(crate) email: Option<String>,
    pub(crate) name: Option<String>,
    pub(crate) phone: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) address: Option<Value>,
    pub(crate) shipping: Option<Value>,
    pub(crate) locales: Vec<String>,
    pub(crate) default_method: Option<String>,
    pub(crate) metadata: Metadata,
}

impl Object for Customer {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn json(&self) -> Value {
        if self.deleted {
            return json!({ "id": self.id, "object": "customer", "deleted": true });
        }
        json!({
            "id": self.id, "object": "customer", "address": self.address, "balance": 0,
            "created": self.created, "currency": null, "customer_account": null, "default_source": null,
            "delinquent": false, "description": self.description, "discount": null, "email": self.email,
            "invoice_prefix": self.id[self.id.len() - 8..].to_ascii_uppercase(),
            "invoice_settings": {
                "custom_fields": null, "default_payment_method": self.default_method, "footer": null,
                "rendering_options": null,
            },
            "livemode": false, "metadata": self.metadata, "name": self.name, "next_invoice_sequence": 1,
            "phone": self.phone, "preferred_locales": self.locales, "shipping": self.shipping,
            "tax_exempt": "none", "test_clock": null,
        })
    }
}
