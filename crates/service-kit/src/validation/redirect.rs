//! URLs that the customer's browser is sent to after paying. They are checked, never fetched.

use url::Url;

use super::AllowedOrigins;

/// Characters of a URL, at most; Stripe's limit is 5000.
const LIMIT: usize = 2048;

/// Why a URL is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RedirectError {
    /// Not an absolute http(s) URL, or written so that browsers read it differently.
    #[error("must be an absolute http or https URL")]
    NotAbsolute,
    /// User name or password inside.
    #[error("must not contain a user name or password")]
    Credentials,
    /// An origin that is not allowed.
    #[error("must have an allowed origin")]
    Origin,
    /// Too long.
    #[error("must have at most 2048 characters")]
    TooLong,
}

/// The URL, if a browser may be sent there.
///
/// # Errors
/// Why not.
pub fn redirect_url(text: &str, allowed: &AllowedOrigins) -> Result<Url, RedirectError> {
    let text = text.trim_matches(' ');
    if text.len() > LIMIT {
        return Err(RedirectError::TooLong);
    }
    // Parsers drop tabs and line breaks and turn backslashes; what is checked must be what browsers see.
    if text.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\') {
        return Err(RedirectError::NotAbsolute);
    }
    let lower = text.to_ascii_lowercase();
    let rest = lower.strip_prefix("https://").or_else(|| lower.strip_prefix("http://"));
    if rest.is_none_or(|rest| rest.starts_with('/')) {
        return Err(RedirectError::NotAbsolute);
    }
    let url = Url::parse(text).map_err(|_| RedirectError::NotAbsolute)?;
    let authority = rest.and_then(|rest| rest.split(['/', '?', '#']).next()).unwrap_or_default();
    if authority.contains('@') || !url.username().is_empty() || url.password().is_some() {
        return Err(RedirectError::Credentials);
    }
    if allowed.allows_url(&url) { Ok(url) } else { Err(RedirectError::Origin) }
}
