//! The processes of the three services, two of each, and whoever starts them again when they end.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use test_support::{Service, http_client};
use tokio::sync::Mutex;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};

use super::schedule::{Kind, REPLICAS, Target};
use super::tally::Tally;

/// How soon an ended process is noticed, as by an orchestrator.
const LOOK: Duration = Duration::from_millis(300);

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.kind {
            Kind::Orders => "order-service",
            Kind::Payments => "payment-service",
            Kind::Notifications => "notification-service",
        };
        write!(f, "{name}-{}", self.replica + 1)
    }
}

/// All replicas.
pub struct Fleet(Vec<(Target, Arc<Mutex<Service>>)>);

impl Fleet {
    /// In the order of [`Kind::ALL`], the replicas of each one after the other.
    pub fn new(services: Vec<Service>) -> Self {
        let targets =
            Kind::ALL.into_iter().flat_map(|kind| (0..REPLICAS).map(move |replica| Target { kind, replica }));
        let shared = services.into_iter().map(|service| Arc::new(Mutex::new(service)));
        Self(targets.zip(shared).collect())
    }

    pub fn get(&self, target: Target) -> Arc<Mutex<Service>> {
        let found = self.0.iter().find(|(one, _)| *one == target);
        Arc::clone(&found.expect("a replica that was started").1)
    }

    pub fn all(&self) -> impl Iterator<Item = (Target, Arc<Mutex<Service>>)> {
        self.0.iter().map(|(target, service)| (*target, Arc::clone(service)))
    }

    /// Every process's log since its first start, by its name.
    pub async fn logs(&self) -> Vec<(String, String)> {
        let mut logs = Vec::new();
        for (target, service) in self.all() {
            logs.push((target.to_string(), service.lock().await.log()));
        }
        logs
    }

    /// A gauge of each service that has it, the most that a replica tells.
    pub async fn measured(&self, gauge: &str) -> BTreeMap<String, i64> {
        let mut measured = BTreeMap::new();
        for (_, service) in self.all() {
            let service = service.lock().await;
            let Ok(answer) = http_client().get(service.url("/metrics")).send().await else { continue };
            let metrics = answer.text().await.unwrap_or_default();
            let lines = metrics.lines().filter(|line| line.starts_with(gauge));
            for value in lines.filter_map(|line| line.rsplit(' ').next()?.parse::<i64>().ok()) {
                let known = measured.entry(service.name().to_owned()).or_insert(value);
                *known = value.max(*known);
            }
        }
        measured
    }

    /// Starts again whatever has ended by itself, as long as the answer lives.
    pub fn keep(&self, tally: Arc<Tally>) -> Keeper {
        let all: Vec<_> = self.all().collect();
        Keeper(tokio::spawn(async move {
            loop {
                for (target, service) in &all {
                    // One that somebody works on is their business.
                    let Ok(mut service) = service.try_lock() else { continue };
                    if service.has_ended() {
                        tally.add(format!("ended by itself: {target}"));
                        service.launch();
                    }
                }
                sleep(LOOK).await;
            }
        }))
    }

    /// Waits until every replica says it is ready. Which are not, and what they say.
    pub async fn ready(&self, until: Instant) -> Result<(), Vec<String>> {
        loop {
            let mut waiting = Vec::new();
            for (target, service) in self.all() {
                if let Err(reason) = service.lock().await.ask_ready().await {
                    waiting.push(format!("{target}: {reason}"));
                }
            }
            if waiting.is_empty() {
                return Ok(());
            }
            if Instant::now() > until {
                return Err(waiting);
            }
            sleep(LOOK).await;
        }
    }
}

/// See [`Fleet::keep`].
pub struct Keeper(JoinHandle<()>);

impl Drop for Keeper {
    fn drop(&mut self) {
        self.0.abort();
    }
}
