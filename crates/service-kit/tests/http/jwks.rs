//! Tokens of an issuer that publishes its keys.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{LazyLock, Mutex};

use actix_web::{App as WebApp, HttpResponse, HttpServer, web};
use aws_lc_rs::encoding::AsDer;
use aws_lc_rs::encoding::Pkcs8V1Der;
use aws_lc_rs::rsa::KeySize;
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::{Value, json};

use crate::app::{App, answer, problem};
use crate::tokens::{claims, hmac_signed};

fn pem(der: &[u8]) -> String {
    format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der))
}

/// An RSA key takes a while to find, so there is one.
static RSA: LazyLock<EncodingKey> = LazyLock::new(|| {
    let pair = aws_lc_rs::rsa::KeyPair::generate(KeySize::Rsa2048).unwrap();
    let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
    EncodingKey::from_rsa_pem(pem(der.as_ref()).as_bytes()).unwrap()
});

fn ec() -> EncodingKey {
    let pair = EcdsaKeyPair::generate(&ECDSA_P256_SHA256_FIXED_SIGNING).unwrap();
    EncodingKey::from_ec_pem(pem(pair.to_pkcs8v1().unwrap().as_ref()).as_bytes()).unwrap()
}

fn jwk(key: &EncodingKey, algorithm: Algorithm, id: &str) -> Value {
    let mut jwk = Jwk::from_encoding_key(key, algorithm).unwrap();
    jwk.common.key_id = Some(id.to_owned());
    serde_json::to_value(jwk).unwrap()
}

fn signed(key: &EncodingKey, algorithm: Algorithm, id: Option<&str>, claims: &Value) -> String {
    let mut header = Header::new(algorithm);
    header.kid = id.map(str::to_owned);
    jsonwebtoken::encode(&header, claims, key).unwrap()
}

/// An issuer's key document, and how often it was asked for.
struct Issuer {
    document: Mutex<Value>,
    asked: AtomicUsize,
    url: String,
}

impl Issuer {
    async fn start(document: Value) -> Arc<Self> {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/keys", listener.local_addr().unwrap());
        let issuer = Arc::new(Self { document: Mutex::new(document), asked: 0.into(), url });
        let shared = web::Data::from(issuer.clone());
        let server = HttpServer::new(move || {
            WebApp::new().app_data(shared.clone()).route("/keys", web::get().to(document_of))
        });
        tokio::spawn(server.workers(1).disable_signals().listen(listener).unwrap().run());
        issuer
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}

async fn document_of(issuer: web::Data<Issuer>) -> HttpResponse {
    issuer.asked.fetch_add(1, Ordering::SeqCst);
    HttpResponse::Ok().json(&*issuer.document.lock().unwrap())
}

async fn app_for(issuer: &Issuer) -> App {
    App::with(&[("JWT_SECRET", ""), ("JWT_JWKS_URL", &issuer.url)]).await
}

#[tokio::test]
async fn rs256_and_es256_are_accepted_and_keys_fetched_once() {
    let ec = ec();
    let issuer =
        Issuer::start(json!({ "keys": [jwk(&RSA, Algorithm::RS256, "r"), jwk(&ec, Algorithm::ES256, "e")] }))
            .await;
    let app = app_for(&issuer).await;
    for _ in 0..3 {
        for (key, algorithm, id) in [(&*RSA, Algorithm::RS256, "r"), (&ec, Algorithm::ES256, "e")] {
            let token = signed(key, algorithm, Some(id), &claims(json!({})));
            assert_eq!(answer(app.get("/whoami").bearer_auth(token)).await.1["id"], "u1");
        }
    }
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn an_unknown_kid_is_refused_and_asks_at_most_once() {
    let ec = ec();
    let issuer =
        Issuer::start(json!({ "keys": [jwk(&ec, Algorithm::ES256, "e"), jwk(&RSA, Algorithm::RS256, "r")] }))
            .await;
    let app = app_for(&issuer).await;
    for id in [Some("x"), Some("y"), Some("x"), None] {
        let token = signed(&ec, Algorithm::ES256, id, &claims(json!({})));
        problem(app.get("/whoami").bearer_auth(token), 401).await;
    }
    assert_eq!(issuer.asked(), 1);
}

#[tokio::test]
async fn without_kid_the_only_key_is_taken() {
    let ec = ec();
    let issuer = Issuer::start(json!({ "keys": [jwk(&ec, Algorithm::ES256, "e")] })).await;
    let app = app_for(&issuer).await;
    let token = signed(&ec, Algorithm::ES256, None, &claims(json!({})));
    assert_eq!(answer(app.get("/whoami").bearer_auth(token)).await.0, 200);
}

#[tokio::test]
async fn hs256_with_the_public_key_as_secret_is_refused() {
    let ec = ec();
    let public = jwk(&ec, Algorithm::ES256, "e");
    let issuer = Issuer::start(json!({ "keys": [public] })).await;
    let app = app_for(&issuer).await;
    for (secret, id) in [(public.to_string(), "e"), (public["x"].as_str().unwrap().to_owned(), "e")] {
        let header = json!({ "alg": "HS256", "kid": id });
        let token = hmac_signed(&header, &claims(json!({})), secret.as_bytes());
        problem(app.get("/whoami").bearer_auth(token), 401).await;
    }
    let confused = json!({ "alg": "RS256", "kid": "e" });
    let token = hmac_signed(&confused, &claims(json!({})), b"x");
    problem(app.get("/whoami").bearer_auth(token), 401).await;
}

#[tokio::test]
async fn a_hostile_jku_is_never_fetched() {
    let (ec, evil_key) = (ec(), ec());
    let issuer = Issuer::start(json!({ "keys": [jwk(&ec, Algorithm::ES256, "e")] })).await;
    let evil = Issuer::start(json!({ "keys": [jwk(&evil_key, Algorithm::ES256, "e")] })).await;
    let app = app_for(&issuer).await;
    let mut header = Header::new(Algorithm::ES256);
    header.kid = Some("e".to_owned());
    header.jku = Some(evil.url.clone());
    header.x5u = Some(evil.url.clone());
    header.jwk = Some(serde_json::from_value(jwk(&evil_key, Algorithm::ES256, "e")).unwrap());
    let token = jsonwebtoken::encode(&header, &claims(json!({})), &evil_key).unwrap();
    problem(app.get("/whoami").bearer_auth(token), 401).await;
    assert_eq!((issuer.asked(), evil.asked()), (1, 0));
}

#[tokio::test]
async fn keys_for_other_uses_do_not_count() {
    let ec = ec();
    let mut for_encryption = jwk(&ec, Algorithm::ES256, "enc");
    for_encryption["use"] = "enc".into();
    let symmetric = json!({ "kty": "oct", "kid": "oct", "k": "c2VjcmV0", "alg": "HS256" });
    let unknown = json!({ "kty": "future", "kid": "new" });
    let issuer = Issuer::start(
        json!({ "keys": [symmetric, unknown, for_encryption, jwk(&ec, Algorithm::ES256, "e")] }),
    )
    .await;
    let app = app_for(&issuer).await;
    let by = |id: &str| signed(&ec, Algorithm::ES256, Some(id), &claims(json!({})));
    problem(app.get("/whoami").bearer_auth(by("enc")), 401).await;
    assert_eq!(answer(app.get("/whoami").bearer_auth(by("e"))).await.0, 200);
    let symmetric = hmac_signed(&json!({ "alg": "HS256", "kid": "oct" }), &claims(json!({})), b"secret");
    problem(app.get("/whoami").bearer_auth(symmetric), 401).await;
}

#[tokio::test]
async fn keys_that_cannot_be_fetched_are_503_not_401() {
    let issuer = Issuer::start(json!({ "no": "keys" })).await;
    let app = app_for(&issuer).await;
    for _ in 0..2 {
        let token = signed(&ec(), Algorithm::ES256, Some("e"), &claims(json!({})));
        let body = problem(app.get("/whoami").bearer_auth(token), 503).await;
        assert_eq!(body["code"], "service_unavailable");
    }
    assert_eq!(issuer.asked(), 1);
    assert_eq!(answer(app.get("/whoami")).await.0, 200);
}
