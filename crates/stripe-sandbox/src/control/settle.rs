//! Ends what waits: a delayed payment now, or an open 3-D Secure question.

use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::refuse;
use crate::app::App;
use crate::error::ApiError;
use crate::flow::attempt::{self, Attempt};
use crate::flow::{checkout, settle};
use crate::state::{IntentStatus, Object, State};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Body {
    /// Absent: as chosen when the payment was made.
    outcome: Option<Outcome>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    Succeeded,
    Failed,
}

pub(crate) async fn settle(app: web::Data<App>, id: web::Path<String>, body: web::Bytes) -> HttpResponse {
    let outcome = super::json::<Body>(&body).and_then(|body| {
        let mut state = app.state();
        end(&mut state, &id, body.outcome.map(|outcome| outcome == Outcome::Succeeded))
    });
    let state = app.state();
    match (outcome, state.intents.get(&id)) {
        (Ok(()), Some(intent)) => HttpResponse::Ok().json(intent.json()),
        (Ok(()), None) => refuse(&ApiError::no_such("payment_intent", &id, "intent")),
        (Err(error), _) => refuse(&error),
    }
}

fn end(state: &mut State, id: &str, succeeds: Option<bool>) -> Result<(), ApiError> {
    let intent = state.intents.get(id).ok_or_else(|| ApiError::no_such("payment_intent", id, "intent"))?;
    if intent.status != IntentStatus::RequiresAction {
        return settle::finish(state, id, succeeds);
    }
    let pass = succeeds.unwrap_or(true);
    if let Some(session) = intent.session.clone() {
        return checkout::answer_challenge(state, &session, pass).map(|_| ());
    }
    answer_challenge(state, id, pass).map(|_| ())
}

/// Answers 3-D Secure of a PaymentIntent that no Session owns.
pub(crate) fn answer_challenge(state: &mut State, id: &str, pass: bool) -> Result<Attempt, ApiError> {
    let intent = state.intents.get(id).ok_or_else(|| ApiError::no_such("payment_intent", id, "intent"))?;
    let method = intent.method.as_ref().and_then(|id| state.methods.get(id)).cloned();
    match method {
        Some(method) if intent.status == IntentStatus::RequiresAction => {
            Ok(attempt::pay(state, id, &method, Some(pass)))
        }
        _ => Err(ApiError::state(None, "Nothing waits for 3-D Secure in this PaymentIntent.")),
    }
}
