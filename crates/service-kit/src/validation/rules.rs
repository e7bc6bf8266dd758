//! Rules for single values. Each answers the value as it is kept, or what is wrong with it.

use validator::ValidateEmail;

use super::country;

/// Characters of a text, at most.
const TEXT_LIMIT: usize = 250;
/// Characters of a mail address, at most.
const EMAIL_LIMIT: usize = 254;

/// A required text: trimmed, not empty, at most 250 characters, no control characters.
///
/// # Errors
/// What is wrong, as a phrase that follows the field's name.
pub fn text(value: &str) -> Result<String, &'static str> {
    let value = value.trim_matches(' ');
    if value.chars().any(unprintable) {
        return Err("must not contain control characters");
    }
    let value = value.trim();
    if value.is_empty() {
        return Err("must not be empty");
    }
    if value.chars().count() > TEXT_LIMIT {
        return Err("must have at most 250 characters");
    }
    Ok(value.to_owned())
}

/// A mail address of at most 254 characters.
///
/// # Errors
/// What is wrong.
pub fn email(value: &str) -> Result<String, &'static str> {
    let value = value.trim_matches(' ');
    if value.chars().count() > EMAIL_LIMIT {
        return Err("must have at most 254 characters");
    }
    if value.chars().any(unprintable) || !value.validate_email() {
        return Err("must be a mail address");
    }
    Ok(value.to_owned())
}

/// An ISO 3166-1 alpha-2 country code, answered in upper case.
///
/// # Errors
/// What is wrong.
pub fn country(value: &str) -> Result<String, &'static str> {
    let code = value.trim_matches(' ').to_ascii_uppercase();
    if country::is_assigned(&code) { Ok(code) } else { Err("must be a two-letter country code (ISO 3166-1)") }
}

/// Control characters, and the separators that break lines like one.
fn unprintable(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}')
}
