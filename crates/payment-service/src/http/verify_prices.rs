//! `POST /api/payments/verify-prices`: whether a cart's prices are the catalogue's.

use actix_web::HttpResponse;
use actix_web::web::Data;
use kernel::{Currency, Major, Money, MoneyError, ProductId};
use serde::{Deserialize, Serialize};
use service_kit::problem::{Json, Problem};
use service_kit::validation::Violations;

use super::problem::{DiscrepancyBody, discrepancies, problem};
use crate::app::{App, verify_prices};
use crate::domain::Offer;

#[derive(Debug, Deserialize)]
pub(super) struct Body {
    products: Vec<Line>,
    currency: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Line {
    product_id: String,
    #[serde(deserialize_with = "kernel::exact")]
    price: Major,
    quantity: Option<i64>,
}

#[derive(Debug, Serialize)]
struct Answer {
    verified: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    discrepancies: Vec<DiscrepancyBody>,
}

pub(super) async fn handle(app: Data<App>, body: Json<Body>) -> Result<HttpResponse, Problem> {
    let offers = read(body.into_inner())?;
    let mismatches = verify_prices(&app, &offers).await.map_err(|error| problem(error, "/products"))?;
    let discrepancies = discrepancies(&mismatches);
    Ok(HttpResponse::Ok().json(Answer { verified: discrepancies.is_empty(), discrepancies }))
}

/// No currency's prices have more decimals: those of three end in 0.
const DECIMALS: u32 = 2;

fn fits(price: Major, currency: Option<Currency>) -> Result<(), MoneyError> {
    match currency {
        Some(currency) => Money::from_major(price, currency).map(drop),
        None if price.decimal().normalize().scale() > DECIMALS => Err(MoneyError::TooFine),
        None => Ok(()),
    }
}

/// The request's currency, or a violation. Without one, prices are meant in each product's own.
fn currency(given: Option<&str>, violations: &mut Violations) -> Option<Currency> {
    let text = given.map(str::trim).filter(|text| !text.is_empty())?;
    let parsed = text.parse().ok();
    if parsed.is_none() {
        violations.at("/currency", "must be the code of a currency (ISO 4217)");
    }
    parsed
}

fn read(body: Body) -> Result<Vec<Offer>, Problem> {
    let mut violations = Violations::new();
    let currency = currency(body.currency.as_deref(), &mut violations);
    violations.line_count("/products", body.products.len());
    let mut offers = Vec::with_capacity(body.products.len());
    for (index, line) in body.products.into_iter().enumerate() {
        if let Some(quantity) = line.quantity {
            violations.quantity(&format!("/products/{index}/quantity"), quantity);
        }
        let product_id: Result<ProductId, _> = line.product_id.trim().parse();
        match (product_id, fits(line.price, currency)) {
            (Ok(product_id), Ok(())) => {
                offers.push(Offer { product_id: Some(product_id), name: None, price: line.price, currency })
            }
            (Err(error), _) => violations.at(format!("/products/{index}/productId"), error.to_string()),
            (_, Err(error)) => violations.at(format!("/products/{index}/price"), error.to_string()),
        }
    }
    violations.check()?;
    Ok(offers)
}
