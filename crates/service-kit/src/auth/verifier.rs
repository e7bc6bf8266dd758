//! Verifies users' tokens.

use std::sync::Arc;

use jsonwebtoken::{Algorithm, DecodingKey, Header, Validation};
use kernel::Clock;
use secrecy::ExposeSecret;
use serde_json::{Map, Value};

use super::claims::Expected;
use super::jwks::Jwks;
use super::{AuthConfig, JwtKeys, User};

/// Bytes of a token, at most.
const LIMIT: usize = 8 * 1024;

/// Why a token is refused. For the log; callers learn 401 only.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// Not a token at all, too long, or a claim of the wrong type.
    #[error("the token is malformed")]
    Malformed,
    /// An algorithm other than the key's: `none`, or RS for HS.
    #[error("the token's algorithm is not accepted")]
    Algorithm,
    /// It demands an extension (`crit`), and none is known here.
    #[error("the token demands an unknown extension")]
    Critical,
    /// No key of this `kid`.
    #[error("the token's key is unknown")]
    UnknownKey,
    /// The signature does not fit.
    #[error("the token's signature is wrong")]
    Signature,
    /// No `exp`.
    #[error("the token never expires")]
    NoExpiry,
    /// `exp` has passed.
    #[error("the token has expired")]
    Expired,
    /// `nbf` is still to come.
    #[error("the token is not valid yet")]
    NotYetValid,
    /// `iss` is absent or another's.
    #[error("the token is of another issuer")]
    Issuer,
    /// `aud` is absent or names others.
    #[error("the token is for another audience")]
    Audience,
    /// No usable user id.
    #[error("the token names no user")]
    NoUser,
}

/// Why a token was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    /// The token is wrong: 401.
    #[error(transparent)]
    Invalid(#[from] InvalidToken),
    /// The issuer's keys were never fetched, so nothing can be said: 503.
    #[error("the issuer's keys cannot be fetched")]
    KeysUnavailable(#[source] anyhow::Error),
}

/// Verifies tokens by a secret or by published keys. Cloning shares the cached keys.
#[derive(Debug, Clone)]
pub struct JwtVerifier(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    keys: Keys,
    expected: Expected,
    clock: Arc<dyn Clock>,
}

#[derive(Debug)]
enum Keys {
    Secret(DecodingKey),
    Jwks(Jwks),
}

impl JwtVerifier {
    /// A verifier; nothing is fetched yet. Warns when issuer or audience are not configured.
    ///
    /// # Errors
    /// When the HTTP client for the keys cannot be made.
    pub fn new(config: &AuthConfig, clock: Arc<dyn Clock>) -> anyhow::Result<Self> {
        for (name, value) in [("JWT_ISSUER", &config.issuer), ("JWT_AUDIENCE", &config.audience)] {
            if value.is_none() {
                tracing::warn!("{name} is not set: tokens made for others with the same key are accepted");
            }
        }
        let keys = match &config.keys {
            JwtKeys::Secret(secret) => {
                Keys::Secret(DecodingKey::from_secret(secret.expose_secret().as_bytes()))
            }
            JwtKeys::Jwks(url) => Keys::Jwks(Jwks::new(url.clone())?),
        };
        let expected = Expected {
            issuer: config.issuer.clone(),
            audience: config.audience.clone(),
            user_claim: config.user_claim.clone(),
        };
        Ok(Self(Arc::new(Inner { keys, expected, clock })))
    }

    /// The user of a valid token.
    ///
    /// # Errors
    /// Why it is not accepted.
    pub async fn verify(&self, token: &str) -> Result<User, VerifyError> {
        if token.len() > LIMIT {
            return Err(InvalidToken::Malformed.into());
        }
        let header = header(token)?;
        let claims = match &self.0.keys {
            Keys::Secret(key) => signed_claims(token, &header, key, Algorithm::HS256)?,
            Keys::Jwks(jwks) => {
                // Before asking for a key: an algorithm that no published key has costs no fetch.
                if !matches!(header.alg, Algorithm::RS256 | Algorithm::ES256) {
                    return Err(InvalidToken::Algorithm.into());
                }
                let key = jwks.find(header.kid.as_deref()).await?;
                signed_claims(token, &header, &key.key, key.algorithm)?
            }
        };
        Ok(self.0.expected.check(&claims, self.0.clock.now())?)
    }
}

/// The header, if nothing in it has to be refused. `jku`, `jwk` and `x5u` in it are never looked at.
fn header(token: &str) -> Result<Header, InvalidToken> {
    let header = jsonwebtoken::decode_header(token).map_err(|error| match error.kind() {
        jsonwebtoken::errors::ErrorKind::InvalidAlgorithmName => InvalidToken::Algorithm,
        _ => InvalidToken::Malformed,
    })?;
    if header.crit.is_some() { Err(InvalidToken::Critical) } else { Ok(header) }
}

fn signed_claims(
    token: &str,
    header: &Header,
    key: &DecodingKey,
    algorithm: Algorithm,
) -> Result<Map<String, Value>, InvalidToken> {
    if header.alg != algorithm {
        return Err(InvalidToken::Algorithm);
    }
    // Only the signature: claims are checked by our own clock.
    let mut validation = Validation::new(algorithm);
    validation.validate_exp = false;
    validation.validate_aud = false;
    validation.required_spec_claims.clear();
    let decoded = jsonwebtoken::decode::<Map<String, Value>>(token, key, &validation);
    decoded.map(|token| token.claims).map_err(|error| match error.kind() {
        jsonwebtoken::errors::ErrorKind::InvalidSignature => InvalidToken::Signature,
        _ => InvalidToken::Malformed,
    })
}
