//! A mail server inside the test: takes mails, refuses them, or takes them and never says so.

use std::sync::{Arc, Mutex};

use mailparse::{MailHeaderMap, ParsedMail};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// How the server answers after a mail's last line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mood {
    /// `250`.
    Accept,
    /// `451`, with the recipient's address in the answer, as servers like to do.
    Refuse,
    /// `550`, the same.
    RefuseForGood,
    /// The mail is taken, the answer never comes.
    Hang,
}

/// A mail as it was handed over.
#[derive(Debug, Clone)]
pub struct Received {
    pub to: String,
    pub subject: String,
    pub message_id: String,
    pub from: String,
    pub html: String,
    pub text: String,
    pub raw: String,
}

#[derive(Debug)]
struct Shared {
    mood: Mood,
    /// Mails whose last line arrived, whatever the answer was.
    offered: Vec<Received>,
    accepted: Vec<Received>,
}

#[derive(Debug, Clone)]
pub struct MailServer {
    port: u16,
    shared: Arc<Mutex<Shared>>,
}

impl MailServer {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Shared { mood: Mood::Accept, offered: vec![], accepted: vec![] };
        let shared = Arc::new(Mutex::new(shared));
        let sink = Self { port, shared };
        let server = sink.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = server.clone();
                // A client that goes away in the middle is no failure of the test.
                tokio::spawn(async move { server.converse(stream).await.ok() });
            }
        });
        sink
    }

    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    pub fn set_mood(&self, mood: Mood) {
        self.shared.lock().unwrap().mood = mood;
    }

    pub fn accepted(&self) -> Vec<Received> {
        self.shared.lock().unwrap().accepted.clone()
    }

    pub fn offered(&self) -> Vec<Received> {
        self.shared.lock().unwrap().offered.clone()
    }

    async fn converse(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 sink ESMTP\r\n").await?;
        let mut line = String::new();
        let mut recipient = String::new();
        loop {
            line.clear();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let command = line.trim_end().to_ascii_uppercase();
            let answer = if command.starts_with("EHLO") || command.starts_with("HELO") {
                "250-sink\r\n250 8BITMIME\r\n".to_owned()
            } else if command.starts_with("DATA") {
                stream.write_all(b"354 go on\r\n").await?;
                let raw = read_data(&mut stream).await?;
                match self.decide(&raw, &recipient) {
                    Some(answer) => answer,
                    None => std::future::pending().await,
                }
            } else if command.starts_with("QUIT") {
                stream.write_all(b"221 bye\r\n").await?;
                return Ok(());
            } else {
                if command.starts_with("RCPT") {
                    recipient = line.trim_end().to_owned();
                }
                "250 ok\r\n".to_owned()
            };
            stream.write_all(answer.as_bytes()).await?;
        }
    }

    fn decide(&self, raw: &str, recipient: &str) -> Option<String> {
        let mail = parse(raw);
        let mut shared = self.shared.lock().unwrap();
        shared.offered.push(mail.clone());
        match shared.mood {
            Mood::Accept => {
                shared.accepted.push(mail);
                Some("250 taken\r\n".to_owned())
            }
            Mood::Refuse => Some(format!("451 4.7.1 {recipient}: greylisted\r\n")),
            Mood::RefuseForGood => Some(format!("550 5.1.1 {recipient}: no such mailbox\r\n")),
            Mood::Hang => None,
        }
    }
}

async fn read_data(stream: &mut BufReader<TcpStream>) -> std::io::Result<String> {
    let mut data = String::new();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 || line == ".\r\n" {
            return Ok(data);
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

pub fn parse(raw: &str) -> Received {
    let mail = mailparse::parse_mail(raw.as_bytes()).unwrap();
    let header = |name: &str| mail.headers.get_first_value(name).unwrap_or_default();
    Received {
        to: header("To"),
        subject: header("Subject"),
        message_id: header("Message-ID"),
        from: header("From"),
        html: part(&mail, "text/html"),
        text: part(&mail, "text/plain"),
        raw: raw.to_owned(),
    }
}

fn part(mail: &ParsedMail<'_>, mime: &str) -> String {
    let part = mail.parts().find(|part| part.ctype.mimetype == mime).expect("the part is there");
    part.get_body().unwrap().replace("\r\n", "\n")
}
