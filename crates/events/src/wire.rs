//! How single fields are read and written: proto3's JSON rules, which every reader of the contract shares.

use std::fmt;
use std::marker::PhantomData;

use kernel::Major;
use rust_decimal::Decimal;
use serde::de::{self, Deserialize, Deserializer, Visitor};

/// Up to here a float is a whole number without doubt (2^53).
const EXACT_IN_A_FLOAT: u64 = 1 << 53;

/// `null` reads as the default. Together with `#[serde(default)]`, so does an absent field.
pub(crate) fn or_default<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: Deserialize<'de> + Default,
    D: Deserializer<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

/// Zero, for an absent decimal.
pub(crate) fn zero() -> Major {
    Decimal::ZERO.into()
}

/// A decimal; `null` reads as zero.
pub(crate) fn decimal<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Major, D::Error> {
    Option::deserialize(deserializer).map(|major| major.unwrap_or_else(zero))
}

/// An integer, given as number or string; `null` reads as zero.
pub(crate) fn integer<'de, T, D>(deserializer: D) -> Result<T, D::Error>
where
    T: TryFrom<i64> + Default,
    D: Deserializer<'de>,
{
    optional_integer(deserializer).map(Option::unwrap_or_default)
}

/// An integer, given as number or string, or nothing.
pub(crate) fn optional_integer<'de, T, D>(deserializer: D) -> Result<Option<T>, D::Error>
where
    T: TryFrom<i64>,
    D: Deserializer<'de>,
{
    deserializer.deserialize_any(IntegerVisitor(PhantomData))
}

struct IntegerVisitor<T>(PhantomData<T>);

impl<'de, T: TryFrom<i64>> Visitor<'de> for IntegerVisitor<T> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an integer, as number or string")
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Option<T>, E> {
        T::try_from(value).map(Some).map_err(|_| E::custom("the integer is out of range"))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Option<T>, E> {
        let value = i64::try_from(value).map_err(|_| E::custom("the integer is out of range"))?;
        self.visit_i64(value)
    }

    /// `2999.0` and `3e3`, as some languages write whole numbers.
    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Option<T>, E> {
        match value.to_string().parse::<i64>() {
            Ok(whole) if whole.unsigned_abs() <= EXACT_IN_A_FLOAT => self.visit_i64(whole),
            _ => Err(E::custom("the number is not an exact integer")),
        }
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Option<T>, E> {
        self.visit_i64(text.parse().map_err(|_| E::custom("the text is not an integer"))?)
    }

    fn visit_unit<E: de::Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_none<E: de::Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }
}

/// A required point in time, RFC 3339; any offset in, UTC out.
pub(crate) mod timestamp {
    use serde::{Deserializer, Serializer};
    use time::{OffsetDateTime, UtcOffset};

    pub(crate) fn serialize<S: Serializer>(at: &OffsetDateTime, serializer: S) -> Result<S::Ok, S::Error> {
        time::serde::rfc3339::serialize(&at.to_offset(UtcOffset::UTC), serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<OffsetDateTime, D::Error> {
        time::serde::rfc3339::deserialize(deserializer).map(|at| at.to_offset(UtcOffset::UTC))
    }
}

/// An optional point in time, RFC 3339; any offset in, UTC out.
pub(crate) mod optional_timestamp {
    use serde::{Deserializer, Serializer};
    use time::{OffsetDateTime, UtcOffset};

    pub(crate) fn serialize<S: Serializer>(
        at: &Option<OffsetDateTime>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        time::serde::rfc3339::option::serialize(&at.map(|at| at.to_offset(UtcOffset::UTC)), serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Option<OffsetDateTime>, D::Error> {
        let at = time::serde::rfc3339::option::deserialize(deserializer)?;
        Ok(at.map(|at| at.to_offset(UtcOffset::UTC)))
    }
}
