//! `Stripe-Signature`: `t=<unix>,v1=<hex>`, HMAC-SHA256 of `"{t}.{body}"` with the endpoint's secret.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

/// The header's value for `body`, dated `at` (Unix seconds).
pub(crate) fn sign(secret: &str, at: i64, body: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(format!("{at}.{body}").as_bytes());
    format!("t={at},v1={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_what_stripes_sdk_computes() {
        let header = sign("whsec_test_secret", 1_700_000_000, "{\n  \"id\": \"evt_test\"\n}");
        assert_eq!(
            header,
            "t=1700000000,v1=2b5a6839f707e34c659a82e4570c2fdbe0a2a44fcd5bd04d17e64b0024c081cd"
        );
    }
}
