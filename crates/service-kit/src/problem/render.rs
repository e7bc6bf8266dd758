//! The last step of every answer: problems get their request id, the framework's own errors become problems, and
//! what is our fault is logged once.

use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse};

use super::{Problem, ProblemCode};
use crate::telemetry::RequestId;

/// Middleware for `actix_web::middleware::from_fn`; [`server`](crate::server) installs it.
///
/// # Errors
/// Those of inner middleware; errors of handlers arrive here as answers.
pub async fn render(
    request: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let request_id = RequestId::of(&request);
    let mut answer = next.call(request).await?.map_into_boxed_body();
    if let Some(replacement) = replacement(&answer, request_id.as_str()) {
        answer = answer.into_response(replacement);
    }
    if let Ok(value) = HeaderValue::from_str(request_id.as_str()) {
        answer.headers_mut().insert(HeaderName::from_static("x-request-id"), value);
    }
    Ok(answer)
}

/// The problem to answer instead, if the answer is an error that is not one yet.
fn replacement(answer: &ServiceResponse, request_id: &str) -> Option<HttpResponse> {
    let response = answer.response();
    if !(response.status().is_client_error() || response.status().is_server_error()) {
        return None;
    }
    if let Some(problem) = response.error().and_then(|error| error.as_error::<Problem>()) {
        return Some(written(problem, answer, request_id));
    }
    let framework = response.error().is_some() || !response.headers().contains_key(header::CONTENT_TYPE);
    framework.then(|| {
        let mut problem = Problem::new(code_of(response.status().as_u16()));
        if let Some(error) = response.error().filter(|_| response.status().is_server_error()) {
            problem = problem.because(anyhow::anyhow!("{error}"));
        }
        written(&problem, answer, request_id)
    })
}

/// The problem in place of the answer, with the headers that CORS, `Allow` and others put there.
fn written(problem: &Problem, answer: &ServiceResponse, request_id: &str) -> HttpResponse {
    log(problem);
    let mut written = problem.response(Some(request_id));
    let own: Vec<_> = written.headers().keys().cloned().collect();
    for (name, value) in answer.headers() {
        if !own.contains(name) && *name != header::CONTENT_LENGTH {
            written.headers_mut().append(name.clone(), value.clone());
        }
    }
    written
}

const fn code_of(status: u16) -> ProblemCode {
    match status {
        401 => ProblemCode::Unauthorized,
        403 => ProblemCode::Forbidden,
        404 => ProblemCode::NotFound,
        405 => ProblemCode::MethodNotAllowed,
        408 => ProblemCode::RequestTimeout,
        413 => ProblemCode::BodyTooLarge,
        415 => ProblemCode::UnsupportedMediaType,
        422 => ProblemCode::ValidationFailed,
        429 => ProblemCode::RateLimited,
        503 => ProblemCode::ServiceUnavailable,
        400..=499 => ProblemCode::BadRequest,
        _ => ProblemCode::Internal,
    }
}

/// The whole chain of causes, for 5xx only: what callers do wrong is in the request's own line.
fn log(problem: &Problem) {
    let code = problem.code.entry().code;
    match &problem.cause {
        Some(cause) if problem.code.status().is_server_error() => {
            tracing::error!(code, error = format!("{cause:#}"), "request failed");
        }
        _ => {}
    }
}
