//! The table of codes.

use std::collections::HashSet;

use service_kit::problem::{Category, Problem, ProblemCode};

#[test]
fn codes_are_unique_and_found_by_name() {
    let codes: HashSet<_> = ProblemCode::ALL.iter().map(|code| code.entry().code).collect();
    assert_eq!(codes.len(), ProblemCode::ALL.len());
    for code in ProblemCode::ALL {
        assert_eq!(ProblemCode::from_code(code.entry().code), Some(*code));
    }
    assert_eq!(ProblemCode::from_code("no_such_code"), None);
}

#[test]
fn rows_are_consistent() {
    for code in ProblemCode::ALL {
        let row = code.entry();
        assert!((400..=599).contains(&row.status), "{}", row.code);
        assert_eq!(code.status().as_u16(), row.status);
        assert!(row.retry_after.is_none() || row.retryable, "{}", row.code);
        assert_eq!(row.category == Category::NotFound, matches!(row.status, 404 | 410), "{}", row.code);
        assert!(row.code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{}", row.code);
    }
}

/// The statuses that callers were promised.
#[test]
fn statuses_are_as_promised() {
    for (code, status) in [
        ("validation_failed", 422),
        ("malformed_json", 400),
        ("json_too_deep", 400),
        ("body_too_large", 413),
        ("unsupported_media_type", 415),
        ("not_found", 404),
        ("method_not_allowed", 405),
        ("unauthorized", 401),
        ("forbidden", 403),
        ("csrf_failed", 403),
        ("idempotency_key_invalid", 400),
        ("idempotency_mismatch", 422),
        ("idempotency_in_flight", 409),
        ("invalid_signature", 400),
        ("price_verification_failed", 422),
        ("out_of_stock", 409),
        ("order_already_paid", 409),
        ("order_not_payable", 409),
        ("payment_processing", 409),
        ("purchase_closed", 409),
        ("session_too_old", 410),
        ("card_declined", 402),
        ("refund_exceeds_captured", 422),
        ("rate_limited", 429),
        ("payment_provider_unavailable", 503),
        ("payment_provider_error", 502),
        ("outcome_unknown", 503),
        ("service_unavailable", 503),
        ("internal", 500),
    ] {
        assert_eq!(ProblemCode::from_code(code).unwrap().entry().status, status, "{code}");
    }
}

#[test]
fn errors_become_the_right_problems() {
    let away = sea_orm::DbErr::ConnectionAcquire(sea_orm::ConnAcquireErr::Timeout);
    let broken = || sea_orm::DbErr::Custom("broken".to_owned());
    let code = |problem: Problem| problem.code();
    assert_eq!(code(away.clone().into()), ProblemCode::ServiceUnavailable);
    assert_eq!(code(broken().into()), ProblemCode::Internal);
    assert_eq!(
        code(anyhow::Error::new(away).context("while paying").into()),
        ProblemCode::ServiceUnavailable
    );
    let own = anyhow::Error::new(Problem::new(ProblemCode::OutOfStock));
    assert_eq!(code(own.into()), ProblemCode::OutOfStock);
    assert_eq!(code(anyhow::anyhow!("anything").into()), ProblemCode::Internal);
}
