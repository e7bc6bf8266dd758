//! The event contract in Rust: envelope, topics, payloads, and the bodies of the internal purchases API.
//!
//! The language-neutral contract is `proto-events/`; tests here keep the two equal. Values are JSON in
//! lowerCamelCase. Written: required fields always (`false` and `0` too), optional ones only when
//! present, never `null`; times in RFC 3339 UTC; currencies in lower case. Read: unknown fields are
//! ignored, integers come as number or string, an absent or `null` field is its type's default. Only what
//! has no default has to be there: ids, times, a currency, and `data` itself.
//!
//! Money: `price` and `total` are decimals of the major unit for people; `amount` and `unitAmount` are
//! integers in the minor unit and the ones to compute with.

mod decode;
mod envelope;
pub mod headers;
mod order;
mod parts;
mod payment;
mod product;
pub mod purchases;
pub mod status;
pub mod topics;
mod wire;

pub use decode::DecodeError;
pub use envelope::{Envelope, EventData};
pub use order::{
    OrderCancelled, OrderCreated, OrderEvent, OrderExpired, OrderPaid, OrderRefundRequested, OrderSnapshot,
};
pub use parts::{LastError, LineItem, ShippingAddress};
pub use payment::{
    PaymentCreated, PaymentEvent, PaymentExpired, PaymentFailed, PaymentProcessing, PaymentRefunded,
    PaymentSnapshot, PaymentSuccessful,
};
pub use product::{ProductCreated, ProductDeleted, ProductEvent, ProductSnapshot, ProductUpdated};
pub use topics::Topic;
