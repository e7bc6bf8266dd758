//! Applying messages in one transaction, all or none.

use std::any::Any;
use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use kernel::crash;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbErr};
use tracing::{Instrument, Span};

use super::incoming::{Content, Incoming, Message};
use super::processor::Processor;
use super::{Handler, HandlerError, inbox};
use crate::database::begin;
use crate::trace;

/// Why a transaction did not come about.
#[derive(Debug)]
pub(super) enum Failure {
    /// Another transaction won: the same may succeed at once.
    Conflict(anyhow::Error),
    /// The surroundings: the same may succeed later.
    Outage(anyhow::Error),
    /// One of the messages.
    Message(anyhow::Error),
}

impl Failure {
    /// Of a statement that has nothing of the message in it.
    pub(super) fn not_of_a_message(error: DbErr) -> Self {
        match HandlerError::from(error) {
            HandlerError::Conflict(cause) => Self::Conflict(cause),
            HandlerError::Retry(cause) | HandlerError::Fail(cause) => Self::Outage(cause),
        }
    }

    /// Of a statement after handlers have had the transaction in their hands.
    pub(super) fn after_handlers(error: DbErr) -> Self {
        match HandlerError::from(error) {
            HandlerError::Fail(cause) => {
                Self::Message(cause.context("the handler left a broken transaction"))
            }
            other => other.into(),
        }
    }
}

impl From<HandlerError> for Failure {
    fn from(error: HandlerError) -> Self {
        match error {
            HandlerError::Conflict(cause) => Self::Conflict(cause),
            HandlerError::Retry(cause) => Self::Outage(cause),
            HandlerError::Fail(cause) => Self::Message(cause),
        }
    }
}

/// What became of a message, to be told once the transaction is committed.
enum Fate<'a> {
    Applied(&'a Incoming, Span),
    Duplicate(&'a Incoming),
    Unknown(&'a Message, &'a str),
    Own,
}

impl Processor {
    /// Applies `messages` in one transaction. Afterwards all of them took effect, now or before, or none did.
    pub(super) async fn apply(&self, messages: &[Message]) -> Result<(), Failure> {
        let mut fates = Vec::with_capacity(messages.len());
        let mut open: Option<DatabaseTransaction> = None;
        let mut untouched = true;
        for message in messages {
            let event = match &message.content {
                Content::Event(event) => event,
                Content::Own => {
                    fates.push(Fate::Own);
                    continue;
                }
                Content::Unknown(kind) => {
                    fates.push(Fate::Unknown(message, kind));
                    continue;
                }
                Content::Broken { reason, .. } => {
                    return Err(Failure::Message(anyhow::anyhow!("{reason}")));
                }
            };
            let tx = match &mut open {
                Some(tx) => tx,
                none => none.insert(begin(&self.db).await.map_err(Failure::not_of_a_message)?),
            };
            let new = inbox::enter(tx, &self.group, event.event_id.uuid(), &message.raw, self.clock.as_ref())
                .await
                .map_err(if untouched { Failure::not_of_a_message } else { Failure::after_handlers })?;
            if new {
                untouched = false;
                let span = span(event, &self.group);
                self.handle(tx, event, &span).await?;
                crash::at("consumer.applied");
                fates.push(Fate::Applied(event, span));
            } else {
                fates.push(Fate::Duplicate(event));
            }
        }
        if let Some(tx) = open {
            // PostgreSQL answers COMMIT of a transaction in which a statement failed with a silent rollback:
            // a handler that swallowed an error must not pass for one that succeeded.
            tx.execute_unprepared("SELECT 1").await.map_err(Failure::after_handlers)?;
            crash::at("consumer.before_commit");
            tx.commit().await.map_err(Failure::after_handlers)?;
            crash::at("consumer.committed");
        }
        self.tell(&fates);
        Ok(())
    }

    async fn handle(&self, tx: &DatabaseTransaction, event: &Incoming, span: &Span) -> Result<(), Failure> {
        guarded(self.handler.as_ref(), tx, event, span).await
    }

    fn tell(&self, fates: &[Fate<'_>]) {
        let mut effects = false;
        for fate in fates {
            match fate {
                Fate::Applied(event, span) => {
                    effects = true;
                    self.metrics.handled(&event.topic);
                    let _entered = span.enter();
                    tracing::info!("message applied");
                }
                Fate::Duplicate(event) => {
                    self.metrics.duplicate(&event.topic);
                    tracing::debug!(topic = event.topic, event_id = %event.event_id, "duplicate skipped");
                }
                Fate::Unknown(message, kind) => {
                    self.metrics.unknown(&message.raw.topic);
                    tracing::info!(
                        topic = message.raw.topic,
                        event_type = kind,
                        "event of an unknown type skipped"
                    );
                }
                Fate::Own => {}
            }
        }
        if effects {
            self.wakeup.notify();
            self.handler.committed();
        }
    }
}

/// Hands the message to the handler; a panic there is the message's failure.
pub(super) async fn guarded(
    handler: &dyn Handler,
    tx: &DatabaseTransaction,
    event: &Incoming,
    span: &Span,
) -> Result<(), Failure> {
    let handled = AssertUnwindSafe(handler.handle(tx, event).instrument(span.clone()));
    match handled.catch_unwind().await {
        Ok(result) => Ok(result?),
        Err(panic) => {
            Err(Failure::Message(anyhow::anyhow!("the handler panicked: {}", words_of(panic.as_ref()))))
        }
    }
}

/// The span of one message, a child of the one it was published in.
pub(super) fn span(event: &Incoming, group: &str) -> Span {
    let span = tracing::info_span!(
        "consume",
        otel.name = format!("consume {}", event.topic),
        otel.kind = "consumer",
        group,
        topic = event.topic,
        partition = event.partition,
        offset = event.offset,
        event_id = %event.event_id,
        key = event.key,
    );
    trace::set_parent(&span, &event.headers);
    span
}

fn words_of(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}
