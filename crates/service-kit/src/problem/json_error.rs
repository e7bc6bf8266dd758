//! From serde's errors to problems, without the values that serde quotes.

use serde_path_to_error::Segment;

use super::{Problem, ProblemCode};
use crate::validation::{Violation, pointer};

/// Messages of our own deserializers, which quote nothing.
const OWN_MESSAGES: [&str; 2] = ["a decimal number is expected", "the number has too many digits"];

/// The text is no JSON.
pub(super) fn malformed(error: &serde_json::Error) -> Problem {
    let detail = format!("Not valid JSON at line {}, column {}.", error.line(), error.column());
    Problem::new(ProblemCode::MalformedJson).with_detail(detail)
}

/// The text is JSON, but not what is expected.
pub(super) fn unexpected(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let violation = violation(&path(error.path()), &without_position(error.inner()));
    Problem::new(ProblemCode::ValidationFailed).with_violations(vec![violation])
}

/// The JSON pointer of a path, without the marker that a raw value leaves in it.
fn path(path: &serde_path_to_error::Path) -> String {
    let segments = path.iter().filter_map(|segment| match segment {
        Segment::Seq { index } => Some(index.to_string()),
        Segment::Map { key } if !key.starts_with("$serde_json::") => Some(key.clone()),
        Segment::Map { .. } | Segment::Enum { .. } | Segment::Unknown => None,
    });
    pointer(segments)
}

fn without_position(error: &serde_json::Error) -> String {
    let message = error.to_string();
    let position = format!(" at line {} column {}", error.line(), error.column());
    message.strip_suffix(&position).unwrap_or(&message).to_owned()
}

/// What was expected, in words of JSON instead of Rust's.
fn plain(expected: &str) -> String {
    match expected {
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a sequence" => "an array".to_owned(),
        "a map" => "an object".to_owned(),
        other if other.starts_with("struct ") => "an object".to_owned(),
        other => other.replace('`', "'"),
    }
}

fn violation(at: &str, message: &str) -> Violation {
    for (start, detail) in
        [("missing field `", "is required"), ("duplicate field `", "is given more than once")]
    {
        // The field's name is the program's own word.
        if let Some(field) = message.strip_prefix(start).and_then(|rest| rest.strip_suffix('`')) {
            return Violation::new(format!("{at}{}", pointer([field])), detail);
        }
    }
    // What was expected is the program's own text and stands last; what came before it quotes the value.
    let quotes = ["invalid type: ", "invalid value: ", "unknown variant ", "invalid length "];
    let expected =
        message.rsplit_once(", expected ").filter(|_| quotes.iter().any(|start| message.starts_with(start)));
    match expected {
        Some((_, expected)) => Violation::new(at, format!("must be {}", plain(expected))),
        None if OWN_MESSAGES.contains(&message) => Violation::new(at, message),
        None => Violation::new(at, "is not valid"),
    }
}
