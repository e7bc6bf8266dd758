//! Cross-site request forgery: a token that only our own pages can read, bound to a cookie.
//!
//! `GET /api/csrf-token` ([`token`]) answers the token and sets the cookie. State-changing handlers take
//! [`Checked`] (always, unless the caller shows a bearer header) or [`CheckedForCookie`] (only when the caller is
//! recognised by cookie). Needs a [`Csrf`] and an [`Auth`](crate::auth::Auth) in the app's data.

mod checked;
mod endpoint;
mod token;

pub use checked::{Checked, CheckedForCookie};
pub use endpoint::token;
pub use token::Csrf;
pub(crate) use token::{Refused, Session};

/// The cookie's name; `__Host-csrf` but on plain-http loopback.
pub(crate) const COOKIE: &str = "csrf";
