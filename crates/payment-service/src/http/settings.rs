//! What the configuration decides about requests and answers.

use kernel::Currency;
use service_kit::validation::AllowedOrigins;

/// What the configuration decides about requests and answers.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    /// For the browser.
    pub(crate) publishable_key: String,
    /// Where a request names none.
    pub(crate) currency: Currency,
    /// Stripe's words, where a request names none.
    pub(crate) payment_method_types: Vec<String>,
    /// Where customers may be sent.
    pub(crate) allowed_origins: AllowedOrigins,
    /// Where they are sent after paying, where a request does not say.
    pub(crate) success_url: Option<String>,
    /// Where they are sent after turning back, where a request does not say.
    pub(crate) cancel_url: Option<String>,
}

/// Ways to pay that a request may name.
const PAYMENT_METHODS: [&str; 24] = [
    "affirm",
    "afterpay_clearpay",
    "alipay",
    "amazon_pay",
    "bancontact",
    "blik",
    "card",
    "cashapp",
    "eps",
    "giropay",
    "ideal",
    "klarna",
    "link",
    "mobilepay",
    "multibanco",
    "p24",
    "paypal",
    "revolut_pay",
    "sepa_debit",
    "sofort",
    "swish",
    "twint",
    "us_bank_account",
    "wechat_pay",
];

/// Whether Stripe knows this way to pay.
pub(crate) fn is_payment_method(word: &str) -> bool {
    PAYMENT_METHODS.contains(&word)
}
