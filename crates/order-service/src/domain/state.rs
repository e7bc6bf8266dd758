//! The states of an order. Each carries its own facts; a command that the state forbids is an error.

use kernel::PaymentId;
use time::OffsetDateTime;

/// A command met a state in which it is not allowed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a {from} order cannot {command}")]
pub(crate) struct InvalidTransition {
    /// The status the order had.
    pub(crate) from: Status,
    command: &'static str,
}

/// What is stored and shown as an order's status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Status {
    Pending,
    Paid,
    Cancelled,
    Expired,
}

impl Status {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Paid => "paid",
            Self::Cancelled => "cancelled",
            Self::Expired => "expired",
        }
    }
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Why an order is being closed: what it becomes once Stripe can take no more money for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Closing {
    Cancel,
    Expire,
}

impl Closing {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Cancel => "cancel",
            Self::Expire => "expire",
        }
    }
}

/// Waits for money.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Pending {
    /// Until when its stock is held; afterwards it is closed.
    pub(crate) hold_until: OffsetDateTime,
    /// Set while payment-service is asked to take no more money.
    pub(crate) closing: Option<Closing>,
}

/// Where an order stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Pending(Pending),
    /// Settled by this payment; any other success is in excess.
    Paid {
        by: PaymentId,
    },
    Cancelled,
    Expired,
}

impl State {
    pub(crate) const fn status(&self) -> Status {
        match self {
            Self::Pending(_) => Status::Pending,
            Self::Paid { .. } => Status::Paid,
            Self::Cancelled => Status::Cancelled,
            Self::Expired => Status::Expired,
        }
    }

    const fn refuse<T>(self, command: &'static str) -> Result<T, InvalidTransition> {
        Err(InvalidTransition { from: self.status(), command })
    }

    /// Begins to close a pending order. One that is closing already keeps its first reason.
    pub(crate) const fn begin_closing(self, why: Closing) -> Result<Self, InvalidTransition> {
        match self {
            Self::Pending(pending) => {
                let closing = match pending.closing {
                    Some(already) => already,
                    None => why,
                };
                Ok(Self::Pending(Pending { closing: Some(closing), ..pending }))
            }
            other => other.refuse("begin to close"),
        }
    }

    /// Finishes closing: only after payment-service has proven that nothing can be paid any more.
    pub(crate) const fn finish_closing(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Pending(Pending { closing: Some(Closing::Cancel), .. }) => Ok(Self::Cancelled),
            Self::Pending(Pending { closing: Some(Closing::Expire), .. }) => Ok(Self::Expired),
            other => other.refuse("finish closing"),
        }
    }

    /// Moves the deadline of a pending order that is not closing.
    pub(crate) const fn extend(self, hold_until: OffsetDateTime) -> Result<Self, InvalidTransition> {
        match self {
            Self::Pending(Pending { closing: None, .. }) => {
                Ok(Self::Pending(Pending { hold_until, closing: None }))
            }
            other => other.refuse("be held longer"),
        }
    }

    /// Lets an expired order wait for money again.
    pub(crate) const fn reopen(self, hold_until: OffsetDateTime) -> Result<Self, InvalidTransition> {
        match self {
            Self::Expired => Ok(Self::Pending(Pending { hold_until, closing: None })),
            other => other.refuse("reopen"),
        }
    }

    /// Settles the order: a pending one, or by the late-payment policy an ended one.
    pub(crate) const fn pay(self, by: PaymentId) -> Result<Self, InvalidTransition> {
        match self {
            Self::Pending(_) | Self::Cancelled | Self::Expired => Ok(Self::Paid { by }),
            other @ Self::Paid { .. } => other.refuse("be paid again"),
        }
    }

    /// Ends a pending order that was paid but whose goods cannot be had.
    pub(crate) const fn abandon(self) -> Result<Self, InvalidTransition> {
        match self {
            Self::Pending(_) => Ok(Self::Cancelled),
            other => other.refuse("be abandoned"),
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::ManualClock;
    use time::macros::datetime;

    use super::*;

    const SOON: OffsetDateTime = datetime!(2026-01-01 12:00 UTC);

    fn all() -> [State; 6] {
        let pending = |closing| State::Pending(Pending { hold_until: SOON, closing });
        [
            pending(None),
            pending(Some(Closing::Cancel)),
            pending(Some(Closing::Expire)),
            State::Paid { by: payment() },
            State::Cancelled,
            State::Expired,
        ]
    }

    fn payment() -> PaymentId {
        PaymentId::generate(&ManualClock::at(SOON))
    }

    /// Which of [`all`] a command is allowed in.
    fn allowed(command: impl Fn(State) -> Result<State, InvalidTransition>) -> [bool; 6] {
        all().map(|state| command(state).is_ok())
    }

    #[test]
    fn commands_are_allowed_only_where_they_make_sense() {
        let by = payment();
        let yes = true;
        let no = false;
        assert_eq!(allowed(|s| s.begin_closing(Closing::Cancel)), [yes, yes, yes, no, no, no]);
        assert_eq!(allowed(State::finish_closing), [no, yes, yes, no, no, no]);
        assert_eq!(allowed(|s| s.extend(SOON)), [yes, no, no, no, no, no]);
        assert_eq!(allowed(|s| s.reopen(SOON)), [no, no, no, no, no, yes]);
        assert_eq!(allowed(|s| s.pay(by)), [yes, yes, yes, no, yes, yes]);
        assert_eq!(allowed(State::abandon), [yes, yes, yes, no, no, no]);
    }

    #[test]
    fn closing_ends_in_what_was_asked_first() {
        let [pending, ..] = all();
        let closing = pending.begin_closing(Closing::Expire).unwrap();
        let asked_again = closing.begin_closing(Closing::Cancel).unwrap();
        assert_eq!(asked_again.finish_closing(), Ok(State::Expired));
        let cancelled = pending.begin_closing(Closing::Cancel).unwrap();
        assert_eq!(cancelled.finish_closing(), Ok(State::Cancelled));
    }

    #[test]
    fn a_refused_command_names_itself_and_the_state() {
        let error = State::Cancelled.reopen(SOON).unwrap_err();
        assert_eq!(error.from, Status::Cancelled);
        assert_eq!(error.to_string(), "a cancelled order cannot reopen");
    }
}
