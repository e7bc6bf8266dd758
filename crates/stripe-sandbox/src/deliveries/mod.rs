//! Webhook deliveries: signed, per endpoint, retried, and spoiled as the fault switches say. They run
//! beside the API and never hold it up.

mod send;
mod signature;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::Semaphore;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::app::App;
use crate::state::Job;
use send::Sender;

/// How many requests are on their way at once.
const CONCURRENT: usize = 128;
/// How long deliveries are held to be put out of order.
const REORDER_WINDOW: Duration = Duration::from_millis(400);
/// How long deliveries under way may take once the sandbox stops.
const STOP_WAIT: Duration = Duration::from_secs(2);

/// Delivers until `stop`.
pub(crate) async fn run(app: Arc<App>, mut jobs: UnboundedReceiver<Job>, stop: CancellationToken) {
    let tasks = TaskTracker::new();
    let sender = match Sender::new(Arc::clone(&app), Semaphore::new(CONCURRENT), stop.clone()) {
        Ok(sender) => Arc::new(sender),
        Err(error) => {
            tracing::error!(%error, "webhooks cannot be sent");
            return;
        }
    };
    let mut held: Vec<Job> = Vec::new();
    let mut release = Instant::now();
    loop {
        tokio::select! {
            () = stop.cancelled() => break,
            () = tokio::time::sleep_until(release), if !held.is_empty() => {
                let sender = Arc::clone(&sender);
                let jobs = shuffled(std::mem::take(&mut held));
                tasks.spawn(async move { sender.in_order(jobs).await });
            }
            job = jobs.recv() => {
                let Some(job) = job else { break };
                let plan = app.faults.delivery();
                if plan.drop {
                    sender.drop_it(&job);
                } else if plan.reorder {
                    if held.is_empty() {
                        release = Instant::now() + REORDER_WINDOW;
                    }
                    held.push(job);
                } else {
                    for _ in 0..plan.duplicates {
                        let (sender, job) = (Arc::clone(&sender), job.clone());
                        tasks.spawn(async move { sender.copy(job, plan.delay).await });
                    }
                    let sender = Arc::clone(&sender);
                    tasks.spawn(async move { sender.deliver(job, plan.delay).await });
                }
            }
        }
    }
    tasks.close();
    if tokio::time::timeout(STOP_WAIT, tasks.wait()).await.is_err() {
        tracing::warn!("webhooks under way were cut off");
    }
}

/// In another order than they came, whenever there are two.
fn shuffled(mut jobs: Vec<Job>) -> Vec<Job> {
    let before: Vec<String> = jobs.iter().map(|job| job.event.clone()).collect();
    for last in (1..jobs.len()).rev() {
        let random = usize::from(u16::from_be_bytes(kernel::random::bytes()));
        jobs.swap(last, random % (last + 1));
    }
    if jobs.iter().map(|job| &job.event).eq(before.iter()) {
        jobs.reverse();
    }
    jobs
}
