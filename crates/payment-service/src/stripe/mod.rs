//! Stripe, as the port [`crate::app::ports::Stripe`] asks for it: requests of the typed builders sent by a client of
//! our own, answers and webhooks read tolerantly.

mod breaker;
mod client;
mod event;
mod gateway;
mod memory;
mod object;
mod outcome;
mod requests;
mod signature;

#[cfg(test)]
mod event_tests;
#[cfg(test)]
mod signature_tests;

pub(crate) use client::{Client, Settings};
pub(crate) use gateway::Gateway;
pub(crate) use signature::WebhookSecrets;
