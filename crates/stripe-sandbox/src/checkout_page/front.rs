//! The sandbox's front page, and receipts.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use minijinja::context;

use super::checkout::shop;
use super::render::{self, Notice};
use crate::amounts;
use crate::app::App;
use crate::cards::{self, Outcome};
use crate::state::SessionStatus;

/// How many open Sessions the front page links.
const LINKS: usize = 10;

pub(crate) async fn front(app: web::Data<App>) -> HttpResponse {
    let state = app.state();
    let sessions: Vec<_> = state
        .sessions
        .iter()
        .rev()
        .filter(|session| session.status == SessionStatus::Open)
        .take(LINKS)
        .map(|session| {
            let total = amounts::format(session.amount, session.currency);
            context! { url => session.url.as_str(), total, shop => shop(session) }
        })
        .collect();
    let counts = [
        ("Checkout Sessions", state.sessions.iter().count()),
        ("PaymentIntents", state.intents.iter().count()),
        ("Charges", state.charges.iter().count()),
        ("Refunds", state.refunds.iter().count()),
        ("Events", state.events.iter().count()),
        ("Webhook endpoints", state.endpoints.iter().count()),
    ];
    let cards: Vec<_> = cards::CARDS
        .iter()
        .map(|card| {
            let what = match card.outcome {
                Outcome::Pays => format!("pays ({}, {})", card.brand, card.funding),
                Outcome::Declines(decline) => match decline.decline_code {
                    Some(reason) => format!("{}: {reason}", decline.code),
                    None => decline.code.to_owned(),
                },
                Outcome::Asks3ds(None) => "asks for 3-D Secure, then pays".into(),
                Outcome::Asks3ds(Some(_)) => "asks for 3-D Secure, then declines".into(),
            };
            context! { number => card.number, what }
        })
        .collect();
    render::page(StatusCode::OK, "front.html", context! { sessions, counts, cards })
}

pub(crate) async fn receipt(app: web::Data<App>, id: web::Path<String>) -> HttpResponse {
    let state = app.state();
    let Some(charge) = state.charges.get(&id).filter(|charge| charge.succeeded()) else {
        return render::not_found("receipt");
    };
    let refunded = match charge.amount_refunded {
        0 => String::new(),
        amount => format!(" · {} refunded", amounts::format(amount, charge.currency)),
    };
    Notice {
        tone: "good",
        mark: "✓",
        title: "Receipt",
        text: &format!("Paid: {}{refunded}", amounts::format(charge.amount, charge.currency)),
        facts: Some(charge.id.clone()),
        ..Notice::default()
    }
    .page(StatusCode::OK)
}
