//! `POST /api/orders/{id}/cancel`: 200 with the cancelled order, 202 while it is closing.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use kernel::OrderId;
use service_kit::csrf;
use service_kit::problem::Problem;
use service_kit::task::Tasks;

use super::Shop;
use super::asker::Asking;
use super::body::OrderBody;
use crate::app::cancel::cancel;

/// The handler.
pub(super) async fn post(
    shop: Data<Shop>,
    id: Path<OrderId>,
    _csrf: csrf::Checked,
    Asking(asker): Asking,
    tasks: Data<Tasks>,
) -> Result<HttpResponse, Problem> {
    let (app, id) = (shop.app.clone(), *id);
    let view = tasks.detached(async move { cancel(&app, id, &asker).await }).await??;
    let body = OrderBody::full(&view);
    Ok(if view.order.is_closing() {
        HttpResponse::Accepted().json(body)
    } else {
        HttpResponse::Ok().json(body)
    })
}
