//! `GET /api/orders/{id}`: for its owner, whoever has its token, and administrators.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use kernel::OrderId;
use service_kit::problem::Problem;

use super::Shop;
use super::asker::Asking;
use super::body::OrderBody;
use crate::app::access;

/// The handler.
pub(super) async fn get(
    shop: Data<Shop>,
    id: Path<OrderId>,
    Asking(asker): Asking,
) -> Result<HttpResponse, Problem> {
    let view = access::open(&shop.app, *id, &asker).await?;
    Ok(HttpResponse::Ok().json(OrderBody::full(&view)))
}
