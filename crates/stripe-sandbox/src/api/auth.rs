//! The API key: as Basic user name or Bearer token, as Stripe takes it.

use actix_web::http::header::{AUTHORIZATION, HeaderMap};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::error::ApiError;

/// Refuses a call without the sandbox's key.
pub(crate) fn check(headers: &HeaderMap, api_key: &str) -> Result<(), ApiError> {
    let header = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = header.and_then(key).filter(|key| !key.is_empty());
    match given {
        None => Err(ApiError::unauthorized(
            "You did not provide an API key. You need to provide your API key in the Authorization header, \
             using Bearer auth (e.g. 'Authorization: Bearer YOUR_SECRET_KEY').",
        )),
        Some(key) if key == api_key => Ok(()),
        Some(key) => Err(ApiError::unauthorized(format!("Invalid API Key provided: {}", mask(&key)))),
    }
}

fn key(header: &str) -> Option<String> {
    let (scheme, value) = header.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(value.trim().to_owned());
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(value.trim()).ok()?).ok()?;
    decoded.split(':').next().map(str::to_owned)
}

/// As Stripe shows a wrong key: its kind and its last four characters.
fn mask(key: &str) -> String {
    let characters: Vec<char> = key.chars().take(200).collect();
    if characters.len() <= 12 {
        return "*".repeat(characters.len());
    }
    let (head, tail): (String, String) =
        (characters[..8].iter().collect(), characters[characters.len() - 4..].iter().collect());
    format!("{head}{}{tail}", "*".repeat(characters.len() - 12))
}
