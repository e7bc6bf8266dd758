//! How each service is configured: as from its environment, with values made for this run.

use std::path::Path;

use service_kit::env::Env;

use super::ports::Ports;

/// What the services and the sandbox have to agree on.
pub(crate) struct Secrets {
    pub(crate) service_token: String,
    pub(crate) webhook: String,
    pub(crate) stripe: String,
    csrf: String,
    order_tokens: String,
    jwt: String,
}

impl Secrets {
    /// New ones for every run.
    pub(crate) fn generate() -> Self {
        let key = || hex::encode(kernel::random::bytes::<32>());
        Self {
            service_token: key(),
            webhook: format!("whsec_{}", key()),
            stripe: "sk_test_sandbox".to_owned(),
            csrf: key(),
            order_tokens: key(),
            jwt: key(),
        }
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
    env.with("STRIPE_SECRET_KEY", &secrets.stripe)
        .with("STRIPE_PUBLISHABLE_KEY", "pk_test_sandbox")
        .with("PAYMENT_METHOD_TYPES", "card,paypal")
        .with("STRIPE_WEBHOOK_SECRET", &secrets.webhook)
        .with("STRIPE_API_BASE", format!("http://127.0.0.1:{}/", ports.sandbox))
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
