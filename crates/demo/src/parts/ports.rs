//! The ports people know, or free ones where those are taken.

use std::net::TcpListener;

use crate::timeline::Timeline;

/// Where everything listens, on the loopback.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ports {
    pub(crate) window: u16,
    pub(crate) order: u16,
    pub(crate) payment: u16,
    pub(crate) notification: u16,
    pub(crate) sandbox: u16,
}

impl Ports {
    /// Picks them, and says so where one is not the usual one.
    ///
    /// # Errors
    /// When the machine has no free port.
    pub(crate) fn pick(timeline: &Timeline) -> std::io::Result<Self> {
        let pick = |name: &str, usual: u16| {
            let port = free(usual)?;
            if port != usual {
                timeline.line(format!("Port {usual} is taken: {name} listens on {port} instead."));
            }
            Ok::<_, std::io::Error>(port)
        };
        Ok(Self {
            window: pick("the shop window", 3000)?,
            order: pick("order-service", 3005)?,
            payment: pick("payment-service", 3006)?,
            notification: pick("notification-service", 3007)?,
            sandbox: pick("the Stripe sandbox", 12111)?,
        })
    }
}

fn free(usual: u16) -> std::io::Result<u16> {
    if let Ok(listener) = TcpListener::bind(("127.0.0.1", usual)) {
        return Ok(listener.local_addr()?.port());
    }
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
