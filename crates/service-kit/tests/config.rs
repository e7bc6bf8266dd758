//! Configuration: every mistake at once, no value in any message, secrets from files.

use std::time::Duration;

use secrecy::ExposeSecret;
use service_kit::auth::{AuthConfig, JwtKeys};
use service_kit::env::{ConfigErrors, DatabaseConfig, Env, HttpConfig, KafkaSettings, Reader};
use service_kit::telemetry::{LogFormat, TelemetryConfig};

const KEY: &str = "a key of tests, more than 32 bytes";

fn read<T>(pairs: &[(&str, &str)], section: impl Fn(&mut Reader<'_>) -> T) -> Result<T, ConfigErrors> {
    let env = Env::from_pairs(pairs.iter().copied());
    let mut read = Reader::new(&env);
    let section = section(&mut read);
    read.finish(section)
}

fn mistakes<T>(pairs: &[(&str, &str)], section: impl Fn(&mut Reader<'_>) -> T) -> Vec<(String, String)> {
    let Err(errors) = read(pairs, section) else { return Vec::new() };
    errors.0.into_iter().map(|mistake| (mistake.name, mistake.problem)).collect()
}

fn all(read: &mut Reader<'_>) {
    HttpConfig::read(read, 3005);
    DatabaseConfig::read(read);
    KafkaSettings::read(read);
    AuthConfig::read(read);
    TelemetryConfig::read(read);
    read.required_key("CSRF_KEY", 32);
    read.required_url("PAYMENT_URL");
}

#[test]
fn every_mistake_is_told_at_once_without_values() {
    let errors = read(
        &[
            ("PORT", "s3cret"),
            ("HTTP_WORKERS", "0"),
            ("SHUTDOWN_TIMEOUT", "s3cret"),
            ("ALLOWED_ORIGINS", "https://shop.example,s3cret"),
            ("DATABASE_URL", "mysql://s3cret"),
            ("MIGRATE_ON_START", "s3cret"),
            ("KAFKA_SECURITY_PROTOCOL", "s3cret"),
            ("JWT_SECRET", "s3cret"),
            ("LOG_FORMAT", "s3cret"),
            ("OTEL_EXPORTER_OTLP_ENDPOINT", "s3cret"),
            ("PAYMENT_URL", "ftp://s3cret"),
        ],
        all,
    );
    let message = errors.unwrap_err().to_string();
    assert!(!message.contains("s3cret"), "{message}");
    let expected = "the configuration has 12 mistakes:
  PORT must be a port number from 0 to 65535
  HTTP_WORKERS must be a whole number from 1 to 64
  SHUTDOWN_TIMEOUT must be a duration such as 30m, 24h or 1500ms
  ALLOWED_ORIGINS must list origins such as https://shop.example, or be *
  DATABASE_URL must start with postgres:// or sqlite://
  MIGRATE_ON_START must be one of true, 1, false, 0
  KAFKA_SECURITY_PROTOCOL must be one of plaintext, ssl, sasl_plaintext, sasl_ssl
  JWT_SECRET must be at least 32 bytes long
  LOG_FORMAT must be one of json, pretty
  OTEL_EXPORTER_OTLP_ENDPOINT must be an absolute http or https URL without credentials
  CSRF_KEY is missing (or name a file with it in CSRF_KEY_FILE)
  PAYMENT_URL must be an absolute http or https URL without credentials";
    assert_eq!(message, expected);
}

#[test]
fn an_empty_environment_misses_what_has_no_default() {
    let names: Vec<_> = mistakes(&[], all).into_iter().map(|(name, _)| name).collect();
    assert_eq!(names, ["DATABASE_URL", "JWT_SECRET", "CSRF_KEY", "PAYMENT_URL"]);
}

#[test]
fn defaults() {
    let http = read(&[], |read| HttpConfig::read(read, 3006)).unwrap();
    assert_eq!((http.host.as_str(), http.port, http.workers), ("0.0.0.0", 3006, 2));
    assert_eq!(http.shutdown_timeout, Duration::from_secs(10));
    assert!(!http.allowed_origins.allows("https://shop.example"));
    let kafka = read(&[("KAFKA_BROKERS", " ")], KafkaSettings::read).unwrap();
    assert_eq!((kafka.brokers.as_str(), kafka.topic_prefix.as_str()), ("localhost:9092", ""));
    let telemetry = read(&[], TelemetryConfig::read).unwrap();
    assert_eq!(telemetry.format, LogFormat::Json);
    assert!(telemetry.otlp_endpoint.is_none());
}

#[test]
fn durations() {
    let duration = |text: &str| read(&[("D", text)], |read| read.duration("D", Duration::from_secs(1)));
    assert_eq!(duration("30m").unwrap(), Duration::from_secs(1800));
    assert_eq!(duration("24h").unwrap(), Duration::from_secs(86_400));
    assert_eq!(duration("1500ms").unwrap(), Duration::from_millis(1500));
    assert_eq!(duration("1h 30m").unwrap(), Duration::from_secs(5400));
    assert_eq!(duration("").unwrap(), Duration::from_secs(1));
    for wrong in ["0s", "-1s", "10", "m", "1 fortnight"] {
        assert!(duration(wrong).is_err(), "{wrong}");
    }
}

#[test]
fn a_delay_may_be_nothing() {
    let delay = |text: &str| read(&[("D", text)], |read| read.delay("D"));
    assert_eq!(delay("5s").unwrap(), Duration::from_secs(5));
    assert_eq!((delay("0s").unwrap(), delay("").unwrap()), (Duration::ZERO, Duration::ZERO));
    for wrong in ["-1s", "5", "s"] {
        assert!(delay(wrong).is_err(), "{wrong}");
    }
    let http = read(&[("DRAIN_DELAY", "5s")], |read| HttpConfig::read(read, 3006)).unwrap();
    assert_eq!(http.time_to_end(), Duration::from_secs(15));
}

#[test]
fn lists_are_split_and_trimmed() {
    let list = read(&[("L", " a, b,,c ,")], |read| read.list("L")).unwrap();
    assert_eq!(list, ["a", "b", "c"]);
    assert!(read(&[], |read| read.list("L")).unwrap().is_empty());
}

#[test]
fn numbers_out_of_range_and_no_numbers_are_mistakes() {
    for wrong in ["-1", "11", "1.5", "ten", "99999999999999999999"] {
        assert_eq!(
            mistakes(&[("N", wrong)], |read| read.number("N", 5_u32, 1..=10)),
            [("N".to_owned(), "must be a whole number from 1 to 10".to_owned())]
        );
    }
    assert_eq!(read(&[("N", "10")], |read| read.number("N", 5_u32, 1..=10)).unwrap(), 10);
}

#[test]
fn a_secret_may_come_from_a_file() {
    let path = std::env::temp_dir().join(test_support::unique("service-kit-secret-"));
    std::fs::write(&path, format!("{KEY}\n")).unwrap();
    let path = path.to_str().unwrap();
    let secret = read(&[("CSRF_KEY_FILE", path)], |read| read.required_key("CSRF_KEY", 32)).unwrap();
    assert_eq!(secret.expose_secret(), KEY);
    let both =
        mistakes(&[("CSRF_KEY_FILE", path), ("CSRF_KEY", KEY)], |read| read.required_key("CSRF_KEY", 32));
    assert_eq!(both, [("CSRF_KEY".to_owned(), "and CSRF_KEY_FILE are both set; set one".to_owned())]);
    let auth = read(&[("JWT_SECRET_FILE", path)], AuthConfig::read).unwrap();
    assert!(matches!(auth.keys, JwtKeys::Secret(secret) if secret.expose_secret() == KEY));
    std::fs::write(path, " \n").unwrap();
    let empty = mistakes(&[("CSRF_KEY_FILE", path)], |read| read.required_key("CSRF_KEY", 32));
    assert_eq!(empty, [("CSRF_KEY_FILE".to_owned(), "names an empty file".to_owned())]);
    std::fs::remove_file(path).unwrap();
    let gone = mistakes(&[("CSRF_KEY_FILE", path)], |read| read.required_key("CSRF_KEY", 32));
    assert_eq!(gone, [("CSRF_KEY_FILE".to_owned(), "names a file that cannot be read".to_owned())]);
}

#[test]
fn one_kind_of_jwt_key() {
    let jwks = |url: &str| mistakes(&[("JWT_JWKS_URL", url)], AuthConfig::read);
    assert_eq!(jwks("https://id.example/keys"), []);
    assert_eq!(jwks("http://localhost:9000/keys"), []);
    assert_eq!(jwks("http://id.example/keys").len(), 1);
    assert_eq!(jwks("nonsense").len(), 1);
    let both = [("JWT_JWKS_URL", "https://id.example/keys"), ("JWT_SECRET", KEY)];
    assert_eq!(mistakes(&both, AuthConfig::read).len(), 1);
    assert_eq!(mistakes(&[("JWT_SECRET", KEY), ("SERVICE_TOKEN", "short")], AuthConfig::read).len(), 1);
}

#[test]
fn kafka_settings_become_properties() {
    let kafka = read(
        &[
            ("KAFKA_BROKERS", "a:1,b:2"),
            ("KAFKA_SECURITY_PROTOCOL", "SASL_SSL"),
            ("KAFKA_SASL_MECHANISM", "SCRAM-SHA-512"),
            ("KAFKA_SASL_USERNAME", "u"),
            ("KAFKA_SASL_PASSWORD", "s3cret"),
            ("KAFKA_TOPIC_PREFIX", "t1."),
        ],
        KafkaSettings::read,
    )
    .unwrap();
    let client = kafka.client("order-service");
    assert_eq!(client.client_id, "order-service");
    assert_eq!(client.prefixed("order.paid"), "t1.order.paid");
    assert_eq!(client.properties["security.protocol"], "SASL_SSL");
    assert_eq!(client.properties["sasl.password"], "s3cret");
    assert_eq!(client.properties.len(), 4);
    assert!(!format!("{kafka:?}").contains("s3cret"));
    assert_eq!(mistakes(&[("KAFKA_TOPIC_PREFIX", "a b")], KafkaSettings::read).len(), 1);
}

#[test]
fn debug_shows_no_secret() {
    let env = Env::from_pairs([("JWT_SECRET", KEY), ("DATABASE_URL", "postgres://u:s3cret@db/x")]);
    let mut read = Reader::new(&env);
    let sections = (AuthConfig::read(&mut read), DatabaseConfig::read(&mut read));
    let shown = format!("{env:?} {sections:?}");
    assert!(!shown.contains(KEY) && !shown.contains("s3cret"), "{shown}");
}
