//! What a caller is told when something did not work: RFC 9457 problems, from one table of stable codes.
//!
//! A handler answers `Result<_, Problem>`. The body is written by [`render`], which knows the request id; the cause
//! of a 5xx is logged there once, with its chain, and never leaves the service. A submitted value is never echoed.

mod body;
mod body_stream;
mod code;
mod depth;
mod extract;
mod json;
mod json_error;
mod render;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};
use messaging::database::{DatabaseCause, is_infrastructure};
use sea_orm::DbErr;
use serde::Serialize;
use serde_json::{Map, Value};

pub use body_stream::{BODY_LIMIT, RawBody};
pub use code::{Category, Entry, ProblemCode};
pub use extract::{path_config, query_config};
pub use json::{Json, OptionalJson};
pub use render::render;

use crate::validation::Violation;

/// An answer that is an error.
#[derive(Debug)]
pub struct Problem {
    code: ProblemCode,
    detail: Option<String>,
    violations: Vec<Violation>,
    members: Map<String, Value>,
    cause: Option<anyhow::Error>,
}

impl Problem {
    /// The problem of this code, with the code's own words.
    #[must_use]
    pub fn new(code: ProblemCode) -> Self {
        Self { code, detail: None, violations: Vec::new(), members: Map::new(), cause: None }
    }

    /// Something that must not happen: opaque outside, whole in the log.
    pub fn internal(cause: impl Into<anyhow::Error>) -> Self {
        Self::new(ProblemCode::Internal).because(cause)
    }

    /// 404, the same for what is absent and for what is another's.
    #[must_use]
    pub fn not_found() -> Self {
        Self::new(ProblemCode::NotFound)
    }

    /// A sentence for this occurrence. It must not repeat what was submitted.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// The mistakes of single fields.
    #[must_use]
    pub fn with_violations(mut self, violations: Vec<Violation>) -> Self {
        self.violations = violations;
        self
    }

    /// A further member of the body, such as `discrepancies` or `declineCode`.
    #[must_use]
    pub fn with_member(mut self, name: &str, value: impl Serialize) -> Self {
        // A value that is not JSON is left out: the problem itself matters more.
        if let Ok(value) = serde_json::to_value(value) {
            self.members.insert(name.to_owned(), value);
        }
        self
    }

    /// What led here; logged for 5xx, never shown.
    #[must_use]
    pub fn because(mut self, cause: impl Into<anyhow::Error>) -> Self {
        self.cause = Some(cause.into());
        self
    }

    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> ProblemCode {
        self.code
    }

    /// The mistakes of single fields.
    #[must_use]
    pub fn violations(&self) -> &[Violation] {
        &self.violations
    }
}

impl From<ProblemCode> for Problem {
    fn from(code: ProblemCode) -> Self {
        Self::new(code)
    }
}

/// A [`Problem`] inside stays itself, a database that cannot be reached is 503, everything else 500.
impl From<anyhow::Error> for Problem {
    fn from(error: anyhow::Error) -> Self {
        let error = match error.downcast::<Self>() {
            Ok(problem) => return problem,
            Err(error) => error,
        };
        let unavailable = error.chain().any(|cause| cause.downcast_ref().is_some_and(is_infrastructure));
        let code = if unavailable { ProblemCode::ServiceUnavailable } else { ProblemCode::Internal };
        Self::new(code).because(error)
    }
}

impl From<DbErr> for Problem {
    fn from(error: DbErr) -> Self {
        anyhow::Error::new(error).into()
    }
}

impl DatabaseCause for Problem {
    fn database_cause(&self) -> Option<&DbErr> {
        self.cause.as_ref()?.chain().find_map(|cause| cause.downcast_ref())
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code.entry().code)
    }
}

impl std::error::Error for Problem {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        self.cause.as_ref().map(|cause| &**cause as _)
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        self.code.status()
    }

    /// Without the request id, which [`render`] adds.
    fn error_response(&self) -> HttpResponse {
        self.response(None)
    }
}
