//! Cookies with the `__Host-` prefix need https; on plain-http loopback their plain names stand in.

use actix_web::HttpRequest;
use actix_web::cookie::Cookie;
use actix_web::http::header;
use url::Url;

use crate::validation::is_loopback;

/// Whether the browser speaks plain http to a loopback name. A proxy that says https is believed.
pub(crate) fn is_plain_loopback(request: &HttpRequest) -> bool {
    let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let loopback = host
        .and_then(|host| Url::parse(&format!("http://{host}")).ok())
        .is_some_and(|url| url.host().is_some_and(|host| is_loopback(&host)));
    loopback && request.connection_info().scheme() == "http"
}

/// The cookie `__Host-NAME`; on plain-http loopback also `NAME`.
pub(crate) fn cookie(request: &HttpRequest, name: &str) -> Option<Cookie<'static>> {
    let plain = || is_plain_loopback(request).then(|| request.cookie(name)).flatten();
    request.cookie(&format!("__Host-{name}")).or_else(plain)
}
