//! Pays a Checkout Session as its customer would on the page.

use actix_web::{HttpResponse, web};
use serde::Deserialize;
use serde_json::{Value, json};

use super::refuse;
use crate::app::App;
use crate::error::ApiError;
use crate::flow::checkout::{self, Means, Paid, PaypalOutcome};
use crate::state::{Billing, Object, SessionStatus};

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Body {
    /// A card's number.
    card: Option<String>,
    /// How 3-D Secure ends, where the card asks for it; absent: it stays open.
    three_d_secure: Option<Challenge>,
    payment_method: Option<OtherMethod>,
    outcome: Option<PaypalOutcome>,
    email: Option<String>,
    name: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Challenge {
    Pass,
    Fail,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "lowercase")]
enum OtherMethod {
    Paypal,
}

/// When the cards of this control expire.
const EXPIRY: (i64, i64) = (12, 2034);

fn means(body: &Body) -> Result<Means, ApiError> {
    match (&body.card, &body.payment_method, body.outcome) {
        (Some(number), None, None) => Ok(Means::Card {
            number: number.clone(),
            exp_month: EXPIRY.0,
            exp_year: EXPIRY.1,
            challenge: body.three_d_secure.as_ref().map(|challenge| matches!(challenge, Challenge::Pass)),
        }),
        (None, Some(OtherMethod::Paypal), outcome) => {
            Ok(Means::Paypal(outcome.unwrap_or(PaypalOutcome::Approve)))
        }
        _ => Err(ApiError::bad_request(
            "Give either `card` (and `threeDSecure`), or `paymentMethod` (and `outcome`).",
        )),
    }
}

pub(crate) async fn pay(app: web::Data<App>, id: web::Path<String>, body: web::Bytes) -> HttpResponse {
    match try_pay(&app, &id, &body) {
        Ok(answer) => HttpResponse::Ok().json(answer),
        Err(error) => refuse(&error),
    }
}

fn try_pay(app: &App, id: &str, body: &web::Bytes) -> Result<Value, ApiError> {
    let body: Body = super::json(body)?;
    let means = means(&body)?;
    let mut state = app.state();
    let given = state.sessions.get(id).and_then(|session| session.customer_email.clone());
    let billing = Billing {
        email: body.email.or(given).or_else(|| Some("customer@example.com".into())),
        name: body.name.or_else(|| Some("Sandbox Customer".into())),
        ..Billing::default()
    };
    let paid = checkout::pay(&mut state, id, means, billing)?;
    Ok(told(&state, id, &paid))
}

/// What happened, the Session afterwards, and where the customer's browser goes.
pub(crate) fn told(state: &crate::state::State, id: &str, paid: &Paid) -> Value {
    let session = state.sessions.get(id);
    let (outcome, error) = match paid {
        Paid::Succeeded => ("paid", None),
        Paid::Processing => ("processing", None),
        Paid::RequiresAction => ("requires_action", None),
        Paid::Declined(error) => ("declined", Some(error)),
        Paid::Cancelled(error) => ("cancelled", Some(error)),
    };
    let redirect = session.map(|session| match session.status {
        SessionStatus::Complete => session.redirect(),
        _ if matches!(paid, Paid::RequiresAction) => format!("{}/3ds", session.url),
        _ => session.url.clone(),
    });
    json!({
        "outcome": outcome, "redirect": redirect, "session": session.map(Object::json),
        "error": error.map(ApiError::details),
    })
}

/// The customer follows the cancel link: the Session stays open, as at Stripe.
pub(crate) async fn cancel(app: web::Data<App>, id: web::Path<String>) -> HttpResponse {
    let state = app.state();
    match state.sessions.get(&id) {
        Some(session) => HttpResponse::Ok().json(json!({
            "outcome": "left", "redirect": session.cancel_url, "session": session.json(), "error": null,
        })),
        None => refuse(&ApiError::no_such("checkout.session", &id, "session")),
    }
}
