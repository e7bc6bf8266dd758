//! `JWT_SECRET` or `JWT_JWKS_URL`, `JWT_ISSUER`, `JWT_AUDIENCE`, `JWT_USER_CLAIM`, `SERVICE_TOKEN`.

use secrecy::SecretString;
use url::Url;

use crate::env::Reader;
use crate::validation::is_loopback;

/// What tokens are verified with.
#[derive(Debug, Clone)]
pub enum JwtKeys {
    /// HS256 with this secret, at least 32 bytes.
    Secret(SecretString),
    /// RS256 and ES256 with the keys published at this URL.
    Jwks(Url),
}

/// How callers are told apart.
#[derive(Debug, Clone)]
pub struct AuthConfig {
    /// What users' tokens are verified with.
    pub keys: JwtKeys,
    /// The required `iss`, if configured.
    pub issuer: Option<String>,
    /// The required `aud`, if configured.
    pub audience: Option<String>,
    /// The claim that holds the user's id, default `sub`.
    pub user_claim: String,
    /// The bearer token of our own services, if any, at least 16 bytes.
    pub service_token: Option<SecretString>,
}

impl AuthConfig {
    /// Reads the section.
    pub fn read(read: &mut Reader<'_>) -> Self {
        Self {
            keys: Self::keys(read),
            issuer: read.optional("JWT_ISSUER"),
            audience: read.optional("JWT_AUDIENCE"),
            user_claim: read.text_or("JWT_USER_CLAIM", "sub"),
            service_token: read.key("SERVICE_TOKEN", 16),
        }
    }

    fn keys(read: &mut Reader<'_>) -> JwtKeys {
        let Some(url) = read.url("JWT_JWKS_URL") else {
            if read.optional("JWT_JWKS_URL").is_some() {
                return JwtKeys::Secret(SecretString::default());
            }
            let given = ["JWT_SECRET", "JWT_SECRET_FILE"].iter().any(|name| read.env().get(name).is_some());
            if !given {
                read.mistake("JWT_SECRET", "or JWT_JWKS_URL is missing");
                return JwtKeys::Secret(SecretString::default());
            }
            return JwtKeys::Secret(read.required_key("JWT_SECRET", 32));
        };
        if read.secret("JWT_SECRET").is_some() {
            read.mistake("JWT_JWKS_URL", "and JWT_SECRET are both set; set one");
        }
        if url.scheme() != "https" && !url.host().is_some_and(|host| is_loopback(&host)) {
            read.mistake("JWT_JWKS_URL", "must be https (or plain http on loopback)");
        }
        JwtKeys::Jwks(url)
    }
}
