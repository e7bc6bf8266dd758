//! A Charge: one try to take money.

use kernel::Currency;
use serde_json::{Value, json};

use super::collection::Object;
use super::method::Method;
use crate::cards::Decline;
use crate::metadata::Metadata;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ChargeStatus {
    Pending,
    Succeeded,
    Failed(Decline),
}

#[derive(Debug, Clone)]
pub(crate) struct Charge {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    pub(crate) amount_refunded: i64,
    pub(crate) currency: Currency,
    pub(crate) status: ChargeStatus,
    pub(crate) intent: String,
    pub(crate) method: Method,
    pub(crate) customer: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) receipt_email: Option<String>,
    pub(crate) receipt_url: String,
    pub(crate) balance_transaction: Option<String>,
    pub(crate) metadata: Metadata,
    pub(crate) shipping: Option<Value>,
    pub(crate) transfer_group: Option<String>,
    pub(crate) statement_descriptor: Option<String>,
    pub(crate) statement_descriptor_suffix: Option<String>,
}

impl Charge {
    /// Whether money was taken.
    pub(crate) fn succeeded(&self) -> bool {
        self.status == ChargeStatus::Succeeded
    }

    /// What can still be refunded, in minor units.
    pub(crate) fn refundable(&self) -> i64 {
        if self.succeeded() { self.amount - self.amount_refunded } else { 0 }
    }

    fn outcome(&self) -> Value {
        match self.status {
            ChargeStatus::Pending => Value::Null,
            ChargeStatus::Succeeded => json!({
                "advice_code": null, "network_advice_code": null, "network_decline_code": null,
                "network_status": "approved_by_network", "reason": null, "risk_level": "normal",
                "risk_score": 12, "seller_message": "Payment complete.", "type": "authorized",
            }),
            ChargeStatus::Failed(decline) => json!({
                "advice_code": "try_again_later", "network_advice_code": null,
                "network_decline_code": "05", "network_status": "declined_by_network",
                "reason": decline.decline_code.unwrap_or(decline.code), "risk_level": "normal",
                "risk_score": 12, "seller_message": "The bank did not return any further details with this decline.",
                "type": "issuer_declined",
            }),
        }
    }
}

impl Object for Charge {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn json(&self) -> Value {
        let (status, failure) = match self.status {
            ChargeStatus::Pending => ("pending", None),
            ChargeStatus::Succeeded => ("succeeded", None),
            ChargeStatus::Failed(decline) => ("failed", Some(decline)),
        };
        let captured = self.succeeded();
        json!({
            "id": self.id, "object": "charge",
            "amount": self.amount, "amount_captured": if captured { self.amount } else { 0 },
            "amount_refunded": self.amount_refunded, "application": null, "application_fee": null,
            "application_fee_amount": null, "balance_transaction": self.balance_transaction,
            "billing_details": self.method.billing.json(),
            "calculated_statement_descriptor": self.statement_descriptor, "captured": captured,
            "created": self.created, "currency": self.currency.code(), "customer": self.customer,
            "description": self.description, "disputed": false, "failure_balance_transaction": null,
            "failure_code": failure.map(|decline| decline.code),
            "failure_message": failure.map(|decline| decline.message), "fraud_details": {},
            "livemode": false, "metadata": self.metadata, "on_behalf_of": null,
            "outcome": self.outcome(), "paid": captured, "payment_intent": self.intent,
            "payment_method": self.method.id, "payment_method_details": self.method.details(),
            "radar_options": {}, "receipt_email": self.receipt_email, "receipt_number": null,
            "receipt_url": captured.then_some(&self.receipt_url),
            "refunded": captured && self.amount_refunded == self.amount, "review": null,
            "shipping": self.shipping, "source": null, "source_transfer": null,
            "statement_descriptor": self.statement_descriptor,
            "statement_descriptor_suffix": self.statement_descriptor_suffix,
            "status": status, "transfer_data": null, "transfer_group": self.transfer_group,
        })
    }
}
