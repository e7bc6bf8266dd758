//! `Idempotency-Key`: the same call twice is one effect.
//!
//! A [`Claim`] is begun in the business transaction, so that the row and the effect commit together. It has a lease
//! by the service's clock: while it lives, a second call is told that the first is running; afterwards the second
//! resumes it. What is kept is the id of what was made, from which a replay builds its answer anew: no bodies, no
//! tokens.

mod claim;
mod hash;
mod key;
mod migration;
mod row;

pub use claim::{Begin, Claim, purge};
pub use hash::request_hash;
pub use key::IdempotencyKey;
pub use migration::migration;
