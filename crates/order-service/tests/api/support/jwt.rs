//! Tokens as the shop's sign-in would issue them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;

pub const SECRET: &str = "a jwt secret for tests, thirty-two bytes";

/// A token with these claims.
pub fn sign(claims: &Value) -> String {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed = format!("{}.{}", part(&json!({"alg": "HS256", "typ": "JWT"})), part(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// A user who may do what users may.
pub fn user(id: &str) -> String {
    sign(&json!({
        "sub": id, "email": format!("{id}@example.com"), "email_verified": true, "exp": 4_102_444_800_i64
    }))
}

/// An administrator.
pub fn admin() -> String {
    sign(&json!({"sub": "boss", "role": "admin", "exp": 4_102_444_800_i64}))
}
