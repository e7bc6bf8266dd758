//! What a token claims, checked against the clock and the configuration.

use serde_json::{Map, Value};
use time::OffsetDateTime;

use super::{InvalidToken, User};

/// How far the issuer's clock may differ from ours, in seconds.
const LEEWAY: i64 = 60;
/// Characters of a user id, at most.
const ID_LIMIT: usize = 250;

/// What claims are checked against.
#[derive(Debug, Clone)]
pub(super) struct Expected {
    pub(super) issuer: Option<String>,
    pub(super) audience: Option<String>,
    pub(super) user_claim: String,
}

impl Expected {
    /// The user a verified token speaks of.
    pub(super) fn check(
        &self,
        claims: &Map<String, Value>,
        now: OffsetDateTime,
    ) -> Result<User, InvalidToken> {
        let now = now.unix_timestamp();
        let expires =
            seconds(claims.get("exp").ok_or(InvalidToken::NoExpiry)?).ok_or(InvalidToken::Malformed)?;
        if expires.saturating_add(LEEWAY) <= now {
            return Err(InvalidToken::Expired);
        }
        if let Some(not_before) = claims.get("nbf") {
            let not_before = seconds(not_before).ok_or(InvalidToken::Malformed)?;
            if not_before.saturating_sub(LEEWAY) > now {
                return Err(InvalidToken::NotYetValid);
            }
        }
        if self
            .issuer
            .as_deref()
            .is_some_and(|issuer| claims.get("iss").and_then(Value::as_str) != Some(issuer))
        {
            return Err(InvalidToken::Issuer);
        }
        if self
            .audience
            .as_deref()
            .is_some_and(|audience| !names(claims.get("aud")).any(|name| name == audience))
        {
            return Err(InvalidToken::Audience);
        }
        self.user(claims)
    }

    fn user(&self, claims: &Map<String, Value>) -> Result<User, InvalidToken> {
        let id = match claims.get(&self.user_claim) {
            Some(Value::String(id)) => id.clone(),
            Some(Value::Number(id)) => id.to_string(),
            _ => return Err(InvalidToken::NoUser),
        };
        let fit =
            !id.trim().is_empty() && id.chars().count() <= ID_LIMIT && !id.chars().any(char::is_control);
        // 'guest' and 'service' name callers without an account.
        if !fit || id == "guest" || id == "service" {
            return Err(InvalidToken::NoUser);
        }
        let admin = names(claims.get("role")).chain(names(claims.get("roles"))).any(|role| role == "admin");
        Ok(User {
            id,
            email: claims.get("email").and_then(Value::as_str).map(str::to_owned),
            email_verified: claims.get("email_verified").and_then(Value::as_bool).unwrap_or(false),
            admin,
        })
    }
}

/// A claim that is one name or a list of names.
fn names(claim: Option<&Value>) -> impl Iterator<Item = &str> {
    let list = claim.and_then(Value::as_array).map(Vec::as_slice);
    list.unwrap_or_else(|| claim.map(std::slice::from_ref).unwrap_or_default())
        .iter()
        .filter_map(Value::as_str)
}

/// A NumericDate in whole seconds; its fraction does not matter.
fn seconds(claim: &Value) -> Option<i64> {
    let Value::Number(number) = claim else { return None };
    number.as_i64().or_else(|| number.to_string().split_once('.')?.0.parse().ok())
}
