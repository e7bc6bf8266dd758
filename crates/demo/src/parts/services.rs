//! The three services, started through their own start-up in this process, and the sandbox.

use std::sync::{Arc, Mutex, PoisonError};

use anyhow::Context;
use kernel::{Clock, ManualClock};
use service_kit::env::Env;
use stripe_sandbox::{Running, Sandbox};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::environment::Secrets;
use super::ports::Ports;

/// The services while they run.
pub(crate) struct Services {
    running: JoinSet<()>,
    stop: CancellationToken,
    /// Cancelled when a service ended by itself.
    ended: CancellationToken,
    failure: Arc<Mutex<Option<anyhow::Error>>>,
}

impl Services {
    pub(crate) fn new() -> Self {
        Self {
            running: JoinSet::new(),
            stop: CancellationToken::new(),
            ended: CancellationToken::new(),
            failure: Arc::default(),
        }
    }

    /// Runs one until the end.
    fn run(
        &mut self,
        name: &'static str,
        service: impl Future<Output = anyhow::Result<()>> + Send + 'static,
    ) {
        let (stop, ended, failure) = (self.stop.clone(), self.ended.clone(), self.failure.clone());
        self.running.spawn(async move {
            let result = service.await;
            if result.is_ok() && stop.is_cancelled() {
                return;
            }
            let error = result.err().unwrap_or_else(|| anyhow::anyhow!("it ended by itself"));
            let error = error.context(format!("{name} failed"));
            failure.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            ended.cancel();
        });
    }

    /// With the sample catalogue.
    pub(crate) async fn order(&mut self, env: &Env, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
        let config = order_service::Config::from_env(env)?;
        let service =
            order_service::startup::build(config.clone(), clock.clone()).await.context("order-service")?;
        order_service::startup::seed_catalogue(&config.core, clock).await.context("the sample catalogue")?;
        self.run("order-service", service.run(self.stop.child_token()));
        Ok(())
    }

    pub(crate) async fn payment(&mut self, env: &Env, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
        let config = payment_service::Config::from_env(env)?;
        let service = payment_service::startup::build(config, clock).await.context("payment-service")?;
        self.run("payment-service", service.run(self.stop.child_token()));
        Ok(())
    }

    pub(crate) async fn notification(&mut self, env: &Env, clock: Arc<dyn Clock>) -> anyhow::Result<()> {
        let config = notification_service::Config::from_env(env)?;
        let service =
            notification_service::startup::build(config, clock).await.context("notification-service")?;
        self.run("notification-service", service.run(self.stop.child_token()));
        Ok(())
    }

    /// Waits until a service ends by itself.
    pub(crate) async fn failed(&self) -> Option<anyhow::Error> {
        self.ended.cancelled().await;
        self.failure.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    /// A token that is cancelled at the end.
    pub(crate) fn stop_token(&self) -> CancellationToken {
        self.stop.clone()
    }

    /// Asks all to end and waits for it; they bound it themselves.
    pub(crate) async fn close(mut self) -> anyhow::Result<()> {
        self.stop.cancel();
        while self.running.join_next().await.is_some() {}
        let failure = self.failure.lock().unwrap_or_else(PoisonError::into_inner).take();
        failure.map_or(Ok(()), Err)
    }
}

/// Starts the sandbox, which calls payment-service's webhook.
pub(crate) async fn sandbox(
    ports: Ports,
    secrets: &Secrets,
    clock: Arc<ManualClock>,
) -> anyhow::Result<Running> {
    let config = stripe_sandbox::Config {
        listen: ([127, 0, 0, 1], ports.sandbox).into(),
        api_key: secrets.stripe.secret_key.clone(),
        webhook_url: Some(format!("http://127.0.0.1:{}/api/payments/webhooks/stripe", ports.payment)),
        webhook_secret: Some(secrets.stripe.webhook_secret.clone()),
        clock,
        ..stripe_sandbox::Config::default()
    };
    Sandbox::start(config).await.context("the Stripe sandbox does not start")
}
