//! Stripe's pages: newest first, `limit`, `starting_after`, `ending_before`, `created` filters.

use serde_json::{Value, json};

use super::Answer;
use crate::error::ApiError;
use crate::params::Params;
use crate::state::{Collection, Object};

/// Parameters every list takes, besides its own filters.
const COMMON: [&str; 4] = ["limit", "starting_after", "ending_before", "created"];

/// A page of the objects that `filter` wants. `own` are the list's own parameters.
pub(crate) fn page<T: Object>(
    objects: &Collection<T>,
    params: &Params<'_>,
    own: &[&str],
    url: &str,
    filter: impl Fn(&T) -> bool,
) -> Answer {
    params.only(&[&COMMON, own].concat())?;
    let limit = limit(params)?;
    let created = Range::read(params)?;
    let wanted = |object: &&T| created.contains(object.created()) && filter(object);
    let missing = |id: &str, param| ApiError::no_such_parameter(singular(url), id, param);
    let mut page: Vec<&T> = match (params.text("starting_after")?, params.text("ending_before")?) {
        (Some(_), Some(_)) => {
            let message = "Cannot specify both starting_after and ending_before.";
            return Err(ApiError::parameter(Some("parameters_exclusive"), "ending_before", message));
        }
        (Some(after), None) => {
            let older = objects.older_than(&after).ok_or_else(|| missing(&after, "starting_after"))?;
            older.filter(wanted).take(limit + 1).collect()
        }
        (None, Some(before)) => {
            let newer = objects.newer_than(&before).ok_or_else(|| missing(&before, "ending_before"))?;
            newer.filter(wanted).take(limit + 1).collect()
        }
        (None, None) => objects.iter().rev().filter(wanted).take(limit + 1).collect(),
    };
    let has_more = page.len() > limit;
    page.truncate(limit);
    if params.has("ending_before") {
        page.reverse();
    }
    let data: Vec<Value> = page.into_iter().map(Object::json).collect();
    Ok(json!({ "object": "list", "data": data, "has_more": has_more, "url": url }))
}

/// `limit`: 1 to 100, 10 if absent.
fn limit(params: &Params<'_>) -> Result<usize, ApiError> {
    let limit = params.integer("limit")?.unwrap_or(10);
    match usize::try_from(limit) {
        Ok(limit @ 1..=100) => Ok(limit),
        _ => {
            let message = "Invalid integer: limit must be between 1 and 100.";
            Err(ApiError::parameter(Some("parameter_invalid_integer"), "limit", message))
        }
    }
}

/// `/v1/checkout/sessions` → `session`, for complaints.
fn singular(url: &str) -> &str {
    url.rsplit('/').next().unwrap_or(url).trim_end_matches('s')
}

/// `created`: a second, or bounds.
struct Range {
    least: i64,
    most: i64,
}

impl Range {
    fn read(params: &Params<'_>) -> Result<Self, ApiError> {
        let mut range = Self { least: i64::MIN, most: i64::MAX };
        match params.child("created") {
            Ok(None) => {}
            Ok(Some(bounds)) => {
                bounds.only(&["gt", "gte", "lt", "lte"])?;
                let gt = bounds.integer("gt")?.map(|bound| bound.saturating_add(1));
                let lt = bounds.integer("lt")?.map(|bound| bound.saturating_sub(1));
                for least in [gt, bounds.integer("gte")?].into_iter().flatten() {
                    range.least = range.least.max(least);
                }
                for most in [lt, bounds.integer("lte")?].into_iter().flatten() {
                    range.most = range.most.min(most);
                }
            }
            Err(_) => {
                if let Some(exact) = params.integer("created")? {
                    range = Self { least: exact, most: exact };
                }
            }
        }
        Ok(range)
    }

    fn contains(&self, created: i64) -> bool {
        (self.least..=self.most).contains(&created)
    }
}
