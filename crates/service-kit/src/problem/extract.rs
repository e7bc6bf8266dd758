//! Path and query errors as problems; [`server`](crate::server) installs both.

use actix_web::web::{PathConfig, QueryConfig};

use super::{Problem, ProblemCode};

/// A path segment that is no id is an absent thing: 404.
#[must_use]
pub fn path_config() -> PathConfig {
    PathConfig::default().error_handler(|_, _| Problem::not_found().into())
}

/// A query string that cannot be read is 422.
#[must_use]
pub fn query_config() -> QueryConfig {
    QueryConfig::default().error_handler(|_, _| {
        Problem::new(ProblemCode::ValidationFailed).with_detail("The query string is not valid.").into()
    })
}
