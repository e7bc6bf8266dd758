//! Sums of money as customers read them.

use kernel::{Currency, Money};

/// `amount` minor units of `currency`, such as `$1,234.50`, `¥1,500` or `KWD 1.230`.
pub(crate) fn written(amount: i64, currency: Currency) -> String {
    let digits = Money::new(amount, currency).to_major().to_string();
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits.as_str()), |rest| ("−", rest));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
    let mut text = format!("{sign}{}{}", symbol(currency), grouped(whole));
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

/// The sign in front of the digits; the code and a space where no sign is unmistakable.
fn symbol(currency: Currency) -> String {
    match currency.code() {
        "usd" => "$".to_owned(),
        "eur" => "€".to_owned(),
        "gbp" => "£".to_owned(),
        "jpy" => "¥".to_owned(),
        code => format!("{}\u{a0}", code.to_ascii_uppercase()),
    }
}

fn grouped(whole: &str) -> String {
    let mut text = String::with_capacity(whole.len() * 4 / 3);
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_read_as_their_currency_is_written() {
        for (amount, currency, text) in [
            (2999, "usd", "$29.99"),
            (5, "eur", "€0.05"),
            (123_456_700, "gbp", "£1,234,567.00"),
            (1500, "jpy", "¥1,500"),
            (100, "jpy", "¥100"),
            (1230, "kwd", "KWD\u{a0}1.230"),
            (-2550, "chf", "−CHF\u{a0}25.50"),
        ] {
            assert_eq!(written(amount, currency.parse().unwrap()), text);
        }
    }
}
