//! `GET /api/products` and the admin routes behind it.

use serde_json::json;

use crate::support::World;

#[tokio::test(flavor = "multi_thread")]
async fn products_are_listed_page_by_page_and_searched() {
    let world = World::start().await;
    let shopper = world.guest().await;
    let all = shopper.get("/api/products").await.expect(200);
    let tea = json!({
        "id": "tea", "name": "Green Tea", "description": "", "price": 29.99, "unitAmount": 2999,
        "currency": "usd", "image": null, "available": 10
    });
    assert_eq!(all["data"][1], tea);
    assert_eq!(all["nextCursor"], json!(null));

    let first = shopper.get("/api/products?limit=1").await.expect(200);
    assert_eq!(first["data"][0]["id"], "cup");
    let cursor = first["nextCursor"].as_str().unwrap();
    let second = shopper.get(&format!("/api/products?limit=1&cursor={cursor}")).await.expect(200);
    assert_eq!(second["data"], json!([tea]));
    assert_eq!(second["nextCursor"], json!(null));

    let found = shopper.get("/api/products?q=gREEN").await.expect(200);
    assert_eq!(found["data"], json!([tea]));
    let none = shopper.get("/api/products?q=%25").await.expect(200);
    assert_eq!(none["data"], json!([]));
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_query_is_named() {
    let world = World::start().await;
    let shopper = world.guest().await;
    for (query, pointer) in [
        ("limit=0", "/limit"),
        ("limit=101", "/limit"),
        ("limit=x", "/limit"),
        ("cursor=!", "/cursor"),
        // NUL in the name, NUL in the id, a second line break.
        ("cursor=dGVhCkdyZWVuAFRlYQ", "/cursor"),
        ("cursor=dABlYQpHcmVlbiBUZWE", "/cursor"),
        ("cursor=dGVhCkdyZWVuClRlYQ", "/cursor"),
        ("q=te%00a", "/q"),
    ] {
        let answer = shopper.get(&format!("/api/products?{query}")).await;
        assert_eq!(answer.pointers(), [pointer]);
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sample_catalogue_is_seeded_once_and_published() {
    let world = World::start().await;
    assert_eq!(world.seed().await, 12);
    assert_eq!(world.seed().await, 0);
    let list = world.guest().await.get("/api/products?limit=100").await.expect(200);
    let products = list["data"].as_array().unwrap();
    assert_eq!(products.len(), 14);
    for product in products.iter().filter(|product| product["id"] != "tea" && product["id"] != "cup") {
        assert!(product["available"].as_i64().unwrap() > 0);
        assert!(product["image"].as_str().unwrap().starts_with("/images/"));
        assert_ne!(product["description"], "");
    }
    assert_eq!(world.events("product.created", "espresso-cup").await.len(), 1);
    world.end().await;
}
