//! The token: an expiry and a MAC over it and the cookie's random session.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use kernel::Clock;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use time::Duration;

use crate::validation::AllowedOrigins;

/// How long a token is good for.
const LIFETIME: Duration = Duration::hours(12);
/// Separates this use of the key from any other.
const PURPOSE: &[u8] = b"tender.csrf.v1";

/// Issues and checks tokens: `app_data(web::Data::new(csrf))`.
#[derive(Debug, Clone)]
pub struct Csrf {
    key: SecretString,
    pub(crate) origins: AllowedOrigins,
    clock: Arc<dyn Clock>,
}

/// The random id in the cookie: 32 bytes, base64url.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Session(String);

/// Why a token is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refused {
    #[error("the Origin is foreign")]
    Origin,
    #[error("the cookie is missing or malformed")]
    Cookie,
    #[error("the header is missing")]
    Header,
    #[error("the token does not belong to the cookie")]
    Signature,
    #[error("the token has expired")]
    Expired,
}

impl Session {
    pub(crate) fn generate() -> Self {
        Self(URL_SAFE_NO_PAD.encode(kernel::random::bytes::<32>()))
    }

    /// The session of a cookie, if it has the form of ours.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text).ok()?;
        (bytes.len() == 32).then(|| Self(text.to_owned()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Csrf {
    /// Tokens signed with `key` (`CSRF_KEY`, at least 32 bytes) for pages at `origins` or at our own origin.
    #[must_use]
    pub fn new(key: SecretString, origins: AllowedOrigins, clock: Arc<dyn Clock>) -> Self {
        Self { key, origins, clock }
    }

    /// A token for this session, `<expiry, unix seconds>.<MAC>`.
    pub(crate) fn issue(&self, session: &Session) -> String {
        let expires = (self.clock.now() + LIFETIME).unix_timestamp();
        let mac = self.mac(session, expires).finalize().into_bytes();
        format!("{expires}.{}", URL_SAFE_NO_PAD.encode(mac))
    }

    pub(crate) fn check(&self, session: &Session, token: &str) -> Result<(), Refused> {
        let (expires, mac) = token.split_once('.').ok_or(Refused::Signature)?;
        let expires: i64 = expires.parse().map_err(|_| Refused::Signature)?;
        let mac = URL_SAFE_NO_PAD.decode(mac).map_err(|_| Refused::Signature)?;
        // Constant-time.
        self.mac(session, expires).verify_slice(&mac).map_err(|_| Refused::Signature)?;
        if expires <= self.clock.now().unix_timestamp() { Err(Refused::Expired) } else { Ok(()) }
    }

    fn mac(&self, session: &Session, expires: i64) -> Hmac<Sha256> {
        let key = self.key.expose_secret().as_bytes();
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
        mac.update(PURPOSE);
        mac.update(&expires.to_be_bytes());
        mac.update(session.as_str().as_bytes());
        mac
    }
}
