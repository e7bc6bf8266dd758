//! Reads a body within a bound of size and of time.

use std::time::Duration;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::{Bytes, BytesMut};
use actix_web::{FromRequest, HttpRequest};
use futures::StreamExt;
use futures::future::LocalBoxFuture;

use super::{Problem, ProblemCode};

/// The largest JSON body, in bytes.
pub const BODY_LIMIT: usize = 256 * 1024;
/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(15);

/// Extractor: the bytes of a body as they came, at most `LIMIT`: for what is signed.
#[derive(Debug, Clone)]
pub struct RawBody<const LIMIT: usize>(pub Bytes);

impl<const LIMIT: usize> FromRequest for RawBody<LIMIT> {
    type Error = Problem;
    type Future = LocalBoxFuture<'static, Result<Self, Problem>>;

    fn from_request(request: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let (request, payload) = (request.clone(), payload.take());
        Box::pin(async move { read(&request, payload, LIMIT).await.map(Self) })
    }
}

pub(super) async fn read(
    request: &HttpRequest,
    mut payload: Payload,
    limit: usize,
) -> Result<Bytes, Problem> {
    let announced = request.headers().get(header::CONTENT_LENGTH);
    let announced =
        announced.and_then(|value| value.to_str().ok()).and_then(|value| value.parse::<usize>().ok());
    if announced.is_some_and(|length| length > limit) {
        return Err(ProblemCode::BodyTooLarge.into());
    }
    let collect = async {
        let mut body = BytesMut::with_capacity(announced.unwrap_or_default());
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|error| Problem::new(ProblemCode::BadRequest).because(error))?;
            if body.len() + chunk.len() > limit {
                return Err(ProblemCode::BodyTooLarge.into());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    let in_time = tokio::time::timeout(BODY_TIME, collect).await;
    in_time.unwrap_or_else(|_| Err(ProblemCode::RequestTimeout.into()))
}
