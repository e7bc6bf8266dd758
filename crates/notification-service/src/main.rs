//! `notification-service [serve | migrate | create-topics | healthcheck]`

use std::process::ExitCode;

use notification_service::NotificationService;

#[tokio::main]
async fn main() -> ExitCode {
    service_kit::command::main::<NotificationService>().await
}
