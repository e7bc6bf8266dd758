//! Settings that every service has, read the same way.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use secrecy::SecretString;

use super::Reader;
use crate::validation::AllowedOrigins;

/// How a service listens and stops: `HOST`, `PORT`, `PORT_FILE`, `HTTP_WORKERS`, `DRAIN_DELAY`, `SHUTDOWN_TIMEOUT`,
/// `ALLOWED_ORIGINS`.
#[derive(Debug, Clone)]
pub struct HttpConfig {
    /// The address to listen on, default `0.0.0.0`.
    pub host: String,
    /// The port to listen on; 0 picks a free one.
    pub port: u16,
    /// Where the port is written once the service listens.
    pub port_file: Option<PathBuf>,
    /// Threads that run handlers, default 2.
    pub workers: usize,
    /// How long requests are still taken after the signal to end, while `/readyz` fails already, default none:
    /// longer than whoever sends them takes to notice.
    pub drain_delay: Duration,
    /// How long requests and detached work may go on after that, default 10 s.
    pub shutdown_timeout: Duration,
    /// Origins of the frontends: CORS, CSRF and redirect URLs.
    pub allowed_origins: AllowedOrigins,
}

impl HttpConfig {
    /// Reads the section; `default_port` is the service's own.
    pub fn read(read: &mut Reader<'_>, default_port: u16) -> Self {
        Self {
            host: read.text_or("HOST", "0.0.0.0"),
            port: read.parse_or("PORT", default_port, "a port number from 0 to 65535"),
            port_file: read.optional("PORT_FILE").map(PathBuf::from),
            workers: read.number("HTTP_WORKERS", 2, 1..=64),
            drain_delay: read.delay("DRAIN_DELAY"),
            shutdown_timeout: read.duration("SHUTDOWN_TIMEOUT", Duration::from_secs(10)),
            allowed_origins: AllowedOrigins::read(read),
        }
    }

    /// How long the server may take to end from the signal on.
    #[must_use]
    pub fn time_to_end(&self) -> Duration {
        self.drain_delay.saturating_add(self.shutdown_timeout)
    }
}

/// The service's own database: `DATABASE_URL`, `DATABASE_MAX_CONNECTIONS`, `MIGRATE_ON_START`.
#[derive(Debug, Clone)]
pub struct DatabaseConfig {
    /// `postgres://…` or `sqlite://path?mode=rwc`. Secret, as it may hold a password.
    pub url: SecretString,
    /// The pool's size, default 10. SQLite always has one connection.
    pub max_connections: u32,
    /// Whether `serve` migrates first instead of refusing an older schema.
    pub migrate_on_start: bool,
}

impl DatabaseConfig {
    /// Reads the section.
    pub fn read(read: &mut Reader<'_>) -> Self {
        use secrecy::ExposeSecret;
        let url = read.required_secret("DATABASE_URL");
        let text = url.expose_secret();
        if !text.is_empty()
            && !["postgres://", "postgresql://", "sqlite:"].iter().any(|scheme| text.starts_with(scheme))
        {
            read.mistake("DATABASE_URL", "must start with postgres:// or sqlite://");
        }
        Self {
            url,
            max_connections: read.number("DATABASE_MAX_CONNECTIONS", 10, 1..=500),
            migrate_on_start: read.flag("MIGRATE_ON_START", false),
        }
    }
}

/// Where events go: `KAFKA_BROKERS`, `KAFKA_TOPIC_PREFIX`, `KAFKA_TOPIC_PARTITIONS`, `KAFKA_TOPIC_REPLICATION`,
/// `CREATE_TOPICS_ON_START` and the TLS and SASL settings, already as librdkafka's properties.
#[derive(Debug, Clone)]
pub struct KafkaSettings {
    /// `host:port[,host:port]`, default `localhost:9092`.
    pub brokers: String,
    /// Prefix of topics and consumer groups, default empty.
    pub topic_prefix: String,
    /// Partitions of topics this service creates, default 6.
    pub partitions: i32,
    /// Copies of each, default 1; with three or more, two have to acknowledge.
    pub replication: i32,
    /// Whether `serve` creates its topics first (development and tests).
    pub create_topics_on_start: bool,
    /// librdkafka properties such as `security.protocol`. May hold secrets.
    pub properties: KafkaProperties,
}

impl KafkaSettings {
    /// As `messaging` takes it; `client_id` is the service's name.
    #[must_use]
    pub fn client(&self, client_id: &str) -> messaging::KafkaConfig {
        messaging::KafkaConfig {
            brokers: self.brokers.clone(),
            topic_prefix: self.topic_prefix.clone(),
            client_id: client_id.to_owned(),
            properties: self.properties.0.clone(),
        }
    }
}

/// librdkafka properties by name; values stay out of `Debug`.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct KafkaProperties(pub BTreeMap<String, String>);

impl std::fmt::Debug for KafkaProperties {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// Plain settings: variable and property.
const PLAIN: [(&str, &str); 5] = [
    ("KAFKA_SECURITY_PROTOCOL", "security.protocol"),
    ("KAFKA_SASL_MECHANISM", "sasl.mechanism"),
    ("KAFKA_SSL_CA_LOCATION", "ssl.ca.location"),
    ("KAFKA_SSL_CERTIFICATE_LOCATION", "ssl.certificate.location"),
    ("KAFKA_SSL_KEY_LOCATION", "ssl.key.location"),
];
/// Secrets, which may come from a file: variable and property.
const SECRET: [(&str, &str); 3] = [
    ("KAFKA_SASL_USERNAME", "sasl.username"),
    ("KAFKA_SASL_PASSWORD", "sasl.password"),
    ("KAFKA_SSL_KEY_PASSWORD", "ssl.key.password"),
];

impl KafkaSettings {
    /// Reads the section.
    pub fn read(read: &mut Reader<'_>) -> Self {
        use secrecy::ExposeSecret;
        let mut properties = BTreeMap::new();
        for (name, property) in PLAIN {
            properties.extend(read.optional(name).map(|value| (property.to_owned(), value)));
        }
        for (name, property) in SECRET {
            let value = read.secret(name).map(|secret| secret.expose_secret().to_owned());
            properties.extend(value.map(|value| (property.to_owned(), value)));
        }
        read.choice(
            "KAFKA_SECURITY_PROTOCOL",
            &[("plaintext", ()), ("ssl", ()), ("sasl_plaintext", ()), ("sasl_ssl", ())],
            (),
        );
        let prefix = read.text_or("KAFKA_TOPIC_PREFIX", "");
        if !prefix.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)) {
            read.mistake("KAFKA_TOPIC_PREFIX", "may hold letters, digits, '.', '_' and '-' only");
        }
        Self {
            brokers: read.text_or("KAFKA_BROKERS", "localhost:9092"),
            topic_prefix: prefix,
            partitions: read.number("KAFKA_TOPIC_PARTITIONS", 6, 1..=1000),
            replication: read.number("KAFKA_TOPIC_REPLICATION", 1, 1..=9),
            create_topics_on_start: read.flag("CREATE_TOPICS_ON_START", false),
            properties: KafkaProperties(properties),
        }
    }
}
