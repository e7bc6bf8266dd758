//! `POST /api/payments/create-checkout-session`: a Session for a frontend that has no order.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use service_kit::auth::{Caller, User};
use service_kit::csrf::CheckedForCookie;
use service_kit::idempotency::{Claim, IdempotencyKey, request_hash};
use service_kit::problem::{Json, Problem};
use service_kit::task::Tasks;
use service_kit::validation::rules;
use time::format_description::well_known::Rfc3339;

use super::Settings;
use super::checkout_body::{Body, Checked};
use super::problem::problem;
use crate::app::{App, Buyer, Checkout, CheckoutAnswer, UseCaseError, create_checkout_session};

pub(super) async fn handle(
    request: HttpRequest,
    caller: Caller,
    csrf: CheckedForCookie,
    key: IdempotencyKey,
    (app, settings, tasks): (Data<App>, Data<Settings>, Data<Tasks>),
    body: Json<Body>,
) -> Result<HttpResponse, Problem> {
    let hash = request_hash("POST", request.path(), body.raw());
    let checked = body.into_inner().check(&settings)?;
    let scope = csrf.scope(&caller).or_else(|| guest_scope(&checked));
    let claim = scope.zip(key.0).map(|(scope, key)| Claim::new(scope, key, hash));
    let checkout = checkout(&caller, checked, claim);
    let app = app.into_inner();
    let made = tasks.detached(async move { create_checkout_session(&app, checkout).await }).await?;
    made.and_then(answer).map_err(|error| problem(error, "/products"))
}

/// A guest without a CSRF session is told apart by the mail address. Without that, nothing tells two guests apart: where
/// they call from is one address for all behind an ingress, and one's key must never get another's Session. Their keys
/// are not looked at.
fn guest_scope(checked: &Checked) -> Option<String> {
    checked.email.as_ref().map(|email| format!("guest:{email}"))
}

fn checkout(caller: &Caller, checked: Checked, claim: Option<Claim>) -> Checkout {
    let trusted = *caller == Caller::Service;
    let buyer = Buyer {
        // A service buys for somebody it does not name.
        user_id: if trusted { "guest".to_owned() } else { caller.user_id().to_owned() },
        email: checked.email.or_else(|| caller.user().and_then(vouched_mail)),
        trusted,
    };
    Checkout {
        buyer,
        items: checked.items,
        currency: checked.currency,
        redirects: checked.redirects,
        payment_method_types: checked.payment_method_types,
        metadata: checked.metadata,
        claim,
    }
}

/// The token's mail address, if its issuer vouches for it and it is one: Stripe refuses others.
fn vouched_mail(user: &User) -> Option<String> {
    let mail = user.email.as_deref().filter(|_| user.email_verified)?;
    rules::email(mail).ok()
}

fn answer(made: CheckoutAnswer) -> Result<HttpResponse, UseCaseError> {
    let payment = made.purchase.newest().ok_or(UseCaseError::OutcomeUnknown)?;
    let session_id = payment.snapshot.session_id.as_ref().ok_or(UseCaseError::OutcomeUnknown)?;
    let mut response = HttpResponse::Ok();
    if made.replayed {
        response.insert_header(("Idempotent-Replayed", "true"));
    }
    Ok(response.json(json!({
        "id": session_id,
        "sessionId": session_id,
        "url": payment.url,
        "clientSecret": payment.client_secret,
        "orderId": made.purchase.id,
        "amount": payment.snapshot.amount,
        "currency": payment.snapshot.currency,
        "expiresAt": payment.expires_at.and_then(|end| end.format(&Rfc3339).ok()),
    })))
}
