//! The service's configuration, from the environment, all mistakes at once.

use std::time::Duration;

use kernel::Currency;
use secrecy::{ExposeSecret, SecretString};
use service_kit::auth::AuthConfig;
use service_kit::env::{ConfigErrors, DatabaseConfig, Env, HttpConfig, KafkaSettings, Reader};
use service_kit::telemetry::TelemetryConfig;
use service_kit::validation::redirect_url;

use crate::app::Policy;
use crate::http::{Settings, is_payment_method};
use crate::stripe::Settings as StripeSettings;

const STRIPE: &str = "https://api.stripe.com";
/// Where it listens unless `PORT` says otherwise.
pub(crate) const PORT: u16 = 3006;

/// What the service needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) http: HttpConfig,
    /// What the use cases need.
    pub core: CoreConfig,
    /// Where events go to and come from.
    pub kafka: KafkaSettings,
    /// Logs and traces.
    pub telemetry: TelemetryConfig,
    pub(crate) auth: AuthConfig,
    pub(crate) csrf_key: SecretString,
    pub(crate) webhook_secrets: Vec<SecretString>,
    pub(crate) settings: Settings,
}

/// What use cases need, whoever calls them: also what commands are configured by.
#[derive(Debug, Clone)]
pub struct CoreConfig {
    /// The service's own database.
    pub database: DatabaseConfig,
    pub(crate) stripe: StripeSettings,
    pub(crate) policy: Policy,
}

impl Config {
    /// Reads it.
    ///
    /// # Errors
    /// Every mistake there is.
    pub fn from_env(env: &Env) -> Result<Self, ConfigErrors> {
        let mut read = Reader::new(env);
        let config = Self::read(&mut read);
        read.finish(config)
    }

    /// Reads it.
    pub fn read(read: &mut Reader<'_>) -> Self {
        let http = HttpConfig::read(read, PORT);
        let core = CoreConfig::read(read);
        // Those who call for other services have to show it.
        read.required_key("SERVICE_TOKEN", 16);
        Self {
            kafka: KafkaSettings::read(read),
            telemetry: TelemetryConfig::read(read),
            auth: AuthConfig::read(read),
            csrf_key: read.required_key("CSRF_KEY", 32),
            webhook_secrets: webhook_secrets(read),
            settings: settings(read, &http, &core),
            core,
            http,
        }
    }
}

impl CoreConfig {
    /// Reads the section.
    pub fn read(read: &mut Reader<'_>) -> Self {
        let stripe = stripe(read);
        let methods = payment_methods(read);
        Self { database: DatabaseConfig::read(read), policy: policy(read, &stripe, methods), stripe }
    }
}

fn stripe(read: &mut Reader<'_>) -> StripeSettings {
    let secret_key = read.required_secret("STRIPE_SECRET_KEY");
    let key = secret_key.expose_secret();
    let known = ["sk_test_", "sk_live_", "rk_test_", "rk_live_"].iter().any(|prefix| key.starts_with(prefix));
    if !key.is_empty() && !known {
        read.mistake("STRIPE_SECRET_KEY", "must start with sk_test_, sk_live_, rk_test_ or rk_live_");
    }
    let base = read.url("STRIPE_API_BASE").map_or_else(|| STRIPE.to_owned(), String::from);
    StripeSettings {
        base: base.trim_end_matches('/').to_owned(),
        secret_key,
        deadline: read.duration("STRIPE_TIMEOUT", Duration::from_secs(8)),
    }
}

fn is_live(stripe: &StripeSettings) -> bool {
    let key = stripe.secret_key.expose_secret();
    key.starts_with("sk_live_") || key.starts_with("rk_live_")
}

fn webhook_secrets(read: &mut Reader<'_>) -> Vec<SecretString> {
    let listed = read.required_secret("STRIPE_WEBHOOK_SECRET");
    let secrets: Vec<&str> =
        listed.expose_secret().split(',').map(str::trim).filter(|secret| !secret.is_empty()).collect();
    if secrets.iter().any(|secret| !secret.starts_with("whsec_") || secret.len() < 14) {
        read.mistake("STRIPE_WEBHOOK_SECRET", "must list secrets that start with whsec_");
    }
    secrets.into_iter().map(SecretString::from).collect()
}

fn payment_methods(read: &mut Reader<'_>) -> Vec<String> {
    let mut methods = read.list("PAYMENT_METHOD_TYPES");
    if methods.iter().any(|method| !is_payment_method(method)) {
        read.mistake("PAYMENT_METHOD_TYPES", "must list Stripe's words for ways to pay, such as card,paypal");
    }
    if methods.is_empty() {
        methods.push("card".to_owned());
    }
    methods
}

fn policy(read: &mut Reader<'_>, stripe: &StripeSettings, payment_method_types: Vec<String>) -> Policy {
    Policy {
        livemode: is_live(stripe),
        stripe_deadline: stripe.deadline,
        session_ttl: read.duration("CHECKOUT_SESSION_TTL", Duration::from_secs(36 * 60)),
        session_cache_ttl: read.duration("SESSION_CACHE_TTL", Duration::from_secs(1)),
        ad_hoc_prices: read.choice("AD_HOC_PRICES", &[("deny", false), ("allow", true)], false),
        payment_method_types,
        worker_interval: read.duration("WORKER_INTERVAL", Duration::from_secs(1)),
        reconcile_interval: read.duration("RECONCILE_INTERVAL", Duration::from_secs(15 * 60)),
    }
}

fn settings(read: &mut Reader<'_>, http: &HttpConfig, core: &CoreConfig) -> Settings {
    let publishable_key = read.required("STRIPE_PUBLISHABLE_KEY");
    let prefix = if is_live(&core.stripe) { "pk_live_" } else { "pk_test_" };
    if !publishable_key.is_empty() && !publishable_key.starts_with(prefix) {
        read.mistake(
            "STRIPE_PUBLISHABLE_KEY",
            format!("must start with {prefix}, as STRIPE_SECRET_KEY's mode"),
        );
    }
    Settings {
        publishable_key,
        currency: read.parse_or("DEFAULT_CURRENCY", Currency::USD, "the code of a currency (ISO 4217)"),
        payment_method_types: core.policy.payment_method_types.clone(),
        allowed_origins: http.allowed_origins.clone(),
        success_url: redirect(read, http, "DEFAULT_SUCCESS_URL"),
        cancel_url: redirect(read, http, "DEFAULT_CANCEL_URL"),
    }
}

fn redirect(read: &mut Reader<'_>, http: &HttpConfig, name: &str) -> Option<String> {
    let url = read.optional(name)?;
    if let Err(error) = redirect_url(&url, &http.allowed_origins) {
        read.mistake(name, error.to_string());
    }
    Some(url)
}
