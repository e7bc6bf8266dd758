//! Signatures as Stripe makes them.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use time::OffsetDateTime;

/// The hex MAC.
pub fn signature(secret: &str, timestamp: i64, body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(format!("{timestamp}.").as_bytes());
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

/// The header's value.
pub fn sign(secret: &str, at: OffsetDateTime, body: &[u8]) -> String {
    let timestamp = at.unix_timestamp();
    format!("t={timestamp},v1={}", signature(secret, timestamp, body))
}
