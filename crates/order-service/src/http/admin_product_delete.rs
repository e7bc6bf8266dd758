//! `DELETE /api/admin/products/{productId}`: the product as it left; a second time 404.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use kernel::ProductId;
use service_kit::auth::RequireAdmin;
use service_kit::csrf;
use service_kit::problem::Problem;

use super::Shop;
use super::admin_product_put::AdminProductBody;
use crate::app::delete_product::delete_product;

/// The handler.
pub(super) async fn delete(
    _admin: RequireAdmin,
    _csrf: csrf::Checked,
    shop: Data<Shop>,
    id: Path<ProductId>,
) -> Result<HttpResponse, Problem> {
    let product = delete_product(&shop.app, &id).await?;
    Ok(HttpResponse::Ok().json(AdminProductBody::of(&product)))
}
