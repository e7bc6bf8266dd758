//! Whether two requests are the same.

use serde_json::Value;
use sha2::{Digest, Sha256};

/// SHA-256 over method, path and body. A JSON body counts by its content: white space and the order of members do
/// not matter. Anything else counts byte by byte.
#[must_use]
pub fn request_hash(method: &str, path: &str, body: &[u8]) -> [u8; 32] {
    let mut hash = Sha256::new();
    for part in [method.as_bytes(), path.as_bytes()] {
        hash.update(part);
        hash.update([0]);
    }
    match serde_json::from_slice::<Value>(body) {
        Ok(value) => canonical(&value, &mut hash),
        Err(_) => hash.update(body),
    }
    hash.finalize().into()
}

fn canonical(value: &Value, hash: &mut Sha256) {
    match value {
        Value::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_unstable_by_key(|(name, _)| *name);
            hash.update(b"{");
            for (name, value) in members {
                canonical(&Value::String(name.clone()), hash);
                hash.update(b":");
                canonical(value, hash);
                hash.update(b",");
            }
            hash.update(b"}");
        }
        Value::Array(items) => {
            hash.update(b"[");
            for item in items {
                canonical(item, hash);
                hash.update(b",");
            }
            hash.update(b"]");
        }
        // Quoted and escaped, so that no text reads like structure.
        leaf => hash.update(leaf.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::request_hash;

    fn hash(body: &str) -> [u8; 32] {
        request_hash("POST", "/api/orders/checkout", body.as_bytes())
    }

    #[test]
    fn the_order_of_members_and_white_space_do_not_matter() {
        assert_eq!(
            hash(r#"{"a":1,"b":{"c":[1,2],"d":null}}"#),
            hash(r#"{ "b": {"d": null, "c": [1, 2]}, "a": 1 }"#)
        );
    }

    #[test]
    fn content_method_and_path_matter() {
        let base = hash(r#"{"a":1}"#);
        for other in [r#"{"a":2}"#, r#"{"b":1}"#, r#"{"a":"1"}"#, r#"{"a":[1]}"#, r#"{"a":1,"b":1}"#, "", "{"]
        {
            assert_ne!(base, hash(other), "{other}");
        }
        assert_ne!(base, request_hash("PUT", "/api/orders/checkout", br#"{"a":1}"#));
        assert_ne!(base, request_hash("POST", "/api/orders", br#"{"a":1}"#));
        assert_ne!(hash("[1,2]"), hash("[2,1]"));
        assert_ne!(hash(r#"["a,b"]"#), hash(r#"["a","b"]"#));
    }
}
