//! Fault switches and the record of calls.

use actix_web::{HttpResponse, web};

use super::{json, refuse};
use crate::app::App;
use crate::calls::Filter;
use crate::error::ApiError;
use crate::faults::Switches;

pub(crate) async fn faults(app: web::Data<App>) -> HttpResponse {
    HttpResponse::Ok().json(app.faults.get())
}

/// Replaces all switches: what the body leaves out is off. Answers what now holds.
pub(crate) async fn set_faults(app: web::Data<App>, body: web::Bytes) -> HttpResponse {
    let set =
        json::<Switches>(&body).and_then(|switches| app.faults.set(switches).map_err(ApiError::bad_request));
    match set {
        Ok(()) => HttpResponse::Ok().json(app.faults.get()),
        Err(error) => refuse(&error),
    }
}

/// `?method=&path=&request_id=&idempotency_key=`; `*` in `path` stands for anything.
pub(crate) async fn calls(app: web::Data<App>, filter: web::Query<Filter>) -> HttpResponse {
    HttpResponse::Ok().json(app.calls.report(&filter))
}

pub(crate) async fn forget_calls(app: web::Data<App>) -> HttpResponse {
    app.calls.clear();
    HttpResponse::NoContent().finish()
}
