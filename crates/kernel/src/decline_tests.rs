use std::collections::HashSet;

use super::*;

/// Code, whether the same method may work again, and a word of each sentence that a customer needs.
const EXPECTED: &[(&str, bool, &str, &str)] = &[
    ("generic_decline", false, "declined", "another card"),
    ("lost_card", false, "did not accept", "different card"),
    ("stolen_card", false, "not accepted", "different card"),
    ("fraudulent", false, "declined", "different card"),
    ("merchant_blacklist", false, "could not take", "different payment method"),
    ("pickup_card", false, "declined", "back of your card"),
    ("do_not_honor", false, "refused", "Ask your bank"),
    ("call_issuer", false, "speak with you", "Call your bank"),
    ("restricted_card", false, "cannot be used", "which payments"),
    ("insufficient_funds", true, "not enough money", "balance"),
    ("card_velocity_exceeded", true, "spending limit", "limit to reset"),
    ("withdrawal_count_limit_exceeded", true, "as often", "tomorrow"),
    ("amount_too_large", false, "amount", "smaller orders"),
    ("expired_card", false, "expired", "still valid"),
    ("incorrect_cvc", true, "security code", "three or four digits"),
    ("incorrect_number", true, "card number", "number again"),
    ("incorrect_zip", true, "postal code", "postal code"),
    ("incorrect_address", true, "billing address", "address"),
    ("incorrect_pin", true, "PIN", "PIN again"),
    ("pin_try_exceeded", false, "too often", "Unlock"),
    ("card_not_supported", false, "kind of purchase", "online purchases"),
    ("currency_not_supported", false, "currency", "currency"),
    ("invalid_account", false, "not valid", "account is active"),
    ("testmode_decline", false, "test card", "real card"),
    ("authentication_required", true, "confirm", "banking app"),
    ("payment_intent_authentication_failure", true, "confirm that it was you", "security check"),
    ("processing_error", true, "went wrong", "few minutes"),
    ("issuer_not_available", true, "not be reached", "half an hour"),
    ("try_again_later", true, "just now", "little while"),
    ("duplicate_transaction", false, "same amount", "before you pay again"),
    ("payment_method_provider_decline", false, "PayPal", "message from the provider"),
    ("payment_method_provider_timeout", true, "in time", "again"),
    ("payment_method_customer_decline", true, "not approved", "approve the payment"),
    ("payment_intent_payment_attempt_expired", true, "ran out", "few minutes"),
    ("payment_intent_payment_attempt_failed", true, "did not complete", "new payment"),
];

#[test]
fn every_row_says_what_happened_and_what_to_do() {
    for (code, retryable, happened, next) in EXPECTED {
        for found in
            [advice(Some(code), "card_declined"), advice(None, code), advice(Some("unheard_of"), code)]
        {
            assert_eq!(found.retryable, *retryable, "{code}");
            assert!(found.message.contains(happened), "{code}: {}", found.message);
            assert!(found.recommendation.contains(next), "{code}: {}", found.recommendation);
        }
    }
}

#[test]
fn what_a_thief_must_not_learn_is_shown_as_any_refusal() {
    for code in DISCREET {
        assert_eq!(shown(code), "generic_decline");
        assert!(find(code).is_some(), "{code} is in the table");
    }
    for (code, ..) in EXPECTED.iter().filter(|row| !DISCREET.contains(&row.0)) {
        assert_eq!(shown(code), *code);
    }
    assert_eq!(shown("unheard_of"), "unheard_of");
}

#[test]
fn no_row_is_without_a_test() {
    let rows: Vec<_> = TABLE.iter().map(|row| row.codes[0]).collect();
    let expected: Vec<_> = EXPECTED.iter().map(|row| row.0).collect();
    assert_eq!(rows, expected);
}

#[test]
fn texts_actions_and_codes_are_distinct() {
    let advices = || TABLE.iter().map(|row| row.advice).chain([UNKNOWN]);
    let count = TABLE.len() + 1;
    assert_eq!(advices().map(|a| a.message).collect::<HashSet<_>>().len(), count);
    assert_eq!(advices().map(|a| a.recommendation).collect::<HashSet<_>>().len(), count);
    let codes: Vec<_> = TABLE.iter().flat_map(|row| row.codes).collect();
    assert_eq!(codes.iter().collect::<HashSet<_>>().len(), codes.len());
}

#[test]
fn texts_are_sentences() {
    for Advice { message, recommendation, .. } in TABLE.iter().map(|row| row.advice).chain([UNKNOWN]) {
        for text in [message, recommendation] {
            assert!(
                text.starts_with(char::is_uppercase) && text.ends_with('.') && text.len() <= 100,
                "{text}"
            );
        }
    }
}

/// Stripe: present these as a generic decline.
#[test]
fn the_holder_of_a_reported_card_is_not_tipped_off() {
    for code in
        ["lost_card", "stolen_card", "fraudulent", "merchant_blacklist", "pickup_card", "restricted_card"]
    {
        let found = advice(Some(code), "card_declined");
        let text = format!("{} {}", found.message, found.recommendation).to_lowercase();
        for word in ["lost", "stolen", "theft", "fraud", "report", "suspect", "block", "risk", "police"] {
            assert!(!text.contains(word), "{code} says {word}: {text}");
        }
        assert!(!found.retryable, "{code}");
    }
}

#[test]
fn aliases_share_their_row_and_unknown_codes_have_an_answer() {
    assert_eq!(advice(None, "card_declined"), advice(Some("generic_decline"), ""));
    assert_eq!(advice(Some("invalid_cvc"), ""), advice(None, "incorrect_cvc"));
    assert_eq!(advice(Some("brand_new_code"), "card_declined"), advice(None, "card_declined"));
    assert_eq!(advice(Some("brand_new_code"), "another_new_code"), UNKNOWN);
    assert_eq!(advice(None, ""), UNKNOWN);
}

#[test]
fn a_wallets_refusal_does_not_read_as_a_cards() {
    let wallet = advice(Some("generic_decline"), "payment_method_provider_decline");
    assert_eq!(wallet, advice(None, "payment_method_provider_decline"));
    let card = advice(Some("generic_decline"), "card_declined");
    assert_eq!(card, advice(None, "generic_decline"));
    assert_eq!(advice(Some("generic_decline"), "never_heard_of"), card);
}
