//! Whose Stripe takes the money: the sandbox, or a test account of yours.

use clap::Args;

/// Credentials of a Stripe test account; without them the demo brings its sandbox.
#[derive(Args, Clone)]
pub(crate) struct Account {
    /// Pays through this Stripe test account instead of the sandbox, and skips the walk.
    #[arg(long = "stripe-secret-key", env = "STRIPE_SECRET_KEY", hide_env_values = true, value_parser = test_key)]
    pub(crate) secret_key: Option<String>,
    /// For browsers that talk to Stripe themselves.
    #[arg(
        long = "stripe-publishable-key",
        env = "STRIPE_PUBLISHABLE_KEY",
        default_value = "pk_test_sandbox"
    )]
    pub(crate) publishable_key: String,
    /// What `stripe listen` prints.
    #[arg(long = "stripe-webhook-secret", env = "STRIPE_WEBHOOK_SECRET", hide_env_values = true)]
    pub(crate) webhook_secret: Option<String>,
    /// Where Stripe is, if not at its usual address.
    #[arg(long = "stripe-api-base", env = "STRIPE_API_BASE")]
    pub(crate) api_base: Option<String>,
}

/// Real money has no place in a demo.
fn test_key(key: &str) -> Result<String, &'static str> {
    if key.starts_with("sk_test_") || key.starts_with("rk_test_") {
        Ok(key.to_owned())
    } else {
        Err("the demo takes keys of Stripe's test mode only (sk_test_…, rk_test_…)")
    }
}
