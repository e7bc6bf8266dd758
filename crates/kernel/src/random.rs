//! Randomness from the operating system, in one place.

/// `N` bytes fit for keys and tokens.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the one place where randomness is drawn")]
pub fn bytes<const N: usize>() -> [u8; N] {
    rand::random()
}
