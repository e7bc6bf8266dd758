//! The service's configuration, from the environment, all mistakes at once.

use std::path::PathBuf;
use std::time::Duration;

use lettre::message::Mailbox;
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use secrecy::{ExposeSecret, SecretString};
use service_kit::env::{ConfigErrors, DatabaseConfig, Env, HttpConfig, KafkaSettings, Reader};
use service_kit::telemetry::TelemetryConfig;
use url::Url;

/// Where it listens unless `PORT` says otherwise.
pub(crate) const PORT: u16 = 3007;

/// What the service needs to know.
#[derive(Debug, Clone)]
pub struct Config {
    pub(crate) http: HttpConfig,
    /// The service's own database.
    pub database: DatabaseConfig,
    /// Where events come from.
    pub kafka: KafkaSettings,
    /// Logs and traces.
    pub telemetry: TelemetryConfig,
    pub(crate) mail: MailConfig,
    /// `WORKER_INTERVAL`: how often it is looked for mails that are due.
    pub(crate) worker_interval: Duration,
}

/// What applying a message needs: the mail is only written down.
#[derive(Debug, Clone)]
pub(crate) struct LettersConfig {
    pub(crate) database: DatabaseConfig,
    /// `MAIL_FROM`.
    pub(crate) from: Mailbox,
}

impl LettersConfig {
    pub(crate) fn read(read: &mut Reader<'_>) -> Self {
        Self { database: DatabaseConfig::read(read), from: sender(read) }
    }
}

/// How mails are written and sent.
#[derive(Debug, Clone)]
pub(crate) struct MailConfig {
    /// `SMTP_URL` or `MAIL_DIR`.
    pub(crate) way: MailWay,
    /// `MAIL_FROM`: the sender; its name is the shop's.
    pub(crate) from: Mailbox,
    /// `SHOP_URL`: what links in mails start with.
    pub(crate) shop_url: Url,
    /// `SMTP_TIMEOUT`: for one mail.
    pub(crate) deadline: Duration,
    /// `MAIL_LEASE`: how long a process that sends a mail keeps others from it.
    pub(crate) lease: Duration,
    /// `MAIL_MAX_AGE`: how long a mail is tried at least, from its first try on.
    pub(crate) max_age: Duration,
}

/// Where mails go.
#[derive(Debug, Clone)]
pub(crate) enum MailWay {
    /// To a server: `smtp://` or `smtps://`, perhaps with a password.
    Smtp(SecretString),
    /// Into a folder.
    Folder(PathBuf),
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
        Self {
            http: HttpConfig::read(read, PORT),
            database: DatabaseConfig::read(read),
            kafka: KafkaSettings::read(read),
            telemetry: TelemetryConfig::read(read),
            mail: MailConfig::read(read),
            worker_interval: read.duration("WORKER_INTERVAL", Duration::from_secs(1)),
        }
    }
}

impl MailConfig {
    fn read(read: &mut Reader<'_>) -> Self {
        let config = Self {
            way: way(read),
            from: sender(read),
            shop_url: read.required_url("SHOP_URL"),
            deadline: read.duration("SMTP_TIMEOUT", Duration::from_secs(10)),
            lease: read.duration("MAIL_LEASE", Duration::from_secs(60)),
            max_age: read.duration("MAIL_MAX_AGE", Duration::from_secs(3 * 24 * 60 * 60)),
        };
        if config.lease <= config.deadline {
            read.mistake("MAIL_LEASE", "must be longer than SMTP_TIMEOUT");
        }
        config
    }
}

fn way(read: &mut Reader<'_>) -> MailWay {
    let smtp = read.secret("SMTP_URL");
    let folder = read.optional("MAIL_DIR").map(PathBuf::from);
    match (smtp, folder) {
        (Some(url), None) => {
            if !is_smtp_url(&url) {
                read.mistake(
                    "SMTP_URL",
                    "must be a URL such as smtp://host:25 or smtps://user:password@host",
                );
            }
            MailWay::Smtp(url)
        }
        (None, Some(folder)) => MailWay::Folder(folder),
        (both, folder) => {
            let found = if both.is_some() { "and MAIL_DIR are both set" } else { "or MAIL_DIR is missing" };
            read.mistake("SMTP_URL", format!("{found}; set one of them"));
            MailWay::Folder(folder.unwrap_or_default())
        }
    }
}

fn is_smtp_url(url: &SecretString) -> bool {
    let text = url.expose_secret();
    ["smtp://", "smtps://"].iter().any(|scheme| text.starts_with(scheme))
        && AsyncSmtpTransport::<Tokio1Executor>::from_url(text).is_ok()
}

fn sender(read: &mut Reader<'_>) -> Mailbox {
    let text = read.required("MAIL_FROM");
    let parsed = text.parse();
    if parsed.is_err() && !text.is_empty() {
        read.mistake("MAIL_FROM", "must be a sender such as Shop <orders@shop.example>");
    }
    parsed.unwrap_or_else(|_| "missing@localhost".parse().expect("a fixed address"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn env() -> Env {
        Env::from_pairs([
            ("DATABASE_URL", "sqlite::memory:"),
            ("MAIL_FROM", "Tender <orders@shop.example>"),
            ("SHOP_URL", "https://shop.example"),
            ("SMTP_URL", "smtp://localhost:1025"),
            ("ALLOWED_ORIGINS", "https://shop.example"),
        ])
    }

    fn mistakes(env: &Env) -> Vec<String> {
        Config::from_env(env).unwrap_err().0.into_iter().map(|mistake| mistake.name).collect()
    }

    #[test]
    fn the_least_that_is_needed_is_enough() {
        let config = Config::from_env(&env()).unwrap();
        assert_eq!(config.http.port, 3007);
        assert!(matches!(config.mail.way, MailWay::Smtp(_)));
    }

    #[test]
    fn every_mistake_is_reported_at_once() {
        let env = Env::from_pairs([
            ("SMTP_URL", "http://mail"),
            ("MAIL_FROM", "nobody"),
            ("SHOP_URL", "shop"),
            ("MAIL_LEASE", "5s"),
        ]);
        let found = mistakes(&env);
        for name in ["DATABASE_URL", "SMTP_URL", "MAIL_FROM", "SHOP_URL", "MAIL_LEASE"] {
            assert!(found.iter().any(|mistake| mistake == name), "{name} in {found:?}");
        }
    }

    #[test]
    fn mails_have_one_way_out() {
        assert_eq!(mistakes(&env().with("MAIL_DIR", "/tmp/mail")), ["SMTP_URL"]);
        assert_eq!(mistakes(&env().with("SMTP_URL", "")), ["SMTP_URL"]);
    }

    #[test]
    fn a_password_does_not_show_in_debug_output() {
        let config = Config::from_env(&env().with("SMTP_URL", "smtps://joe:hunter2@mail.example")).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
    }
}
