//! The longest a caller waits for any answer.

use std::time::Duration;

use actix_web::Error;
use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use tokio::time::timeout;

use crate::problem::{Problem, ProblemCode};

/// Longer than anything inside that has a bound of its own, and shorter than proxies and browsers wait. What a request
/// began in a detached task goes on; the same call later finds it.
pub(super) const LONGEST: Duration = Duration::from_secs(30);

/// Answers 503 when nothing else has by then.
pub(super) async fn keep<B: MessageBody + 'static>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    match timeout(LONGEST, next.call(request)).await {
        Ok(answer) => answer,
        Err(late) => Err(Problem::new(ProblemCode::ServiceUnavailable).because(late).into()),
    }
}
