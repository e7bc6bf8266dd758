//! `healthcheck`: whether the service on this machine is ready, for images that have nothing to ask with.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use anyhow::{Context, ensure};

/// How long the answer may take: longer than readiness' own checks.
const TIME: Duration = Duration::from_secs(3);

/// Asks `/readyz`.
///
/// # Errors
/// When the service does not answer, or is not ready.
pub(super) async fn ask(host: &str, port: u16) -> anyhow::Result<()> {
    let client = reqwest::Client::builder().no_proxy().timeout(TIME).build()?;
    let answer = client.get(format!("http://{}:{port}/readyz", reachable(host))).send().await;
    let answer = answer.context("the service does not answer")?;
    let status = answer.status();
    ensure!(status.is_success(), "{status}: {}", answer.text().await.unwrap_or_default());
    Ok(())
}

/// The loopback, where the service listens on all addresses.
fn reachable(host: &str) -> String {
    match host.parse() {
        Ok(IpAddr::V6(address)) if !address.is_unspecified() => format!("[{address}]"),
        Ok(address) if address.is_unspecified() => Ipv4Addr::LOCALHOST.to_string(),
        _ => host.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use super::*;

    /// Answers one request with `status`.
    fn answering(status: &'static str) -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        std::thread::spawn(move || {
            let (mut caller, _) = listener.accept().unwrap();
            let read = caller.read(&mut [0; 1024]).unwrap();
            assert!(read > 0);
            write!(caller, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        });
        port
    }

    #[tokio::test]
    async fn ready_is_what_the_service_says() {
        ask("0.0.0.0", answering("200 OK")).await.unwrap();
        let error = ask("0.0.0.0", answering("503 Service Unavailable")).await.unwrap_err();
        assert!(error.to_string().starts_with("503"), "{error}");
    }

    #[tokio::test]
    async fn who_does_not_answer_is_not_ready() {
        let closed = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        ask("127.0.0.1", closed).await.unwrap_err();
    }

    #[test]
    fn all_addresses_are_asked_on_the_loopback() {
        for (host, asked) in [
            ("0.0.0.0", "127.0.0.1"),
            ("::", "127.0.0.1"),
            ("10.0.0.7", "10.0.0.7"),
            ("::1", "[::1]"),
            ("localhost", "localhost"),
        ] {
            assert_eq!(reachable(host), asked);
        }
    }
}
