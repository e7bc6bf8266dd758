//! The configuration, read from the environment, every mistake at once.

use std::time::Duration;

use kernel::Currency;
use secrecy::{ExposeSecret, SecretString};
use service_kit::auth::AuthConfig;
use service_kit::env::{ConfigErrors, DatabaseConfig, Env, HttpConfig, KafkaSettings, Reader};
use service_kit::telemetry::TelemetryConfig;
use service_kit::validation::{AllowedOrigins, redirect_url};
use url::Url;

use crate::domain::token::MIN_KEY_LENGTH;

/// Where it listens unless `PORT` says otherwise.
pub(crate) const PORT: u16 = 3005;

/// How order-service is configured.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where it listens, and which origins are ours.
    pub http: HttpConfig,
    /// What the use cases need.
    pub core: CoreConfig,
    /// Where events come from and go to.
    pub kafka: KafkaSettings,
    /// How callers are told apart.
    pub auth: AuthConfig,
    /// `CSRF_KEY`, at least 32 bytes.
    pub csrf_key: SecretString,
    /// `WORKER_INTERVAL`: how often due orders are looked for, default 1 second.
    pub worker_interval: Duration,
    /// Logs, traces and metrics.
    pub telemetry: TelemetryConfig,
}

/// What use cases need, whoever calls them: also what commands are configured by.
#[derive(Debug, Clone)]
pub struct CoreConfig {
    /// Its own database.
    pub database: DatabaseConfig,
    /// `ORDER_TOKEN_KEYS`: the current key, then previous ones, separated by commas; 32 bytes or more each.
    pub order_token_keys: Vec<SecretString>,
    /// `PAYMENT_URL`: payment-service.
    pub payment_url: Url,
    /// `SERVICE_TOKEN`: shown to payment-service.
    pub service_token: SecretString,
    /// `DEFAULT_CURRENCY`, default `usd`.
    pub default_currency: Currency,
    /// `DEFAULT_SUCCESS_URL`: where buyers go who named no page of their own.
    pub default_success_url: String,
    /// `DEFAULT_CANCEL_URL`.
    pub default_cancel_url: String,
    /// `PAYMENT_METHOD_TYPES`: the ways to pay a buyer may choose, in Stripe's words, default `card`.
    pub payment_methods: Vec<String>,
    /// `HOLD_DURATION`: how long stock is held, default 46 minutes: the shortest Session and ten minutes.
    pub hold_duration: Duration,
    /// `SESSION_MAX_AGE`: how old an unpaid Session may be to be verified, default 24 hours.
    pub session_max_age: Duration,
}

impl Config {
    /// Reads the environment.
    ///
    /// # Errors
    /// Every variable that is missing or cannot be used.
    pub fn from_env(env: &Env) -> Result<Self, ConfigErrors> {
        let mut read = Reader::new(env);
        let config = Self::read(&mut read);
        read.finish(config)
    }

    /// Reads it.
    pub fn read(read: &mut Reader<'_>) -> Self {
        Self {
            http: HttpConfig::read(read, PORT),
            core: CoreConfig::read(read),
            kafka: KafkaSettings::read(read),
            auth: AuthConfig::read(read),
            csrf_key: read.required_key("CSRF_KEY", 32),
            worker_interval: read.duration("WORKER_INTERVAL", Duration::from_secs(1)),
            telemetry: TelemetryConfig::read(read),
        }
    }
}

impl CoreConfig {
    /// Reads the section.
    pub fn read(read: &mut Reader<'_>) -> Self {
        let origins = AllowedOrigins::read(read);
        Self {
            database: DatabaseConfig::read(read),
            order_token_keys: token_keys(read),
            payment_url: read.required_url("PAYMENT_URL"),
            service_token: read.required_key("SERVICE_TOKEN", 16),
            default_currency: read.parse_or(
                "DEFAULT_CURRENCY",
                Currency::USD,
                "an ISO 4217 code such as usd",
            ),
            default_success_url: page(read, &origins, "DEFAULT_SUCCESS_URL"),
            default_cancel_url: page(read, &origins, "DEFAULT_CANCEL_URL"),
            payment_methods: payment_methods(read),
            hold_duration: read.duration("HOLD_DURATION", Duration::from_secs(46 * 60)),
            session_max_age: read.duration("SESSION_MAX_AGE", Duration::from_secs(24 * 3600)),
        }
    }
}

fn token_keys(read: &mut Reader<'_>) -> Vec<SecretString> {
    let secret = read.required_secret("ORDER_TOKEN_KEYS");
    let keys: Vec<_> = secret
        .expose_secret()
        .split(',')
        .map(str::trim)
        .filter(|key| !key.is_empty())
        .map(SecretString::from)
        .collect();
    let none = keys.is_empty() && !secret.expose_secret().is_empty();
    if none || keys.iter().any(|key| key.expose_secret().len() < MIN_KEY_LENGTH) {
        read.mistake("ORDER_TOKEN_KEYS", "must list keys of at least 32 bytes each");
    }
    keys
}

fn payment_methods(read: &mut Reader<'_>) -> Vec<String> {
    let mut methods = read.list("PAYMENT_METHOD_TYPES");
    let is_word =
        |method: &String| method.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !methods.iter().all(is_word) {
        read.mistake("PAYMENT_METHOD_TYPES", "must list Stripe's words for ways to pay, such as card,paypal");
    }
    if methods.is_empty() {
        methods.push("card".to_owned());
    }
    methods
}

/// A page buyers are sent to unless they name one; checked like theirs.
fn page(read: &mut Reader<'_>, origins: &AllowedOrigins, name: &str) -> String {
    let text = read.required(name);
    if !text.is_empty()
        && let Err(error) = redirect_url(&text, origins)
    {
        read.mistake(name, error.to_string());
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_told_at_once() {
        let env = Env::from_pairs([
            ("DATABASE_URL", "mysql://x"),
            ("ORDER_TOKEN_KEYS", "short"),
            ("HOLD_DURATION", "soon"),
            ("PAYMENT_METHOD_TYPES", "card,Glass Beads"),
            ("DEFAULT_CURRENCY", "gold"),
            ("DEFAULT_SUCCESS_URL", "https://evil.example/ok"),
            ("ALLOWED_ORIGINS", "https://shop.example"),
        ]);
        let errors = Config::from_env(&env).unwrap_err();
        let mut named: Vec<_> = errors.0.iter().map(|mistake| mistake.name.as_str()).collect();
        named.sort_unstable();
        let expected = [
            "CSRF_KEY",
            "DATABASE_URL",
            "DEFAULT_CANCEL_URL",
            "DEFAULT_CURRENCY",
            "DEFAULT_SUCCESS_URL",
            "HOLD_DURATION",
            "JWT_SECRET",
            "ORDER_TOKEN_KEYS",
            "PAYMENT_METHOD_TYPES",
            "PAYMENT_URL",
            "SERVICE_TOKEN",
        ];
        assert_eq!(named, expected);
    }

    #[test]
    fn a_list_without_a_key_is_a_mistake() {
        for keys in [",", " , ,", ""] {
            let errors = Config::from_env(&Env::from_pairs([("ORDER_TOKEN_KEYS", keys)])).unwrap_err();
            let named = errors.0.iter().filter(|mistake| mistake.name == "ORDER_TOKEN_KEYS").count();
            assert_eq!(named, 1, "{keys:?}");
        }
    }
}
