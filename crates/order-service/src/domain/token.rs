//! Order tokens: what a guest shows to reach the order again.
//!
//! `base64url(version · key id · purpose · order id · issued · expires · revision · HMAC-SHA256)`. The order
//! stores the token's hash and when it was issued, never the token: with these and the keys the very same
//! token can be minted again. Every reason to refuse one looks alike from outside.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use kernel::OrderId;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use time::{Duration, OffsetDateTime};

use crate::domain::order::StoredToken;

/// How long a token opens its order.
pub(crate) const LIFETIME: Duration = Duration::days(30);
/// A token with less than this left is replaced when it is minted again.
const RENEWAL: Duration = Duration::days(1);
/// Keys shorter than this are refused at start-up.
pub(crate) const MIN_KEY_LENGTH: usize = 32;

const VERSION: u8 = 1;
/// Opens one order; other purposes will have other numbers.
const PURPOSE_ORDER: u8 = 1;
const SIGNED_LENGTH: usize = 1 + 4 + 1 + 16 + 8 + 8 + 4;

/// Not a token for this order, or not any more. Says no more than that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the order token is not valid")]
pub(crate) struct Refused;

/// The keys that sign: the current one, and those still accepted while they are rotated out.
pub(crate) struct Keys {
    current: Key,
    previous: Vec<Key>,
}

struct Key {
    id: [u8; 4],
    secret: Vec<u8>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} order token keys", 1 + self.previous.len())
    }
}

/// A token and what to store of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Minted {
    pub(crate) text: String,
    pub(crate) stored: StoredToken,
}

impl Keys {
    /// `current` signs; tokens signed by one of `previous` are still accepted.
    pub(crate) fn new<'a>(current: &str, previous: impl IntoIterator<Item = &'a str>) -> Self {
        Self { current: Key::new(current), previous: previous.into_iter().map(Key::new).collect() }
    }

    fn all(&self) -> impl Iterator<Item = &Key> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    /// The token that is stored for the order, minted again, or else a new one. A new one replaces the old.
    pub(crate) fn mint(
        &self,
        order: OrderId,
        revision: u32,
        stored: Option<&StoredToken>,
        now: OffsetDateTime,
    ) -> Minted {
        let again = stored.filter(|stored| now < stored.issued_at + LIFETIME - RENEWAL);
        again
            .and_then(|stored| {
                self.all()
                    .map(|key| key.sign(order, revision, stored.issued_at))
                    .find(|minted| minted.stored.hash == stored.hash)
            })
            .unwrap_or_else(|| {
                let issued_at = now.replace_nanosecond(0).unwrap_or(now);
                self.current.sign(order, revision, issued_at)
            })
    }

    /// Whether `token` opens `order`.
    pub(crate) fn check(
        &self,
        token: &str,
        order: OrderId,
        revision: u32,
        stored: Option<&StoredToken>,
        now: OffsetDateTime,
    ) -> Result<(), Refused> {
        let bytes = URL_SAFE_NO_PAD.decode(token).map_err(|_| Refused)?;
        let (signed, mac) = bytes.split_at_checked(SIGNED_LENGTH).ok_or(Refused)?;
        let key_id = signed.get(1..5).ok_or(Refused)?;
        let key = self.all().find(|key| key.id == key_id).ok_or(Refused)?;
        key.hmac(signed).verify_slice(mac).map_err(|_| Refused)?;
        let stored = stored.ok_or(Refused)?;
        let issued_at = stored.issued_at;
        let same = bool::from(stored.hash.ct_eq(&hash(token)));
        let expected = payload(key.id, order, revision, issued_at);
        let live = now < issued_at + LIFETIME;
        if same && live && expected == signed { Ok(()) } else { Err(Refused) }
    }
}

impl Key {
    fn new(secret: &str) -> Self {
        let digest: [u8; 32] = Sha256::digest(secret.as_bytes()).into();
        let [a, b, c, d, ..] = digest;
        Self { id: [a, b, c, d], secret: secret.as_bytes().to_vec() }
    }

    fn hmac(&self, message: &[u8]) -> Hmac<Sha256> {
        let mut mac = Hmac::<Sha256>::new_from_slice(&self.secret).expect("HMAC takes keys of any length");
        mac.update(message);
        mac
    }

    fn sign(&self, order: OrderId, revision: u32, issued_at: OffsetDateTime) -> Minted {
        let mut bytes = payload(self.id, order, revision, issued_at);
        let mac = self.hmac(&bytes).finalize().into_bytes();
        bytes.extend_from_slice(&mac);
        let text = URL_SAFE_NO_PAD.encode(bytes);
        let hash = hash(&text);
        Minted { text, stored: StoredToken { hash, issued_at } }
    }
}

fn payload(key_id: [u8; 4], order: OrderId, revision: u32, issued_at: OffsetDateTime) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(SIGNED_LENGTH + 32);
    bytes.push(VERSION);
    bytes.extend_from_slice(&key_id);
    bytes.push(PURPOSE_ORDER);
    bytes.extend_from_slice(order.uuid().as_bytes());
    bytes.extend_from_slice(&issued_at.unix_timestamp().to_be_bytes());
    bytes.extend_from_slice(&(issued_at + LIFETIME).unix_timestamp().to_be_bytes());
    bytes.extend_from_slice(&revision.to_be_bytes());
    bytes
}

fn hash(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}

#[cfg(test)]
mod tests {
    use kernel::ManualClock;
    use time::macros::datetime;

    use super::*;

    const NOW: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);
    const OLD: &str = "an old key that is thirty-two bytes";
    const NEW: &str = "a new key that is thirty-two bytes!";

    fn order() -> OrderId {
        OrderId::generate(&ManualClock::at(NOW))
    }

    #[test]
    fn a_token_opens_its_order_until_it_expires() {
        let (keys, order) = (Keys::new(NEW, []), order());
        let minted = keys.mint(order, 0, None, NOW);
        let check = |now| keys.check(&minted.text, order, 0, Some(&minted.stored), now);
        assert_eq!(check(NOW + Duration::days(29)), Ok(()));
        assert_eq!(check(NOW + LIFETIME), Err(Refused));
    }

    #[test]
    fn the_same_token_is_minted_again() {
        let (keys, order) = (Keys::new(OLD, []), order());
        let first = keys.mint(order, 0, None, NOW);
        let later = NOW + Duration::days(3);
        assert_eq!(keys.mint(order, 0, Some(&first.stored), later), first);
        let rotated = Keys::new(NEW, [OLD]);
        assert_eq!(rotated.mint(order, 0, Some(&first.stored), later), first);
        let retired = Keys::new(NEW, []);
        assert_ne!(retired.mint(order, 0, Some(&first.stored), later), first);
    }

    #[test]
    fn what_is_not_the_stored_token_of_this_order_is_refused() {
        let (keys, order, other) = (Keys::new(NEW, []), order(), order());
        let minted = keys.mint(order, 0, None, NOW);
        let stored = Some(&minted.stored);
        let mut tampered = minted.text.clone();
        tampered.replace_range(20..21, if &tampered[20..21] == "A" { "B" } else { "A" });
        let cut = &minted.text[..minted.text.len() - 2];
        for text in [tampered.as_str(), cut, "", "x", "not base64!"] {
            assert_eq!(keys.check(text, order, 0, stored, NOW), Err(Refused));
        }
        assert_eq!(keys.check(&minted.text, other, 0, stored, NOW), Err(Refused));
        assert_eq!(keys.check(&minted.text, order, 1, stored, NOW), Err(Refused));
        assert_eq!(keys.check(&minted.text, order, 0, None, NOW), Err(Refused));
        let retired = Keys::new(OLD, []);
        assert_eq!(retired.check(&minted.text, order, 0, stored, NOW), Err(Refused));
        let replaced = keys.mint(order, 0, None, NOW + Duration::hours(1));
        assert_eq!(keys.check(&minted.text, order, 0, Some(&replaced.stored), NOW), Err(Refused));
    }
}
