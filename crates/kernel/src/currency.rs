//! Currencies as Stripe's API counts them.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Not an ISO 4217 code that can be charged.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("unknown currency")]
pub struct UnknownCurrency;

/// An ISO 4217 currency; any case in, lower case out.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// Currencies whose minor unit, in Stripe's API, is the major unit itself.
const ZERO_DECIMAL: [&str; 15] =
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"];
/// Currencies of a thousand minor units; the last digit of an amount has to be 0.
const THREE_DECIMAL: [&str; 5] = ["bhd", "jod", "kwd", "omr", "tnd"];
/// Two decimals in the API although the currency has none: amounts always end in 00.
const WHOLE_ONLY: [&str; 2] = ["isk", "ugx"];

impl Currency {
    /// United States dollar, the default of the shop.
    pub const USD: Self = Self(*b"usd");

    /// The lower-case code.
    #[must_use]
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or_default()
    }

    /// How many decimals of the major unit an amount in minor units has.
    #[must_use]
    pub fn decimals(self) -> u32 {
        match self.code() {
            code if ZERO_DECIMAL.contains(&code) => 0,
            code if THREE_DECIMAL.contains(&code) => 3,
            _ => 2,
        }
    }

    /// The step, in minor units, of which every chargeable amount is a multiple.
    #[must_use]
    pub fn granularity(self) -> i64 {
        match self.code() {
            code if THREE_DECIMAL.contains(&code) => 10,
            code if WHOLE_ONLY.contains(&code) => 100,
            _ => 1,
        }
    }

    /// The smallest chargeable amount, in minor units. Stripe publishes it for its settlement
    /// currencies; elsewhere it converts, so that 1 step is all that can be said beforehand.
    #[must_use]
    pub fn minimum_charge(self) -> i64 {
        match self.code() {
            "usd" | "eur" | "chf" | "aud" | "cad" | "nzd" | "sgd" | "brl" | "inr" | "jpy" => 50,
            "gbp" => 30,
            "dkk" => 250,
            "nok" | "sek" => 300,
            "hkd" => 400,
            "pln" | "ron" | "aed" => 200,
            "bgn" => 100,
            "czk" => 1_500,
            "mxn" => 1_000,
            "huf" => 17_500,
            "myr" => 200,
            "thb" => 1_000,
            _ => self.granularity(),
        }
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(text: &str) -> Result<Self, UnknownCurrency> {
        let upper = text.to_ascii_uppercase();
        iso_currency::Currency::from_code(&upper).ok_or(UnknownCurrency)?;
        let lower = upper.to_ascii_lowercase().into_bytes();
        lower.try_into().map(Self).map_err(|_| UnknownCurrency)
    }
}

impl TryFrom<String> for Currency {
    type Error = UnknownCurrency;

    fn try_from(text: String) -> Result<Self, UnknownCurrency> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> Self {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_stripes() {
        for (code, decimals, step) in
            [("USD", 2, 1), ("jpy", 0, 1), ("KWD", 3, 10), ("isk", 2, 100), ("ugx", 2, 100)]
        {
            let currency: Currency = code.parse().unwrap();
            assert_eq!((currency.decimals(), currency.granularity()), (decimals, step), "{code}");
            assert_eq!(currency.code(), code.to_ascii_lowercase());
        }
    }

    #[test]
    fn unknown_codes_are_refused() {
        for code in ["", "us", "usdx", "zzz", "u$d", "ＵＳＤ"] {
            assert_eq!(code.parse::<Currency>(), Err(UnknownCurrency), "{code}");
        }
    }
}
