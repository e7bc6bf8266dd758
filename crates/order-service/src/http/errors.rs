//! One match from what went wrong to what the caller is told.

use kernel::{MoneyError, OrderId};
use service_kit::problem::{Problem, ProblemCode};
use service_kit::validation::Violations;

use crate::app::Error;
use crate::app::ports::PaymentsError;
use crate::domain::pricing::{self, ProblemKind};

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound | Error::NoProduct => Self::not_found(),
            Error::Cart(problems) => cart(&problems),
            Error::OutOfStock(product) => Self::new(ProblemCode::OutOfStock)
                .with_detail("There is not enough of a product left.")
                .with_member("productId", product),
            Error::StockBelowHeld => {
                let mut violations = Violations::new();
                violations.at("/stock", "must not be less than what is held for open orders");
                invalid(violations)
            }
            Error::AlreadyPaid => Self::new(ProblemCode::OrderAlreadyPaid),
            Error::NotPayable => Self::new(ProblemCode::OrderNotPayable)
                .with_detail("The order was cancelled, has ended or is just being closed."),
            Error::Processing => Self::new(ProblemCode::PaymentProcessing)
                .with_detail("A payment of this order is on its way; wait for its outcome."),
            Error::Forbidden(transition) => {
                Self::new(ProblemCode::InvalidState).with_detail(format!("The order is {}.", transition.from))
            }
            Error::Key(problem) => *problem,
            Error::SessionTooOld => Self::new(ProblemCode::SessionTooOld),
            Error::Payments(error) => payments(error),
            Error::Unfinished { order_id, number, cause } => unfinished(payments(cause), order_id, &number),
            Error::Database(error) => error.into(),
            Error::Outbox(error) => anyhow::Error::new(error).into(),
            Error::Other(error) => error.into(),
        }
    }
}

/// What payment-service said, if it is for the customer; else that it is away.
fn payments(error: PaymentsError) -> Problem {
    use ProblemCode as Code;
    let code = match &error {
        PaymentsError::Problem { code } => match Code::from_code(code) {
            // Of us: tokens are being changed, or too much is going on.
            Some(Code::Unauthorized | Code::Forbidden | Code::RateLimited | Code::RequestTimeout) => {
                Some(Code::ServiceUnavailable)
            }
            code => code.filter(|code| {
                matches!(
                    code,
                    Code::PaymentProviderUnavailable
                        | Code::PaymentProviderError
                        | Code::OutcomeUnknown
                        | Code::ServiceUnavailable
                )
            }),
        },
        PaymentsError::NotFound | PaymentsError::Unreachable(_) => Some(ProblemCode::ServiceUnavailable),
    };
    Problem::new(code.unwrap_or(Code::Internal)).because(error)
}

/// The order is kept; only where the same call may succeed it is worth repeating.
fn unfinished(problem: Problem, order_id: OrderId, number: &str) -> Problem {
    let kept = format!("Order {number} is kept and stays pending.");
    let retryable = problem.code().entry().retryable;
    let detail = if retryable { format!("{kept} Repeat the same call to go on with it.") } else { kept };
    problem.with_detail(detail).with_member("orderId", order_id).with_member("orderNumber", number)
}

fn cart(problems: &[pricing::Problem]) -> Problem {
    let mut violations = Violations::new();
    for problem in problems {
        let (field, detail) = match problem.kind {
            ProblemKind::UnknownProduct => ("/productId", "is no product of the catalogue".to_owned()),
            ProblemKind::NotForSale => ("/productId", "has no price or no name to be sold by".to_owned()),
            ProblemKind::OtherCurrency => {
                ("/productId", "is not sold in the currency of the order".to_owned())
            }
            ProblemKind::TooMany => ("/quantity", "makes more than 999 of the product".to_owned()),
            ProblemKind::PriceDiffers => ("/price", "is not the price in the catalogue".to_owned()),
            ProblemKind::ImpossiblePrice(error) => ("/price", amount(error).to_owned()),
            ProblemKind::Total(error) => ("", format!("together: {}", amount(error))),
        };
        let line = problem.line.map(|line| format!("/{line}")).unwrap_or_default();
        violations.at(format!("/items{line}{field}"), detail);
    }
    invalid(violations)
}

/// What is wrong with an amount of money, as a phrase.
pub(super) const fn amount(error: MoneyError) -> &'static str {
    match error {
        MoneyError::Overflow | MoneyError::TooManyDigits => "has too many digits",
        MoneyError::CurrencyMismatch => "is of another currency",
        MoneyError::TooFine => "is finer than the currency allows",
        MoneyError::NotPositive => "must be more than nothing",
        MoneyError::BelowMinimum => "is less than can be charged in this currency",
    }
}

/// The problem of mistakes in single fields.
fn invalid(violations: Violations) -> Problem {
    match violations.check() {
        Err(problem) => problem,
        Ok(()) => ProblemCode::ValidationFailed.into(),
    }
}
