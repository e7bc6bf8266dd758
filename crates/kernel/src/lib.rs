//! What every crate speaks: typed ids, money in integer minor units, the clock and randomness.
//!
//! Nothing here does I/O. Time and randomness enter the system through this crate alone, so that tests
//! and the demo can decide what time it is.

mod clock;
pub mod crash;
mod currency;
pub mod decline;
mod id;
mod major;
mod money;
pub mod random;

pub use clock::{Clock, ManualClock, SystemClock};
pub use currency::{Currency, UnknownCurrency};
pub use id::{EventId, InvalidId, OrderId, PaymentId, ProductId, RefundRequestId};
pub use major::{Major, exact};
pub use money::{Money, MoneyError};
