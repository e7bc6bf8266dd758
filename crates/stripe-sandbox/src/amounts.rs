//! Amounts in minor units: Stripe's limits per currency, and how people read them.

use kernel::{Currency, Money};

use crate::error::ApiError;
use crate::params::Params;

/// Stripe charges at most eight digits.
const MAXIMUM: i64 = 99_999_999;

/// The parameter `name` as a currency.
pub(crate) fn currency(params: &Params<'_>, name: &str) -> Result<Currency, ApiError> {
    let text = params.required(name)?;
    text.parse().map_err(|_| {
        let text: String = text.chars().take(20).collect();
        let message = format!("Invalid currency: {text}. It must be a three-letter ISO 4217 code.");
        ApiError::parameter(None, params.name(name), message)
    })
}

/// Refuses an amount finer than the currency can be charged in.
pub(crate) fn step(amount: i64, currency: Currency, param: &str) -> Result<(), ApiError> {
    if amount % currency.granularity() == 0 {
        return Ok(());
    }
    let message = format!(
        "Invalid integer: {amount}. Amounts in {} must be a multiple of {}.",
        currency.code(),
        currency.granularity()
    );
    Err(ApiError::parameter(Some("parameter_invalid_integer"), param, message))
}

/// Refuses an amount that cannot be charged: too small, too large or too fine.
pub(crate) fn chargeable(amount: i64, currency: Currency, param: &str, what: &str) -> Result<(), ApiError> {
    if amount < currency.minimum_charge() {
        let least = format(currency.minimum_charge(), currency);
        let message = format!("{what} must be at least {least}");
        return Err(ApiError::parameter(Some("amount_too_small"), param, message));
    }
    if amount > MAXIMUM {
        let most = format(MAXIMUM, currency);
        let message = format!("{what} must be no more than {most}");
        return Err(ApiError::parameter(Some("amount_too_large"), param, message));
    }
    step(amount, currency, param)
}

/// As people read it: `$29.99`, `¥500`, `12.340 KWD`.
pub(crate) fn format(amount: i64, currency: Currency) -> String {
    let plain = group(&Money::new(amount, currency).to_major().to_string(), currency.decimals());
    match currency.code() {
        "usd" => format!("${plain}"),
        "eur" => format!("€{plain}"),
        "gbp" => format!("£{plain}"),
        "jpy" => format!("¥{plain}"),
        code => format!("{plain} {}", code.to_ascii_uppercase()),
    }
}

/// Fills up decimals and separates thousands.
fn group(number: &str, decimals: u32) -> String {
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    let mut grouped = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 && digit.is_ascii_digit() && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    if decimals == 0 {
        return grouped;
    }
    let width = usize::try_from(decimals).unwrap_or(2);
    format!("{grouped}.{fraction:0<width$}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_read_every_currency() {
        for (amount, code, text) in [
            (2999, "usd", "$29.99"),
            (100, "usd", "$1.00"),
            (123_456_700, "eur", "€1,234,567.00"),
            (500, "jpy", "¥500"),
            (1_000_000, "jpy", "¥1,000,000"),
            (12_340, "kwd", "12.340 KWD"),
            (5, "gbp", "£0.05"),
        ] {
            assert_eq!(format(amount, code.parse().unwrap()), text);
        }
    }
}
