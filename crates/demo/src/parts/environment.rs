//! How each service is configured: as from its environment, with values made for this run.

use std::path::Path;

use anyhow::Context;
use service_kit::env::Env;

use super::Account;
use super::ports::Ports;

/// What the services and the sandbox have to agree on.
pub(crate) struct Secrets {
    pub(crate) service_token: String,
    pub(crate) stripe: Stripe,
    csrf: String,
    order_tokens: String,
    jwt: String,
}

/// How Stripe is reached, and how it proves that a webhook is its own.
pub(crate) struct Stripe {
    pub(crate) secret_key: String,
    pub(crate) publishable_key: String,
    pub(crate) webhook_secret: String,
    /// Stripe's usual address if absent.
    api_base: Option<String>,
}

impl Stripe {
    fn of(ports: Ports, account: &Account) -> anyhow::Result<Self> {
        let Some(secret_key) = account.secret_key.clone() else {
            return Ok(Self {
                secret_key: "sk_test_sandbox".to_owned(),
                publishable_key: "pk_test_sandbox".to_owned(),
                webhook_secret: format!("whsec_{}", hex::encode(kernel::random::bytes::<32>())),
                api_base: Some(format!("http://127.0.0.1:{}/", ports.sandbox)),
            });
        };
        let webhook_secret = account.webhook_secret.clone().context(
            "STRIPE_SECRET_KEY is set: set STRIPE_WEBHOOK_SECRET, too, to what `stripe listen` prints",
        )?;
        let publishable_key = account.publishable_key.clone();
        Ok(Self { secret_key, publishable_key, webhook_secret, api_base: account.api_base.clone() })
    }
}

impl Secrets {
    /// New ones for every run, but for those of a Stripe account.
    ///
    /// # Errors
    /// When the account's are incomplete.
    pub(crate) fn generate(ports: Ports, account: &Account) -> anyhow::Result<Self> {
        let key = || hex::encode(kernel::random::bytes::<32>());
        Ok(Self {
            service_token: key(),
            stripe: Stripe::of(ports, account)?,
            csrf: key(),
            order_tokens: key(),
            jwt: key(),
        })
    }
}

/// What all three have in common.
pub(crate) fn common(folder: &Path, broker: &str, ports: Ports, name: &str, port: u16) -> Env {
    let database = folder.join(format!("{name}.db"));
    Env::from_pairs([("HOST", "127.0.0.1"), ("MIGRATE_ON_START", "true"), ("WORKER_INTERVAL", "200ms")])
        .with("PORT", port.to_string())
        .with("DATABASE_URL", format!("sqlite://{}?mode=rwc", database.display()))
        .with("KAFKA_BROKERS", broker)
        .with("ALLOWED_ORIGINS", origins(ports))
        .with("PAYMENT_METHOD_TYPES", "card,paypal")
}

/// For order-service.
pub(crate) fn order(env: Env, ports: Ports, secrets: &Secrets) -> Env {
    env.with("PAYMENT_URL", format!("http://127.0.0.1:{}", ports.payment))
        .with("SERVICE_TOKEN", &secrets.service_token)
        .with("JWT_SECRET", &secrets.jwt)
        .with("CSRF_KEY", &secrets.csrf)
        .with("ORDER_TOKEN_KEYS", &secrets.order_tokens)
        .with("DEFAULT_SUCCESS_URL", format!("{}/success", window(ports)))
        .with("DEFAULT_CANCEL_URL", format!("{}/cancelled", window(ports)))
}

/// For payment-service.
pub(crate) fn payment(env: Env, ports: Ports, secrets: &Secrets) -> Env {
    let Stripe { secret_key, publishable_key, webhook_secret, api_base } = &secrets.stripe;
    let env = match api_base {
        Some(base) => env.with("STRIPE_API_BASE", base),
        None => env,
    };
    env.with("STRIPE_SECRET_KEY", secret_key)
        .with("STRIPE_PUBLISHABLE_KEY", publishable_key)
        .with("STRIPE_WEBHOOK_SECRET", webhook_secret)
        .with("SERVICE_TOKEN", &secrets.service_token)
        .with("JWT_SECRET", &secrets.jwt)
        .with("CSRF_KEY", &secrets.csrf)
        .with("DEFAULT_SUCCESS_URL", format!("{}/success", window(ports)))
        .with("DEFAULT_CANCEL_URL", format!("{}/cancelled", window(ports)))
}

/// For notification-service.
pub(crate) fn notification(env: Env, ports: Ports, mails: &Path) -> Env {
    env.with("MAIL_DIR", mails.to_string_lossy())
        .with("MAIL_FROM", "Tender <orders@tender.example>")
        .with("SHOP_URL", window(ports))
}

/// The shop window's URL.
pub(crate) fn window(ports: Ports) -> String {
    format!("http://127.0.0.1:{}", ports.window)
}

fn origins(ports: Ports) -> String {
    format!("http://127.0.0.1:{0},http://localhost:{0}", ports.window)
}
