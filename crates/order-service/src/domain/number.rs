//! Order numbers as people read them.

/// `T-26-000123` for the 123rd order, made in 2026. Numbers past a million grow longer.
pub(crate) fn order_number(year: i32, count: i64) -> String {
    format!("T-{:02}-{count:06}", year.rem_euclid(100))
}

#[cfg(test)]
mod tests {
    use super::order_number;

    #[test]
    fn numbers_have_six_digits_and_more_when_needed() {
        assert_eq!(order_number(2026, 123), "T-26-000123");
        assert_eq!(order_number(2103, 1_234_567), "T-03-1234567");
    }
}
