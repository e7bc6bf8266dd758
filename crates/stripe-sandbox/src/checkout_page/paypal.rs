//! PayPal's page, where the tester says how PayPal ends.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use minijinja::context;
use serde::Deserialize;

use super::{checkout, render};
use crate::amounts;
use crate::app::App;
use crate::flow::checkout::{Means, PaypalOutcome, pay};
use crate::state::Billing;

pub(crate) async fn ask(app: web::Data<App>, id: web::Path<String>) -> HttpResponse {
    let state = app.state();
    let session = match checkout::open(&state, &id) {
        Ok(session) => session,
        Err(answer) => return *answer,
    };
    let choice = |answer: &str, label: &str, style: &str, hint: &str| context! { answer, label, style, hint };
    let total = amounts::format(session.amount, session.currency);
    let page = checkout::path(session);
    let choices = [
        choice("approve", "Approve", "paypal", "Pays at once."),
        choice("delayed_success", "Approve, money arrives later", "plain", "Pending, then paid."),
        choice("delayed_failure", "Approve, money never arrives", "plain", "Pending, then failed."),
        choice("cancel", "Cancel", "plain", "Back to the checkout; nothing is paid."),
    ];
    let values = context! {
        from => "PayPal (sandbox)", title => format!("Pay {total} to {}?", checkout::shop(session)),
        text => "Choose how PayPal answers.", action => format!("{page}/paypal"), choices, back => page,
    };
    render::page(StatusCode::OK, "question.html", values)
}

#[derive(Debug, Deserialize)]
pub(crate) struct Answer {
    answer: PaypalOutcome,
}

pub(crate) async fn answer(
    app: web::Data<App>,
    id: web::Path<String>,
    form: web::Form<Answer>,
) -> HttpResponse {
    let paid = {
        let mut state = app.state();
        let session = match checkout::open(&state, &id) {
            Ok(session) => session,
            Err(answer) => return *answer,
        };
        let email = session.customer_email.clone().unwrap_or_else(|| "paypal.customer@example.com".into());
        let billing =
            Billing { email: Some(email), name: Some("PayPal Customer".into()), ..Billing::default() };
        pay(&mut state, &id, Means::Paypal(form.answer), billing)
    };
    match paid {
        Ok(paid) => checkout::go_on(&app, &id, &paid).await,
        Err(error) => {
            tracing::info!(message = error.message, "the page could not pay");
            render::redirect(&format!("/c/pay/{}", *id))
        }
    }
}
