//! What the sandbox is told at its start.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use kernel::{Clock, SystemClock};

/// Stripe mocks' customary port.
const DEFAULT_PORT: u16 = 12111;

/// Settings of a sandbox. `Config::default()` is a private one on a free port of the loopback.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The only API key it accepts.
    pub api_key: String,
    /// Where all events go, besides the endpoints made by the API.
    pub webhook_url: Option<String>,
    /// Signs the deliveries to `webhook_url`; required with it.
    pub webhook_secret: Option<String>,
    /// Base of the hosted pages as browsers reach them; by default the address listened on.
    pub public_url: Option<String>,
    /// Decides when Sessions expire, delayed payments settle and what signatures are dated.
    pub clock: Arc<dyn Clock>,
    /// How long delayed payments take.
    pub settle_after: Duration,
    /// The wait before the first retry of a delivery; doubled for each further one, up to a minute.
    pub retry_after: Duration,
    /// How often a failed delivery is retried.
    pub retries: u32,
    /// How long the redirect after a payment waits for the webhook's answer.
    pub redirect_wait: Duration,
    /// Where the chosen port is written once it listens.
    pub port_file: Option<PathBuf>,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            listen: SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0),
            api_key: "sk_test_sandbox".into(),
            webhook_url: None,
            webhook_secret: None,
            public_url: None,
            clock: Arc::new(SystemClock),
            settle_after: Duration::from_secs(2),
            retry_after: Duration::from_secs(1),
            retries: 8,
            redirect_wait: Duration::from_secs(5),
            port_file: None,
        }
    }
}

/// Everything that is wrong with the settings.
#[derive(Debug, thiserror::Error)]
#[error("the configuration is wrong:\n{}", .0.join("\n"))]
pub struct ConfigError(Vec<String>);

impl Config {
    /// Reads the settings from variables such as the process environment's.
    ///
    /// # Errors
    /// Every mistake at once.
    pub fn from_vars(var: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let var = |name: &str| var(name).filter(|value| !value.is_empty());
        let mut mistakes = Vec::new();
        let mut config = Self { webhook_url: var("SANDBOX_WEBHOOK_URL"), ..Self::default() };
        let read = |name: &str, what: &str| {
            let text = var(name)?;
            Some((text, format!("{name}: must be {what}")))
        };
        if let Some((text, mistake)) = read("HOST", "an IP address") {
            text.parse().map_or_else(|_| mistakes.push(mistake), |host| config.listen.set_ip(host));
        }
        config.listen.set_port(DEFAULT_PORT);
        if let Some((text, mistake)) = read("PORT", "a port number") {
            text.parse().map_or_else(|_| mistakes.push(mistake), |port| config.listen.set_port(port));
        }
        if let Some((text, mistake)) = read("SANDBOX_SETTLE_AFTER", "a duration such as 2s or 500ms") {
            duration(&text).map_or_else(|| mistakes.push(mistake), |after| config.settle_after = after);
        }
        for (name, url) in [
            ("SANDBOX_WEBHOOK_URL", var("SANDBOX_WEBHOOK_URL")),
            ("SANDBOX_PUBLIC_URL", var("SANDBOX_PUBLIC_URL")),
        ] {
            if url.is_some_and(|url| {
                !url::Url::parse(&url).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
            }) {
                mistakes.push(format!("{name}: must be an http or https URL"));
            }
        }
        config.public_url = var("SANDBOX_PUBLIC_URL");
        config.webhook_secret = var("SANDBOX_WEBHOOK_SECRET");
        if config.webhook_url.is_some() && config.webhook_secret.is_none() {
            mistakes.push("SANDBOX_WEBHOOK_SECRET: is required with SANDBOX_WEBHOOK_URL".into());
        }
        if let Some(key) = var("SANDBOX_API_KEY") {
            config.api_key = key;
        }
        config.port_file = var("PORT_FILE").map(PathBuf::from);
        if mistakes.is_empty() { Ok(config) } else { Err(ConfigError(mistakes)) }
    }
}

/// `500ms`, `2s`, `5m`.
fn duration(text: &str) -> Option<Duration> {
    let digits = text.trim_end_matches(|character: char| !character.is_ascii_digit());
    let number: u64 = digits.parse().ok()?;
    match &text[digits.len()..] {
        "ms" => Some(Duration::from_millis(number)),
        "s" => Some(Duration::from_secs(number)),
        "m" => number.checked_mul(60).map(Duration::from_secs),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_told_at_once() {
        let error = Config::from_vars(|name| match name {
            "PORT" => Some("many".into()),
            "HOST" => Some("here".into()),
            "SANDBOX_WEBHOOK_URL" => Some("ftp://x".into()),
            "SANDBOX_SETTLE_AFTER" => Some("soon".into()),
            _ => None,
        })
        .unwrap_err()
        .to_string();
        for name in ["PORT", "HOST", "SANDBOX_WEBHOOK_URL", "SANDBOX_WEBHOOK_SECRET", "SANDBOX_SETTLE_AFTER"]
        {
            assert!(error.contains(&format!("\n{name}:")), "{name} in {error}");
        }
    }

    #[test]
    fn an_empty_environment_is_enough() {
        let config = Config::from_vars(|_| None).unwrap();
        assert_eq!(config.listen.to_string(), "127.0.0.1:12111");
        assert_eq!(config.api_key, "sk_test_sandbox");
    }

    #[test]
    fn durations() {
        assert_eq!(duration("500ms"), Some(Duration::from_millis(500)));
        assert_eq!(duration("2s"), Some(Duration::from_secs(2)));
        assert_eq!(duration("2"), None);
    }
}
