//! A small service made of the kit's parts.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use actix_web::{HttpResponse, web};
use kernel::{Clock, ManualClock};
use reqwest::{Method, RequestBuilder};
use serde::Deserialize;
use serde_json::{Value, json};
use service_kit::auth::{Auth, AuthConfig, Caller, JwtVerifier, RequireAdmin, RequireService};
use service_kit::csrf::{self, Csrf};
use service_kit::env::{Env, HttpConfig, Reader};
use service_kit::health::{self, Readiness};
use service_kit::idempotency::IdempotencyKey;
use service_kit::problem::{Json, OptionalJson, Problem, ProblemCode, RawBody};
use service_kit::server::{Server, resource};
use service_kit::task::Tasks;
use service_kit::telemetry::RequestId;
use service_kit::validation::Violations;
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

pub const JWT_SECRET: &str = "a secret of tests, 32 bytes long.";
pub const SERVICE_TOKEN: &str = "a service token of tests";
pub const SHOP: &str = "https://shop.example";

/// What `/work` needs to go on, and what it did.
#[derive(Debug)]
pub struct Work {
    pub gate: Semaphore,
    pub started: AtomicUsize,
    pub done: AtomicUsize,
}

pub struct App {
    pub url: String,
    pub clock: Arc<ManualClock>,
    pub work: Arc<Work>,
    pub shutdown: CancellationToken,
    pub running: tokio::task::JoinHandle<anyhow::Result<()>>,
    client: reqwest::Client,
}

impl App {
    pub async fn start() -> Self {
        Self::with(&[]).await
    }

    /// With further variables; an empty value takes one away.
    pub async fn with(variables: &[(&str, &str)]) -> Self {
        let env = Env::from_pairs([
            ("HOST", "127.0.0.1"),
            ("PORT", "0"),
            ("JWT_SECRET", JWT_SECRET),
            ("SERVICE_TOKEN", SERVICE_TOKEN),
            ("CSRF_KEY", "a key for CSRF tokens, also 32 bytes"),
            ("ALLOWED_ORIGINS", SHOP),
        ]);
        let env = variables.iter().fold(env, |env, (name, value)| env.with(*name, *value));
        let mut read = Reader::new(&env);
        let config =
            (HttpConfig::read(&mut read, 0), AuthConfig::read(&mut read), read.required_key("CSRF_KEY", 32));
        let (http, auth, csrf_key) = read.finish(config).unwrap();

        let clock = Arc::new(ManualClock::running());
        let shared: Arc<dyn Clock> = clock.clone();
        let users = JwtVerifier::new(&auth, shared.clone()).unwrap();
        let auth = web::Data::new(Auth::new(users, auth.service_token));
        let csrf = web::Data::new(Csrf::new(csrf_key, http.allowed_origins.clone(), shared));
        let work = Arc::new(Work { gate: Semaphore::new(0), started: 0.into(), done: 0.into() });
        let shutdown = CancellationToken::new();
        let readiness = Readiness::new().until(shutdown.clone()).check("sky", || async { Ok(()) });
        let data = web::Data::from(work.clone());
        let routes = move |app: &mut web::ServiceConfig| {
            app.app_data(auth.clone()).app_data(csrf.clone()).app_data(data.clone());
            health::configure(app, readiness.clone());
            routes(app);
        };
        let server = Server::bind(&http).unwrap();
        let url = format!("http://127.0.0.1:{}", server.port());
        let running = tokio::spawn(server.run(Tasks::new(), routes, shutdown.clone()));
        Self { url, clock, work, shutdown, running, client: test_support::http_client() }
    }

    pub fn call(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url))
    }

    pub fn get(&self, path: &str) -> RequestBuilder {
        self.call(Method::GET, path)
    }

    pub fn post(&self, path: &str) -> RequestBuilder {
        self.call(Method::POST, path)
    }
}

/// Status and body of an answer that is JSON.
pub async fn answer(call: RequestBuilder) -> (u16, Value) {
    let answer = call.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

/// The code of an answer that has to be a problem of this status.
pub async fn problem(call: RequestBuilder, status: u16) -> Value {
    let answer = call.send().await.unwrap();
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
    assert_eq!(answer.status().as_u16(), status);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["status"], status);
    assert_eq!(body["requestId"], id);
    assert_eq!(body["success"], false);
    assert_eq!(body["error"], body["title"]);
    assert_eq!(body["type"], format!("/problems/{}", body["code"].as_str().unwrap()));
    body
}

fn routes(app: &mut web::ServiceConfig) {
    app.service(resource("/carts").get(async || HttpResponse::Ok().json(json!([]))).post(cart))
        .service(resource("/carts/{number}").get(async |number: web::Path<u32>| number.to_string()))
        .service(resource("/pages").get(async |page: web::Query<Page>| page.limit.to_string()))
        .service(resource("/optional").post(async |body: OptionalJson<Note>| body.0.text))
        .service(resource("/raw").post(async |body: RawBody<1024>| body.0.len().to_string()))
        .service(resource("/broken").get(broken))
        .service(
            resource("/away").get(async || Err::<String, _>(Problem::new(ProblemCode::ServiceUnavailable))),
        )
        .service(resource("/panics").get(panics))
        .service(resource("/work").post(work))
        .service(resource("/request-id").get(async |id: RequestId| id.as_str().to_owned()))
        .service(resource("/whoami").get(whoami).post(whoami))
        .service(resource("/admin").get(async |admin: RequireAdmin| admin.0.id))
        .service(resource("/service").get(async |_: RequireService| "service"))
        .service(resource("/key").post(async |key: IdempotencyKey| HttpResponse::Ok().json(key.0)))
        .service(resource("/api/csrf-token").get(csrf::token))
        .service(resource("/checked").post(checked))
        .service(resource("/checked-for-cookie").post(checked_for_cookie));
}

#[derive(Deserialize)]
struct Page {
    limit: u32,
}

#[derive(Deserialize, Default)]
struct Note {
    text: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cart {
    cart_items: Vec<Item>,
    #[serde(default)]
    name: Option<String>,
}

#[derive(Deserialize)]
struct Item {
    quantity: i64,
    #[serde(deserialize_with = "kernel::exact")]
    price: kernel::Major,
}

async fn cart(body: Json<Cart>) -> Result<HttpResponse, Problem> {
    let mut violations = Violations::new();
    violations.line_count("/cartItems", body.cart_items.len());
    for (index, item) in body.cart_items.iter().enumerate() {
        violations.quantity(&format!("/cartItems/{index}/quantity"), item.quantity);
    }
    let name = violations.optional_text("/name", body.name.as_deref());
    violations.check()?;
    let prices: Vec<_> = body.cart_items.iter().map(|item| item.price.to_string()).collect();
    Ok(HttpResponse::Ok().json(json!({ "name": name, "prices": prices })))
}

async fn broken() -> Result<String, Problem> {
    let cause = anyhow::anyhow!("the innermost secret").context("a layer around it");
    Err(Problem::internal(cause))
}

async fn panics(tasks: web::Data<Tasks>) -> Result<String, Problem> {
    tasks.detached(async { panic!("a secret in a panic") }).await
}

async fn work(tasks: web::Data<Tasks>, work: web::Data<Work>) -> Result<String, Problem> {
    let work = work.into_inner();
    let task = async move {
        work.started.fetch_add(1, Ordering::SeqCst);
        work.gate.acquire().await.unwrap().forget();
        work.done.fetch_add(1, Ordering::SeqCst);
    };
    tasks.detached(task).await?;
    Ok("done".to_owned())
}

async fn whoami(caller: Caller) -> HttpResponse {
    HttpResponse::Ok().json(match &caller {
        Caller::User(user) => {
            json!({ "id": user.id, "email": user.email, "emailVerified": user.email_verified, "admin": user.admin })
        }
        other => json!({ "id": other.user_id() }),
    })
}

async fn checked(caller: Caller, csrf: csrf::Checked) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "session": csrf.session(), "scope": csrf.scope(&caller) }))
}

async fn checked_for_cookie(caller: Caller, csrf: csrf::CheckedForCookie) -> HttpResponse {
    HttpResponse::Ok().json(json!({ "scope": csrf.scope(&caller) }))
}
