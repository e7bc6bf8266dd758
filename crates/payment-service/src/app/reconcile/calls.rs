//! What an unanswered call means for the run: one object may be at fault, several in a row are Stripe.

use super::run::{Halt, Run};
use crate::app::ports::CallError;

/// So many in a row, and Stripe is away.
const IN_A_ROW: u32 = 3;

impl Run<'_> {
    /// The answer about one object; `Err` inside: it has none, and the run goes on.
    ///
    /// # Errors
    /// When Stripe is away.
    pub(super) fn answered<T>(&mut self, answer: Result<T, CallError>) -> Result<Result<T, String>, Halt> {
        match answer {
            Ok(answer) => {
                self.unanswered = 0;
                Ok(Ok(answer))
            }
            Err(error @ CallError::Refused(_)) => {
                self.unanswered = 0;
                Ok(Err(error.to_string()))
            }
            Err(error) => {
                self.unanswered += 1;
                if self.unanswered >= IN_A_ROW {
                    return Err(Halt::Stripe(error.to_string()));
                }
                Ok(Err(error.to_string()))
            }
        }
    }
}

/// A list is no single object: without it there is nothing to go on with.
pub(super) fn list<T>(answer: Result<T, CallError>) -> Result<T, Halt> {
    answer.map_err(|error| Halt::Stripe(error.to_string()))
}
