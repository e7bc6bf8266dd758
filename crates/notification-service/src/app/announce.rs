//! Takes note of a mail that has to be sent: once per kind and subject, in the transaction of the event.
//!
//! An order may end unpaid, be paid after all, and end again. One mail tells of it: the newest that is true.

use sea_orm::{DatabaseTransaction, DbErr};
use time::OffsetDateTime;

use crate::domain::{Announcement, NotificationId, Recipient, Skipped, State};
use crate::store::{self, NewNotification};

/// Stores the notification unless there is one of its kind and subject already, which is written anew if it was
/// not sent and is about an older state of the order. One that cannot be sent is stored too, as skipped with the
/// reason: it is looked for there.
///
/// # Errors
/// Those of the database.
pub(crate) async fn announce(
    tx: &DatabaseTransaction,
    announcement: Announcement<'_>,
    id: NotificationId,
    mail_domain: &str,
    now: OffsetDateTime,
) -> Result<(), DbErr> {
    let kind = announcement.letter.kind();
    let recipient = Recipient::parse(announcement.recipient);
    let settlement = store::settlement(tx, announcement.letter.purchase_id()).await?;
    let outdated = settlement.is_some_and(|paid| paid.outdates(kind, announcement.sequence));
    let skipped = recipient.as_ref().err().copied().or(outdated.then_some(Skipped::PaidMeanwhile));
    let (subject, sequence) = (announcement.subject.clone(), announcement.sequence);
    if let (Some(sequence), Ok(recipient), None) = (sequence, &recipient, skipped)
        && store::renew(tx, &announcement, recipient, sequence, now).await?
    {
        tracing::debug!(kind = kind.name(), subject, "Mail written anew");
        return Ok(());
    }
    let stored = store::insert(
        tx,
        NewNotification {
            id,
            announcement,
            recipient: recipient.ok(),
            message_id: format!("<{id}@{mail_domain}>"),
            state: if skipped.is_some() { State::Skipped } else { State::Pending },
            skipped: skipped.map(Skipped::name),
            now,
        },
    )
    .await?;
    match (stored, skipped) {
        (true, Some(Skipped::PaidMeanwhile)) => {
            tracing::info!(kind = kind.name(), subject, "Mail skipped, the purchase is paid");
        }
        (true, Some(reason)) => {
            tracing::warn!(kind = kind.name(), subject, reason = reason.name(), "Mail cannot be sent");
        }
        (true, None) => tracing::debug!(kind = kind.name(), subject, notification_id = %id, "Mail noted"),
        (false, _) => tracing::debug!(kind = kind.name(), subject, "Mail was noted before"),
    }
    Ok(())
}
