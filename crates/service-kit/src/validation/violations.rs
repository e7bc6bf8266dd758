//! The collector of mistakes.

use std::fmt::{Display, Write as _};

use serde::Serialize;
use url::Url;

use super::{AllowedOrigins, redirect_url, rules};
use crate::problem::{Problem, ProblemCode};

/// One field's mistake.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Violation {
    /// RFC 6901: `/items/0/quantity`; empty for the whole body.
    pub pointer: String,
    /// What is wrong, as a phrase that follows the field's name. Holds no value.
    pub detail: String,
}

impl Violation {
    /// A mistake at `pointer`.
    pub fn new(pointer: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { pointer: pointer.into(), detail: detail.into() }
    }
}

/// The JSON pointer (RFC 6901) of these segments.
pub fn pointer<S: Display>(segments: impl IntoIterator<Item = S>) -> String {
    segments.into_iter().fold(String::new(), |mut pointer, segment| {
        let segment = segment.to_string().replace('~', "~0").replace('/', "~1");
        // Writing to a string cannot fail.
        let _ = write!(pointer, "/{segment}");
        pointer
    })
}

/// Mistakes of one request, in the order found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Violations(Vec<Violation>);

impl Violations {
    /// None yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Notes a mistake; `detail` is a phrase that follows the field's name.
    pub fn at(&mut self, pointer: impl Into<String>, detail: impl Into<String>) {
        self.0.push(Violation::new(pointer, detail));
    }

    /// Whether nothing is wrong so far.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The mistakes so far.
    #[must_use]
    pub fn as_slice(&self) -> &[Violation] {
        &self.0
    }

    /// Goes on only if nothing is wrong.
    ///
    /// # Errors
    /// `validation_failed` with all mistakes.
    pub fn check(self) -> Result<(), Problem> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(Problem::new(ProblemCode::ValidationFailed).with_violations(self.0))
    }

    /// A required text: trimmed, not empty, at most 250 characters, no control characters.
    pub fn text(&mut self, pointer: &str, value: &str) -> String {
        self.take(pointer, rules::text(value))
    }

    /// An optional text by the same rules; an empty one counts as absent.
    pub fn optional_text(&mut self, pointer: &str, value: Option<&str>) -> Option<String> {
        let value = value.filter(|value| !value.trim_matches(' ').is_empty())?;
        Some(self.text(pointer, value))
    }

    /// A mail address of at most 254 characters, trimmed.
    pub fn email(&mut self, pointer: &str, value: &str) -> String {
        self.take(pointer, rules::email(value))
    }

    /// An ISO 3166-1 alpha-2 country code, in upper case.
    pub fn country(&mut self, pointer: &str, value: &str) -> String {
        self.take(pointer, rules::country(value))
    }

    /// How many of something, 1 to 999.
    pub fn quantity(&mut self, pointer: &str, value: i64) -> u32 {
        let quantity = u32::try_from(value).ok().filter(|quantity| (1..=999).contains(quantity));
        if quantity.is_none() {
            self.at(pointer, "must be a whole number from 1 to 999");
        }
        quantity.unwrap_or(1)
    }

    /// The number of lines of a cart, 1 to 100.
    pub fn line_count(&mut self, pointer: &str, count: usize) {
        match count {
            0 => self.at(pointer, "must not be empty"),
            1..=100 => {}
            _ => self.at(pointer, "must have at most 100 lines"),
        }
    }

    /// A URL to send the customer's browser to, with an allowed origin.
    pub fn redirect(&mut self, pointer: &str, value: &str, allowed: &AllowedOrigins) -> Option<Url> {
        match redirect_url(value, allowed) {
            Ok(url) => Some(url),
            Err(error) => {
                self.at(pointer, error.to_string());
                None
            }
        }
    }

    fn take(&mut self, pointer: &str, checked: Result<String, &'static str>) -> String {
        checked.unwrap_or_else(|detail| {
            self.at(pointer, detail);
            String::new()
        })
    }
}
