//! Who is asking: a user by JWT (bearer header or cookie), a service by its static bearer, or a guest.
//!
//! Put an [`Auth`] into the app's data; handlers take [`Caller`], [`RequireAdmin`] or [`RequireService`].
//! Credentials that are there but wrong are 401, never silently a guest.

mod caller;
mod claims;
mod config;
mod extract;
mod jwks;
mod loopback;
mod verifier;

pub use caller::{Caller, RequireAdmin, RequireService, User};
pub use config::{AuthConfig, JwtKeys};
pub use extract::Auth;
pub(crate) use extract::{Means, authenticate};
pub(crate) use loopback::{cookie, is_plain_loopback};
pub use verifier::{InvalidToken, JwtVerifier, VerifyError};
