//! Request ids and `PORT_FILE`.

use test_support::unique;

use crate::app::App;

#[tokio::test]
async fn a_sane_request_id_is_kept_and_answered() {
    let app = App::start().await;
    let answer = app.get("/request-id").header("x-request-id", "Order-7.a_b").send().await.unwrap();
    assert_eq!(answer.headers()["x-request-id"], "Order-7.a_b");
    assert_eq!(answer.text().await.unwrap(), "Order-7.a_b");
}

#[tokio::test]
async fn other_request_ids_are_replaced() {
    let app = App::start().await;
    for bad in ["", "a b", "<script>", "a\"b", "ü", &"x".repeat(129)] {
        let answer = app.get("/request-id").header("x-request-id", bad).send().await.unwrap();
        let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
        assert_eq!(id.len(), 32, "{bad}");
        assert_eq!(answer.text().await.unwrap(), id);
    }
}

#[tokio::test]
async fn the_port_is_written_to_the_port_file() {
    let path = std::env::temp_dir().join(unique("service-kit-port-"));
    let app = App::with(&[("PORT_FILE", path.to_str().unwrap())]).await;
    app.get("/livez").send().await.unwrap();
    let written = std::fs::read_to_string(&path).unwrap();
    assert!(app.url.ends_with(&format!(":{written}")));
    std::fs::remove_file(path).unwrap();
}
