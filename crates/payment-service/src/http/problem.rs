//! What a caller is told when a use case could not do what it was asked.

use kernel::{Currency, Major, Money, ProductId};
use serde::Serialize;
use service_kit::problem::{Problem, ProblemCode};
use service_kit::validation::Violation;

use crate::app::{PriceMismatch, SumError, UseCaseError};

/// The problem of an error; `sum` points at what decides the sum in the request.
pub(super) fn problem(error: UseCaseError, sum: &str) -> Problem {
    match error {
        UseCaseError::NotFound => Problem::not_found(),
        UseCaseError::Closed => ProblemCode::PurchaseClosed.into(),
        UseCaseError::WrongSum(error) => wrong_sum(sum, error),
        UseCaseError::PricesDiffer(mismatches) => prices_differ(&mismatches),
        UseCaseError::ProviderUnavailable => ProblemCode::PaymentProviderUnavailable.into(),
        UseCaseError::OutcomeUnknown => ProblemCode::OutcomeUnknown.into(),
        UseCaseError::Key(problem) => problem,
        UseCaseError::Other(error) => error.into(),
        error @ UseCaseError::ProviderRefused(_) => {
            Problem::new(ProblemCode::PaymentProviderError).because(error)
        }
    }
}

fn wrong_sum(pointer: &str, error: SumError) -> Problem {
    let violation = Violation::new(pointer, error.to_string());
    Problem::new(ProblemCode::ValidationFailed).with_violations(vec![violation])
}

fn prices_differ(mismatches: &[PriceMismatch]) -> Problem {
    let violations = mismatches.iter().map(|mismatch| match mismatch.expected {
        Some(_) => {
            Violation::new(format!("/products/{}/price", mismatch.index), "is not the catalogue's price")
        }
        None => Violation::new(format!("/products/{}", mismatch.index), "is not in the catalogue"),
    });
    Problem::new(ProblemCode::PriceVerificationFailed)
        .with_violations(violations.collect())
        .with_member("discrepancies", discrepancies(mismatches))
}

/// One wrong price, in major units.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct DiscrepancyBody {
    #[serde(skip_serializing_if = "Option::is_none")]
    product_id: Option<ProductId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    expected_price: Option<Major>,
    provided_price: Major,
}

/// As contract and frontends know them.
pub(super) fn discrepancies(mismatches: &[PriceMismatch]) -> Vec<DiscrepancyBody> {
    let body = |mismatch: &PriceMismatch| DiscrepancyBody {
        product_id: mismatch.offer.product_id.clone(),
        // A name of its own only where there is no id to tell lines apart by.
        name: mismatch.offer.name.clone().filter(|_| mismatch.offer.product_id.is_none()),
        expected_price: mismatch.expected.map(Money::to_major),
        provided_price: mismatch.offer.price,
    };
    mismatches.iter().map(body).collect()
}

/// The currency of a request, or a violation.
pub(super) fn currency(
    given: Option<&str>,
    default: Currency,
    violations: &mut service_kit::validation::Violations,
) -> Option<Currency> {
    let Some(text) = given.map(str::trim).filter(|text| !text.is_empty()) else {
        return Some(default);
    };
    let parsed = text.parse().ok();
    if parsed.is_none() {
        violations.at("/currency", "must be the code of a currency (ISO 4217)");
    }
    parsed
}
