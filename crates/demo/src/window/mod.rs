//! A shop window for whoever tries the demo by hand: buy something, come back from the payment page, follow the
//! links of the mails. It calls the public REST API as any frontend would, and keeps nothing but order tokens.

mod pages;
mod routes;

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use actix_web::dev::ServerHandle;
use actix_web::web::Data;
use actix_web::{App, HttpServer};
use anyhow::Context;

use crate::parts::Addresses;

/// What opens the orders made by this demo, by order id. Cloning shares it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Tokens(Arc<Mutex<HashMap<String, String>>>);

impl Tokens {
    /// Remembers the order's newest token; an empty one changes nothing.
    pub(crate) fn remember(&self, order: &str, token: &str) {
        if !token.is_empty() {
            let mut tokens = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            tokens.insert(order.to_owned(), token.to_owned());
        }
    }

    fn of(&self, order: &str) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(order).cloned()
    }
}

/// The open window.
pub(crate) struct Window(ServerHandle);

/// Opens it.
///
/// # Errors
/// When the port was taken in the meantime.
pub(crate) fn open(port: u16, addresses: Addresses, tokens: Tokens) -> anyhow::Result<Window> {
    let (addresses, tokens) = (Data::new(addresses), Data::new(tokens));
    let server = HttpServer::new(move || {
        App::new().app_data(addresses.clone()).app_data(tokens.clone()).configure(routes::configure)
    })
    .workers(1)
    .shutdown_timeout(1)
    .disable_signals()
    .bind(("127.0.0.1", port))
    .with_context(|| format!("the shop window cannot listen on port {port}"))?
    .run();
    let handle = server.handle();
    tokio::spawn(server);
    Ok(Window(handle))
}

impl Window {
    /// Closes it.
    pub(crate) async fn close(&self) {
        self.0.stop(true).await;
    }
}
