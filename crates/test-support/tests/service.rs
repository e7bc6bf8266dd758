//! Binaries as processes.

#![allow(clippy::unwrap_used)]

use std::os::unix::process::ExitStatusExt;

use test_support::{Service, http_client};

fn probe() -> test_support::ServiceBuilder {
    Service::builder("test-support-probe")
}

async fn variables(service: &Service) -> Vec<String> {
    let answer = http_client().get(service.url("/")).send().await.unwrap();
    answer.text().await.unwrap().split(' ').map(str::to_owned).collect()
}

#[tokio::test]
async fn it_sees_the_given_environment_and_nothing_else() {
    let service = probe().env("COLOUR", "red").start().await;
    let variables = variables(&service).await;
    for wanted in ["COLOUR", "PATH", "PORT", "PORT_FILE"] {
        assert!(variables.iter().any(|name| name == wanted), "{wanted} is not among {variables:?}");
    }
    assert!(!variables.iter().any(|name| name.starts_with("CARGO")), "{variables:?}");
}

#[tokio::test]
async fn after_a_restart_it_is_at_the_same_place() {
    let mut service = probe().start().await;
    let port = service.port();
    service.kill();
    service.configure("COLOUR", "blue");
    http_client().get(service.url("/")).send().await.expect_err("it is dead");
    service.restart().await;
    assert_eq!(service.port(), port);
    assert!(variables(&service).await.iter().any(|name| name == "COLOUR"));
    assert_eq!(service.log().matches("listening").count(), 2);
}

#[tokio::test]
async fn terminate_asks_politely() {
    let mut service = probe().start().await;
    assert_eq!(service.terminate().await.signal(), Some(15));
}

#[tokio::test]
#[should_panic(expected = "test-support-probe ended with exit status: 3 before it was ready")]
async fn one_that_fails_at_the_start_is_reported() {
    probe().arg("fail").start().await;
}

#[tokio::test]
#[should_panic(expected = "run `make test`")]
async fn one_that_was_not_built_is_reported() {
    Service::builder("no-such-service").start().await;
}
