//! Which frontends on other origins may call.

use actix_cors::Cors;
use actix_web::http::{Method, header};

use crate::validation::AllowedOrigins;

/// How long a browser may remember a preflight's answer, in seconds.
const MAX_AGE: usize = 600;

/// Allowed origins may call with cookies and read our headers. With `*` there are no cookies: any page could
/// otherwise act for whoever is signed in.
pub(super) fn policy(origins: &AllowedOrigins) -> Cors {
    let allowed = origins.clone();
    let cors = Cors::default()
        .allowed_origin_fn(move |origin, _| origin.to_str().is_ok_and(|origin| allowed.allows(origin)))
        .allowed_methods([Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE])
        .allowed_headers([
            header::ACCEPT,
            header::AUTHORIZATION,
            header::CONTENT_TYPE,
            header::IF_MATCH,
            header::IF_NONE_MATCH,
        ])
        .allowed_headers([
            "X-CSRF-Token",
            "X-Order-Token",
            "X-Request-Id",
            "Idempotency-Key",
            "Last-Event-ID",
            "traceparent",
            "tracestate",
        ])
        .expose_headers([
            "ETag",
            "Idempotent-Replayed",
            "RateLimit",
            "RateLimit-Policy",
            "Retry-After",
            "X-Request-Id",
        ])
        .max_age(MAX_AGE);
    if origins.is_any() { cors } else { cors.supports_credentials() }
}
