//! Decimals of a currency's major unit, as people read and write them.

use std::fmt;
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::de::{self, Deserialize, Deserializer, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

/// A decimal in the currency's major unit (`29.99`). Written to JSON as a number with these very digits.
///
/// Reading takes any JSON number of up to fifteen digits, which is what events carry for people; where
/// a caller's number decides about money, read it with [`exact`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Major(Decimal);

impl Major {
    /// The decimal itself.
    #[must_use]
    pub const fn decimal(self) -> Decimal {
        self.0
    }
}

impl From<Decimal> for Major {
    fn from(decimal: Decimal) -> Self {
        Self(decimal)
    }
}

impl FromStr for Major {
    type Err = rust_decimal::Error;

    fn from_str(text: &str) -> Result<Self, rust_decimal::Error> {
        Decimal::from_str_exact(text).or_else(|_| Decimal::from_scientific(text)).map(Self)
    }
}

impl fmt::Display for Major {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Major {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        RawValue::from_string(self.0.to_string()).map_err(serde::ser::Error::custom)?.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Major {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor)
    }
}

struct NumberVisitor;

impl Visitor<'_> for NumberVisitor {
    type Value = Major;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal number")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Major, E> {
        Ok(Major(value.into()))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Major, E> {
        Ok(Major(value.into()))
    }

    /// The shortest text that stands for the float is the text it was parsed from, up to fifteen digits.
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Major, E> {
        value.to_string().parse().map_err(E::custom)
    }
}

/// Reads a [`Major`] from the digits of the JSON text itself, never through a float:
/// `#[serde(deserialize_with = "kernel::exact")]`. Not for fields behind `flatten` or an untagged enum.
///
/// # Errors
/// When the value is not a number, or has more than 28 significant digits.
pub fn exact<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Major, D::Error> {
    let raw = Box::<RawValue>::deserialize(deserializer)?;
    let text = raw.get();
    if !text.starts_with(|c: char| c == '-' || c.is_ascii_digit()) {
        return Err(de::Error::custom("a decimal number is expected"));
    }
    text.parse().map_err(|_| de::Error::custom("the number has too many digits"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Deserialize, Debug)]
    struct Line {
        #[serde(deserialize_with = "exact")]
        price: Major,
    }

    fn read(price: &str) -> Result<Major, serde_json::Error> {
        serde_json::from_str::<Line>(&format!(r#"{{"price":{price}}}"#)).map(|line| line.price)
    }

    #[test]
    fn digits_survive_reading_and_writing() {
        for text in ["29.99", "0.1", "1000", "-3.50", "0.10000000000000000001"] {
            let major = read(text).unwrap();
            assert_eq!(serde_json::to_string(&major).unwrap(), text);
        }
        assert_eq!(read("1.5e3").unwrap(), "1500".parse().unwrap());
    }

    #[test]
    fn what_is_no_number_or_too_long_is_refused() {
        for text in ["\"29.99\"", "null", "[]", "true", "0.123456789012345678901234567890", "1e99"] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn events_are_read_tolerantly() {
        assert_eq!(serde_json::from_str::<Major>("29.99").unwrap(), "29.99".parse().unwrap());
        assert_eq!(serde_json::from_str::<Major>("30").unwrap(), "30".parse().unwrap());
    }
}
