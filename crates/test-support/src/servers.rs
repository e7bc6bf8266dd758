//! Where the servers for tests are.

use std::time::Duration;

/// The PostgreSQL server, as the URL of a database whose role may create others. From `TEST_DATABASE_URL`.
#[must_use]
pub fn database_url() -> String {
    variable("TEST_DATABASE_URL")
}

/// The Kafka brokers, `host:port[,host:port]`. From `TEST_KAFKA_BROKERS`.
#[must_use]
pub fn brokers() -> String {
    variable("TEST_KAFKA_BROKERS")
}

/// Whether `address` is what the environment names for all tests. Nothing need be named there by those who bring their own.
pub(crate) fn is_shared(name: &str, address: &str) -> bool {
    std::env::var(name).is_ok_and(|shared| shared == address)
}

fn variable(name: &str) -> String {
    std::env::var(name).unwrap_or_else(|_| {
        panic!(
            "{name} is not set: run `make test`, or run `make servers-up` and export the lines it prints \
             (PostgreSQL and Kafka stay up until `make servers-down`)"
        )
    })
}

/// An HTTP client for tests: no redirects followed, cookies kept, ten seconds per call, a connection per call (one that
/// was idle may be closed by the server at the very moment it is used).
#[must_use]
pub fn http_client() -> reqwest::Client {
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .cookie_store(true)
        .timeout(Duration::from_secs(10))
        .pool_max_idle_per_host(0)
        .build()
        .expect("the client's settings are fixed")
}
