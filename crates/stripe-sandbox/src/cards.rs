//! Stripe's test cards and what happens to them: one table for the page, the control API and `pm_card_…`.

/// How a card is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Decline {
    /// Stripe's error code.
    pub(crate) code: &'static str,
    /// The issuer's reason, where Stripe gives one.
    pub(crate) decline_code: Option<&'static str>,
    /// What the customer is told.
    pub(crate) message: &'static str,
}

/// What happens when a card is charged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Pays,
    Declines(Decline),
    /// The issuer asks for 3-D Secure; passed, the payment ends as if it were the inner outcome.
    Asks3ds(Option<Decline>),
}

/// A test card.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TestCard {
    pub(crate) number: &'static str,
    /// Names of the payment methods that stand for it (`pm_card_visa`).
    pub(crate) tokens: &'static [&'static str],
    pub(crate) brand: &'static str,
    pub(crate) funding: &'static str,
    pub(crate) country: &'static str,
    pub(crate) outcome: Outcome,
    /// What the page's button says; `None`: no button.
    pub(crate) button: Option<&'static str>,
}

const fn declined(decline_code: &'static str) -> Decline {
    Decline { code: "card_declined", decline_code: Some(decline_code), message: "Your card was declined." }
}

const FUNDS: Decline =
    Decline { message: "Your card has insufficient funds.", ..declined("insufficient_funds") };

/// What Stripe's test mode answers to a card that is not one of its test cards.
const NOT_A_TEST_CARD: Decline = Decline {
    message: "Your card was declined. Your request was in test mode, but used a non test card. For a list of \
              valid test cards, visit: https://docs.stripe.com/testing.",
    ..declined("test_mode_live_card")
};

const INCORRECT_NUMBER: Decline =
    Decline { code: "incorrect_number", decline_code: None, message: "Your card number is incorrect." };

const fn visa(number: &'static str, tokens: &'static [&'static str], outcome: Outcome) -> TestCard {
    TestCard { number, tokens, brand: "visa", funding: "credit", country: "US", outcome, button: None }
}

const fn button(card: TestCard, label: &'static str) -> TestCard {
    TestCard { button: Some(label), ..card }
}

const fn other(number: &'static str, tokens: &'static [&'static str], brand: &'static str) -> TestCard {
    TestCard { brand, ..visa(number, tokens, Outcome::Pays) }
}

const fn refuses(code: &'static str, message: &'static str) -> Outcome {
    Outcome::Declines(Decline { code, decline_code: None, message })
}

/// Stripe's documented test cards, as far as the sandbox knows them.
pub(crate) const CARDS: &[TestCard] = &[
    button(visa("4242424242424242", &["pm_card_visa"], Outcome::Pays), "Pays"),
    TestCard { funding: "debit", ..visa("4000056655665556", &["pm_card_visa_debit"], Outcome::Pays) },
    other("5555555555554444", &["pm_card_mastercard"], "mastercard"),
    other("2223003122003222", &[], "mastercard"),
    TestCard { funding: "debit", ..other("5200828282828210", &["pm_card_mastercard_debit"], "mastercard") },
    TestCard {
        funding: "prepaid",
        ..other("5105105105105100", &["pm_card_mastercard_prepaid"], "mastercard")
    },
    other("378282246310005", &["pm_card_amex"], "amex"),
    other("371449635398431", &[], "amex"),
    other("6011111111111117", &["pm_card_discover"], "discover"),
    other("3056930009020004", &["pm_card_diners"], "diners"),
    other("3566002020360505", &["pm_card_jcb"], "jcb"),
    other("6200000000000005", &["pm_card_unionpay"], "unionpay"),
    TestCard { country: "DE", ..visa("4000002760000016", &["pm_card_de"], Outcome::Pays) },
    TestCard { country: "GB", ..visa("4000008260000000", &["pm_card_gb"], Outcome::Pays) },
    button(
        visa(
            "4000000000000002",
            &["pm_card_chargeDeclined", "pm_card_visa_chargeDeclined"],
            Outcome::Declines(declined("generic_decline")),
        ),
        "Declined",
    ),
    button(
        visa(
            "4000000000009995",
            &["pm_card_chargeDeclinedInsufficientFunds", "pm_card_visa_chargeDeclinedInsufficientFunds"],
            Outcome::Declines(FUNDS),
        ),
        "Insufficient funds",
    ),
    visa(
        "4000000000009987",
        &["pm_card_chargeDeclinedLostCard", "pm_card_visa_chargeDeclinedLostCard"],
        Outcome::Declines(declined("lost_card")),
    ),
    visa(
        "4000000000009979",
        &["pm_card_chargeDeclinedStolenCard", "pm_card_visa_chargeDeclinedStolenCard"],
        Outcome::Declines(declined("stolen_card")),
    ),
    button(
        visa(
            "4000000000000069",
            &["pm_card_chargeDeclinedExpiredCard", "pm_card_visa_chargeDeclinedExpiredCard"],
            refuses("expired_card", "Your card has expired."),
        ),
        "Expired card",
    ),
    visa(
        "4000000000000127",
        &["pm_card_chargeDeclinedIncorrectCvc", "pm_card_visa_chargeDeclinedIncorrectCvc"],
        refuses("incorrect_cvc", "Your card's security code is incorrect."),
    ),
    visa(
        "4000000000000119",
        &["pm_card_chargeDeclinedProcessingError", "pm_card_visa_chargeDeclinedProcessingError"],
        refuses(
            "processing_error",
            "An error occurred while processing your card. Try again in a little bit.",
        ),
    ),
    visa(
        "4000000000006975",
        &["pm_card_chargeDeclinedVelocityLimitExceeded", "pm_card_visa_chargeDeclinedVelocityLimitExceeded"],
        Outcome::Declines(declined("card_velocity_exceeded")),
    ),
    visa(
        "4100000000000019",
        &["pm_card_radarBlock", "pm_card_chargeDeclinedFraudulent"],
        Outcome::Declines(declined("fraudulent")),
    ),
    visa("4242424242424241", &[], Outcome::Declines(INCORRECT_NUMBER)),
    button(
        visa("4000002500003155", &["pm_card_authenticationRequired"], Outcome::Asks3ds(None)),
        "Asks for 3-D Secure",
    ),
    visa("4000002760003184", &["pm_card_authenticationRequiredOnSetup"], Outcome::Asks3ds(None)),
    visa("4000000000003220", &["pm_card_threeDSecure2Required"], Outcome::Asks3ds(None)),
    visa("4000000000003063", &["pm_card_threeDSecureRequired"], Outcome::Asks3ds(None)),
    visa("4000000000003055", &["pm_card_threeDSecureOptional"], Outcome::Pays),
    visa(
        "4000008400001629",
        &["pm_card_threeDSecureRequiredChargeDeclined"],
        Outcome::Asks3ds(Some(declined("generic_decline"))),
    ),
    visa(
        "4000008260003178",
        &["pm_card_authenticationRequiredChargeDeclinedInsufficientFunds"],
        Outcome::Asks3ds(Some(FUNDS)),
    ),
    visa("4000000000000259", &["pm_card_createDispute"], Outcome::Pays),
    visa("4000000000002685", &["pm_card_createDisputeProductNotReceived"], Outcome::Pays),
    visa("4000000000001976", &["pm_card_createDisputeInquiry"], Outcome::Pays),
];

/// The card with this number, however it is spaced. Any number has an outcome: what is no test card is
/// declined as Stripe does.
pub(crate) fn by_number(number: &str) -> TestCard {
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if let Some(card) = CARDS.iter().find(|card| card.number == digits) {
        return *card;
    }
    let refusal = if luhn(&digits) { NOT_A_TEST_CARD } else { INCORRECT_NUMBER };
    TestCard { brand: "unknown", ..visa("", &[], Outcome::Declines(refusal)) }
}

/// The card a `pm_card_…` stands for.
pub(crate) fn by_token(token: &str) -> Option<TestCard> {
    CARDS.iter().find(|card| card.tokens.contains(&token)).copied()
}

/// Whether the number's check digit is right and its length is a card's.
pub(crate) fn luhn(digits: &str) -> bool {
    let mut sum = 0;
    for (index, digit) in digits.bytes().rev().enumerate() {
        let mut value = u32::from(digit - b'0');
        if index % 2 == 1 {
            value = if value > 4 { value * 2 - 9 } else { value * 2 };
        }
        sum += value;
    }
    (12..=19).contains(&digits.len()) && sum % 10 == 0
}

/// Last four digits of a number, however it is spaced.
pub(crate) fn last4(number: &str) -> String {
    let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
    digits[digits.len().saturating_sub(4)..].iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_but_the_wrong_one_has_a_right_check_digit() {
        for card in CARDS {
            assert_eq!(luhn(card.number), card.number != "4242424242424241", "{}", card.number);
        }
    }

    #[test]
    fn numbers_and_tokens_are_unique() {
        let mut seen = std::collections::HashSet::new();
        for card in CARDS {
            assert!(seen.insert(card.number), "{}", card.number);
            assert!(card.tokens.iter().all(|token| seen.insert(token)), "{:?}", card.tokens);
        }
    }

    #[test]
    fn other_numbers_are_declined() {
        let Outcome::Declines(decline) = by_number("4111 1111 1111 1111").outcome else { panic!() };
        assert_eq!(decline.decline_code, Some("test_mode_live_card"));
        let Outcome::Declines(decline) = by_number("4111 1111 1111 1112").outcome else { panic!() };
        assert_eq!(decline.code, "incorrect_number");
        assert_eq!(by_number("4242 4242 4242 4242").outcome, Outcome::Pays);
    }
}
