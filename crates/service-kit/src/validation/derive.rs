//! From `validator`'s errors to pointers, without the values that they carry.

use std::collections::BTreeMap;

use validator::{Validate, ValidationError, ValidationErrors, ValidationErrorsKind};

use super::{Violation, Violations, pointer};
use crate::problem::Problem;

/// Checks what `#[derive(Validate)]` states. Rust's field names are taken to be camelCase in JSON.
///
/// # Errors
/// `validation_failed` with a pointer per field.
pub fn check(value: &impl Validate) -> Result<(), Problem> {
    let Err(errors) = value.validate() else { return Ok(()) };
    let mut violations = Violations::new();
    violations.extend("", &errors);
    violations.check()
}

/// Appends every error below `prefix`, sorted by field.
pub(super) fn collect(prefix: &str, errors: &ValidationErrors, into: &mut Vec<Violation>) {
    let fields: BTreeMap<_, _> = errors.errors().iter().collect();
    for (field, kind) in fields {
        let at = match field.as_ref() {
            // What a rule over the whole struct is filed under.
            "__all__" => prefix.to_owned(),
            field => format!("{prefix}{}", pointer([camel_case(field)])),
        };
        match kind {
            ValidationErrorsKind::Field(errors) => {
                into.extend(errors.iter().map(|e| Violation::new(&at, detail(e))))
            }
            ValidationErrorsKind::Struct(errors) => collect(&at, errors, into),
            ValidationErrorsKind::List(items) => {
                for (index, errors) in items {
                    collect(&format!("{at}/{index}"), errors, into);
                }
            }
        }
    }
}

/// The rule's own message, else words for the built-in rules. `params` holds the value and is used for limits only.
fn detail(error: &ValidationError) -> String {
    if let Some(message) = &error.message {
        return message.to_string();
    }
    let limit = |name: &str| error.params.get(name).filter(|limit| limit.is_number());
    let unit = if error.code == "length" { " long" } else { "" };
    match (error.code.as_ref(), limit("min"), limit("max")) {
        ("length" | "range", Some(min), Some(max)) => format!("must be {min} to {max}{unit}"),
        ("length" | "range", Some(min), None) => format!("must be at least {min}{unit}"),
        ("length" | "range", None, Some(max)) => format!("must be at most {max}{unit}"),
        ("email", ..) => "must be a mail address".to_owned(),
        ("url", ..) => "must be a URL".to_owned(),
        ("required", ..) => "is required".to_owned(),
        _ => "is not valid".to_owned(),
    }
}

fn camel_case(field: &str) -> String {
    let mut parts = field.split('_');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |mut name, part| {
        let mut chars = part.chars();
        name.extend(chars.next().map(|c| c.to_ascii_uppercase()));
        name.extend(chars);
        name
    })
}
