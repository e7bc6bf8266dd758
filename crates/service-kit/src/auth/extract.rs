//! From a request to its caller.

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::{FromRequest, HttpMessage, HttpRequest, web};
use futures::future::LocalBoxFuture;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{Caller, JwtVerifier, RequireAdmin, RequireService, VerifyError, cookie};
use crate::problem::{Problem, ProblemCode};

/// What callers are recognised with: `app_data(web::Data::new(auth))`.
#[derive(Debug, Clone)]
pub struct Auth {
    users: JwtVerifier,
    service_token: Option<SecretString>,
}

impl Auth {
    /// Users by `users`, services by `service_token`.
    #[must_use]
    pub const fn new(users: JwtVerifier, service_token: Option<SecretString>) -> Self {
        Self { users, service_token }
    }

    async fn bearer(&self, token: &str) -> Result<Caller, Problem> {
        if self.service_token.as_ref().is_some_and(|own| same(own.expose_secret(), token)) {
            return Ok(Caller::Service);
        }
        self.user(token).await
    }

    async fn user(&self, token: &str) -> Result<Caller, Problem> {
        match self.users.verify(token).await {
            Ok(user) => Ok(Caller::User(user)),
            Err(VerifyError::Invalid(reason)) => {
                tracing::info!(%reason, "credentials refused");
                Err(unauthorized())
            }
            Err(error @ VerifyError::KeysUnavailable(_)) => {
                Err(Problem::new(ProblemCode::ServiceUnavailable).because(error))
            }
        }
    }
}

/// Equality without telling by time where the difference is; hashing hides the length as well.
fn same(a: &str, b: &str) -> bool {
    Sha256::digest(a).ct_eq(&Sha256::digest(b)).into()
}

fn unauthorized() -> Problem {
    Problem::new(ProblemCode::Unauthorized).with_detail("The credentials are not valid.")
}

/// By what a caller was recognised.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Means {
    Bearer,
    Cookie,
    Nothing,
}

/// The caller, and by what it was recognised. Kept with the request once found.
#[derive(Debug, Clone)]
pub(crate) struct Authenticated {
    pub(crate) caller: Caller,
    pub(crate) means: Means,
}

/// Recognises the caller: the bearer header first, then the cookie.
pub(crate) async fn authenticate(request: &HttpRequest) -> Result<Authenticated, Problem> {
    if let Some(known) = request.extensions().get::<Authenticated>() {
        return Ok(known.clone());
    }
    let auth = request.app_data::<web::Data<Auth>>();
    let auth = auth.ok_or_else(|| Problem::internal(anyhow::anyhow!("no Auth in the app's data")))?;
    let found = if let Some(value) = request.headers().get(header::AUTHORIZATION) {
        let token = value.to_str().ok().and_then(bearer_token).ok_or_else(unauthorized)?;
        Authenticated { caller: auth.bearer(token).await?, means: Means::Bearer }
    } else if let Some(session) = cookie(request, "session") {
        Authenticated { caller: auth.user(session.value()).await?, means: Means::Cookie }
    } else {
        Authenticated { caller: Caller::Guest, means: Means::Nothing }
    };
    request.extensions_mut().insert(found.clone());
    Ok(found)
}

fn bearer_token(value: &str) -> Option<&str> {
    let (scheme, token) = value.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| token.trim())
}

impl FromRequest for Caller {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { Ok(authenticate(&request).await?.caller) })
    }
}

/// An extractor that takes the callers `choose` lets through.
macro_rules! require {
    ($name:ident, $choose:expr) => {
        impl FromRequest for $name {
            type Error = Problem;
            type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

            fn from_request(request: &HttpRequest, _: &mut Payload) -> Self::Future {
                let request = request.clone();
                Box::pin(async move {
                    let choose: fn(Caller) -> Option<Self> = $choose;
                    match authenticate(&request).await?.caller {
                        Caller::Guest => Err(ProblemCode::Unauthorized.into()),
                        caller => choose(caller).ok_or_else(|| ProblemCode::Forbidden.into()),
                    }
                })
            }
        }
    };
}

require!(RequireAdmin, |caller| match caller {
    Caller::User(user) if user.admin => Some(RequireAdmin(user)),
    _ => None,
});
require!(RequireService, |caller| (caller == Caller::Service).then_some(RequireService));
