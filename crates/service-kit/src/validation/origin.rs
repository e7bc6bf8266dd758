//! The origins that frontends live at.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use crate::env::Reader;

/// Scheme, host and port of a page, as browsers send it: `https://shop.example`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Origin(String);

impl Origin {
    /// The origin of an absolute http(s) URL.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        let origin = url.origin();
        (matches!(url.scheme(), "http" | "https") && origin.is_tuple())
            .then(|| Self(origin.ascii_serialization()))
    }

    /// The origin, if the text is one and nothing more.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let origin = Self::of(&Url::parse(text).ok()?)?;
        let same = origin.0.eq_ignore_ascii_case(text.strip_suffix('/').unwrap_or(text));
        same.then_some(origin)
    }

    /// As browsers send it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// `ALLOWED_ORIGINS`: exact origins, or `*` for any https and plain-http loopback.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedOrigins {
    any: bool,
    exact: Vec<Origin>,
}

impl AllowedOrigins {
    /// Reads `ALLOWED_ORIGINS`; absent means none.
    pub fn read(read: &mut Reader<'_>) -> Self {
        let mut allowed = Self::default();
        for text in read.list("ALLOWED_ORIGINS") {
            match Origin::parse(&text) {
                _ if text == "*" => allowed.any = true,
                Some(origin) => allowed.exact.push(origin),
                None => {
                    read.mistake("ALLOWED_ORIGINS", "must list origins such as https://shop.example, or be *")
                }
            }
        }
        allowed
    }

    /// These origins and no other.
    #[must_use]
    pub fn exact(origins: impl IntoIterator<Item = Origin>) -> Self {
        Self { any: false, exact: origins.into_iter().collect() }
    }

    /// Any https origin and plain-http loopback.
    #[must_use]
    pub const fn any() -> Self {
        Self { any: true, exact: Vec::new() }
    }

    /// Whether `*` is configured.
    #[must_use]
    pub const fn is_any(&self) -> bool {
        self.any
    }

    /// Whether a page at this origin (as in the header `Origin`) is one of ours.
    #[must_use]
    pub fn allows(&self, origin: &str) -> bool {
        Origin::parse(origin).is_some_and(|origin| self.exact.contains(&origin))
            || (self.any && Url::parse(origin).is_ok_and(|url| allowed_by_any(&url)))
    }

    /// Whether the URL's origin is allowed.
    #[must_use]
    pub(crate) fn allows_url(&self, url: &Url) -> bool {
        Origin::of(url).is_some_and(|origin| self.exact.contains(&origin))
            || (self.any && allowed_by_any(url))
    }
}

fn allowed_by_any(url: &Url) -> bool {
    match url.scheme() {
        "https" => url.has_host(),
        "http" => url.host().is_some_and(|host| is_loopback(&host)),
        _ => false,
    }
}

/// `localhost` (and names below it), 127.0.0.0/8 and ::1.
pub(crate) fn is_loopback<S: AsRef<str>>(host: &Host<S>) -> bool {
    match host {
        Host::Domain(name) => {
            let name = name.as_ref().trim_end_matches('.');
            name.eq_ignore_ascii_case("localhost") || name.to_ascii_lowercase().ends_with(".localhost")
        }
        Host::Ipv4(address) => Ipv4Addr::is_loopback(address),
        Host::Ipv6(address) => Ipv6Addr::is_loopback(address),
    }
}
