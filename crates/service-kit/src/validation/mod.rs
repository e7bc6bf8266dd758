//! What comes from outside is checked here, field by field, and every mistake is told at once.
//!
//! [`Violations`] collects mistakes by JSON pointer and becomes one 422. A value is never part of a message.

mod country;
mod origin;
mod redirect;
pub mod rules;
mod violations;

pub(crate) use origin::is_loopback;
pub use origin::{AllowedOrigins, Origin};
pub use redirect::{RedirectError, redirect_url};
pub use violations::{Violation, Violations, pointer};
