//! The card form.

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, web};
use serde::Deserialize;

use super::checkout::{self, Errors, Form};
use super::render;
use crate::app::App;
use crate::cards;
use crate::flow::checkout::{Means, pay as pay_session};
use crate::state::Billing;

#[derive(Deserialize)]
pub(crate) struct Sent {
    #[serde(default)]
    email: String,
    #[serde(default)]
    number: String,
    #[serde(default)]
    expiry: String,
    #[serde(default)]
    cvc: String,
    #[serde(default)]
    name: String,
}

pub(crate) async fn pay(app: web::Data<App>, id: web::Path<String>, sent: web::Form<Sent>) -> HttpResponse {
    let paid = {
        let mut state = app.state();
        let session = match checkout::open(&state, &id) {
            Ok(session) => session,
            Err(answer) => return *answer,
        };
        let (expiry, errors) = check(&sent, state.now());
        let Some((exp_month, exp_year)) = expiry.filter(|_| errors.is_empty()) else {
            let form = Form {
                email: sent.email.clone(),
                expiry: sent.expiry.clone(),
                name: sent.name.clone(),
                ..Form::default()
            };
            return checkout::page(&state, session, StatusCode::UNPROCESSABLE_ENTITY, &form, &errors, false);
        };
        let means = Means::Card { number: sent.number.clone(), exp_month, exp_year, challenge: None };
        let billing = Billing {
            email: Some(sent.email.trim().to_owned()),
            name: Some(sent.name.trim().to_owned()),
            ..Billing::default()
        };
        pay_session(&mut state, &id, means, billing)
    };
    match paid {
        Ok(paid) => checkout::go_on(&app, &id, &paid).await,
        Err(error) => {
            tracing::info!(message = error.message, "the page could not pay");
            render::redirect(&format!("/c/pay/{}", *id))
        }
    }
}

/// Month and year of expiry, and what is wrong with the form.
fn check(sent: &Sent, now: i64) -> (Option<(i64, i64)>, Errors) {
    let mut errors = Errors::new();
    let digits: String = sent.number.chars().filter(char::is_ascii_digit).collect();
    let other = sent.number.chars().any(|character| !character.is_ascii_digit() && !" -".contains(character));
    if other || !cards::luhn(&digits) {
        errors.insert("number", "Your card number is invalid.");
    }
    if !(3..=4).contains(&sent.cvc.trim().len()) || !sent.cvc.trim().bytes().all(|byte| byte.is_ascii_digit())
    {
        errors.insert("cvc", "Your card's security code is incomplete.");
    }
    if sent.name.trim().is_empty() {
        errors.insert("name", "Enter the name on the card.");
    }
    let email = sent.email.trim();
    if !email.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.')) {
        errors.insert("email", "Enter your email address.");
    }
    let expiry = expiry(&sent.expiry);
    match expiry {
        None => {
            errors.insert("expiry", "Your card's expiry date is incomplete.");
        }
        Some(expiry) if past(expiry, now) => {
            errors.insert("expiry", "Your card's expiry date is in the past.");
        }
        Some(_) => {}
    }
    (expiry, errors)
}

/// `12 / 34`, `1234`, `12/2034` → month and full year.
fn expiry(text: &str) -> Option<(i64, i64)> {
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    let (month, year) = match digits.len() {
        4 | 6 => digits.split_at(2),
        _ => return None,
    };
    let (month, year): (i64, i64) = (month.parse().ok()?, year.parse().ok()?);
    (1..=12).contains(&month).then_some((month, if year < 100 { 2000 + year } else { year }))
}

fn past((month, year): (i64, i64), now: i64) -> bool {
    time::OffsetDateTime::from_unix_timestamp(now)
        .is_ok_and(|now| (year, month) < (i64::from(now.year()), i64::from(u8::from(now.month()))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn expiries() {
        assert_eq!(expiry("12 / 34"), Some((12, 2034)));
        assert_eq!(expiry("0127"), Some((1, 2027)));
        assert_eq!(expiry("03/2031"), Some((3, 2031)));
        assert_eq!(expiry("13/30"), None);
        assert_eq!(expiry("1/3"), None);
        let in_november_2026 = 1_795_000_000;
        assert!(past((10, 2026), in_november_2026));
        assert!(!past((11, 2026), in_november_2026));
    }
}
