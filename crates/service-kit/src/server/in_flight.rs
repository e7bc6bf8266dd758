//! Requests count as work going on until they are answered.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::middleware::Next;
use actix_web::{Error, web};

use crate::task::Tasks;

pub(super) async fn track<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let _counted = request.app_data::<web::Data<Tasks>>().map(|tasks| tasks.token());
    next.call(request).await
}
