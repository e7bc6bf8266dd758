//! Mails as files: `.eml` as a server would get it, `.html` and `.txt` to look at.

use std::path::{Path, PathBuf};

use lettre::Message;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc2822;
use tokio::task::spawn_blocking;

use super::render::Written;
use crate::domain::Notification;

/// A folder of mails.
#[derive(Debug, Clone)]
pub(crate) struct MailFiles {
    folder: PathBuf,
}

impl MailFiles {
    /// The folder, made if it is not there.
    ///
    /// # Errors
    /// When it cannot be made.
    pub(crate) fn open(folder: &Path) -> std::io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// Writes the mail's files, named by the notification: writing it again replaces them.
    ///
    /// # Errors
    /// Those of the file system.
    pub(super) async fn put(
        &self,
        notification: &Notification,
        written: &Written,
        message: &Message,
        date: OffsetDateTime,
    ) -> std::io::Result<()> {
        let head = format!(
            "To: {}\nSubject: {}\nDate: {}\nMessage-ID: {}\n\n",
            notification.recipient.as_str(),
            written.subject,
            date.format(&Rfc2822).unwrap_or_default(),
            notification.message_id,
        );
        let stem = self.folder.join(notification.attempt.id.to_string());
        let files = [
            (stem.with_extension("eml"), message.formatted()),
            (stem.with_extension("html"), written.html.clone().into_bytes()),
            // Last, because the mailbox lists these.
            (stem.with_extension("txt"), (head + &written.text).into_bytes()),
        ];
        spawn_blocking(move || files.into_iter().try_for_each(|(path, bytes)| replace(&path, &bytes)))
            .await
            .map_err(std::io::Error::other)?
    }
}

/// A reader sees the old file or the new one, never half of it.
fn replace(path: &Path, bytes: &[u8]) -> std::io::Result<()> {
    let mut draft = path.as_os_str().to_owned();
    draft.push(".part");
    std::fs::write(&draft, bytes)?;
    std::fs::rename(&draft, path)
}
