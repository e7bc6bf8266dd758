//! Fields that several requests have.

use serde::Deserialize;
use service_kit::validation::{AllowedOrigins, Violations};

use crate::domain::address::Address;

/// `shippingAddress` as it is sent.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct AddressInput {
    first_name: Option<String>,
    last_name: Option<String>,
    line1: Option<String>,
    line2: Option<String>,
    city: Option<String>,
    state: Option<String>,
    postal_code: Option<String>,
    country: Option<String>,
    phone: Option<String>,
}

impl AddressInput {
    /// Checked; mistakes are noted below `at`.
    pub(super) fn check(&self, at: &str, violations: &mut Violations) -> Address {
        let mut required = |name: &str, value: &Option<String>| {
            violations.text(&format!("{at}/{name}"), value.as_deref().unwrap_or_default())
        };
        let first_name = required("firstName", &self.first_name);
        let last_name = required("lastName", &self.last_name);
        let line1 = required("line1", &self.line1);
        let city = required("city", &self.city);
        let postal_code = required("postalCode", &self.postal_code);
        let country =
            violations.country(&format!("{at}/country"), self.country.as_deref().unwrap_or_default());
        let mut optional = |name: &str, value: &Option<String>| {
            violations.optional_text(&format!("{at}/{name}"), value.as_deref())
        };
        Address {
            line2: optional("line2", &self.line2),
            state: optional("state", &self.state),
            phone: optional("phone", &self.phone),
            first_name,
            last_name,
            line1,
            city,
            postal_code,
            country,
        }
    }
}

/// A URL to return to, as it was written: it may hold Stripe's placeholder.
pub(super) fn redirect(
    violations: &mut Violations,
    pointer: &str,
    value: Option<&str>,
    origins: &AllowedOrigins,
) -> Option<String> {
    let value = value?.trim_matches(' ');
    violations.redirect(pointer, value, origins).map(|_| value.to_owned())
}
