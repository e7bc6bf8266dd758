//! Typed reading of a call's parameters, with Stripe's own complaints about what is wrong.

use serde_json::Value;

use crate::error::ApiError;
use crate::form::Node;

const MAX_TEXT: usize = 5_000;

/// A map of parameters and where it stands in the request (`line_items[0][price_data]`).
#[derive(Debug, Clone)]
pub(crate) struct Params<'a> {
    node: &'a Node,
    path: String,
}

impl<'a> Params<'a> {
    /// The parameters of a whole request.
    pub(crate) fn root(node: &'a Node) -> Self {
        Self { node, path: String::new() }
    }

    /// The full name of the parameter `name` of this map.
    pub(crate) fn name(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}[{name}]", self.path) }
    }

    /// Refuses parameters Stripe does not know here.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), ApiError> {
        let Node::Map(entries) = self.node else { return Ok(()) };
        for (key, _) in entries {
            if !known.contains(&key.as_str()) {
                let name = self.name(key);
                let message = format!("Received unknown parameter: {name}");
                return Err(ApiError::parameter(Some("parameter_unknown"), name, message));
            }
        }
        Ok(())
    }

    /// Whether the parameter was sent at all.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.node.get(name).is_some()
    }

    fn raw(&self, name: &str) -> Result<Option<&'a str>, ApiError> {
        match self.node.get(name) {
            None => Ok(None),
            Some(Node::Map(_)) => Err(ApiError::parameter(None, self.name(name), "Invalid string")),
            Some(Node::Text(text)) if text.chars().count() > MAX_TEXT => {
                let message = format!("Invalid string: must be at most {MAX_TEXT} characters");
                Err(ApiError::parameter(None, self.name(name), message))
            }
            Some(Node::Text(text)) => Ok(Some(text)),
        }
    }

    /// A text; an empty one is refused, as it would mean 'unset'.
    pub(crate) fn text(&self, name: &str) -> Result<Option<String>, ApiError> {
        match self.raw(name)? {
            Some("") => {
                let full = self.name(name);
                let message = format!(
                    "You passed an empty string for '{full}'. We assume empty values are an attempt to unset a \
                     parameter; however '{full}' cannot be unset. You should remove '{full}' from your request \
                     or supply a non-empty value."
                );
                Err(ApiError::parameter(Some("parameter_invalid_empty"), full, message))
            }
            text => Ok(text.map(str::to_owned)),
        }
    }

    /// A text that an empty one unsets: `Some(None)`. Absent: `None`.
    pub(crate) fn settable(&self, name: &str) -> Result<Option<Option<String>>, ApiError> {
        Ok(self.raw(name)?.map(|text| (!text.is_empty()).then(|| text.to_owned())))
    }

    /// A text that has to be there.
    pub(crate) fn required(&self, name: &str) -> Result<String, ApiError> {
        self.text(name)?.ok_or_else(|| ApiError::missing(self.name(name)))
    }

    pub(crate) fn integer(&self, name: &str) -> Result<Option<i64>, ApiError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        text.parse().map(Some).map_err(|_| {
            let code = Some("parameter_invalid_integer");
            ApiError::parameter(code, self.name(name), format!("Invalid integer: {text}"))
        })
    }

    pub(crate) fn boolean(&self, name: &str) -> Result<Option<bool>, ApiError> {
        match self.text(name)?.as_deref() {
            None => Ok(None),
            Some("true" | "1") => Ok(Some(true)),
            Some("false" | "0") => Ok(Some(false)),
            Some(text) => Err(ApiError::parameter(None, self.name(name), format!("Invalid boolean: {text}"))),
        }
    }

    /// One of Stripe's own words.
    pub(crate) fn word(&self, name: &str, words: &[&'static str]) -> Result<Option<&'static str>, ApiError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        match words.iter().find(|word| **word == text) {
            Some(word) => Ok(Some(word)),
            None => {
                let message = format!("Invalid {}: must be one of {}", self.name(name), words.join(", "));
                Err(ApiError::parameter(None, self.name(name), message))
            }
        }
    }

    /// A mail address, looked at superficially.
    pub(crate) fn email(&self, name: &str) -> Result<Option<String>, ApiError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let fine = text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty() && domain.contains('.') && !domain.contains('@') && !text.contains(' ')
        });
        if fine && text.len() <= 512 {
            return Ok(Some(text));
        }
        let message = format!("Invalid email address: {text}");
        Err(ApiError::parameter(Some("email_invalid"), self.name(name), message))
    }

    /// An absolute http or https URL.
    pub(crate) fn url(&self, name: &str) -> Result<Option<String>, ApiError> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let refuse = |message| Err(ApiError::parameter(Some("url_invalid"), self.name(name), message));
        if !text.contains("://") {
            return refuse("Invalid URL: An explicit scheme (such as https) must be provided.");
        }
        match url::Url::parse(&text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") && url.host_str().is_some() => Ok(Some(text)),
            _ => refuse("Not a valid URL"),
        }
    }

    /// A map inside this one.
    pub(crate) fn child(&self, name: &str) -> Result<Option<Self>, ApiError> {
        match self.node.get(name) {
            None => Ok(None),
            Some(Node::Text(text)) if text.is_empty() => Ok(None),
            Some(Node::Text(_)) => Err(ApiError::parameter(None, self.name(name), "Invalid object")),
            Some(node) => Ok(Some(Self { node, path: self.name(name) })),
        }
    }

    /// The maps of a list, by index.
    pub(crate) fn children(&self, name: &str) -> Result<Vec<Self>, ApiError> {
        let Some(list) = self.child(name)? else { return Ok(Vec::new()) };
        list.indices()?
            .into_iter()
            .map(|key| list.child(&key)?.ok_or_else(|| ApiError::missing(list.name(&key))))
            .collect()
    }

    /// The texts of a list, by index.
    pub(crate) fn texts(&self, name: &str) -> Result<Vec<String>, ApiError> {
        let Some(list) = self.child(name)? else { return Ok(Vec::new()) };
        list.indices()?.into_iter().map(|key| list.required(&key)).collect()
    }

    fn indices(&self) -> Result<Vec<String>, ApiError> {
        let mut keys = Vec::new();
        for (key, _) in self.entries() {
            let index: usize =
                key.parse().map_err(|_| ApiError::parameter(None, self.path.clone(), "Invalid array"))?;
            keys.push((index, key.clone()));
        }
        keys.sort();
        Ok(keys.into_iter().map(|(_, key)| key).collect())
    }

    /// This map's entries as they were sent.
    pub(crate) fn entries(&self) -> &'a [(String, Node)] {
        match self.node {
            Node::Text(_) => &[],
            Node::Map(entries) => entries,
        }
    }

    /// This map as JSON: texts and maps, for what is only echoed.
    pub(crate) fn json(&self) -> Value {
        fn of(node: &Node) -> Value {
            match node {
                Node::Text(text) => Value::from(text.as_str()),
                Node::Map(entries) => entries.iter().map(|(key, node)| (key.clone(), of(node))).collect(),
            }
        }
        of(self.node)
    }
}
