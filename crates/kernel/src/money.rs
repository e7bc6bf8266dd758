//! Money: integer minor units with a currency, checked arithmetic, never a float.

use std::fmt;

use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use serde::{Deserialize, Serialize};

use crate::{Currency, Major};

/// Why a sum of money cannot be.
#[derive(Debug, Clone, Copy, thiserror::Error, PartialEq, Eq)]
pub enum MoneyError {
    /// The result does not fit into 64 bits of minor units.
    #[error("the amount is out of range")]
    Overflow,
    /// Two currencies met in one sum.
    #[error("the currencies differ")]
    CurrencyMismatch,
    /// A decimal finer than the currency's minor unit, or than the step it can be charged in.
    #[error("the amount is finer than the currency allows")]
    TooFine,
    /// Zero or less where money is asked for.
    #[error("the amount is not positive")]
    NotPositive,
    /// Below what Stripe charges in this currency.
    #[error("the amount is below the currency's minimum")]
    BelowMinimum,
    /// More than the eight digits Stripe charges.
    #[error("the amount has too many digits")]
    TooManyDigits,
}

/// Stripe's limit of eight digits in minor units.
const MAXIMUM_CHARGE: i64 = 99_999_999;

/// A sum of money: `amount` in the currency's minor unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Money {
    /// Minor units.
    pub amount: i64,
    /// The currency the amount is counted in.
    pub currency: Currency,
}

impl Money {
    /// `amount` minor units of `currency`.
    #[must_use]
    pub const fn new(amount: i64, currency: Currency) -> Self {
        Self { amount, currency }
    }

    /// Nothing, in `currency`.
    #[must_use]
    pub const fn zero(currency: Currency) -> Self {
        Self::new(0, currency)
    }

    /// From a decimal of the major unit, as people write it (`29.99`).
    ///
    /// # Errors
    /// `TooFine` when it has more decimals than the currency, `Overflow` when it does not fit.
    pub fn from_major(major: Major, currency: Currency) -> Result<Self, MoneyError> {
        let scale = Decimal::from(10_i64.pow(currency.decimals()));
        let minor = major.decimal().checked_mul(scale).ok_or(MoneyError::Overflow)?;
        if !minor.fract().is_zero() {
            return Err(MoneyError::TooFine);
        }
        minor.to_i64().map(|amount| Self::new(amount, currency)).ok_or(MoneyError::Overflow)
    }

    /// The decimal of the major unit, for people.
    #[must_use]
    pub fn to_major(self) -> Major {
        Major::from(Decimal::new(self.amount, self.currency.decimals()))
    }

    /// The sum.
    ///
    /// # Errors
    /// `CurrencyMismatch` or `Overflow`.
    pub fn checked_add(self, other: Self) -> Result<Self, MoneyError> {
        if self.currency != other.currency {
            return Err(MoneyError::CurrencyMismatch);
        }
        let amount = self.amount.checked_add(other.amount).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(amount, self.currency))
    }

    /// `quantity` times this.
    ///
    /// # Errors
    /// `Overflow`.
    pub fn checked_mul(self, quantity: u32) -> Result<Self, MoneyError> {
        let amount = self.amount.checked_mul(i64::from(quantity)).ok_or(MoneyError::Overflow)?;
        Ok(Self::new(amount, self.currency))
    }

    /// Whether a unit price can be: positive, within eight digits, of a chargeable step.
    ///
    /// # Errors
    /// `NotPositive`, `TooManyDigits` or `TooFine`.
    pub fn check_price(self) -> Result<Self, MoneyError> {
        match self.amount {
            ..=0 => Err(MoneyError::NotPositive),
            MAXIMUM_CHARGE.. if self.amount > MAXIMUM_CHARGE => Err(MoneyError::TooManyDigits),
            amount if amount % self.currency.granularity() != 0 => Err(MoneyError::TooFine),
            _ => Ok(self),
        }
    }

    /// Whether Stripe would charge it: a possible price of at least the currency's minimum.
    ///
    /// # Errors
    /// Those of [`Money::check_price`], and `BelowMinimum`.
    pub fn check_chargeable(self) -> Result<Self, MoneyError> {
        self.check_price()?;
        if self.amount < self.currency.minimum_charge() {
            return Err(MoneyError::BelowMinimum);
        }
        Ok(self)
    }
}

/// As people read it: `29.99 USD`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_major(), self.currency.code().to_ascii_uppercase())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn currency(code: &str) -> Currency {
        code.parse().unwrap()
    }

    fn major(text: &str) -> Major {
        text.parse().unwrap()
    }

    #[test]
    fn majors_become_exact_minor_units() {
        for (text, code, amount) in [
            ("29.99", "usd", 2999),
            ("0.1", "eur", 10),
            ("1500", "jpy", 1500),
            ("1.230", "kwd", 1230),
            ("-1", "usd", -100),
        ] {
            assert_eq!(
                Money::from_major(major(text), currency(code)),
                Ok(Money::new(amount, currency(code)))
            );
        }
    }

    #[test]
    fn impossible_majors_are_named() {
        let of = |text, code| Money::from_major(major(text), currency(code));
        assert_eq!(of("29.999", "usd"), Err(MoneyError::TooFine));
        assert_eq!(of("1.5", "jpy"), Err(MoneyError::TooFine));
        assert_eq!(of("92233720368547758.08", "usd"), Err(MoneyError::Overflow));
        assert_eq!(of("79228162514264337593543950335", "usd"), Err(MoneyError::Overflow));
    }

    #[test]
    fn prices_and_charges_have_bounds() {
        let check = |amount, code| Money::new(amount, currency(code)).check_chargeable();
        assert_eq!(check(0, "usd"), Err(MoneyError::NotPositive));
        assert_eq!(check(-5, "usd"), Err(MoneyError::NotPositive));
        assert_eq!(check(49, "usd"), Err(MoneyError::BelowMinimum));
        assert_eq!(check(100_000_000, "usd"), Err(MoneyError::TooManyDigits));
        assert_eq!(check(1234, "kwd"), Err(MoneyError::TooFine));
        assert_eq!(check(150, "isk"), Err(MoneyError::TooFine));
        assert!(check(50, "usd").is_ok());
        assert!(check(99_999_999, "usd").is_ok());
    }

    #[test]
    fn arithmetic_is_checked() {
        let usd = |amount| Money::new(amount, Currency::USD);
        assert_eq!(usd(i64::MAX).checked_add(usd(1)), Err(MoneyError::Overflow));
        assert_eq!(usd(i64::MIN).checked_add(usd(-1)), Err(MoneyError::Overflow));
        assert_eq!(usd(i64::MAX).checked_mul(2), Err(MoneyError::Overflow));
        assert_eq!(usd(1).checked_add(Money::new(1, currency("eur"))), Err(MoneyError::CurrencyMismatch));
        assert_eq!(usd(2999).to_string(), "29.99 USD");
        assert_eq!(Money::new(1500, currency("jpy")).to_string(), "1500 JPY");
    }

    proptest! {
        #[test]
        fn minor_to_major_and_back_changes_nothing(amount: i64, code in prop::sample::select(vec!["usd", "jpy", "kwd", "isk"])) {
            let money = Money::new(amount, currency(code));
            prop_assert_eq!(Money::from_major(money.to_major(), money.currency), Ok(money));
        }
    }
}
