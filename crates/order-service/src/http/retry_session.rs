//! `POST /api/orders/{id}/retry-session`: the open Session again, or another try.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use kernel::OrderId;
use serde::Deserialize;
use service_kit::csrf;
use service_kit::problem::{OptionalJson, Problem};
use service_kit::task::Tasks;
use service_kit::validation::Violations;

use super::Shop;
use super::asker::Asking;
use super::checkout::answer;
use super::input::redirect;
use crate::app::retry_session::{Elsewhere, retry_session};

/// The body, which may be left out.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct RetryInput {
    success_url: Option<String>,
    cancel_url: Option<String>,
}

/// The handler.
pub(super) async fn post(
    shop: Data<Shop>,
    id: Path<OrderId>,
    _csrf: csrf::Checked,
    Asking(asker): Asking,
    tasks: Data<Tasks>,
    OptionalJson(body): OptionalJson<RetryInput>,
) -> Result<HttpResponse, Problem> {
    let mut violations = Violations::new();
    let mut url =
        |pointer: &str, value: Option<&str>| redirect(&mut violations, pointer, value, &shop.origins);
    let elsewhere = Elsewhere {
        success_url: url("/successUrl", body.success_url.as_deref()),
        cancel_url: url("/cancelUrl", body.cancel_url.as_deref()),
    };
    violations.check()?;
    let (app, id) = (shop.app.clone(), *id);
    let done = tasks.detached(async move { retry_session(&app, id, &asker, &elsewhere).await }).await??;
    Ok(answer(done))
}
