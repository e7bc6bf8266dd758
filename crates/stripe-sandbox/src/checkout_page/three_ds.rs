//! The issuer's 3-D Secure page: of a Checkout Session, or of a PaymentIntent on its own.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use minijinja::context;
use serde::Deserialize;

use super::checkout as page;
use super::render::{self, Notice};
use crate::amounts;
use crate::app::App;
use crate::control::answer_challenge;
use crate::flow::checkout;
use crate::state::{Intent, IntentStatus, State};

#[derive(Debug, Deserialize)]
pub(crate) struct Form {
    answer: Answer,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Answer {
    Pass,
    Fail,
}

fn question(intent: &Intent, action: &str, back: Option<String>) -> HttpResponse {
    let amount = amounts::format(intent.amount, intent.currency);
    let choice = |answer: &str, label: &str, style: &str| context! { answer, label, style };
    let values = context! {
        from => "3-D Secure (sandbox)", title => "Your bank wants to know that it is you",
        text => format!("Complete the authentication to pay {amount}, or let it fail."), action,
        choices => [choice("pass", "Complete authentication", ""), choice("fail", "Fail authentication", "plain")],
        back,
    };
    render::page(StatusCode::OK, "question.html", values)
}

fn waiting<'a>(state: &'a State, id: Option<&str>) -> Option<&'a Intent> {
    state.intents.get(id?).filter(|intent| intent.status == IntentStatus::RequiresAction)
}

pub(crate) async fn ask(app: web::Data<App>, id: web::Path<String>) -> HttpResponse {
    let state = app.state();
    let session = match page::open(&state, &id) {
        Ok(session) => session,
        Err(answer) => return *answer,
    };
    let path = page::path(session);
    match waiting(&state, session.intent.as_deref()) {
        Some(intent) => question(intent, &format!("{path}/3ds"), Some(path)),
        None => render::redirect(&path),
    }
}

pub(crate) async fn answer(
    app: web::Data<App>,
    id: web::Path<String>,
    form: web::Form<Form>,
) -> HttpResponse {
    let paid = checkout::answer_challenge(&mut app.state(), &id, form.answer == Answer::Pass);
    match paid {
        Ok(paid) => page::go_on(&app, &id, &paid).await,
        Err(error) if error.status == 404 => render::not_found("checkout"),
        // Paid, expired or answered meanwhile: the Checkout page says which.
        Err(_) => render::redirect(&format!("/c/pay/{}", *id)),
    }
}

pub(crate) async fn ask_intent(app: web::Data<App>, id: web::Path<String>) -> HttpResponse {
    let state = app.state();
    match waiting(&state, Some(&id)) {
        Some(intent) => question(intent, &format!("/3ds/{}", intent.id), None),
        None => render::not_found("authentication"),
    }
}

pub(crate) async fn answer_intent(
    app: web::Data<App>,
    id: web::Path<String>,
    form: web::Form<Form>,
) -> HttpResponse {
    let passed = form.answer == Answer::Pass;
    if answer_challenge(&mut app.state(), &id, passed).is_err() {
        return render::not_found("authentication");
    }
    app.deliveries_tried(&id).await;
    let state = app.state();
    let Some(intent) = state.intents.get(&id) else { return render::not_found("authentication") };
    let paid = intent.status == IntentStatus::Succeeded;
    let Some(mut url) = intent.return_url.as_ref().and_then(|url| url::Url::parse(url).ok()) else {
        let (tone, mark, title) =
            if paid { ("good", "✓", "Authenticated and paid") } else { ("bad", "!", "Not paid") };
        let text = "You can close this page.";
        return Notice { tone, mark, title, text, ..Notice::default() }.page(StatusCode::OK);
    };
    url.query_pairs_mut()
        .append_pair("payment_intent", &intent.id)
        .append_pair("payment_intent_client_secret", &intent.client_secret)
        .append_pair("redirect_status", if paid { "succeeded" } else { "failed" });
    render::redirect(url.as_str())
}
