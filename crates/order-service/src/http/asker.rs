//! Extractor: who is asking for an order.

use std::future::Future;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest};
use service_kit::auth::Caller;
use service_kit::problem::Problem;

use crate::app::access::Asker;

/// The header that carries an order token.
const HEADER: &str = "x-order-token";
/// No token of ours is longer.
const LIMIT: usize = 512;

/// Credentials that are not valid are refused; none at all is a guest.
#[derive(Debug, Clone)]
pub(super) struct Asking(pub(super) Asker);

impl FromRequest for Asking {
    type Error = Problem;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Problem>>>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let header = request.headers().get(HEADER).and_then(|value| value.to_str().ok());
        let token = header.filter(|token| token.len() <= LIMIT).map(str::to_owned);
        let caller = Caller::from_request(request, payload);
        Box::pin(async move {
            let caller = caller.await?;
            Ok(Self(Asker {
                user_id: caller.user().map(|user| user.id.clone()),
                privileged: caller.is_admin() || caller == Caller::Service,
                token,
                actor: actor(&caller),
            }))
        })
    }
}

/// As history names a caller.
pub(super) fn actor(caller: &Caller) -> String {
    match caller {
        Caller::User(user) if user.admin => format!("admin:{}", user.id),
        Caller::User(user) => format!("user:{}", user.id),
        Caller::Service => "service".to_owned(),
        Caller::Guest => "guest".to_owned(),
    }
}
