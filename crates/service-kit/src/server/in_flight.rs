//! Requests count as work going on until they are answered; while the service ends, connections are not kept.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::ConnectionType;
use actix_web::middleware::Next;
use actix_web::{Error, web};

use crate::task::Tasks;

pub(super) async fn track<B: MessageBody>(
    request: ServiceRequest,
    next: Next<B>,
) -> Result<ServiceResponse<B>, Error> {
    let tasks = request.app_data::<web::Data<Tasks>>().cloned();
    let _counted = tasks.as_ref().map(|tasks| tasks.token());
    let mut answer = next.call(request).await?;
    if tasks.is_some_and(|tasks| tasks.is_ending()) {
        answer.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(answer)
}
