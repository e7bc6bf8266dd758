//! Randomness from the operating system, in one place.

/// `N` bytes fit for keys and tokens.
#[must_use]
pub fn bytes<const N: usize>() -> [u8; N] {
    rand::random()
}
