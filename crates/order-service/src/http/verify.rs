//! `POST /api/orders/verify`: the success page, which may be faster than the webhook.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use service_kit::csrf;
use service_kit::problem::{Json, Problem};
use service_kit::task::Tasks;
use service_kit::validation::Violations;

use super::Shop;
use super::asker::Asking;
use super::body::OrderBody;
use super::session_id::is_session_id;
use crate::app::verify::verify;

/// The body.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct VerifyInput {
    session_id: String,
    guest_email: Option<String>,
}

/// `success` says that the question was answered; `paymentStatus` is the answer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct VerifyBody {
    success: bool,
    order: OrderBody,
    payment_status: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    order_token: Option<String>,
}

/// The handler.
pub(super) async fn post(
    shop: Data<Shop>,
    _csrf: csrf::Checked,
    Asking(asker): Asking,
    tasks: Data<Tasks>,
    body: Json<VerifyInput>,
) -> Result<HttpResponse, Problem> {
    let VerifyInput { session_id, guest_email } = body.into_inner();
    let session_id = session_id.trim().to_owned();
    let mut violations = Violations::new();
    if !is_session_id(&session_id) {
        violations.at("/sessionId", "must be the id of a Checkout Session");
    }
    let email = guest_email.as_deref().filter(|email| !email.trim().is_empty());
    let email = email.map(|email| violations.email("/guestEmail", email));
    violations.check()?;
    let app = shop.app.clone();
    let verified =
        tasks.detached(async move { verify(&app, &session_id, email.as_deref(), &asker).await }).await??;
    Ok(HttpResponse::Ok().json(VerifyBody {
        success: true,
        payment_status: verified.view.order.payment_status.as_str(),
        order: OrderBody::of(&verified.view, verified.full),
        order_token: verified.token,
    }))
}
