//! `order-service [serve | migrate | create-topics | healthcheck | seed]`

use std::process::ExitCode;

use order_service::OrderService;

#[tokio::main]
async fn main() -> ExitCode {
    service_kit::command::main::<OrderService>().await
}
