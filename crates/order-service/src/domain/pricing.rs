//! What a cart costs: always the catalogue's prices. A price the client sent is only compared.

use kernel::{Currency, Major, Money, MoneyError, ProductId};

use crate::domain::order::Item;

/// A line of a cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CartLine {
    pub(crate) product_id: ProductId,
    pub(crate) quantity: u32,
    /// What the client believes one costs.
    pub(crate) price: Option<Major>,
}

/// What the catalogue says of a product.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) id: ProductId,
    pub(crate) name: String,
    /// Price of one.
    pub(crate) unit: Money,
    pub(crate) image: Option<String>,
}

/// Why a line, or the whole cart when `line` is none, cannot be bought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Problem {
    pub(crate) line: Option<usize>,
    pub(crate) kind: ProblemKind,
}

/// The kinds of problems a cart can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ProblemKind {
    UnknownProduct,
    /// Another team's catalogue has it without a price that can be asked for, or without a name.
    NotForSale,
    /// The product is priced in another currency.
    OtherCurrency,
    /// The client's price could never be one.
    ImpossiblePrice(MoneyError),
    /// The client's price is not the catalogue's.
    PriceDiffers,
    /// Together with the lines before, more of the product than an order takes.
    TooMany,
    /// The sum cannot be charged.
    Total(MoneyError),
}

/// Of one product, in one order.
const MOST_OF_A_PRODUCT: u32 = 999;
/// Characters of a name on Stripe's page.
const LONGEST_NAME: usize = 250;

/// A priced cart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Priced {
    /// One item per product, in the order the products first appeared.
    pub(crate) items: Vec<Item>,
    pub(crate) subtotal: Money,
    /// Nothing, until shipping is priced.
    pub(crate) shipping: Money,
    pub(crate) total: Money,
}

/// Prices `lines` by `offers`, or says everything that is wrong with them.
pub(crate) fn price(
    lines: &[CartLine],
    offers: &[Offer],
    currency: Currency,
) -> Result<Priced, Vec<Problem>> {
    let mut items: Vec<Item> = Vec::with_capacity(lines.len());
    let mut problems = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        match offer_for(line, offers, currency) {
            Ok(offer) if add(&mut items, offer, line.quantity) <= MOST_OF_A_PRODUCT => {}
            Ok(_) => problems.push(Problem { line: Some(index), kind: ProblemKind::TooMany }),
            Err(kind) => problems.push(Problem { line: Some(index), kind }),
        }
    }
    if !problems.is_empty() {
        return Err(problems);
    }
    let whole = |error| vec![Problem { line: None, kind: ProblemKind::Total(error) }];
    let subtotal = sum(&items, currency).map_err(whole)?;
    let shipping = Money::zero(currency);
    let total = subtotal.checked_add(shipping).and_then(Money::check_chargeable).map_err(whole)?;
    Ok(Priced { items, subtotal, shipping, total })
}

fn offer_for<'a>(line: &CartLine, offers: &'a [Offer], currency: Currency) -> Result<&'a Offer, ProblemKind> {
    let offer = offers.iter().find(|offer| offer.id == line.product_id).ok_or(ProblemKind::UnknownProduct)?;
    if let Some(price) = line.price {
        let claimed = Money::from_major(price, currency)
            .and_then(Money::check_price)
            .map_err(ProblemKind::ImpossiblePrice)?;
        if offer.unit.currency == currency && claimed != offer.unit {
            return Err(ProblemKind::PriceDiffers);
        }
    }
    if offer.unit.currency != currency {
        return Err(ProblemKind::OtherCurrency);
    }
    let name = offer.name.trim();
    let is_named = (1..=LONGEST_NAME).contains(&name.chars().count()) && !name.contains(char::is_control);
    if !is_named || offer.unit.check_price().is_err() {
        return Err(ProblemKind::NotForSale);
    }
    Ok(offer)
}

/// A product named twice is one line. How many of it there are now.
fn add(items: &mut Vec<Item>, offer: &Offer, quantity: u32) -> u32 {
    if let Some(item) = items.iter_mut().find(|item| item.product_id.as_ref() == Some(&offer.id)) {
        item.quantity = item.quantity.saturating_add(quantity);
        return item.quantity;
    }
    items.push(Item {
        product_id: Some(offer.id.clone()),
        name: offer.name.clone(),
        quantity,
        unit: offer.unit,
        image: offer.image.clone(),
    });
    quantity
}

fn sum(items: &[Item], currency: Currency) -> Result<Money, MoneyError> {
    items
        .iter()
        .try_fold(Money::zero(currency), |sum, item| sum.checked_add(item.unit.checked_mul(item.quantity)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(id: &str, amount: i64, code: &str) -> Offer {
        Offer {
            id: id.parse().unwrap(),
            name: id.to_uppercase(),
            unit: Money::new(amount, code.parse().unwrap()),
            image: None,
        }
    }

    fn line(id: &str, quantity: u32, price: Option<&str>) -> CartLine {
        CartLine { product_id: id.parse().unwrap(), quantity, price: price.map(|text| text.parse().unwrap()) }
    }

    fn kinds(lines: &[CartLine], offers: &[Offer], code: &str) -> Vec<(Option<usize>, ProblemKind)> {
        price(lines, offers, code.parse().unwrap())
            .unwrap_err()
            .into_iter()
            .map(|problem| (problem.line, problem.kind))
            .collect()
    }

    #[test]
    fn the_catalogue_decides() {
        let offers = [offer("tea", 2999, "usd"), offer("cup", 1000, "usd")];
        let lines = [line("tea", 2, Some("29.99")), line("cup", 1, None), line("tea", 1, None)];
        let priced = price(&lines, &offers, Currency::USD).unwrap();
        assert_eq!(priced.total.amount, 3 * 2999 + 1000);
        assert_eq!(priced.items.iter().map(|item| item.quantity).collect::<Vec<_>>(), [3, 1]);
    }

    #[test]
    fn every_line_that_is_wrong_is_named() {
        use ProblemKind as K;
        let offers = [offer("tea", 2999, "usd"), offer("yen", 500, "jpy"), offer("kwd", 1230, "kwd")];
        let lines = [
            line("tea", 1, Some("29.98")),
            line("nix", 1, None),
            line("tea", 1, Some("0")),
            line("tea", 1, Some("-1")),
            line("tea", 1, Some("29.999")),
            line("tea", 1, Some("1000000")),
            line("tea", 1, Some("92233720368547758.08")),
            line("yen", 1, None),
        ];
        let expected = [
            K::PriceDiffers,
            K::UnknownProduct,
            K::ImpossiblePrice(MoneyError::NotPositive),
            K::ImpossiblePrice(MoneyError::NotPositive),
            K::ImpossiblePrice(MoneyError::TooFine),
            K::ImpossiblePrice(MoneyError::TooManyDigits),
            K::ImpossiblePrice(MoneyError::Overflow),
            K::OtherCurrency,
        ];
        let expected: Vec<_> = (0..).map(Some).zip(expected).collect();
        assert_eq!(kinds(&lines, &offers, "usd"), expected);
        let too_fine = vec![(Some(0), K::ImpossiblePrice(MoneyError::TooFine))];
        assert_eq!(kinds(&[line("yen", 1, Some("5.5"))], &offers, "jpy"), too_fine);
        assert_eq!(kinds(&[line("kwd", 1, Some("1.234"))], &offers, "kwd"), too_fine);
    }

    #[test]
    fn what_has_no_price_or_no_name_is_not_sold() {
        let nameless = Offer { name: " ".to_owned(), ..offer("cup", 1000, "usd") };
        let offers =
            [offer("tea", 2999, "usd"), offer("free", 0, "usd"), offer("half", 1235, "kwd"), nameless];
        let not_for_sale = |line| vec![(Some(line), ProblemKind::NotForSale)];
        assert_eq!(kinds(&[line("tea", 1, None), line("free", 1, None)], &offers, "usd"), not_for_sale(1));
        assert_eq!(kinds(&[line("half", 1, None)], &offers, "kwd"), not_for_sale(0));
        assert_eq!(kinds(&[line("cup", 1, None)], &offers, "usd"), not_for_sale(0));
    }

    #[test]
    fn many_lines_of_a_product_do_not_make_more_than_one_line_may() {
        let offers = [offer("tea", 100, "usd")];
        let lines = [line("tea", 999, None), line("tea", 1, None)];
        assert_eq!(kinds(&lines, &offers, "usd"), [(Some(1), ProblemKind::TooMany)]);
        assert!(price(&lines[..1], &offers, Currency::USD).is_ok());
    }

    #[test]
    fn a_sum_has_to_be_chargeable() {
        use ProblemKind as K;
        let offers = [offer("pin", 20, "usd"), offer("car", 99_999_999, "usd")];
        let total = |error| vec![(None, K::Total(error))];
        assert_eq!(kinds(&[line("pin", 2, None)], &offers, "usd"), total(MoneyError::BelowMinimum));
        assert_eq!(kinds(&[line("car", 2, None)], &offers, "usd"), total(MoneyError::TooManyDigits));
    }
}
