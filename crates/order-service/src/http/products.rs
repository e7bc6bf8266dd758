//! `GET /api/products`: the catalogue.

use actix_web::HttpResponse;
use actix_web::web::{Data, Query};
use kernel::{Currency, Major};
use serde::{Deserialize, Serialize};
use service_kit::problem::Problem;
use service_kit::validation::Violations;

use super::Shop;
use crate::app::list_products::{Page, list_products, parse_cursor};
use crate::domain::product::Product;

const DEFAULT_LIMIT: u64 = 20;
const MAX_LIMIT: u64 = 100;

/// The query; the numbers are texts, so that a mistake is told by name.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListQuery {
    q: Option<String>,
    limit: Option<String>,
    cursor: Option<String>,
}

#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ListBody {
    data: Vec<ProductBody>,
    next_cursor: Option<String>,
}

/// A product as everybody sees it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProductBody {
    id: String,
    name: String,
    description: String,
    price: Major,
    unit_amount: i64,
    currency: Currency,
    image: Option<String>,
    available: i64,
}

impl ProductBody {
    pub(super) fn of(product: &Product) -> Self {
        Self {
            id: product.id.to_string(),
            name: product.name.clone(),
            description: product.description.clone(),
            price: product.unit.to_major(),
            unit_amount: product.unit.amount,
            currency: product.unit.currency,
            image: product.image.clone(),
            available: product.stock - product.held,
        }
    }
}

/// The handler.
pub(super) async fn list(shop: Data<Shop>, query: Query<ListQuery>) -> Result<HttpResponse, Problem> {
    let page = query.check()?;
    let (products, next_cursor) = list_products(&shop.app, &page).await?;
    Ok(HttpResponse::Ok()
        .json(ListBody { data: products.iter().map(ProductBody::of).collect(), next_cursor }))
}

impl ListQuery {
    fn check(&self) -> Result<Page, Problem> {
        let mut violations = Violations::new();
        let limit = self.limit.as_deref().map(str::parse::<u64>);
        let limit = match limit {
            None => DEFAULT_LIMIT,
            Some(Ok(limit)) if (1..=MAX_LIMIT).contains(&limit) => limit,
            Some(_) => {
                violations.at("/limit", "must be a whole number from 1 to 100");
                DEFAULT_LIMIT
            }
        };
        let after = self.cursor.as_deref().map(parse_cursor);
        if after == Some(None) {
            violations.at("/cursor", "is no cursor of this list");
        }
        let q = violations.optional_text("/q", self.q.as_deref());
        violations.check()?;
        Ok(Page { q, limit, after: after.flatten() })
    }
}
