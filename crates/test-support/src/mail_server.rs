//! A mail server inside the test: takes mails, refuses them, or takes them and never says so; for all or for one
//! recipient.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

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
pub struct Mail {
    /// The header `To`.
    pub to: String,
    /// The header `Subject`.
    pub subject: String,
    /// The header `Message-ID`.
    pub message_id: String,
    /// The header `From`.
    pub from: String,
    /// The part for those who see pictures.
    pub html: String,
    /// The part for those who do not.
    pub text: String,
    /// All of it.
    pub raw: String,
}

#[derive(Debug)]
struct Shared {
    mood: Mood,
    /// For mails to some addresses, instead.
    moods: BTreeMap<String, Mood>,
    /// Mails whose last line arrived, whatever the answer was.
    offered: Vec<Mail>,
    accepted: Vec<Mail>,
}

/// An SMTP server on a free port of 127.0.0.1; it ends with the test's runtime.
#[derive(Debug, Clone)]
pub struct MailServer {
    port: u16,
    shared: Arc<Mutex<Shared>>,
}

impl MailServer {
    /// Starts one that accepts.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let port = listener.local_addr().expect("an address").port();
        let shared = Shared { mood: Mood::Accept, moods: BTreeMap::new(), offered: vec![], accepted: vec![] };
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

    /// As the service's `SMTP_URL`.
    #[must_use]
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}", self.port)
    }

    /// For all mails, but those to addresses that were told apart.
    pub fn set_mood(&self, mood: Mood) {
        self.shared().mood = mood;
    }

    /// For mails to `address`, until told otherwise.
    pub fn set_mood_for(&self, address: &str, mood: Mood) {
        self.shared().moods.insert(address.to_owned(), mood);
    }

    /// Mails that were taken.
    #[must_use]
    pub fn accepted(&self) -> Vec<Mail> {
        self.shared().accepted.clone()
    }

    /// Mails whose last line arrived, whatever the answer was.
    #[must_use]
    pub fn offered(&self) -> Vec<Mail> {
        self.shared().offered.clone()
    }

    fn shared(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
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
        let mail = parse_mail(raw);
        let mut shared = self.shared();
        shared.offered.push(mail.clone());
        let mood = shared.moods.iter().find(|(address, _)| recipient.contains(address.as_str()));
        match mood.map_or(shared.mood, |(_, mood)| *mood) {
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
        // A mail cut off, by a client that was killed say, is none.
        if stream.read_line(&mut line).await? == 0 {
            return Err(ErrorKind::UnexpectedEof.into());
        }
        if line == ".\r\n" {
            return Ok(data);
        }
        data.push_str(line.strip_prefix('.').unwrap_or(&line));
    }
}

/// Reads a mail.
///
/// # Panics
/// When it is none, or lacks one of the two parts.
#[must_use]
pub fn parse_mail(raw: &str) -> Mail {
    let mail = mailparse::parse_mail(raw.as_bytes()).expect("a mail");
    let header = |name: &str| mail.headers.get_first_value(name).unwrap_or_default();
    Mail {
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
    part.get_body().expect("a body that can be decoded").replace("\r\n", "\n")
}
