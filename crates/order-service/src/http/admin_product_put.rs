//! `PUT /api/admin/products/{productId}`: creates or replaces a product, its stock included.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use kernel::{Currency, Money, ProductId};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use service_kit::auth::RequireAdmin;
use service_kit::csrf;
use service_kit::problem::{Json, Problem};
use service_kit::validation::Violations;

use super::Shop;
use super::errors::amount;
use super::products::ProductBody;
use crate::app::upsert_product::{Upsert, upsert_product};
use crate::domain::product::Product;

/// Pieces on hand, at most.
const MAX_STOCK: i64 = 1_000_000_000;

/// The body.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ProductInput {
    name: String,
    description: Option<String>,
    price: Option<Box<RawValue>>,
    currency: Option<String>,
    image: Option<String>,
    stock: Option<i64>,
}

/// A product as administrators see it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct AdminProductBody {
    #[serde(flatten)]
    product: ProductBody,
    stock: i64,
    held: i64,
    sequence: i64,
}

impl AdminProductBody {
    pub(super) fn of(product: &Product) -> Self {
        Self {
            product: ProductBody::of(product),
            stock: product.stock,
            held: product.held,
            sequence: product.sequence,
        }
    }
}

/// The handler.
pub(super) async fn put(
    _admin: RequireAdmin,
    _csrf: csrf::Checked,
    shop: Data<Shop>,
    id: Path<ProductId>,
    body: Json<ProductInput>,
) -> Result<HttpResponse, Problem> {
    let upsert = body.check(id.into_inner(), shop.app.settings.currency)?;
    let product = upsert_product(&shop.app, &upsert).await?;
    Ok(HttpResponse::Ok().json(AdminProductBody::of(&product)))
}

impl ProductInput {
    fn check(&self, id: ProductId, default: Currency) -> Result<Upsert, Problem> {
        let mut violations = Violations::new();
        let name = violations.text("/name", &self.name);
        let description = violations.optional_text("/description", self.description.as_deref());
        let currency = match &self.currency {
            None => default,
            Some(text) => text.trim().parse().unwrap_or_else(|_| {
                violations.at("/currency", "is no currency that can be charged");
                default
            }),
        };
        let unit = self.unit(currency, &mut violations);
        let image = self.image(&mut violations);
        let stock = self.stock.filter(|stock| (0..=MAX_STOCK).contains(stock));
        if stock.is_none() {
            violations.at("/stock", "must be a whole number from 0 to 1000000000");
        }
        violations.check()?;
        Ok(Upsert {
            id,
            name,
            description: description.unwrap_or_default(),
            unit,
            image,
            stock: stock.unwrap_or_default(),
        })
    }

    fn unit(&self, currency: Currency, violations: &mut Violations) -> Money {
        let text = self.price.as_ref().map_or("", |price| price.get());
        let number = text.starts_with(|c: char| c == '-' || c.is_ascii_digit());
        let checked = match text.parse() {
            Ok(price) if number => {
                Money::from_major(price, currency).and_then(Money::check_price).map_err(amount)
            }
            _ if number => Err("has too many digits"),
            _ => Err("must be a number"),
        };
        checked.unwrap_or_else(|detail| {
            violations.at("/price", detail);
            Money::zero(currency)
        })
    }

    /// An absolute https URL, or a path on the shop's own pages.
    fn image(&self, violations: &mut Violations) -> Option<String> {
        let image = violations.optional_text("/image", self.image.as_deref())?;
        let absolute = url::Url::parse(&image).is_ok_and(|url| url.scheme() == "https");
        let own = image.starts_with('/') && !image.starts_with("//") && !image.contains('\\');
        if !absolute && !own {
            violations.at("/image", "must be an https URL or a path that begins with /");
        }
        Some(image)
    }
}
