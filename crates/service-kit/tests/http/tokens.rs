//! Tokens as an issuer, or somebody who would like to be one, makes them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use kernel::{Clock, SystemClock};
use serde_json::{Value, json};
use sha2::Sha256;

use crate::app::JWT_SECRET;

/// Seconds since 1970, `offset` from now.
pub fn seconds(offset: i64) -> i64 {
    SystemClock.now().unix_timestamp() + offset
}

/// Good claims of user `u1`, with these members set, or taken away by null.
pub fn claims(change: Value) -> Value {
    merge(json!({ "sub": "u1", "exp": seconds(600) }), change)
}

/// The header of HS256, changed likewise.
pub fn header(change: Value) -> Value {
    merge(json!({ "alg": "HS256", "typ": "JWT" }), change)
}

fn merge(base: Value, change: Value) -> Value {
    let (Value::Object(mut base), Value::Object(change)) = (base, change) else { panic!("two objects") };
    base.extend(change);
    base.retain(|_, value| !value.is_null());
    Value::Object(base)
}

fn part(value: &Value) -> String {
    URL_SAFE_NO_PAD.encode(value.to_string())
}

/// A token signed by HMAC with `secret`, whatever its header says.
pub fn hmac_signed(header: &Value, claims: &Value, secret: &[u8]) -> String {
    let message = format!("{}.{}", part(header), part(claims));
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).unwrap();
    mac.update(message.as_bytes());
    format!("{message}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
}

/// A token of the right secret with these claims changed.
pub fn token(change: Value) -> String {
    hmac_signed(&header(json!({})), &claims(change), JWT_SECRET.as_bytes())
}

/// A token without signature.
pub fn unsigned(header: &Value, claims: &Value) -> String {
    format!("{}.{}.", part(header), part(claims))
}
