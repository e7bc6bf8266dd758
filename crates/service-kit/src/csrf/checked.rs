//! Extractors that let a request through only if one of our pages sent it.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpRequest, web};
use futures::future::LocalBoxFuture;
use url::Url;

use super::{COOKIE, Csrf, Refused, Session};
use crate::auth::{Caller, Means, authenticate, cookie};
use crate::problem::{Problem, ProblemCode};

/// The header that repeats the token.
const HEADER: &str = "x-csrf-token";

/// Proof that the request is no forgery. Everyone without a bearer header needs the token, guests included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checked {
    session: Option<String>,
}

/// As [`Checked`], but a guest without a session cookie passes: for routes that guests call without having asked
/// for a token. A guest who shows one anyway can be told apart from others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckedForCookie {
    session: Option<String>,
}

impl Checked {
    /// The id of the caller's CSRF session; `None` for callers with a bearer header.
    #[must_use]
    pub fn session(&self) -> Option<&str> {
        self.session.as_deref()
    }

    /// Whose `Idempotency-Key` it is: the user's, the service's, or the CSRF session's.
    #[must_use]
    pub fn scope(&self, caller: &Caller) -> String {
        scope(caller, self.session()).unwrap_or_else(|| "guest".to_owned())
    }
}

impl CheckedForCookie {
    /// Whose `Idempotency-Key` it is; `None` for guests who cannot be told apart.
    #[must_use]
    pub fn scope(&self, caller: &Caller) -> Option<String> {
        scope(caller, self.session.as_deref())
    }
}

fn scope(caller: &Caller, session: Option<&str>) -> Option<String> {
    match caller {
        Caller::User(user) => Some(format!("user:{}", user.id)),
        Caller::Service => Some("service".to_owned()),
        Caller::Guest => session.map(|session| format!("guest:{session}")),
    }
}

impl FromRequest for Checked {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            match authenticate(&request).await?.means {
                Means::Bearer => Ok(Self { session: None }),
                Means::Cookie | Means::Nothing => Ok(Self { session: Some(session(&request)?) }),
            }
        })
    }
}

impl FromRequest for CheckedForCookie {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            match authenticate(&request).await?.means {
                Means::Bearer => Ok(Self { session: None }),
                Means::Nothing => Ok(Self { session: proven(&request) }),
                Means::Cookie => Ok(Self { session: Some(session(&request)?) }),
            }
        })
    }
}

/// The session of a guest who shows a token though none is asked for.
fn proven(request: &HttpRequest) -> Option<String> {
    let csrf = request.app_data::<web::Data<Csrf>>()?;
    check(request, csrf).ok()
}

fn session(request: &HttpRequest) -> Result<String, Problem> {
    let csrf = request.app_data::<web::Data<Csrf>>();
    let csrf = csrf.ok_or_else(|| Problem::internal(anyhow::anyhow!("no Csrf in the app's data")))?;
    check(request, csrf).map_err(|reason| {
        tracing::info!(%reason, "CSRF check failed");
        Problem::new(ProblemCode::CsrfFailed)
            .with_detail("Ask GET /api/csrf-token for a token and repeat it in X-CSRF-Token.")
    })
}

fn check(request: &HttpRequest, csrf: &Csrf) -> Result<String, Refused> {
    if !own_origin(request, csrf) {
        return Err(Refused::Origin);
    }
    let session =
        cookie(request, COOKIE).and_then(|cookie| Session::parse(cookie.value())).ok_or(Refused::Cookie)?;
    let token = request.headers().get(HEADER).and_then(|token| token.to_str().ok()).ok_or(Refused::Header)?;
    csrf.check(&session, token)?;
    Ok(session.as_str().to_owned())
}

/// Whether `Origin` is absent, allowed, or the host that was called.
fn own_origin(request: &HttpRequest, csrf: &Csrf) -> bool {
    let Some(origin) = request.headers().get(header::ORIGIN) else { return true };
    let Ok(origin) = origin.to_str() else { return false };
    let called = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
    let authority =
        |text: &str| Url::parse(text).ok().and_then(|url| Some((url.host_str()?.to_owned(), url.port())));
    // The scheme may have been changed by a proxy in front; the host that the browser named has not.
    let same = origin.split_once("://").and_then(|(scheme, _)| Some((scheme, called?)));
    let same = same.is_some_and(|(scheme, called)| {
        authority(origin).is_some_and(|own| Some(own) == authority(&format!("{scheme}://{called}")))
    });
    same || csrf.origins.allows(origin)
}
