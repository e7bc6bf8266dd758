//! Typed ids, so that an order's id is never taken for a payment's.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;
use uuid::{Builder, Uuid};

use crate::{Clock, random};

/// The text is not an id of this kind.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("not a valid {kind} id")]
pub struct InvalidId {
    kind: &'static str,
}

/// A UUID of version 7 at the given time: ids sort by creation, and the randomness is the system's.
fn uuid_v7(now: OffsetDateTime) -> Uuid {
    let millis = u64::try_from(now.unix_timestamp_nanos() / 1_000_000).unwrap_or_default();
    Builder::from_unix_timestamp_millis(millis, &random::bytes()).into_uuid()
}

macro_rules! uuid_id {
    ($name:ident, $kind:literal, $doc:literal) => {
        #[doc = $doc]
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Uuid);

        impl $name {
            /// A new id, sorted by `clock`.
            #[must_use]
            pub fn generate(clock: &dyn Clock) -> Self {
                Self(uuid_v7(clock.now()))
            }

            /// The id as stored.
            #[must_use]
            pub const fn uuid(self) -> Uuid {
                self.0
            }
        }

        impl From<Uuid> for $name {
            fn from(id: Uuid) -> Self {
                Self(id)
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }

        impl FromStr for $name {
            type Err = InvalidId;

            fn from_str(text: &str) -> Result<Self, InvalidId> {
                Uuid::try_parse(text).map(Self).map_err(|_| InvalidId { kind: $kind })
            }
        }
    };
}

uuid_id!(OrderId, "order", "An order, and the purchase made for it.");
uuid_id!(PaymentId, "payment", "One attempt to pay a purchase; made before Stripe is called.");
uuid_id!(EventId, "event", "One event; never changes when a publish is retried.");
uuid_id!(RefundRequestId, "refund request", "One request for money back.");

/// A product: 1 to 100 printable characters without white space, chosen by whoever owns the catalogue.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ProductId(String);

impl ProductId {
    /// The id as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ProductId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let printable = text.chars().all(|c| !c.is_control() && !c.is_whitespace());
        if (1..=100).contains(&text.len()) && printable {
            Ok(Self(text.to_owned()))
        } else {
            Err(InvalidId { kind: "product" })
        }
    }
}

impl TryFrom<String> for ProductId {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, InvalidId> {
        text.parse()
    }
}

impl From<ProductId> for String {
    fn from(id: ProductId) -> Self {
        id.0
    }
}

impl fmt::Display for ProductId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use time::macros::datetime;

    use super::*;
    use crate::ManualClock;

    #[test]
    fn ids_sort_by_the_clock_they_were_made_with() {
        let earlier = OrderId::generate(&ManualClock::at(datetime!(2026-01-01 00:00 UTC)));
        let later = OrderId::generate(&ManualClock::at(datetime!(2026-01-01 00:00:01 UTC)));
        assert!(earlier < later);
        assert_eq!(earlier.uuid().get_version_num(), 7);
        assert_eq!(earlier.to_string().parse(), Ok(earlier));
    }

    #[test]
    fn text_that_is_no_id_is_refused() {
        assert!("42".parse::<OrderId>().is_err());
        assert!("".parse::<ProductId>().is_err());
        assert!("a b".parse::<ProductId>().is_err());
        assert!("a\0b".parse::<ProductId>().is_err());
        assert!("x".repeat(101).parse::<ProductId>().is_err());
        assert!("prod_tea-1".parse::<ProductId>().is_ok());
    }
}
