//! One call of Stripe's API from its bytes to its answer: key, fault switches, idempotency, execution.

use std::sync::Arc;

use actix_web::http::StatusCode;
use actix_web::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::Value;

use super::{Answer, Call, auth, expand, routes};
use crate::app::App;
use crate::calls::Entry;
use crate::error::ApiError;
use crate::faults::When;
use crate::form::{self, Node};
use crate::idempotency::{Begin, MAX_KEY, Saved};
use crate::ids;
use crate::params::Params;
use crate::state::{API_VERSION, Origin};

/// A call as it came in.
struct Request {
    id: String,
    method: String,
    path: String,
    query: String,
    headers: HeaderMap,
    body: web::Bytes,
}

impl Request {
    fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok()).filter(|value| !value.is_empty())
    }

    /// Only POSTs have one.
    fn idempotency_key(&self) -> Option<String> {
        self.header("idempotency-key").map(str::to_owned).filter(|_| self.method == "POST")
    }
}

/// An answer as it goes out.
struct Reply {
    status: u16,
    body: String,
    /// The first request with the same key, if this is its answer again.
    original: Option<String>,
    fault: bool,
}

impl Reply {
    fn new(request: &Request, answer: &Answer) -> Self {
        let (status, body) = match answer {
            Ok(value) => (200, pretty(value)),
            Err(error) => (error.status, pretty(&error.body(&request.id))),
        };
        Self { status, body, original: None, fault: false }
    }

    fn fault(request: &Request, status: u16) -> Self {
        Self { fault: true, ..Self::new(request, &Err(ApiError::fault(status))) }
    }
}

fn pretty(value: &Value) -> String {
    serde_json::to_string_pretty(value).unwrap_or_default()
}

/// Answers any call below `/v1`. It runs to its end even if the caller hangs up.
pub(crate) async fn serve(http: HttpRequest, body: web::Bytes, app: web::Data<App>) -> HttpResponse {
    let request = Request {
        id: ids::request(),
        method: http.method().to_string(),
        path: http.path().to_owned(),
        query: http.query_string().to_owned(),
        headers: http.headers().clone(),
        body,
    };
    let (id, key) = (request.id.clone(), request.header("idempotency-key").map(str::to_owned));
    let version = request.header("stripe-version").unwrap_or(API_VERSION).to_owned();
    let app = app.into_inner();
    let reply = tokio::spawn(answer(app, request)).await.unwrap_or_else(|panic| {
        tracing::error!(%panic, request_id = id, "a call broke");
        let body = pretty(&ApiError::fault(500).body(&id));
        Reply { status: 500, body, original: None, fault: false }
    });
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = HttpResponse::build(status);
    response.insert_header((CONTENT_TYPE, "application/json"));
    let mut header = |name: &'static str, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            response.insert_header((name, value));
        }
    };
    header("request-id", &id);
    header("stripe-version", &version);
    if let Some(key) = &key {
        header("idempotency-key", key);
    }
    if let Some(original) = &reply.original {
        header("idempotent-replayed", "true");
        header("original-request", original);
    }
    if reply.status == 409 {
        header("stripe-should-retry", "true");
    }
    if status == StatusCode::UNAUTHORIZED {
        header(WWW_AUTHENTICATE.as_str(), "Basic realm=\"Stripe\"");
    }
    response.body(reply.body)
}

async fn answer(app: Arc<App>, request: Request) -> Reply {
    let key = request.idempotency_key();
    let reply = match admit(&app, &request, key.as_deref()) {
        Ok(Admitted::Execute(form, paths)) => {
            let claim = Claim { app: &app, key: key.as_deref(), settled: false };
            let (reply, keep) = execute(&app, &request, &form, &paths);
            // Before the answer is held back: it was asked, and it is done.
            note(&app, &request, &reply);
            tokio::time::sleep(app.latency()).await;
            app.faults.held(&request.method, &request.path).await;
            claim.settle(&request, keep);
            reply
        }
        Ok(Admitted::Reply(reply)) => noted(&app, &request, reply),
        Err(error) => noted(&app, &request, Reply::new(&request, &Err(error))),
    };
    tracing::info!(
        method = request.method,
        path = request.path,
        status = reply.status,
        request_id = request.id,
        replayed = reply.original.is_some(),
        fault = reply.fault,
        "answered"
    );
    reply
}

/// Enters the call in the list of what was asked.
fn note(app: &App, request: &Request, reply: &Reply) {
    let now = app.config.clock.now();
    app.calls.push(Entry {
        at_ms: now.unix_timestamp() * 1_000 + i64::from(now.millisecond()),
        method: request.method.clone(),
        path: request.path.clone(),
        query: request.query.clone(),
        body: String::from_utf8_lossy(&request.body).into_owned(),
        status: reply.status,
        request_id: request.id.clone(),
        idempotency_key: request.idempotency_key(),
        replayed: reply.original.is_some(),
        fault: reply.fault,
    });
}

fn noted(app: &App, request: &Request, reply: Reply) -> Reply {
    note(app, request, &reply);
    reply
}

/// What becomes of a call before anything is executed.
enum Admitted {
    Reply(Reply),
    Execute(Node, Vec<Vec<String>>),
}

fn admit(app: &App, request: &Request, key: Option<&str>) -> Result<Admitted, ApiError> {
    auth::check(&request.headers, &app.config.api_key)?;
    // A 500 comes from execution, so that it belongs to the key; everything else strikes at the door.
    if let Some(status) =
        app.faults.strike(&request.method, &request.path, When::Before, |status| status != 500)
    {
        return Ok(Admitted::Reply(Reply::fault(request, status)));
    }
    if request.header("stripe-version").is_some_and(|version| !plausible_version(version)) {
        return Err(ApiError::bad_request("Invalid Stripe API version."));
    }
    let mut form = parameters(request)?;
    let sent = form.clone();
    let paths = expand::take(&mut form)?;
    if let Some(key) = key {
        if key.chars().count() > MAX_KEY {
            let message = format!("Idempotency keys may be at most {MAX_KEY} characters long.");
            return Err(ApiError::bad_request(message));
        }
        let route = format!("{} {}", request.method, request.path);
        if let Begin::Replay(saved) = app.keys.begin(key, &route, &sent, app.config.clock.now())? {
            let original = Some(saved.request_id);
            let reply = Reply { status: saved.status, body: saved.body, original, fault: false };
            return Ok(Admitted::Reply(reply));
        }
    }
    Ok(Admitted::Execute(form, paths))
}

fn plausible_version(version: &str) -> bool {
    let (date, name) = version.split_once('.').unwrap_or((version, ""));
    let digits = date.len() == 10
        && date
            .bytes()
            .enumerate()
            .all(|(at, byte)| if at == 4 || at == 7 { byte == b'-' } else { byte.is_ascii_digit() });
    digits && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn parameters(request: &Request) -> Result<Node, ApiError> {
    let query = request.query.as_bytes();
    let bytes = if request.body.is_empty() {
        query.to_vec()
    } else {
        let content_type =
            request.header(CONTENT_TYPE.as_str()).unwrap_or("application/x-www-form-urlencoded");
        if !content_type.starts_with("application/x-www-form-urlencoded") {
            return Err(ApiError::bad_request(
                "Invalid request: the Content-Type of this API's requests is application/x-www-form-urlencoded.",
            ));
        }
        [query, &request.body].into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(&b'&')
    };
    form::decode(&bytes).map_err(|error| ApiError::bad_request(error.to_string()))
}

/// Runs a call. With its reply, what its key keeps: nothing if execution had not begun.
fn execute(
    app: &App,
    request: &Request,
    form: &Node,
    paths: &[Vec<String>],
) -> (Reply, Option<(u16, String)>) {
    let strike =
        |when, statuses: fn(u16) -> bool| app.faults.strike(&request.method, &request.path, when, statuses);
    if let Some(status) = strike(When::Before, |status| status == 500) {
        let reply = Reply::fault(request, status);
        let kept = (reply.status, reply.body.clone());
        return (reply, Some(kept));
    }
    let answer = run(app, request, form, paths);
    let executed = answer.as_ref().map_or_else(|error| error.executed, |_| true);
    let reply = Reply::new(request, &answer);
    let kept = executed.then(|| (reply.status, reply.body.clone()));
    let Some(status) = executed.then(|| strike(When::After, |_| true)).flatten() else {
        return (reply, kept);
    };
    let reply = Reply::fault(request, status);
    // Anything but a 500 was said by something in between: the key keeps the true answer.
    let kept = if status == 500 { Some((status, reply.body.clone())) } else { kept };
    (reply, kept)
}

fn run(app: &App, request: &Request, form: &Node, paths: &[Vec<String>]) -> Answer {
    let mut state = app.state();
    state.origin = Origin {
        request_id: Some(request.id.clone()),
        idempotency_key: request.header("idempotency-key").map(str::to_owned),
    };
    let mut call = Call { state: &mut state, params: Params::root(form) };
    let answer = routes::dispatch(&mut call, &request.method, &request.path);
    state.origin = Origin::default();
    let mut value = answer?;
    for path in paths {
        expand::apply(&state, &mut value, path);
    }
    Ok(value)
}

/// A claimed idempotency key; given free if the call breaks.
struct Claim<'a> {
    app: &'a App,
    key: Option<&'a str>,
    settled: bool,
}

impl Claim<'_> {
    fn settle(mut self, request: &Request, keep: Option<(u16, String)>) {
        self.settled = true;
        match (self.key, keep) {
            (Some(key), Some((status, body))) => {
                self.app.keys.finish(key, Saved { status, body, request_id: request.id.clone() });
            }
            (Some(key), None) => self.app.keys.abandon(key),
            (None, _) => {}
        }
    }
}

impl Drop for Claim<'_> {
    fn drop(&mut self) {
        if let (false, Some(key)) = (self.settled, self.key) {
            self.app.keys.abandon(key);
        }
    }
}
