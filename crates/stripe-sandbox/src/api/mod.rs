//! Stripe's API: who may call, what runs, what is answered.

mod auth;
mod charges;
mod checkout_create;
mod checkout_lines;
mod checkout_sessions;
mod customers;
mod events;
mod expand;
mod intent_create;
mod lists;
mod methods;
mod payment_intents;
mod pipeline;
mod refunds;
mod routes;
mod webhook_endpoints;

pub(crate) use pipeline::serve;

use serde_json::Value;

use crate::error::ApiError;
use crate::params::Params;
use crate::state::State;

/// One call, while it holds the state.
pub(crate) struct Call<'a> {
    pub(crate) state: &'a mut State,
    pub(crate) params: Params<'a>,
}

/// What a call answers.
pub(crate) type Answer = Result<Value, ApiError>;
