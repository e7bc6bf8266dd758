//! The shop as a whole: opened in order, closed in reverse.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use kernel::{Clock, ManualClock};
use service_kit::telemetry::{self, LogFormat, TelemetryConfig};
use stripe_sandbox::Running;

use super::Account;
use super::broker::Broker;
use super::environment::{self, Secrets};
use super::folder::Claimed;
use super::ports::Ports;
use super::services::{self, Services};
use crate::mails::Mails;
use crate::timeline::Timeline;
use crate::window::{self, Tokens, Window};
use crate::wiretap::Wiretap;

/// Everything that runs.
pub(crate) struct Shop {
    pub(crate) addresses: Addresses,
    /// The clock of all services and of the sandbox.
    pub(crate) clock: Arc<ManualClock>,
    /// What went over the topics.
    pub(crate) events: Wiretap,
    /// What was mailed.
    pub(crate) mails: Mails,
    /// What opens the orders that were made here.
    pub(crate) tokens: Tokens,
    services: Services,
    window: Window,
    /// Absent when a Stripe account takes its place.
    sandbox: Option<Running>,
    _folder: Claimed,
    // Last: everything else talks to it.
    _broker: Broker,
}

/// Where everything is.
#[derive(Debug, Clone)]
pub(crate) struct Addresses {
    pub(crate) window: String,
    pub(crate) order: String,
    pub(crate) payment: String,
    pub(crate) notification: String,
    pub(crate) sandbox: String,
    pub(crate) broker: String,
    pub(crate) folder: PathBuf,
    /// The sandbox's API key.
    pub(crate) stripe_key: String,
}

impl Shop {
    /// Empties the folder and starts everything.
    ///
    /// # Errors
    /// When a part does not start.
    pub(crate) async fn open(folder: &Path, account: &Account, timeline: &Timeline) -> anyhow::Result<Self> {
        quiet_logs()?;
        let claimed = Claimed::emptied(folder)?;
        let folder = claimed.path.clone();
        let ports = Ports::pick(timeline)?;
        let secrets = Secrets::generate(ports, account)?;
        let broker = Broker::start()?;
        let clock = Arc::new(ManualClock::running());
        let sandbox = match account.secret_key {
            Some(_) => None,
            None => Some(services::sandbox(ports, &secrets, clock.clone()).await?),
        };
        let services = start(&folder, &broker.address(), ports, &secrets, &clock).await?;
        let addresses = addresses(ports, &broker, folder, secrets.stripe.secret_key);
        let stop = services.stop_token();
        let events = Wiretap::listen(&addresses.broker, timeline, stop.clone())?;
        let mails = Mails::watch(&addresses.folder.join("mails"), timeline, stop);
        let tokens = Tokens::default();
        let window = window::open(ports.window, addresses.clone(), tokens.clone())?;
        Ok(Self {
            addresses,
            clock,
            events,
            mails,
            tokens,
            services,
            window,
            sandbox,
            _folder: claimed,
            _broker: broker,
        })
    }

    /// Whether the sandbox stands in for Stripe.
    pub(crate) const fn has_sandbox(&self) -> bool {
        self.sandbox.is_some()
    }

    /// Waits until a service ends by itself.
    pub(crate) async fn failed(&self) -> Option<anyhow::Error> {
        self.services.failed().await
    }

    /// Ends everything.
    ///
    /// # Errors
    /// When a service did not end well.
    pub(crate) async fn close(self) -> anyhow::Result<()> {
        self.window.close().await;
        // Before the services: it delivers what it still has.
        if let Some(sandbox) = self.sandbox {
            sandbox.stop().await;
        }
        self.services.close().await
    }
}

async fn start(
    folder: &Path,
    broker: &str,
    ports: Ports,
    secrets: &Secrets,
    clock: &Arc<ManualClock>,
) -> anyhow::Result<Services> {
    let env = |name, port| environment::common(folder, broker, ports, name, port);
    let clock = || -> Arc<dyn Clock> { clock.clone() };
    let mut services = Services::new();
    let payment = environment::payment(env("payment", ports.payment), ports, secrets);
    services.payment(&payment, clock()).await?;
    let order = environment::order(env("order", ports.order), ports, secrets);
    services.order(&order, clock()).await?;
    let mails = folder.join("mails");
    let notification = environment::notification(env("notification", ports.notification), ports, &mails);
    services.notification(&notification, clock()).await?;
    Ok(services)
}

fn addresses(ports: Ports, broker: &Broker, folder: PathBuf, stripe_key: String) -> Addresses {
    let local = |port| format!("http://127.0.0.1:{port}");
    Addresses {
        window: local(ports.window),
        order: local(ports.order),
        payment: local(ports.payment),
        notification: local(ports.notification),
        sandbox: local(ports.sandbox),
        broker: broker.address(),
        folder,
        stripe_key,
    }
}

/// The timeline is for people; what services log is shown from errors on, or as `RUST_LOG` says.
fn quiet_logs() -> anyhow::Result<()> {
    let filter = std::env::var("RUST_LOG").unwrap_or_else(|_| "error".to_owned());
    let config = TelemetryConfig { format: LogFormat::Pretty, filter: Some(filter), otlp_endpoint: None };
    // Nothing is exported, so nothing is lost without the guard.
    drop(telemetry::init("demo", &config)?);
    Ok(())
}
