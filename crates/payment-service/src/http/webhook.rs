//! `POST /api/payments/webhooks/stripe` and its alias: Stripe's events. Answers fast; what follows is done by the
//! relay and the workers.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde_json::json;
use service_kit::problem::{Problem, ProblemCode, RawBody};
use service_kit::task::Tasks;

use crate::app::{App, Rejected, receive_webhook};

/// The largest body: 1 MiB.
const LIMIT: usize = 1024 * 1024;
const SIGNATURE: &str = "stripe-signature";

pub(super) async fn handle(
    request: HttpRequest,
    app: Data<App>,
    tasks: Data<Tasks>,
    body: RawBody<LIMIT>,
) -> Result<HttpResponse, Problem> {
    let headers = request.headers().get_all(SIGNATURE);
    let signatures: Vec<Vec<u8>> = headers.map(|value| value.as_bytes().to_vec()).collect();
    let app = app.into_inner();
    let received = tasks.detached(async move {
        let signatures: Vec<&[u8]> = signatures.iter().map(Vec::as_slice).collect();
        receive_webhook(&app, &signatures, &body.0).await
    });
    received.await?.map_err(problem)?;
    Ok(HttpResponse::Ok().json(json!({ "received": true })))
}

fn problem(rejected: Rejected) -> Problem {
    match rejected {
        Rejected::Signature(_) => ProblemCode::InvalidSignature.into(),
        Rejected::Body(reason) => {
            Problem::new(ProblemCode::BadRequest).with_detail(format!("The body is {reason}."))
        }
        Rejected::NotText => Problem::new(ProblemCode::BadRequest).with_detail("The body is not UTF-8."),
        // Whatever it was: only an event that is stored may be answered 200, and Stripe shall send this one again.
        Rejected::NotStored(error) => Problem::new(ProblemCode::ServiceUnavailable).because(error),
    }
}
