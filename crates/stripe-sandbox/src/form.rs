//! Decodes Stripe's form encoding: nested keys such as `line_items[0][price_data][currency]`, `expand[]`
//! and `metadata[order]`, `+` for spaces, unescaped `/@{}[]` as some SDKs send them.

use std::collections::BTreeMap;

/// How many brackets a key may have; deeper ones are refused.
const MAX_DEPTH: usize = 16;

/// One value of a decoded form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Node {
    /// A leaf.
    Text(String),
    /// A map or a list: entries in the order of arrival. Lists have their index as key.
    Map(Vec<(String, Node)>),
}

/// Why a form could not be decoded.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum FormError {
    /// Unbalanced brackets, too deep, or one key used both as a value and as a map.
    #[error("Invalid parameter name: {0}")]
    Key(String),
}

impl Default for Node {
    fn default() -> Self {
        Self::Map(Vec::new())
    }
}

impl Node {
    /// The entry called `key`.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Text(_) => None,
            Self::Map(entries) => entries.iter().find(|(name, _)| name == key).map(|(_, node)| node),
        }
    }

    /// Takes the entry called `key` out.
    pub(crate) fn remove(&mut self, key: &str) -> Option<Self> {
        let Self::Map(entries) = self else { return None };
        let at = entries.iter().position(|(name, _)| name == key)?;
        Some(entries.remove(at).1)
    }

    fn insert(&mut self, path: &[&str], value: String) -> Option<()> {
        let Self::Map(entries) = self else { return None };
        let (head, rest) = path.split_first()?;
        let key = if head.is_empty() { entries.len().to_string() } else { (*head).to_owned() };
        if rest.is_empty() {
            match entries.iter_mut().find(|(name, _)| *name == key) {
                Some((_, Self::Map(_))) => return None,
                Some((_, node)) => *node = Self::Text(value),
                None => entries.push((key, Self::Text(value))),
            }
            return Some(());
        }
        let at = entries.iter().position(|(name, _)| *name == key).unwrap_or_else(|| {
            entries.push((key, Self::default()));
            entries.len() - 1
        });
        entries[at].1.insert(rest, value)
    }

    /// Every leaf with its path, sorted: equal for equal parameters, in whatever order they were sent.
    pub(crate) fn canonical(&self) -> BTreeMap<String, String> {
        let mut leaves = BTreeMap::new();
        self.collect(String::new(), &mut leaves);
        leaves
    }

    fn collect(&self, path: String, leaves: &mut BTreeMap<String, String>) {
        match self {
            Self::Text(text) => {
                leaves.insert(path, text.clone());
            }
            Self::Map(entries) => {
                for (key, node) in entries {
                    node.collect(format!("{path}[{key}]"), leaves);
                }
            }
        }
    }
}

/// Decodes a request body or a query string.
pub(crate) fn decode(form: &[u8]) -> Result<Node, FormError> {
    let mut root = Node::default();
    for (key, value) in url::form_urlencoded::parse(form) {
        let invalid = || FormError::Key(key.chars().take(100).collect());
        let path = split(&key).ok_or_else(invalid)?;
        root.insert(&path, value.into_owned()).ok_or_else(invalid)?;
    }
    Ok(root)
}

/// `a[b][]` → `["a", "b", ""]`.
fn split(key: &str) -> Option<Vec<&str>> {
    let open = key.find('[').unwrap_or(key.len());
    let (head, mut rest) = key.split_at(open);
    if head.is_empty() || head.contains(']') {
        return None;
    }
    let mut path = vec![head];
    while !rest.is_empty() {
        let inner = rest.strip_prefix('[')?;
        let close = inner.find(']')?;
        path.push(&inner[..close]);
        rest = &inner[close + 1..];
        if path.len() > MAX_DEPTH {
            return None;
        }
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(node: &Node, path: &[&str]) -> Option<String> {
        let mut node = node;
        for key in path {
            node = node.get(key)?;
        }
        match node {
            Node::Text(text) => Some(text.clone()),
            Node::Map(_) => None,
        }
    }

    #[test]
    fn nested_keys_spaces_and_unescaped_marks() {
        let form = decode(
            b"line_items[0][price_data][product_data][name]=Two+words&line_items%5B0%5D%5Bquantity%5D=2\
              &success_url=https://a.example/ok?id={CHECKOUT_SESSION_ID}%26x=1&expand[]=a&expand[]=b&email=a@b.c",
        )
        .unwrap();
        let name = text(&form, &["line_items", "0", "price_data", "product_data", "name"]);
        assert_eq!(name.as_deref(), Some("Two words"));
        assert_eq!(text(&form, &["line_items", "0", "quantity"]).as_deref(), Some("2"));
        let url = text(&form, &["success_url"]);
        assert_eq!(url.as_deref(), Some("https://a.example/ok?id={CHECKOUT_SESSION_ID}&x=1"));
        assert_eq!(text(&form, &["expand", "1"]).as_deref(), Some("b"));
        assert_eq!(text(&form, &["email"]).as_deref(), Some("a@b.c"));
    }

    #[test]
    fn the_canonical_form_ignores_the_order() {
        let one = decode(b"b[y]=2&b[x]=1&a=0").unwrap();
        let two = decode(b"a=0&b[x]=1&b[y]=2").unwrap();
        assert_eq!(one.canonical(), two.canonical());
        assert_ne!(one.canonical(), decode(b"a=0&b[x]=1&b[y]=3").unwrap().canonical());
    }

    #[test]
    fn broken_keys_are_refused() {
        for form in ["a[b=1", "[a]=1", "a]b=1", "a[b]c=1", "a=1&a[b]=2", "a[b]=1&a=2"] {
            assert!(decode(form.as_bytes()).is_err(), "{form}");
        }
        assert!(decode(format!("a{}=1", "[b]".repeat(40)).as_bytes()).is_err());
    }
}
