//! `POST /api/payments/verify-prices`: whether a cart's prices are the catalogue's.

use actix_web::HttpResponse;
use actix_web::web::Data;
use kernel::{Major, Money, ProductId};
use serde::{Deserialize, Serialize};
use service_kit::problem::{Json, Problem};
use service_kit::validation::Violations;

use super::Settings;
use super::problem::{DiscrepancyBody, currency, discrepancies, problem};
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

pub(super) async fn handle(
    app: Data<App>,
    settings: Data<Settings>,
    body: Json<Body>,
) -> Result<HttpResponse, Problem> {
    let offers = read(body.into_inner(), &settings)?;
    let mismatches = verify_prices(&app, &offers).await.map_err(|error| problem(error, "/products"))?;
    let discrepancies = discrepancies(&mismatches);
    Ok(HttpResponse::Ok().json(Answer { verified: discrepancies.is_empty(), discrepancies }))
}

fn read(body: Body, settings: &Settings) -> Result<Vec<Offer>, Problem> {
    let mut violations = Violations::new();
    let currency = currency(body.currency.as_deref(), settings.currency, &mut violations);
    violations.line_count("/products", body.products.len());
    let mut offers = Vec::with_capacity(body.products.len());
    for (index, line) in body.products.into_iter().enumerate() {
        if let Some(quantity) = line.quantity {
            violations.quantity(&format!("/products/{index}/quantity"), quantity);
        }
        let product_id: Result<ProductId, _> = line.product_id.trim().parse();
        let price = Money::from_major(line.price, currency.unwrap_or(settings.currency));
        match (product_id, price) {
            (Ok(product_id), Ok(price)) => {
                offers.push(Offer { product_id: Some(product_id), name: None, price })
            }
            (Err(error), _) => violations.at(format!("/products/{index}/productId"), error.to_string()),
            (_, Err(error)) => violations.at(format!("/products/{index}/price"), error.to_string()),
        }
    }
    violations.check()?;
    Ok(offers)
}
