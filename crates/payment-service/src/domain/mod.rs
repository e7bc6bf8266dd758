//! What a payment is and what facts do to it. No I/O, no clock, no randomness.
//!
//! Everything Stripe says becomes an [`Observation`]; [`apply`] alone decides what it changes. Facts are ranked,
//! never refused: every order of arrival, and every repetition, ends in the same status and amounts.

mod apply;
mod fact;
mod ledger;
mod payment;
mod price_check;
mod purchase;
mod restate;
mod status;
mod terms;

#[cfg(test)]
mod apply_tests;
#[cfg(test)]
mod convergence_tests;

pub(crate) use apply::{Change, Outcome, Step, Verdict, apply};
pub(crate) use fact::{Capture, Fact, Observation, SessionDetails, Subject};
pub(crate) use ledger::{Decline, PaymentError, Refund, RefundStatus};
pub(crate) use payment::Payment;
pub(crate) use price_check::{CatalogueEntry, Offer, check_offer};
pub(crate) use purchase::{Item, Kind, Purchase, PurchaseState, Redirects, total};
pub(crate) use restate::restate;
pub(crate) use status::{Status, UnknownWord};
pub(crate) use terms::{end_after, session_end};
