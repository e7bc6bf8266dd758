//! What was asked of the sandbox: the last calls of Stripe's API, for tests that count them.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

/// How many calls are remembered.
const LIMIT: usize = 20_000;

/// One call of Stripe's API.
#[derive(Debug, Clone, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Entry {
    /// Unix milliseconds.
    pub(crate) at_ms: i64,
    pub(crate) method: String,
    pub(crate) path: String,
    pub(crate) query: String,
    /// As it came, form-encoded.
    pub(crate) body: String,
    pub(crate) status: u16,
    pub(crate) request_id: String,
    pub(crate) idempotency_key: Option<String>,
    /// Answered from the idempotency record.
    pub(crate) replayed: bool,
    /// Answered by a fault switch.
    pub(crate) fault: bool,
}

/// The last calls, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Calls(Mutex<VecDeque<Entry>>);

/// Which calls are wanted.
#[derive(Debug, Default, serde::Deserialize)]
pub(crate) struct Filter {
    method: Option<String>,
    /// `*` stands for anything: `/v1/checkout/sessions/*`.
    path: Option<String>,
    request_id: Option<String>,
    idempotency_key: Option<String>,
}

impl Filter {
    fn wants(&self, entry: &Entry) -> bool {
        self.method.as_ref().is_none_or(|method| method.eq_ignore_ascii_case(&entry.method))
            && self.path.as_ref().is_none_or(|path| matches(path, &entry.path))
            && self.request_id.as_ref().is_none_or(|id| *id == entry.request_id)
            && self.idempotency_key.as_ref().is_none_or(|key| entry.idempotency_key.as_ref() == Some(key))
    }
}

/// What `GET /_sandbox/calls` answers.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    count: usize,
    /// By `METHOD path`, ids in paths replaced by `{id}`.
    counts: BTreeMap<String, usize>,
    calls: Vec<Entry>,
}

impl Calls {
    pub(crate) fn push(&self, entry: Entry) {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if calls.len() == LIMIT {
            calls.pop_front();
        }
        calls.push_back(entry);
    }

    pub(crate) fn report(&self, filter: &Filter) -> Report {
        let calls: Vec<Entry> = {
            let calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            calls.iter().filter(|entry| filter.wants(entry)).cloned().collect()
        };
        let mut counts = BTreeMap::new();
        for entry in &calls {
            *counts.entry(format!("{} {}", entry.method, template(&entry.path))).or_default() += 1;
        }
        Report { count: calls.len(), counts, calls }
    }

    pub(crate) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

/// `/v1/checkout/sessions/cs_test_1` → `/v1/checkout/sessions/{id}`.
fn template(path: &str) -> String {
    let segment = |segment: &str| {
        let id = segment.split_once('_').is_some_and(|(prefix, rest)| {
            prefix.len() <= 4 && rest.len() >= 8 && rest.bytes().any(|byte| byte.is_ascii_digit())
        });
        if id { "{id}".to_owned() } else { segment.to_owned() }
    };
    path.split('/').map(segment).collect::<Vec<_>>().join("/")
}

/// Whether `path` is of the form `pattern`, in which `*` stands for any text.
pub(crate) fn matches(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((head, rest)) => path.strip_prefix(head).is_some_and(|tail| {
            rest.is_empty()
                || (0..=tail.len()).any(|at| tail.is_char_boundary(at) && matches(rest, &tail[at..]))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns() {
        assert!(matches("/v1/checkout/sessions", "/v1/checkout/sessions"));
        assert!(!matches("/v1/checkout/sessions", "/v1/checkout/sessions/cs_1"));
        assert!(matches("/v1/checkout/sessions/*", "/v1/checkout/sessions/cs_1/expire"));
        assert!(matches("*/expire", "/v1/checkout/sessions/cs_1/expire"));
        assert!(!matches("*/expire", "/v1/checkout/sessions"));
        assert!(matches("*", "/"));
    }

    #[test]
    fn ids_do_not_multiply_the_counts() {
        assert_eq!(
            template("/v1/payment_intents/pi_3abcdef12345/confirm"),
            "/v1/payment_intents/{id}/confirm"
        );
        assert_eq!(template("/v1/webhook_endpoints"), "/v1/webhook_endpoints");
    }
}
