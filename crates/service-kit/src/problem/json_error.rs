//! From serde's errors to problems, without the values that serde quotes.

use serde_json::error::Category;
use serde_path_to_error::Segment;

use super::{Problem, ProblemCode};
use crate::validation::{Violation, pointer};

/// Messages of our own deserializers, which quote nothing.
const OWN_MESSAGES: [&str; 2] = ["a decimal number is expected", "the number has too many digits"];

pub(super) fn problem(error: &serde_path_to_error::Error<serde_json::Error>) -> Problem {
    let inner = error.inner();
    match inner.classify() {
        Category::Data => {
            let message = without_position(inner);
            let violation = violation(&path(error.path()), &message);
            Problem::new(ProblemCode::ValidationFailed).with_violations(vec![violation])
        }
        Category::Syntax | Category::Eof | Category::Io => Problem::new(ProblemCode::MalformedJson)
            .with_detail(format!("Not valid JSON at line {}, column {}.", inner.line(), inner.column())),
    }
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

fn violation(at: &str, message: &str) -> Violation {
    if let Some(field) = message.strip_prefix("missing field `").and_then(|rest| rest.strip_suffix('`')) {
        return Violation::new(format!("{at}{}", pointer([field])), "is required");
    }
    if message.starts_with("duplicate field `") {
        return Violation::new(at, "is given more than once");
    }
    // What was expected is the program's own text and stands last; what came before it quotes the value.
    let quotes = ["invalid type: ", "invalid value: ", "unknown variant ", "invalid length "];
    let expected =
        message.rsplit_once(", expected ").filter(|_| quotes.iter().any(|start| message.starts_with(start)));
    match expected {
        Some((_, expected)) => Violation::new(at, format!("must be {}", expected.replace('`', "'"))),
        None if OWN_MESSAGES.contains(&message) => Violation::new(at, message),
        None => Violation::new(at, "is not valid"),
    }
}
