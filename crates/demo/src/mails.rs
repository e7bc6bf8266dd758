//! Looks into the folder of mails and tells of new ones.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use notification_service::mailbox::{self, StoredMail};
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use crate::timeline::{Mark, Timeline};

const PAUSE: Duration = Duration::from_millis(100);

/// The mails that were seen. Cloning shares them.
#[derive(Debug, Clone, Default)]
pub(crate) struct Mails(Arc<Mutex<Vec<StoredMail>>>);

impl Mails {
    /// Looks until `shutdown`.
    pub(crate) fn watch(folder: &Path, timeline: &Timeline, shutdown: CancellationToken) -> Self {
        let mails = Self::default();
        let (seen, folder, timeline) = (mails.clone(), folder.to_owned(), timeline.clone());
        tokio::spawn(shutdown.run_until_cancelled_owned(async move { seen.look(folder, &timeline).await }));
        mails
    }

    /// How many mails there are.
    pub(crate) fn total(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// How many mails to this address have this in their subject line.
    pub(crate) fn count(&self, to: &str, subject: &str) -> usize {
        let mails = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        mails.iter().filter(|mail| mail.to == to && mail.subject.contains(subject)).count()
    }

    async fn look(self, folder: PathBuf, timeline: &Timeline) {
        let mut known = HashSet::new();
        loop {
            // The folder comes with the first mail.
            let mut mails = mailbox::list(&folder).unwrap_or_default();
            mails.retain(|mail| known.insert(mail.id));
            for mail in mails.into_iter().rev() {
                let subject = timeline.paint("34", &format!("“{}”", mail.subject));
                timeline.tell(Mark::Mail, format!("{subject} to {}", mail.to));
                self.0.lock().unwrap_or_else(PoisonError::into_inner).push(mail);
            }
            sleep(PAUSE).await;
        }
    }
}
