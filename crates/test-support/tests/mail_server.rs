//! The mail server inside the test.

#![allow(clippy::unwrap_used)]

use test_support::MailServer;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const MAIL: &str = "To: ada@example.org\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n\
    --b\r\nContent-Type: text/plain\r\n\r\nhello\r\n\
    --b\r\nContent-Type: text/html\r\n\r\n<p>hello</p>\r\n--b--\r\n";

/// Sends `data` after DATA and ends; what the server said.
async fn conversation(server: &MailServer, data: &str) -> String {
    let address = server.url().replace("smtp://", "");
    let mut stream = TcpStream::connect(address).await.unwrap();
    let commands = format!("HELO x\r\nMAIL FROM:<a@b.c>\r\nRCPT TO:<ada@example.org>\r\nDATA\r\n{data}");
    stream.write_all(commands.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
    let mut answers = String::new();
    stream.read_to_string(&mut answers).await.unwrap();
    answers
}

#[tokio::test]
async fn a_mail_is_taken_with_its_last_line() {
    let server = MailServer::start().await;
    assert!(conversation(&server, &format!("{MAIL}.\r\n")).await.ends_with("250 taken\r\n"));
    assert_eq!(server.accepted().iter().map(|mail| mail.text.trim()).collect::<Vec<_>>(), ["hello"]);
}

#[tokio::test]
async fn a_mail_that_is_cut_off_is_none() {
    let server = MailServer::start().await;
    for cut in [MAIL, &MAIL[..MAIL.len() / 2]] {
        assert!(conversation(&server, cut).await.ends_with("354 go on\r\n"));
    }
    assert!(server.offered().is_empty(), "{:?}", server.offered());
}
