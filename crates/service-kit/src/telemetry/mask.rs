//! Mail addresses as they may be logged.

/// `john@example.com` as `j***@example.com`. What is no address becomes `***`.
#[must_use]
pub fn mask_email(address: &str) -> String {
    let Some((local, domain)) = address.rsplit_once('@') else { return "***".to_owned() };
    let first = local.chars().next().map(String::from).unwrap_or_default();
    format!("{first}***@{domain}")
}

#[cfg(test)]
mod tests {
    use super::mask_email;

    #[test]
    fn only_the_first_letter_and_the_domain_stay() {
        assert_eq!(mask_email("john@example.com"), "j***@example.com");
        assert_eq!(mask_email("ö@x.example"), "ö***@x.example");
        assert_eq!(mask_email("\"a@b\"@example.com"), "\"***@example.com");
        assert_eq!(mask_email("@example.com"), "***@example.com");
        assert_eq!(mask_email("john"), "***");
        assert_eq!(mask_email(""), "***");
    }
}
