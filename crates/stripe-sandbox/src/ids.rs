//! Ids that look like Stripe's: a prefix that says what it is, and random letters and digits.

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// `length` random letters and digits.
fn random(length: usize) -> String {
    let mut text = String::with_capacity(length);
    while text.len() < length {
        for byte in kernel::random::bytes::<16>() {
            if text.len() < length {
                text.push(char::from(ALPHABET[usize::from(byte) % ALPHABET.len()]));
            }
        }
    }
    text
}

pub(crate) fn checkout_session() -> String {
    format!("cs_test_a1{}", random(56))
}

pub(crate) fn payment_intent() -> String {
    format!("pi_3{}", random(23))
}

/// The client secret of the PaymentIntent `id`.
pub(crate) fn client_secret(id: &str) -> String {
    format!("{id}_secret_{}", random(25))
}

/// Card charges are `ch_…`, those of other methods `py_…`.
pub(crate) fn charge(card: bool) -> String {
    format!("{}_3{}", if card { "ch" } else { "py" }, random(23))
}

pub(crate) fn balance_transaction() -> String {
    format!("txn_3{}", random(23))
}

pub(crate) fn refund() -> String {
    format!("re_3{}", random(23))
}

pub(crate) fn customer() -> String {
    format!("cus_{}", random(14))
}

pub(crate) fn payment_method() -> String {
    format!("pm_1{}", random(23))
}

pub(crate) fn event() -> String {
    format!("evt_3{}", random(23))
}

pub(crate) fn line_item() -> String {
    format!("li_1{}", random(23))
}

pub(crate) fn price() -> String {
    format!("price_1{}", random(23))
}

pub(crate) fn product() -> String {
    format!("prod_{}", random(14))
}

pub(crate) fn request() -> String {
    format!("req_{}", random(14))
}

pub(crate) fn webhook_endpoint() -> String {
    format!("we_1{}", random(23))
}

pub(crate) fn webhook_secret() -> String {
    format!("whsec_{}", random(32))
}
