//! Ids of Stripe's Checkout Sessions.

/// Whether the text can be one: letters, digits and underscores, at most 255. Anything else is never looked
/// for.
pub(super) fn is_session_id(text: &str) -> bool {
    (1..=255).contains(&text.len()) && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_')
}
