//! The Checkout page of a Session, or what has become of the Session.

use std::collections::BTreeMap;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use minijinja::context;
use serde::Deserialize;
use serde_json::Value;

use super::render::{self, Notice};
use crate::amounts;
use crate::app::App;
use crate::cards;
use crate::flow::checkout::Paid;
use crate::state::{Session, SessionStatus, State};

#[derive(Debug, Deserialize)]
pub(crate) struct Query {
    /// A test card to fill in.
    card: Option<String>,
    /// There, if the customer comes from a declined attempt.
    declined: Option<String>,
}

/// What the customer typed. Neither number nor CVC are given back after an error.
#[derive(Default)]
pub(crate) struct Form {
    pub(crate) email: String,
    pub(crate) number: String,
    pub(crate) expiry: String,
    pub(crate) cvc: String,
    pub(crate) name: String,
}

/// Complaints by field.
pub(crate) type Errors = BTreeMap<&'static str, &'static str>;

pub(crate) async fn show(
    app: web::Data<App>,
    id: web::Path<String>,
    query: web::Query<Query>,
) -> HttpResponse {
    let state = app.state();
    let session = match open(&state, &id) {
        Ok(session) => session,
        Err(answer) => return *answer,
    };
    let mut form = Form { email: session.customer_email.clone().unwrap_or_default(), ..Form::default() };
    let chosen =
        query.card.as_deref().and_then(|number| cards::CARDS.iter().find(|card| card.number == number));
    if let Some(card) = chosen {
        form.number = card.number.to_owned();
        form.expiry = "12 / 34".into();
        form.cvc = if card.brand == "amex" { "1234" } else { "123" }.into();
        form.name = "Sandbox Customer".into();
        if form.email.is_empty() {
            form.email = "customer@example.com".into();
        }
    }
    let declined = query.declined.is_some();
    page(&state, session, StatusCode::OK, &form, &Errors::new(), declined)
}

/// The page of an open Session.
pub(crate) fn page(
    state: &State,
    session: &Session,
    status: StatusCode,
    form: &Form,
    errors: &Errors,
    declined: bool,
) -> HttpResponse {
    let intent = session.intent.as_ref().and_then(|id| state.intents.get(id));
    let decline = intent.and_then(|intent| intent.last_error.clone()).filter(|_| declined);
    let decline = decline.map(|error| {
        let text = |key: &str| error.get(key).and_then(Value::as_str).map(str::to_owned);
        context! { message => text("message"), code => text("code"), decline_code => text("decline_code") }
    });
    let cards: Vec<_> = cards::CARDS
        .iter()
        .filter_map(|card| {
            let label = card.button?;
            Some(context! { number => card.number, label, last4 => cards::last4(card.number) })
        })
        .collect();
    let session = summary(session);
    let form = context! {
        email => form.email.as_str(), number => form.number.as_str(), expiry => form.expiry.as_str(),
        cvc => form.cvc.as_str(), name => form.name.as_str(),
    };
    render::page(
        status,
        "checkout.html",
        context! { session, decline, form, errors => errors.clone(), cards },
    )
}

/// The Session, if it can be paid; else the page that says why not.
pub(crate) fn open<'a>(state: &'a State, id: &str) -> Result<&'a Session, Box<HttpResponse>> {
    let Some(session) = state.sessions.get(id) else { return Err(Box::new(render::not_found("checkout"))) };
    if session.status == SessionStatus::Open && session.expires_at > state.now() {
        return Ok(session);
    }
    let (tone, mark, title, text) = match (session.status, session.paid) {
        (SessionStatus::Open | SessionStatus::Expired, _) => (
            "bad",
            "!",
            "This checkout has expired",
            "Nothing was charged. Go back to the shop and start again.",
        ),
        (SessionStatus::Complete, true) => (
            "good",
            "✓",
            "This checkout is paid",
            "The payment was received; there is nothing left to do here.",
        ),
        (SessionStatus::Complete, false) => (
            "",
            "…",
            "This payment is on its way",
            "The checkout is complete; whether the money arrives is known later.",
        ),
    };
    let link = if session.status == SessionStatus::Complete {
        Some((session.redirect(), format!("Continue to {}", shop(session))))
    } else {
        session.cancel_url.clone().map(|url| (url, format!("Back to {}", shop(session))))
    };
    let facts = Some(amounts::format(session.amount, session.currency));
    Err(Box::new(Notice { tone, mark, title, text, facts, link }.page(StatusCode::OK)))
}

fn summary(session: &Session) -> minijinja::Value {
    let money = |amount| amounts::format(amount, session.currency);
    let lines: Vec<_> = session
        .lines
        .iter()
        .map(|line| {
            context! {
                name => line.name.as_str(), description => line.description.clone(), image => line.image.clone(),
                quantity => line.quantity, each => money(line.unit_amount), total => money(line.total()),
                initial => line.name.chars().next().map(|first| first.to_uppercase().to_string()),
            }
        })
        .collect();
    context! {
        shop => shop(session), total => money(session.amount), cancel_url => session.cancel_url.clone(),
        page => path(session), lines,
        card => session.method_types.iter().any(|method| method == "card"),
        paypal => session.method_types.iter().any(|method| method == "paypal"),
    }
}

/// The page's path, relative to the host the browser came to.
pub(crate) fn path(session: &Session) -> String {
    format!("/c/pay/{}", session.id)
}

/// Whom the customer pays: the domain the shop's own pages are on.
pub(crate) fn shop(session: &Session) -> String {
    let url = url::Url::parse(&session.success_url).ok();
    let domain = url.as_ref().and_then(url::Url::domain).filter(|domain| *domain != "localhost");
    domain.unwrap_or("the shop").to_owned()
}

/// Sends the customer where the attempt leads. A completed Session waits for the webhook's answer.
pub(crate) async fn go_on(app: &App, id: &str, paid: &Paid) -> HttpResponse {
    let (page, done) = {
        let state = app.state();
        let Some(session) = state.sessions.get(id) else { return render::not_found("checkout") };
        (path(session), session.redirect())
    };
    match paid {
        Paid::Succeeded | Paid::Processing => {
            app.deliveries_tried(id).await;
            render::redirect(&done)
        }
        Paid::RequiresAction => render::redirect(&format!("{page}/3ds")),
        Paid::Declined(_) | Paid::Cancelled(_) => render::redirect(&format!("{page}?declined=1")),
    }
}
