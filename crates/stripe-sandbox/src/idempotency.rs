//! `Idempotency-Key`: the first answer of an executed call belongs to its key for a day.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use sha2::{Digest, Sha256};
use time::{Duration, OffsetDateTime};

use crate::error::ApiError;
use crate::form::Node;

/// How long a key is kept, and how many.
const LIFETIME: Duration = Duration::hours(24);
const LIMIT: usize = 50_000;

/// Stripe's limit on a key's length.
pub(crate) const MAX_KEY: usize = 255;

/// An answer that is given again.
#[derive(Debug, Clone)]
pub(crate) struct Saved {
    pub(crate) status: u16,
    pub(crate) body: String,
    /// The first request with the key.
    pub(crate) request_id: String,
}

#[derive(Debug)]
struct Entry {
    route: String,
    parameters: [u8; 32],
    at: OffsetDateTime,
    /// `None` while the first call runs.
    saved: Option<Saved>,
}

/// What a key means for a call.
#[derive(Debug)]
pub(crate) enum Begin {
    /// Execute, then `finish` or `abandon`.
    Fresh,
    Replay(Saved),
}

/// All keys.
#[derive(Debug, Default)]
pub(crate) struct Keys(Mutex<HashMap<String, Entry>>);

impl Keys {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Claims `key` for a call.
    ///
    /// # Errors
    /// 409 while another call with it runs, 400 when it belongs to another call.
    pub(crate) fn begin(
        &self,
        key: &str,
        route: &str,
        form: &Node,
        now: OffsetDateTime,
    ) -> Result<Begin, ApiError> {
        let parameters = fingerprint(form);
        let mut keys = self.lock();
        if let Some(entry) = keys.get(key).filter(|entry| entry.saved.is_none() || entry.at + LIFETIME > now)
        {
            return if entry.route != route {
                Err(ApiError::key_reused(key, true))
            } else if entry.parameters != parameters {
                Err(ApiError::key_reused(key, false))
            } else {
                entry.saved.clone().map(Begin::Replay).ok_or_else(|| ApiError::key_in_use(key))
            };
        }
        if keys.len() >= LIMIT {
            forget(&mut keys, now);
        }
        keys.insert(key.to_owned(), Entry { route: route.to_owned(), parameters, at: now, saved: None });
        Ok(Begin::Fresh)
    }

    /// Keeps the answer of the call that `key` was claimed for.
    pub(crate) fn finish(&self, key: &str, saved: Saved) {
        if let Some(entry) = self.lock().get_mut(key) {
            entry.saved = Some(saved);
        }
    }

    /// Gives the key free: nothing was executed.
    pub(crate) fn abandon(&self, key: &str) {
        self.lock().remove(key);
    }
}

/// Forgets what is too old; if that is not enough, the older half.
fn forget(keys: &mut HashMap<String, Entry>, now: OffsetDateTime) {
    keys.retain(|_, entry| entry.saved.is_none() || entry.at + LIFETIME > now);
    if keys.len() >= LIMIT {
        let mut ages: Vec<OffsetDateTime> = keys.values().map(|entry| entry.at).collect();
        let (_, middle, _) = ages.select_nth_unstable(LIMIT / 2);
        let middle = *middle;
        keys.retain(|_, entry| entry.saved.is_none() || entry.at > middle);
    }
}

fn fingerprint(form: &Node) -> [u8; 32] {
    let mut hash = Sha256::new();
    for (path, value) in form.canonical() {
        for text in [path, value] {
            hash.update(text.len().to_be_bytes());
            hash.update(text);
        }
    }
    hash.finalize().into()
}
