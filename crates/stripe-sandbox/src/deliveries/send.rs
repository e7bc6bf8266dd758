//! Sends one event to one endpoint, again and again until it is taken or the retries are used up.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use super::signature;
use crate::app::App;
use crate::state::{Job, Object};

/// How long an endpoint may take to answer, and to be connected to.
const ANSWER: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(3);
const LONGEST_WAIT: Duration = Duration::from_secs(60);

pub(crate) struct Sender {
    app: Arc<App>,
    client: reqwest::Client,
    slots: Semaphore,
    stop: CancellationToken,
}

/// What is sent where.
struct Letter {
    url: String,
    secret: String,
    kind: &'static str,
    body: String,
}

impl Sender {
    pub(crate) fn new(app: Arc<App>, slots: Semaphore, stop: CancellationToken) -> reqwest::Result<Self> {
        // A redirect is a failure, as at Stripe.
        let client = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(CONNECT)
            .timeout(ANSWER)
            .user_agent("Stripe/1.0 (+https://stripe.com/docs/webhooks; sandbox)")
            .build()?;
        Ok(Self { app, client, slots, stop })
    }

    /// Never sends it: as if it were lost on the way. Not retried either.
    pub(crate) fn drop_it(&self, job: &Job) {
        tracing::info!(event = job.event, "delivery dropped by the fault switch");
        self.note(job, false, "dropped".into());
    }

    /// Sends it until it is taken, at most so often as retries are allowed.
    pub(crate) async fn deliver(&self, job: Job, delay: Duration) {
        if !self.wait(delay).await {
            return;
        }
        let mut wait = self.app.config.retry_after;
        for attempt in 0..=self.app.config.retries {
            if attempt > 0 {
                if !self.wait(wait).await {
                    return;
                }
                wait = (wait * 2).min(LONGEST_WAIT);
            }
            if self.attempt(&job).await {
                return;
            }
        }
        tracing::warn!(event = job.event, endpoint = job.endpoint, "delivery given up");
    }

    /// Sends it once more, besides its true delivery.
    pub(crate) async fn copy(&self, job: Job, delay: Duration) {
        if self.wait(delay).await {
            self.attempt(&job).await;
        }
    }

    /// First attempts one after the other; those that fail are retried on their own.
    pub(crate) async fn in_order(self: &Arc<Self>, jobs: Vec<Job>) {
        let mut failed = Vec::new();
        for job in jobs {
            if !self.attempt(&job).await {
                failed.push(job);
            }
        }
        let retries = failed.into_iter().map(|job| {
            let sender = Arc::clone(self);
            let delay = sender.app.config.retry_after;
            async move { sender.deliver(job, delay).await }
        });
        futures::future::join_all(retries).await;
    }

    /// Waits; false if the sandbox stops meanwhile.
    async fn wait(&self, time: Duration) -> bool {
        tokio::select! {
            () = self.stop.cancelled() => false,
            () = tokio::time::sleep(time) => true,
        }
    }

    /// One request. Whether there is nothing more to do.
    async fn attempt(&self, job: &Job) -> bool {
        let Ok(_slot) = self.slots.acquire().await else { return true };
        let Some(letter) = self.letter(job) else {
            self.note(job, false, "endpoint gone".into());
            return true;
        };
        let at = self.app.config.clock.now().unix_timestamp();
        let request = self
            .client
            .post(&letter.url)
            .header("content-type", "application/json; charset=utf-8")
            .header("stripe-signature", signature::sign(&letter.secret, at, &letter.body))
            .body(letter.body);
        let (taken, outcome) = match request.send().await {
            Ok(answer) => (answer.status().is_success(), answer.status().as_u16().to_string()),
            Err(error) => (false, if error.is_timeout() { "timeout".into() } else { "unreachable".into() }),
        };
        tracing::info!(event = job.event, kind = letter.kind, endpoint = job.endpoint, outcome, "delivered");
        self.note(job, taken, outcome);
        taken
    }

    /// What is to be sent; nothing if the event or the endpoint is gone.
    fn letter(&self, job: &Job) -> Option<Letter> {
        let state = self.app.state();
        let event = state.events.get(&job.event)?;
        let endpoint = state.endpoints.get(&job.endpoint).filter(|endpoint| endpoint.enabled)?;
        Some(Letter {
            url: endpoint.url.clone(),
            secret: endpoint.secret.clone(),
            kind: event.kind,
            body: serde_json::to_string_pretty(&event.json()).ok()?,
        })
    }

    fn note(&self, job: &Job, taken: bool, outcome: String) {
        {
            let mut state = self.app.state();
            let event = state.events.get_mut(&job.event);
            if let Some(delivery) = event.and_then(|event| event.delivery_mut(&job.endpoint)) {
                delivery.attempts += u32::from(outcome != "dropped");
                delivery.tried = true;
                delivery.delivered |= taken;
                delivery.outcome = Some(outcome);
            }
        }
        self.app.tried.notify_waiters();
    }
}
