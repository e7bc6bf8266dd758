//! Reads a folder of mails (`MAIL_DIR`): for the mailbox page and for the demo.

use std::io;
use std::path::Path;

/// A mail that was written into the folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredMail {
    /// The notification's id; the files' name.
    pub id: uuid::Uuid,
    /// The recipient's whole address.
    pub to: String,
    /// The subject line.
    pub subject: String,
    /// When it was sent, as the mail says it (RFC 2822).
    pub date: String,
    /// With its angle brackets.
    pub message_id: String,
    /// The text form.
    pub text: String,
}

/// All mails of the folder, the newest first.
///
/// # Errors
/// Those of the file system.
pub fn list(folder: &Path) -> io::Result<Vec<StoredMail>> {
    let mut mails = Vec::new();
    for entry in folder.read_dir()? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "txt") {
            mails.extend(read(&path)?);
        }
    }
    // The ids are made of the clock.
    mails.sort_by_key(|mail| std::cmp::Reverse(mail.id));
    Ok(mails)
}

/// The HTML form of one mail; `None` when there is none of this id.
///
/// # Errors
/// Those of the file system.
pub fn html(folder: &Path, id: uuid::Uuid) -> io::Result<Option<String>> {
    match std::fs::read_to_string(folder.join(id.to_string()).with_extension("html")) {
        Ok(html) => Ok(Some(html)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// `None` for a file that is no mail of ours.
fn read(path: &Path) -> io::Result<Option<StoredMail>> {
    let content = std::fs::read_to_string(path)?;
    let Some(id) = path.file_stem().and_then(|stem| stem.to_str()?.parse().ok()) else {
        return Ok(None);
    };
    let Some((head, text)) = content.split_once("\n\n") else {
        return Ok(None);
    };
    let field = |name: &str| {
        let line = head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
        line.unwrap_or_default().to_owned()
    };
    Ok(Some(StoredMail {
        id,
        to: field("To"),
        subject: field("Subject"),
        date: field("Date"),
        message_id: field("Message-ID"),
        text: text.to_owned(),
    }))
}
