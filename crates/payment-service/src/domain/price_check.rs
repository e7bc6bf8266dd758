//! Whether what a caller offers to pay is what the catalogue asks.

use kernel::{Currency, Major, Money, ProductId};

/// What the catalogue says of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CatalogueEntry {
    /// Its id.
    pub(crate) product_id: ProductId,
    /// Its name, exactly.
    pub(crate) name: String,
    /// Its price.
    pub(crate) price: Money,
}

/// A price somebody offers for a product, by id or else by exact name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    /// By id, which wins over the name.
    pub(crate) product_id: Option<ProductId>,
    /// By name.
    pub(crate) name: Option<String>,
    /// The offered price of one.
    pub(crate) price: Major,
    /// In which currency; `None` means the product's own.
    pub(crate) currency: Option<Currency>,
}

/// An offer that the catalogue does not bear out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Discrepancy {
    /// What the catalogue asks; `None` for a product it does not know, or not in this currency.
    pub(crate) expected: Option<Money>,
}

/// Compares an offer with all entries that may be meant.
///
/// Several products of one name are one offer's candidates: a price that any of them asks is right, so that a name
/// used twice does not lock both products out.
///
/// # Errors
/// The discrepancy.
pub(crate) fn check_offer<'a>(
    offer: &Offer,
    catalogue: &'a [CatalogueEntry],
) -> Result<&'a CatalogueEntry, Discrepancy> {
    let meant = |entry: &&CatalogueEntry| match (&offer.product_id, &offer.name) {
        (Some(id), _) => entry.product_id == *id,
        (None, Some(name)) => entry.name == *name,
        (None, None) => false,
    };
    let comparable =
        |entry: &&CatalogueEntry| offer.currency.is_none_or(|currency| currency == entry.price.currency);
    let asked =
        |entry: &&CatalogueEntry| Money::from_major(offer.price, entry.price.currency) == Ok(entry.price);
    let mut candidates = catalogue.iter().filter(meant).filter(comparable);
    if let Some(entry) = candidates.clone().find(asked) {
        return Ok(entry);
    }
    Err(Discrepancy { expected: candidates.next().map(|entry| entry.price) })
}

#[cfg(test)]
mod tests {
    use kernel::Currency;

    use super::*;

    fn entry(id: &str, name: &str, amount: i64) -> CatalogueEntry {
        let price = Money::new(amount, Currency::USD);
        CatalogueEntry { product_id: id.parse().unwrap(), name: name.to_owned(), price }
    }

    fn offer(id: Option<&str>, name: Option<&str>, amount: i64) -> Offer {
        let price = Money::new(amount, Currency::USD).to_major();
        let (product_id, name) = (id.map(|id| id.parse().unwrap()), name.map(str::to_owned));
        Offer { product_id, name, price, currency: Some(Currency::USD) }
    }

    #[test]
    fn an_offer_is_compared_by_id_and_else_by_exact_name() {
        let catalogue = [entry("p1", "Tea", 500), entry("p2", "Cup", 900), entry("p3", "Tea", 700)];
        let check = |offer: Offer| check_offer(&offer, &catalogue).map(|entry| entry.product_id.to_string());
        let expected = |amount| Err(Discrepancy { expected: Some(Money::new(amount, Currency::USD)) });

        assert_eq!(check(offer(Some("p1"), Some("Cup"), 500)), Ok("p1".to_owned()));
        assert_eq!(check(offer(None, Some("Cup"), 900)), Ok("p2".to_owned()));
        assert_eq!(check(offer(None, Some("Tea"), 700)), Ok("p3".to_owned()), "either tea");
        assert_eq!(check(offer(Some("p1"), None, 499)), expected(500));
        assert_eq!(check(offer(None, Some("cup"), 900)), Err(Discrepancy { expected: None }));
        assert_eq!(check(offer(Some("p9"), Some("Cup"), 900)), Err(Discrepancy { expected: None }));
        assert_eq!(check(offer(None, None, 900)), Err(Discrepancy { expected: None }));
    }

    #[test]
    fn another_currency_is_no_price() {
        let catalogue = [entry("p1", "Tea", 500)];
        let mut foreign = offer(Some("p1"), None, 500);
        foreign.currency = "eur".parse().ok();
        assert_eq!(check_offer(&foreign, &catalogue), Err(Discrepancy { expected: None }));
    }

    #[test]
    fn without_a_currency_the_products_own_is_meant() {
        let priced = |currency: &str, amount| CatalogueEntry {
            price: Money::new(amount, currency.parse().unwrap()),
            ..entry("p1", "Tea", 0)
        };
        let check = |price: &str, entry: CatalogueEntry| {
            let price = price.parse().unwrap();
            let offer = Offer { price, currency: None, ..offer(Some("p1"), None, 0) };
            check_offer(&offer, &[entry]).is_ok()
        };
        assert!(check("12.5", priced("eur", 1250)));
        assert!(check("1.250", priced("kwd", 1250)));
        assert!(check("1250", priced("jpy", 1250)));
        assert!(!check("12.5", priced("jpy", 1250)), "finer than the currency");
        assert!(!check("12.51", priced("eur", 1250)));
    }
}
