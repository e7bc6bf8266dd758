//! `GET /api/csrf-token`.

use actix_web::cookie::{Cookie, SameSite};
use actix_web::http::header;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::json;

use super::{COOKIE, Csrf, Session};
use crate::auth::{cookie, is_plain_loopback};

/// Handler: `{csrfToken}` and the cookie it belongs to. A cookie that is there keeps its session, so that a
/// guest's `Idempotency-Key` stays theirs.
pub async fn token(request: HttpRequest, csrf: web::Data<Csrf>) -> HttpResponse {
    let known = cookie(&request, COOKIE).and_then(|cookie| Session::parse(cookie.value()));
    let session = known.unwrap_or_else(Session::generate);
    let plain = is_plain_loopback(&request);
    let name = if plain { COOKIE.to_owned() } else { format!("__Host-{COOKIE}") };
    let set = Cookie::build(name, session.as_str().to_owned())
        .path("/")
        .http_only(true)
        .secure(!plain)
        .same_site(SameSite::Lax)
        .finish();
    HttpResponse::Ok()
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .cookie(set)
        .json(json!({ "csrfToken": csrf.issue(&session) }))
}
