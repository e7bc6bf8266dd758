//! The id that a request is known by, in headers, problems and logs.

use std::convert::Infallible;
use std::future::{Ready, ready};

use actix_web::dev::{Payload, ServiceRequest};
use actix_web::{FromRequest, HttpMessage, HttpRequest};

/// The header it comes and goes in.
const HEADER: &str = "x-request-id";
/// Characters of an id, at most.
const LIMIT: usize = 128;

/// The caller's `X-Request-Id` if it is sane (1 to 128 of letters, digits, `.`, `_`, `-`), else a new one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(String);

impl RequestId {
    /// As text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The request's id, chosen the first time it is asked for.
    pub(crate) fn of(request: &ServiceRequest) -> Self {
        Self::of_request(request.request())
    }

    fn of_request(request: &HttpRequest) -> Self {
        if let Some(known) = request.extensions().get::<Self>() {
            return known.clone();
        }
        let given = request.headers().get(HEADER).and_then(|id| id.to_str().ok()).filter(|id| is_sane(id));
        let id = Self(given.map_or_else(|| hex::encode(kernel::random::bytes::<16>()), str::to_owned));
        request.extensions_mut().insert(id.clone());
        id
    }
}

fn is_sane(id: &str) -> bool {
    (1..=LIMIT).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
}

impl FromRequest for RequestId {
    type Error = Infallible;
    type Future = Ready<Result<Self, Infallible>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(Ok(Self::of_request(request)))
    }
}
