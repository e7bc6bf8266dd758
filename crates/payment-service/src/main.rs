//! `payment-service [serve | migrate | create-topics | healthcheck | reconcile]`

use std::process::ExitCode;

use payment_service::PaymentService;

#[tokio::main]
async fn main() -> ExitCode {
    service_kit::command::main::<PaymentService>().await
}
