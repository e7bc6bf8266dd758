//! The body of a problem: RFC 9457, plus what existing frontends read (`error`, `success`).

use actix_web::HttpResponse;
use actix_web::http::header::{self, HeaderValue};
use serde::Serialize;
use serde_json::{Map, Value};

use super::{Category, Problem};
use crate::validation::Violation;

/// The media type of every problem.
pub(crate) const CONTENT_TYPE: &str = "application/problem+json";

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Body<'a> {
    r#type: String,
    title: &'static str,
    status: u16,
    code: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
    error: &'static str,
    success: bool,
    category: Category,
    retryable: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<&'a str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    errors: &'a [Violation],
    #[serde(flatten)]
    members: &'a Map<String, Value>,
}

impl Problem {
    /// The answer, with the request's id if it is known.
    pub(crate) fn response(&self, request_id: Option<&str>) -> HttpResponse {
        let entry = self.code.entry();
        let body = Body {
            r#type: format!("/problems/{}", entry.code),
            title: entry.title,
            status: entry.status,
            code: entry.code,
            detail: self.detail.as_deref(),
            error: entry.title,
            success: false,
            category: entry.category,
            retryable: entry.retryable,
            request_id,
            errors: &self.violations,
            members: &self.members,
        };
        let mut answer = HttpResponse::build(self.code.status());
        if let Some(delay) = entry.retry_after {
            answer.insert_header((header::RETRY_AFTER, delay.as_secs()));
        }
        if entry.status == 401 {
            answer.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        let mut answer = answer.json(body);
        answer.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(CONTENT_TYPE));
        answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        answer
    }
}
