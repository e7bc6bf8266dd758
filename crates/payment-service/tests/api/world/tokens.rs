//! Tokens that others issue: users' by an identity provider, CSRF tokens by order-service.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

/// `JWT_SECRET` of the tests.
pub const JWT_SECRET: &str = "jwt-secret-of-the-tests-which-is-long-enough";

/// A token with these claims, signed with `secret`.
pub fn token(secret: &str, claims: &Value) -> String {
    let signed = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// `CSRF_KEY` of the tests.
pub const CSRF_KEY: &str = "csrf-key-of-the-tests-which-is-long-enough-too";

/// The CSRF token of a cookie's session, as order-service issues it with the common key.
pub fn csrf_token(session: &str, expires: i64) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(CSRF_KEY.as_bytes()).unwrap();
    for part in [b"tender.csrf.v1".as_slice(), &expires.to_be_bytes(), session.as_bytes()] {
        mac.update(part);
    }
    format!("{expires}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// A token that nobody signed.
pub fn unsigned(claims: &Value) -> String {
    format!("{}.{}.", part(&json!({"alg": "none"})), part(claims))
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}
