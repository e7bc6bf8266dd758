//! The JSON body of a request, read strictly.

use std::ops::Deref;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Bytes;
use actix_web::{FromRequest, HttpRequest};
use futures::future::LocalBoxFuture;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::body_stream::{BODY_LIMIT, read};
use super::{Problem, ProblemCode, depth, json_error};
use crate::validation::Violation;

/// A JSON object as body: at most 256 KiB, nested at most 64 deep, of a JSON content type.
///
/// Wrong content type 415, too large 413, not JSON or too deep 400, not the expected fields 422 with a pointer.
/// Unknown fields are ignored.
#[derive(Debug, Clone)]
pub struct Json<T> {
    value: T,
    raw: Bytes,
}

impl<T> Json<T> {
    /// The body.
    pub fn into_inner(self) -> T {
        self.value
    }

    /// The bytes as they came, for [`idempotency::request_hash`](crate::idempotency::request_hash).
    pub const fn raw(&self) -> &Bytes {
        &self.raw
    }
}

impl<T> Deref for Json<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T: DeserializeOwned> FromRequest for Json<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            check_content_type(&request)?;
            let raw = read(&request, payload, BODY_LIMIT).await?;
            Ok(Self { value: parse(&raw)?, raw })
        })
    }
}

/// As [`Json`], but no body at all stands for `T::default()`.
#[derive(Debug, Clone)]
pub struct OptionalJson<T>(pub T);

impl<T: DeserializeOwned + Default> FromRequest for OptionalJson<T> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move {
            let raw = read(&request, payload, BODY_LIMIT).await?;
            if raw.is_empty() {
                return Ok(Self(T::default()));
            }
            check_content_type(&request)?;
            parse(&raw).map(Self)
        })
    }
}

/// `application/json`, or a type with the suffix `+json`, in UTF-8, not compressed.
fn check_content_type(request: &HttpRequest) -> Result<(), Problem> {
    let encoding = request.headers().get(header::CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(ProblemCode::UnsupportedMediaType.into());
    }
    let value = request.headers().get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let mut parts = value.unwrap_or_default().split(';').map(|part| part.trim().to_ascii_lowercase());
    let essence = parts.next().unwrap_or_default();
    let json =
        essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"));
    let utf8 = parts.all(|part| {
        part.strip_prefix("charset=")
            .is_none_or(|charset| matches!(charset.trim_matches('"'), "utf-8" | "utf8"))
    });
    if json && utf8 { Ok(()) } else { Err(ProblemCode::UnsupportedMediaType.into()) }
}

/// Reads `T` from JSON text by the rules of [`Json`].
pub(crate) fn parse<T: DeserializeOwned>(raw: &[u8]) -> Result<T, Problem> {
    if depth::too_deep(raw) {
        return Err(ProblemCode::JsonTooDeep.into());
    }
    let text = std::str::from_utf8(raw)
        .map_err(|_| Problem::new(ProblemCode::MalformedJson).with_detail("The body is not UTF-8."))?;
    let _: IgnoredAny = serde_json::from_str(text).map_err(|error| json_error::malformed(&error))?;
    // serde would take an array for a struct, field by field.
    if !text.trim_start().starts_with('{') {
        let violation = Violation::new("", "must be a JSON object");
        return Err(Problem::new(ProblemCode::ValidationFailed).with_violations(vec![violation]));
    }
    let mut deserializer = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut deserializer).map_err(|error| json_error::unexpected(&error))
}
