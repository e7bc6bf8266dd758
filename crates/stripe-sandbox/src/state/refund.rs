//! A Refund.

use kernel::Currency;
use serde_json::{Value, json};

use super::collection::Object;
use crate::metadata::Metadata;

#[derive(Debug, Clone)]
pub(crate) struct Refund {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    pub(crate) charge: String,
    pub(crate) intent: String,
    pub(crate) card: bool,
    pub(crate) reason: Option<&'static str>,
    pub(crate) metadata: Metadata,
    pub(crate) balance_transaction: String,
    /// The acquirer's reference, known some time after the refund.
    pub(crate) reference: Option<String>,
}

impl Object for Refund {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn json(&self) -> Value {
        let destination = if self.card {
            let status = if self.reference.is_some() { "available" } else { "pending" };
            json!({ "type": "card", "card": {
                "reference": self.reference, "reference_status": status,
                "reference_type": "acquirer_reference_number", "type": "refund",
            } })
        } else {
            json!({ "type": "paypal", "paypal": { "reference": null, "reference_status": null } })
        };
        json!({
            "id": self.id, "object": "refund", "amount": self.amount,
            "balance_transaction": self.balance_transaction, "charge": self.charge,
            "created": self.created, "currency": self.currency.code(), "customer": null,
            "customer_account": null, "destination_details": destination, "metadata": self.metadata,
            "payment_intent": self.intent, "payment_method": null, "reason": self.reason,
            "receipt_number": null, "source_transfer_reversal": null, "status": "succeeded",
            "transfer_reversal": null,
        })
    }
}
