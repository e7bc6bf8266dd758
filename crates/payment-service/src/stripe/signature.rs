//! Whether a webhook's raw body was signed by Stripe with one of our secrets.
//!
//! `Stripe-Signature: t=<unix>,v1=<hex>[,v1=<hex>…]`; the MAC is HMAC-SHA256 of `"{t}.{body}"`. One match is
//! enough: while a secret is rolled there is one `v1` per live secret, and we may hold several secrets.

use hmac::{Hmac, KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;
use time::OffsetDateTime;

use crate::app::ports::InvalidSignature;

/// How far Stripe's clock and ours may be apart, either way.
const TOLERANCE_SECONDS: u64 = 300;
/// Every signature costs a MAC per secret: nobody honest sends more.
const MOST_SIGNATURES: usize = 16;

/// The endpoint secrets (`whsec_…`) that are good at the moment.
#[derive(Debug, Clone)]
pub(crate) struct WebhookSecrets(Vec<SecretString>);

impl WebhookSecrets {
    /// All secrets that may have signed.
    pub(crate) const fn new(secrets: Vec<SecretString>) -> Self {
        Self(secrets)
    }

    /// Checks the values of the `Stripe-Signature` headers against the raw body.
    ///
    /// # Errors
    /// Why the body is not to be trusted.
    pub(crate) fn verify(
        &self,
        headers: &[&[u8]],
        body: &[u8],
        now: OffsetDateTime,
    ) -> Result<(), InvalidSignature> {
        let signed = Header::parse(headers)?;
        let signature_fits = self.0.iter().any(|secret| {
            let mac = signed.mac(secret.expose_secret().as_bytes(), body);
            // `verify_slice` takes the same time wherever the bytes differ.
            signed.signatures.iter().any(|signature| mac.clone().verify_slice(signature).is_ok())
        });
        if !signature_fits {
            return Err(InvalidSignature::Mismatch);
        }
        // Last, so that only what Stripe really signed raises an alarm about clocks.
        if now.unix_timestamp().abs_diff(signed.timestamp) > TOLERANCE_SECONDS {
            return Err(InvalidSignature::Stale);
        }
        Ok(())
    }
}

#[derive(Debug)]
struct Header<'a> {
    /// Exactly as sent, since these characters were signed.
    timestamp_text: &'a str,
    timestamp: i64,
    signatures: Vec<Vec<u8>>,
}

impl<'a> Header<'a> {
    fn parse(headers: &[&'a [u8]]) -> Result<Self, InvalidSignature> {
        let [header] = headers else {
            let missing = headers.is_empty();
            return Err(if missing { InvalidSignature::Missing } else { InvalidSignature::Malformed });
        };
        let header = std::str::from_utf8(header).map_err(|_| InvalidSignature::Malformed)?;
        let mut timestamp_text = None;
        let mut signatures = Vec::new();
        let mut offered = 0;
        for part in header.split(',') {
            match part.trim().split_once('=') {
                Some(("t", _)) if timestamp_text.is_some() => return Err(InvalidSignature::Malformed),
                Some(("t", value)) => timestamp_text = Some(value),
                Some(("v1", value)) => {
                    offered += 1;
                    signatures.extend(hex::decode(value).ok());
                }
                // Other schemes, such as the `v0` of test events, prove nothing.
                _ => {}
            }
        }
        if offered > MOST_SIGNATURES {
            return Err(InvalidSignature::Malformed);
        }
        let timestamp_text = timestamp_text.ok_or(InvalidSignature::Malformed)?;
        let timestamp = timestamp_text.parse().map_err(|_| InvalidSignature::Malformed)?;
        Ok(Self { timestamp_text, timestamp, signatures })
    }

    fn mac(&self, secret: &[u8], body: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret).expect("HMAC takes a key of any length");
        mac.update(self.timestamp_text.as_bytes());
        mac.update(b".");
        mac.update(body);
        mac
    }
}
