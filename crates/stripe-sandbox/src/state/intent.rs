//! A PaymentIntent.

use kernel::Currency;
use serde_json::{Value, json};

use super::collection::Object;
use crate::metadata::Metadata;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IntentStatus {
    RequiresPaymentMethod,
    RequiresConfirmation,
    RequiresAction,
    Processing,
    Succeeded,
    Canceled,
}

impl IntentStatus {
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::RequiresPaymentMethod => "requires_payment_method",
            Self::RequiresConfirmation => "requires_confirmation",
            Self::RequiresAction => "requires_action",
            Self::Processing => "processing",
            Self::Succeeded => "succeeded",
            Self::Canceled => "canceled",
        }
    }

    /// Whether it can still be confirmed.
    pub(crate) fn payable(self) -> bool {
        matches!(self, Self::RequiresPaymentMethod | Self::RequiresConfirmation | Self::RequiresAction)
    }
}

#[derive(Debug, Clone)]
pub(crate) struct Intent {
    pub(crate) id: String,
    pub(crate) created: i64,
    pub(crate) amount: i64,
    pub(crate) currency: Currency,
    pub(crate) status: IntentStatus,
    pub(crate) client_secret: String,
    pub(crate) metadata: Metadata,
    pub(crate) description: Option<String>,
    pub(crate) customer: Option<String>,
    pub(crate) receipt_email: Option<String>,
    pub(crate) statement_descriptor: Option<String>,
    pub(crate) statement_descriptor_suffix: Option<String>,
    pub(crate) transfer_group: Option<String>,
    pub(crate) setup_future_usage: Option<&'static str>,
    pub(crate) shipping: Option<Value>,
    /// `automatic_payment_methods`, if on.
    pub(crate) automatic_methods: Option<Value>,
    pub(crate) method_types: Vec<String>,
    pub(crate) method: Option<String>,
    pub(crate) latest_charge: Option<String>,
    pub(crate) last_error: Option<Value>,
    pub(crate) next_action: Option<Value>,
    pub(crate) return_url: Option<String>,
    pub(crate) amount_received: i64,
    pub(crate) canceled: Option<(i64, Option<String>)>,
    /// How a delayed payment will end.
    pub(crate) will_succeed: Option<bool>,
    /// The Checkout Session it belongs to.
    pub(crate) session: Option<String>,
}

impl Object for Intent {
    fn id(&self) -> &str {
        &self.id
    }

    fn created(&self) -> i64 {
        self.created
    }

    fn json(&self) -> Value {
        let processing = self.status == IntentStatus::Processing;
        json!({
            "id": self.id, "object": "payment_intent",
            "amount": self.amount, "amount_capturable": 0, "amount_details": { "tip": {} },
            "amount_received": self.amount_received, "application": null, "application_fee_amount": null,
            "automatic_payment_methods": self.automatic_methods,
            "canceled_at": self.canceled.as_ref().map(|(at, _)| at),
            "cancellation_reason": self.canceled.as_ref().and_then(|(_, reason)| reason.clone()),
            "capture_method": "automatic_async", "client_secret": self.client_secret,
            "confirmation_method": "automatic", "created": self.created,
            "currency": self.currency.code(), "customer": self.customer, "customer_account": null,
            "description": self.description, "excluded_payment_method_types": null,
            "last_payment_error": self.last_error, "latest_charge": self.latest_charge,
            "livemode": false, "metadata": self.metadata, "next_action": self.next_action,
            "on_behalf_of": null, "payment_method": self.method,
            "payment_method_configuration_details": null,
            "payment_method_options": { "card": {
                "installments": null, "mandate_options": null, "network": null,
                "request_three_d_secure": "automatic",
            } },
            "payment_method_types": self.method_types,
            "processing": processing.then(|| json!({ "type": "card" })),
            "receipt_email": self.receipt_email, "review": null,
            "setup_future_usage": self.setup_future_usage, "shipping": self.shipping, "source": null,
            "statement_descriptor": self.statement_descriptor,
            "statement_descriptor_suffix": self.statement_descriptor_suffix,
            "status": self.status.name(), "transfer_data": null, "transfer_group": self.transfer_group,
        })
    }
}
