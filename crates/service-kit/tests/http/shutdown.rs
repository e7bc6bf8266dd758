//! Work goes on when the client hangs up, and the end waits for it, within a bound.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use test_support::eventually;

use crate::app::{App, answer, problem};

const SOON: Duration = Duration::from_secs(10);

async fn started(app: &App, count: usize) {
    eventually(SOON, "the work starts", async || app.work.started.load(Ordering::SeqCst) == count).await;
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_cancel_the_work() {
    let app = App::start().await;
    let call = tokio::spawn(app.post("/work").send());
    started(&app, 1).await;
    call.abort();
    let _ = call.await;
    app.work.gate.add_permits(1);
    eventually(SOON, "the work is done", async || app.work.done.load(Ordering::SeqCst) == 1).await;
}

#[tokio::test]
async fn the_end_waits_for_a_request_and_for_work_nobody_waits_for() {
    let mut app = App::start().await;
    let kept = tokio::spawn(app.post("/work").send());
    started(&app, 1).await;
    let left = tokio::spawn(app.post("/work").send());
    started(&app, 2).await;
    left.abort();
    let _ = left.await;
    app.shutdown.cancel();
    let early = tokio::time::timeout(Duration::from_millis(200), &mut app.running).await;
    assert!(early.is_err(), "ended before its work did");
    app.work.gate.add_permits(2);
    assert_eq!(kept.await.unwrap().unwrap().status(), 200);
    tokio::time::timeout(SOON, app.running).await.unwrap().unwrap().unwrap();
    assert_eq!(app.work.done.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn the_end_does_not_wait_for_ever() {
    let app = App::with(&[("SHUTDOWN_TIMEOUT", "300ms")]).await;
    let hanging = tokio::spawn(app.post("/work").send());
    started(&app, 1).await;
    let began = Instant::now();
    app.shutdown.cancel();
    app.running.await.unwrap().unwrap();
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    hanging.abort();
}

#[tokio::test]
async fn an_idle_connection_does_not_hold_up_the_end() {
    let app = App::start().await;
    assert_eq!(answer(app.get("/livez")).await.0, 200);
    let began = Instant::now();
    app.shutdown.cancel();
    app.running.await.unwrap().unwrap();
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

#[tokio::test]
async fn while_it_ends_connections_are_not_kept() {
    let app = App::start().await;
    let kept = tokio::spawn(app.post("/work").send());
    started(&app, 1).await;
    app.shutdown.cancel();
    let early = tokio::time::timeout(Duration::from_millis(100), app.running);
    assert!(early.await.is_err(), "ended before its work did");
    app.work.gate.add_permits(1);
    let answer = kept.await.unwrap().unwrap();
    assert_eq!(answer.headers()["connection"], "close");
}

#[tokio::test]
async fn while_it_ends_nobody_new_is_let_in() {
    let app = App::start().await;
    let kept = tokio::spawn(app.post("/work").send());
    started(&app, 1).await;
    app.shutdown.cancel();
    eventually(SOON, "connections are refused", async || {
        let new = test_support::http_client().get(format!("{}/livez", app.url)).send().await;
        new.is_err_and(|error| error.is_connect())
    })
    .await;
    assert!(!app.running.is_finished(), "its work is not done");
    app.work.gate.add_permits(1);
    assert_eq!(kept.await.unwrap().unwrap().status(), 200);
}

#[tokio::test]
async fn while_it_drains_it_serves_on_and_says_that_it_is_not_ready() {
    // The delay never passes in this test: whatever is answered is answered within it.
    let app = App::with(&[("DRAIN_DELAY", "1h")]).await;
    assert_eq!(answer(app.get("/readyz")).await.0, 200);
    app.shutdown.cancel();
    let (status, body) = answer(app.get("/readyz")).await;
    assert_eq!((status, body["status"].as_str()), (503, Some("shutting down")));
    assert_eq!(answer(app.get("/livez")).await.0, 200);

    let late = tokio::spawn(app.post("/work").send());
    started(&app, 1).await;
    app.work.gate.add_permits(1);
    let late = late.await.unwrap().unwrap();
    assert_eq!((late.status().as_u16(), &late.headers()["connection"]), (200, &"close".parse().unwrap()));
    assert!(!app.running.is_finished());
    app.running.abort();
}

#[tokio::test]
async fn it_ends_when_the_delay_is_over() {
    let app = App::with(&[("DRAIN_DELAY", "300ms")]).await;
    let began = Instant::now();
    app.shutdown.cancel();
    tokio::time::timeout(SOON, app.running).await.unwrap().unwrap().unwrap();
    assert!(began.elapsed() >= Duration::from_millis(300), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_panic_in_detached_work_is_a_500() {
    let app = App::start().await;
    assert_eq!(problem(app.get("/panics"), 500).await["code"], "internal");
}
