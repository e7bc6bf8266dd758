//! The run's own database and broker, which can be taken away.

use std::time::Duration;

use test_support::{PrivateKafka, PrivatePostgres};
use tokio::sync::Mutex;
use tokio::time::sleep;

use super::schedule::Outage;

/// Nobody else's.
pub struct Servers {
    postgres: Mutex<PrivatePostgres>,
    kafka: Mutex<PrivateKafka>,
    database_url: String,
    brokers: String,
}

impl Servers {
    pub async fn start() -> Self {
        let (postgres, kafka) = tokio::join!(PrivatePostgres::start(), PrivateKafka::start());
        let (database_url, brokers) = (postgres.url(), kafka.brokers().to_owned());
        Self { postgres: Mutex::new(postgres), kafka: Mutex::new(kafka), database_url, brokers }
    }

    /// The database that others are made from.
    pub fn database_url(&self) -> String {
        self.database_url.clone()
    }

    pub fn brokers(&self) -> String {
        self.brokers.clone()
    }

    /// Takes one away, and brings it back after a while.
    pub async fn take_away(&self, outage: Outage) {
        match outage {
            Outage::Database { kill, down_ms } => {
                let mut postgres = self.postgres.lock().await;
                if kill {
                    postgres.kill();
                } else {
                    postgres.stop().await;
                }
                sleep(Duration::from_millis(down_ms)).await;
                postgres.restart().await;
            }
            Outage::Broker { kill, down_ms } => {
                let mut kafka = self.kafka.lock().await;
                if kill {
                    kafka.kill();
                } else {
                    kafka.stop().await;
                }
                sleep(Duration::from_millis(down_ms)).await;
                kafka.restart().await;
            }
        }
    }
}
