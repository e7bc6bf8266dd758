//! The issuer's published keys, fetched when needed, cached, bounded.

use std::sync::Arc;
use std::time::Duration;

use futures::StreamExt;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, Jwk, JwkSet, KeyAlgorithm, PublicKeyUse};
use jsonwebtoken::{Algorithm, DecodingKey};
use tokio::sync::{Mutex, RwLock};
use tokio::time::Instant;
use url::Url;

use super::{InvalidToken, VerifyError};

/// How long keys are used before they are fetched again.
const LIFETIME: Duration = Duration::from_secs(600);
/// The shortest time between two fetches, whoever asks for unknown keys.
const PAUSE: Duration = Duration::from_secs(30);
/// How long one fetch may take.
const TIMEOUT: Duration = Duration::from_secs(5);
/// Bytes of the document, at most.
const SIZE_LIMIT: usize = 256 * 1024;
/// Keys taken from it, at most.
const KEY_LIMIT: usize = 64;

/// A key with the one algorithm it may be used for.
#[derive(Debug)]
pub(super) struct Key {
    id: Option<String>,
    pub(super) algorithm: Algorithm,
    pub(super) key: DecodingKey,
}

#[derive(Debug)]
pub(super) struct Jwks {
    url: Url,
    client: reqwest::Client,
    keys: RwLock<Option<(Instant, Vec<Arc<Key>>)>>,
    /// When a fetch was last tried; held while one runs, so that there is one at a time.
    tried: Mutex<Option<Instant>>,
}

impl Jwks {
    pub(super) fn new(url: Url) -> anyhow::Result<Self> {
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        Ok(Self { url, client, keys: RwLock::new(None), tried: Mutex::new(None) })
    }

    /// The key of this id; without an id, the only key there is.
    pub(super) async fn find(&self, id: Option<&str>) -> Result<Arc<Key>, VerifyError> {
        if let Some((Some(key), fresh)) = self.cached(id).await {
            // An old key is good enough while somebody else fetches.
            if fresh || self.tried.try_lock().is_err() {
                return Ok(key);
            }
        }
        let refreshed = self.refresh().await;
        match (self.cached(id).await, refreshed) {
            (Some((Some(key), _)), _) => Ok(key),
            (Some((None, _)), _) => Err(InvalidToken::UnknownKey.into()),
            (None, Err(error)) => Err(VerifyError::KeysUnavailable(error)),
            (None, Ok(())) => Err(VerifyError::KeysUnavailable(anyhow::anyhow!(
                "fetched less than 30 s ago, without success"
            ))),
        }
    }

    /// The key, if it is cached, and whether the cache is fresh; `None` before the first success.
    async fn cached(&self, id: Option<&str>) -> Option<(Option<Arc<Key>>, bool)> {
        let keys = self.keys.read().await;
        let (since, keys) = keys.as_ref()?;
        let found = match id {
            Some(id) => keys.iter().find(|key| key.id.as_deref() == Some(id)),
            None => keys.first().filter(|_| keys.len() == 1),
        };
        Some((found.cloned(), since.elapsed() < LIFETIME))
    }

    /// Fetches, unless that was tried a moment ago.
    async fn refresh(&self) -> anyhow::Result<()> {
        let mut tried = self.tried.lock().await;
        if tried.is_some_and(|at| at.elapsed() < PAUSE) {
            return Ok(());
        }
        *tried = Some(Instant::now());
        let fetched = self.fetch().await;
        match fetched {
            Ok(keys) => {
                *self.keys.write().await = Some((Instant::now(), keys));
                Ok(())
            }
            Err(error) => {
                tracing::warn!(error = format!("{error:#}"), "the issuer's keys cannot be fetched");
                Err(error)
            }
        }
    }

    async fn fetch(&self) -> anyhow::Result<Vec<Arc<Key>>> {
        let answer = self.client.get(self.url.clone()).send().await?.error_for_status()?;
        let mut body = Vec::new();
        let mut chunks = std::pin::pin!(futures::stream::try_unfold(answer, async |mut answer| {
            Ok::<_, reqwest::Error>(answer.chunk().await?.map(|chunk| (chunk, answer)))
        }));
        while let Some(chunk) = chunks.next().await {
            body.extend_from_slice(&chunk?);
            anyhow::ensure!(body.len() <= SIZE_LIMIT, "the key set is larger than {SIZE_LIMIT} bytes");
        }
        let set: serde_json::Value = serde_json::from_slice(&body)?;
        let listed = set.get("keys").and_then(serde_json::Value::as_array);
        let listed = listed.ok_or_else(|| anyhow::anyhow!("the key set has no keys"))?;
        // A key of a kind unknown here must not spoil the others.
        let parsed = listed.iter().filter_map(|key| serde_json::from_value::<Jwk>(key.clone()).ok());
        let set = JwkSet { keys: parsed.collect() };
        Ok(set.keys.iter().filter_map(usable).take(KEY_LIMIT).map(Arc::new).collect())
    }
}

/// RSA for RS256 and P-256 for ES256; symmetric keys and keys for encryption are no use.
fn usable(jwk: &Jwk) -> Option<Key> {
    let algorithm = match &jwk.algorithm {
        AlgorithmParameters::RSA(_) => Algorithm::RS256,
        AlgorithmParameters::EllipticCurve(key) if key.curve == EllipticCurve::P256 => Algorithm::ES256,
        _ => return None,
    };
    let stated = match jwk.common.key_algorithm {
        None => true,
        Some(KeyAlgorithm::RS256) => algorithm == Algorithm::RS256,
        Some(KeyAlgorithm::ES256) => algorithm == Algorithm::ES256,
        Some(_) => false,
    };
    let signs = jwk.common.public_key_use.as_ref().is_none_or(|usage| *usage == PublicKeyUse::Signature);
    let key = DecodingKey::from_jwk(jwk).ok().filter(|_| stated && signs)?;
    Some(Key { id: jwk.common.key_id.clone(), algorithm, key })
}
