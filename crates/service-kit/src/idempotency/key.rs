//! The header.

use std::future::{Ready, ready};

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};

use crate::problem::{Problem, ProblemCode};

const HEADER: &str = "idempotency-key";
/// Characters of a key, at most.
const LIMIT: usize = 255;

/// Extractor: the request's `Idempotency-Key`, if it has one. 400 unless it is one header of 1 to 255 printable
/// ASCII characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdempotencyKey(pub Option<String>);

impl FromRequest for IdempotencyKey {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let mut values = request.headers().get_all(HEADER);
        let key = match (values.next(), values.next()) {
            (None, _) => return ready(Ok(Self(None))),
            (Some(value), None) => value.to_str().ok().filter(|key| fits(key)),
            (Some(_), Some(_)) => None,
        };
        let refused = || {
            Problem::new(ProblemCode::IdempotencyKeyInvalid)
                .with_detail("Idempotency-Key must be 1 to 255 printable ASCII characters.")
        };
        ready(key.map(|key| Self(Some(key.to_owned()))).ok_or_else(refused))
    }
}

fn fits(key: &str) -> bool {
    (1..=LIMIT).contains(&key.len()) && key.bytes().all(|b| (0x20..0x7f).contains(&b))
}
