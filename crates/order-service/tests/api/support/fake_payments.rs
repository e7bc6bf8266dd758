//! payment-service's internal purchases API, small: one Session at a time per purchase, ended before the next.
//!
//! What 'Stripe' knows is set by the test and learnt on refresh, ensure and close only, as if every webhook were late.

mod routes;
mod state;

use std::sync::{Arc, Mutex, MutexGuard};

use actix_web::{App, HttpServer, web};
use events::PaymentSnapshot;
use kernel::{Clock, OrderId};
use time::OffsetDateTime;
use tokio::sync::Semaphore;

use state::State;
pub use state::{AtStripe, Calls};

/// A running fake.
pub struct FakePayments {
    state: Arc<Mutex<State>>,
    url: String,
    server: actix_web::dev::ServerHandle,
}

impl FakePayments {
    pub fn start(clock: Arc<dyn Clock>) -> Self {
        let state = Arc::new(Mutex::new(State::new(clock)));
        let shared = web::Data::from(state.clone());
        let server =
            HttpServer::new(move || App::new().app_data(shared.clone()).configure(routes::configure))
                .workers(1)
                .disable_signals()
                .bind(("127.0.0.1", 0))
                .unwrap();
        let url = format!("http://{}", server.addrs()[0]);
        let server = server.run();
        let handle = server.handle();
        tokio::spawn(server);
        Self { state, url, server: handle }
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    /// What happened to the order's newest Session at Stripe; payment-service has not heard of it yet.
    pub fn at_stripe(&self, order: OrderId, what: AtStripe) {
        let mut state = self.state();
        let purchase = state.purchases.get_mut(&order).unwrap();
        purchase.newest().at_stripe = what;
    }

    /// payment-service hears of it: the snapshots it publishes, oldest first.
    pub fn hear(&self, order: OrderId) -> Vec<PaymentSnapshot> {
        let mut state = self.state();
        let purchase = state.purchases.get_mut(&order).unwrap();
        let before = purchase.published.len();
        purchase.learn();
        purchase.published[before..].to_vec()
    }

    /// All snapshots of an order so far, oldest first.
    pub fn published(&self, order: OrderId) -> Vec<PaymentSnapshot> {
        self.state().purchases[&order].published.clone()
    }

    /// A purchase begun by a frontend directly: payment-service knows it, order-service does not yet.
    pub fn direct(
        &self,
        order: OrderId,
        user: &str,
        lines: Vec<events::LineItem>,
        amount: i64,
    ) -> PaymentSnapshot {
        let mut state = self.state();
        let body = state::direct(user, lines, amount);
        state.ensure(order, body).unwrap();
        state.purchases[&order].published[0].clone()
    }

    /// From now on every call is answered 503 (`true`) or served again.
    pub fn down(&self, down: bool) {
        self.state().down = down;
    }

    /// From now on something else answers every call 404, with this body, or payment-service is back.
    pub fn misrouted(&self, body: Option<&'static str>) {
        self.state().misrouted = body;
    }

    /// The newest attempt turns out to be over another amount than was asked for.
    pub fn captures(&self, order: OrderId, amount: i64) {
        let mut state = self.state();
        state.purchases.get_mut(&order).unwrap().newest().snapshot.amount = amount;
    }

    /// payment-service has heard of this generation of the order, which order-service does not remember.
    pub fn knows_generation(&self, order: OrderId, generation: i64) {
        self.state().purchases.get_mut(&order).unwrap().generation = generation;
    }

    /// When the order's newest Session ends.
    pub fn session_end(&self, order: OrderId) -> OffsetDateTime {
        self.state().purchases.get_mut(&order).unwrap().newest().expires_at
    }

    /// From now on every close waits for a permit of the gate.
    pub fn close_gate(&self) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        self.state().close_gate = Some(gate.clone());
        gate
    }

    /// From now on every ensure-session waits for a permit of the gate.
    pub fn gate(&self) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        self.state().gate = Some(gate.clone());
        gate
    }

    /// The next close is answered without an outcome that helps.
    pub fn close_unknown(&self, times: u32) {
        self.state().close_unknown = times;
    }

    /// How often each route was called.
    pub fn calls(&self) -> Calls {
        self.state().calls.clone()
    }

    /// The last body of an ensure-session.
    pub fn last_ensure(&self) -> events::purchases::EnsureSession {
        self.state().last_ensure.clone().unwrap()
    }

    /// How many Sessions of the order could be paid now.
    pub fn payable(&self, order: OrderId) -> usize {
        self.state().purchases[&order].payable()
    }

    pub async fn stop(&self) {
        self.server.stop(false).await;
    }
}
