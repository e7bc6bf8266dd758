//! `PUT /internal/purchases/{id}/session`

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};
use events::LineItem;
use events::purchases;
use kernel::{Money, OrderId};
use service_kit::auth::RequireService;
use service_kit::problem::{Json, Problem};
use service_kit::task::Tasks;
use service_kit::validation::Violations;

use super::to_problem;
use crate::app::{App, EnsureSession, ensure_session};
use crate::domain::{Item, Redirects};
use crate::http::Settings;

/// Answers the purchase with its payable Session.
pub(in crate::http) async fn ensure(
    _: RequireService,
    (app, settings, tasks): (Data<App>, Data<Settings>, Data<Tasks>),
    id: Path<String>,
    body: Json<purchases::EnsureSession>,
) -> Result<HttpResponse, Problem> {
    let id: OrderId = id.parse().map_err(|_| Problem::not_found())?;
    let wanted = read(id, body.into_inner(), &settings)?;
    let app = app.into_inner();
    let ensured = tasks.detached(async move { ensure_session(&app, &wanted).await }).await?;
    Ok(HttpResponse::Ok().json(ensured.map_err(to_problem)?))
}

fn read(id: OrderId, body: purchases::EnsureSession, settings: &Settings) -> Result<EnsureSession, Problem> {
    let mut violations = Violations::new();
    violations.line_count("/products", body.products.len());
    violations.redirect("/successUrl", &body.success_url, &settings.allowed_origins);
    violations.redirect("/cancelUrl", &body.cancel_url, &settings.allowed_origins);
    let money = Money::new(body.amount, body.currency);
    let items = body.products.into_iter().enumerate();
    let items = items.map(|(index, line)| item(index, line, money, &mut violations)).collect();
    violations.check()?;
    Ok(EnsureSession {
        id: id.to_string(),
        generation: body.generation,
        user_id: body.user_id,
        email: body.email,
        money,
        items,
        // It was read from JSON a moment ago.
        shipping_address: body.shipping_address.and_then(|address| serde_json::to_value(address).ok()),
        redirects: Redirects { success_url: body.success_url, cancel_url: body.cancel_url },
        payment_method_types: body.payment_method_types,
        hold_until: body.hold_until,
        metadata: body.metadata,
    })
}

fn item(index: usize, line: LineItem, total: Money, violations: &mut Violations) -> Item {
    let at = |field: &str| format!("/products/{index}/{field}");
    if let Err(error) = Money::new(line.unit_amount, total.currency).check_price() {
        violations.at(at("unitAmount"), error.to_string());
    }
    Item {
        product_id: line.product_id,
        name: violations.text(&at("name"), &line.name),
        quantity: violations.quantity(&at("quantity"), line.quantity.into()),
        unit_amount: line.unit_amount,
        image: line.image,
    }
}
