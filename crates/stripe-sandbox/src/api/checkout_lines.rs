//! `line_items` of a new Checkout Session.

use kernel::Currency;

use crate::amounts;
use crate::error::ApiError;
use crate::ids;
use crate::metadata;
use crate::params::Params;
use crate::state::Line;

const MAX_LINES: usize = 100;
const MAX_QUANTITY: i64 = 999_999;

/// The lines and their common currency.
pub(crate) fn read(params: &Params<'_>) -> Result<(Currency, Vec<Line>), ApiError> {
    let items = params.children("line_items")?;
    if items.is_empty() {
        return Err(ApiError::missing("line_items"));
    }
    if items.len() > MAX_LINES {
        let message = format!("A Checkout Session in payment mode takes at most {MAX_LINES} line items.");
        return Err(ApiError::parameter(None, "line_items", message));
    }
    let mut common: Option<Currency> = None;
    let mut lines = Vec::with_capacity(items.len());
    for item in &items {
        let (currency, line) = line(item)?;
        if common.is_some_and(|common| common != currency) {
            let message = "All prices on a Checkout Session must have the same currency.";
            return Err(ApiError::parameter(None, item.name("price_data"), message));
        }
        common = Some(currency);
        lines.push(line);
    }
    let currency = common.ok_or_else(|| ApiError::missing("line_items"))?;
    if params.has("currency") && amounts::currency(params, "currency")? != currency {
        let message = "The currency of the Checkout Session must be that of its line items.";
        return Err(ApiError::parameter(None, "currency", message));
    }
    Ok((currency, lines))
}

fn line(item: &Params<'_>) -> Result<(Currency, Line), ApiError> {
    item.only(&[
        "adjustable_quantity",
        "dynamic_tax_rates",
        "metadata",
        "price",
        "price_data",
        "quantity",
        "tax_rates",
    ])?;
    if let Some(price) = item.text("price")? {
        return Err(ApiError::no_such_parameter("price", &price, &item.name("price")));
    }
    if item.has("tax_rates") || item.has("dynamic_tax_rates") {
        return Err(ApiError::unsupported(item.name("tax_rates"), "tax"));
    }
    let price = item.child("price_data")?.ok_or_else(|| ApiError::missing(item.name("price_data")))?;
    price.only(&[
        "currency",
        "product",
        "product_data",
        "recurring",
        "tax_behavior",
        "unit_amount",
        "unit_amount_decimal",
    ])?;
    if price.has("recurring") {
        return Err(ApiError::unsupported(price.name("recurring"), "recurring prices"));
    }
    if let Some(product) = price.text("product")? {
        return Err(ApiError::no_such_parameter("product", &product, &price.name("product")));
    }
    let currency = amounts::currency(&price, "currency")?;
    let unit_amount = unit_amount(&price, currency)?;
    let product =
        price.child("product_data")?.ok_or_else(|| ApiError::missing(price.name("product_data")))?;
    product.only(&["description", "images", "metadata", "name", "tax_code", "tax_details", "unit_label"])?;
    let line = Line {
        id: ids::line_item(),
        price: ids::price(),
        product: ids::product(),
        name: product.required("name")?,
        description: product.text("description")?,
        image: image(&product)?,
        unit_amount,
        quantity: quantity(item)?,
        metadata: metadata::read(item)?,
        product_metadata: metadata::read(&product)?,
    };
    if line.unit_amount.checked_mul(line.quantity).is_none() {
        let message = "The line item's amount is too large.";
        return Err(ApiError::parameter(Some("amount_too_large"), price.name("unit_amount"), message));
    }
    Ok((currency, line))
}

fn unit_amount(price: &Params<'_>, currency: Currency) -> Result<i64, ApiError> {
    let (amount, name) = match (price.integer("unit_amount")?, price.integer("unit_amount_decimal")?) {
        (Some(_), Some(_)) => {
            let message = "You may only specify one of these parameters: unit_amount, unit_amount_decimal.";
            return Err(ApiError::parameter(
                Some("parameters_exclusive"),
                price.name("unit_amount"),
                message,
            ));
        }
        (Some(amount), None) => (amount, "unit_amount"),
        (None, Some(amount)) => (amount, "unit_amount_decimal"),
        (None, None) => return Err(ApiError::missing(price.name("unit_amount"))),
    };
    if amount < 0 {
        let message = "This value must be greater than or equal to 0.";
        return Err(ApiError::parameter(Some("parameter_invalid_integer"), price.name(name), message));
    }
    amounts::step(amount, currency, &price.name(name))?;
    Ok(amount)
}

fn quantity(item: &Params<'_>) -> Result<i64, ApiError> {
    let quantity = item.integer("quantity")?.ok_or_else(|| ApiError::missing(item.name("quantity")))?;
    if (1..=MAX_QUANTITY).contains(&quantity) {
        return Ok(quantity);
    }
    let message = if quantity < 1 {
        "This value must be greater than or equal to 1.".to_owned()
    } else {
        format!("This value must be less than or equal to {MAX_QUANTITY}.")
    };
    Err(ApiError::parameter(Some("parameter_invalid_integer"), item.name("quantity"), message))
}

/// The first of at most eight images; each has to be a URL.
fn image(product: &Params<'_>) -> Result<Option<String>, ApiError> {
    let images = product.texts("images")?;
    if images.len() > 8 {
        return Err(ApiError::parameter(None, product.name("images"), "A product takes at most 8 images."));
    }
    let Some(list) = product.child("images")? else { return Ok(None) };
    for index in 0..images.len() {
        list.url(&index.to_string())?;
    }
    Ok(images.into_iter().next())
}
