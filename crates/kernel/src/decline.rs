//! What to tell a customer whose payment was declined: one table, used by REST's `lastError` and by the
//! mails alike.
//!
//! Rows are found by Stripe's decline code, else by its error code. A card reported lost, stolen or
//! fraudulent, or blocked by the merchant's own rules, must read like any other refusal: whoever holds
//! such a card shall not learn from us why it failed.

/// What a customer reads about a failed attempt to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advice {
    /// What happened, one sentence.
    pub message: &'static str,
    /// What to do next, one sentence.
    pub recommendation: &'static str,
    /// Whether the same payment method may work when it is tried again, now or a little later.
    pub retryable: bool,
}

struct Row {
    /// Stripe's decline codes and error codes this row answers to; the first is its name.
    codes: &'static [&'static str],
    advice: Advice,
}

const fn row(
    codes: &'static [&'static str],
    retryable: bool,
    message: &'static str,
    recommendation: &'static str,
) -> Row {
    Row { codes, advice: Advice { message, recommendation, retryable } }
}

/// For codes that are not in the table.
const UNKNOWN: Advice = Advice {
    message: "The payment did not go through.",
    recommendation: "Try again, or choose a different way to pay.",
    retryable: true,
};

const RETRY: bool = true;
const FINAL: bool = false;

#[rustfmt::skip]
const TABLE: &[Row] = &[
    // Refused without a reason the customer may know.
    row(&["generic_decline", "card_declined"], FINAL, "Your card was declined.",
        "Use another card, or ask your bank why it declined the payment."),
    row(&["lost_card"], FINAL, "Your bank did not accept the payment.",
        "Pay with a different card or with PayPal."),
    row(&["stolen_card"], FINAL, "The payment was not accepted by your bank.",
        "Choose another way to pay, such as a different card."),
    row(&["fraudulent"], FINAL, "The payment was declined.",
        "Use a different card or payment method to finish your order."),
    row(&["merchant_blacklist"], FINAL, "We could not take this payment.",
        "Please pay with a different payment method."),
    row(&["pickup_card"], FINAL, "Your bank declined the payment with this card.",
        "Call the number on the back of your card, or use another card."),
    row(&["do_not_honor", "no_action_taken"], FINAL, "Your bank refused the payment.",
        "Ask your bank to approve the payment, then try again, or use another card."),
    row(&["call_issuer"], FINAL, "Your bank wants to speak with you before it approves the payment.",
        "Call your bank, then try the same card again."),
    row(&["restricted_card"], FINAL, "This card cannot be used for this payment.",
        "Ask your bank which payments the card allows, or pay with another one."),
    // Money and limits.
    row(&["insufficient_funds"], RETRY, "There is not enough money available on the card.",
        "Top up the account or use a card with a higher balance, then try again."),
    row(&["card_velocity_exceeded"], RETRY, "The card has reached its spending limit.",
        "Wait for the limit to reset or ask your bank to raise it, or use another card."),
    row(&["withdrawal_count_limit_exceeded"], RETRY, "The card has been used as often as your bank allows for now.",
        "Try this card again tomorrow, or use another one today."),
    row(&["amount_too_large"], FINAL, "The amount is more than this payment method allows.",
        "Split your purchase into smaller orders, or use a method with a higher limit."),
    // What the customer typed.
    row(&["expired_card", "invalid_expiry_month", "invalid_expiry_year"], FINAL, "The card has expired.",
        "Check the expiry date, or use a card that is still valid."),
    row(&["incorrect_cvc", "invalid_cvc"], RETRY, "The security code of the card is wrong.",
        "Enter the three or four digits printed on the card again."),
    row(&["incorrect_number", "invalid_number"], RETRY, "The card number is wrong.",
        "Enter the number again as it is printed on the card."),
    row(&["incorrect_zip", "postal_code_invalid"], RETRY, "The postal code does not match the card.",
        "Enter the postal code of the address your card statements go to."),
    row(&["incorrect_address"], RETRY, "The billing address does not match the card.",
        "Enter the address your bank has on file for the card."),
    row(&["incorrect_pin", "invalid_pin"], RETRY, "The PIN is wrong.",
        "Enter your PIN again, carefully: several wrong entries lock the card."),
    row(&["pin_try_exceeded"], FINAL, "The PIN was entered wrongly too often.",
        "Unlock the card at your bank, or use one without a PIN."),
    // The card and what it can do.
    row(&["card_not_supported", "transaction_not_allowed", "service_not_allowed"], FINAL, "The card does not support this kind of purchase.",
        "Ask your bank to allow online purchases, or use a card made for them."),
    row(&["currency_not_supported"], FINAL, "The card cannot pay in this currency.",
        "Use a card that supports the currency of your order."),
    row(&["invalid_account", "new_account_information_available"], FINAL, "The card, or the account behind it, is not valid any more.",
        "Ask your bank whether the account is active, or use another account."),
    row(&["testmode_decline", "live_mode_test_card"], FINAL, "This is a test card, which cannot pay for real orders.",
        "Use a real card."),
    // The customer has to confirm.
    row(&["authentication_required"], RETRY, "Your bank wants you to confirm the payment.",
        "Try again and confirm the payment in your banking app when asked."),
    row(&["payment_intent_authentication_failure", "authentication_not_handled", "mobile_device_authentication_required"], RETRY, "Your bank could not confirm that it was you.",
        "Try again and complete your bank's security check, or use another card."),
    // Nobody's fault; time helps.
    row(&["processing_error"], RETRY, "Something went wrong while the card was being charged.",
        "Try again in a few minutes; you have not been charged."),
    row(&["issuer_not_available", "issuer_unavailable"], RETRY, "Your bank could not be reached.",
        "Try again in half an hour, or use a card of another bank."),
    row(&["try_again_later", "reenter_transaction", "approve_with_id"], RETRY, "Your bank could not approve the payment just now.",
        "Try the same card again in a little while; if it fails again, ask your bank."),
    row(&["duplicate_transaction"], FINAL, "A payment of the same amount was made with this card a moment ago.",
        "Look at your orders and your bank statement before you pay again."),
    // Wallets and delayed methods.
    row(&["payment_method_provider_decline"], FINAL, "PayPal, or the provider you chose, declined the payment.",
        "Look for a message from the provider in your account there, or pay by card."),
    row(&["payment_method_provider_timeout"], RETRY, "The provider you chose did not answer in time.",
        "Start the payment at the provider again."),
    row(&["payment_method_customer_decline"], RETRY, "The payment was not approved at the provider you chose.",
        "Return to the checkout and approve the payment, or choose another method."),
    row(&["payment_intent_payment_attempt_expired"], RETRY, "The time to approve the payment ran out.",
        "Start again and approve the payment within a few minutes."),
    row(&["payment_intent_payment_attempt_failed"], RETRY, "The bank or provider did not complete the payment.",
        "Begin a new payment for the same order, with any method you like."),
];

/// What banks and wallets answer that do not say why.
const GENERIC: &str = "generic_decline";

/// The advice for a failed attempt: by `decline_code` if the table knows it, else by the error's `code`,
/// else a default that fits every failure. A generic decline code tells less than the error's own: a wallet's
/// refusal is no card's.
#[must_use]
pub fn advice(decline_code: Option<&str>, code: &str) -> Advice {
    let specific = decline_code.filter(|code| *code != GENERIC).and_then(find);
    specific.or_else(|| find(code)).or_else(|| decline_code.and_then(find)).unwrap_or(UNKNOWN)
}

/// Codes that tell whoever holds the card what we must not tell.
const DISCREET: [&str; 5] = ["lost_card", "stolen_card", "fraudulent", "merchant_blacklist", "pickup_card"];

/// The code as a customer may read it: `generic_decline` instead of one that says why such a card failed.
#[must_use]
pub fn shown(code: &str) -> &str {
    if DISCREET.contains(&code) { GENERIC } else { code }
}

fn find(code: &str) -> Option<Advice> {
    TABLE.iter().find(|row| row.codes.contains(&code)).map(|row| row.advice)
}

#[cfg(test)]
#[path = "decline_tests.rs"]
mod tests;
