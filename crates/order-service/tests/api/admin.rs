//! Administrators and other teams change the catalogue.

use events::{Envelope, ProductEvent, ProductSnapshot, ProductUpdated};
use kernel::{Clock, EventId, SystemClock};
use serde_json::{Value, json};
use test_support::eventually;

use crate::support::world::SOON;
use crate::support::{World, cart};

async fn listed(world: &World, id: &str) -> Option<Value> {
    let list = world.guest().await.get("/api/products").await.expect(200);
    list["data"].as_array().unwrap().iter().find(|product| product["id"] == id).cloned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_product_is_created_changed_deleted_and_each_is_published() {
    let world = World::start().await;
    let admin = world.admin();
    let path = "/api/admin/products/mug";
    let body = json!({
        "name": " Mug ", "description": "Big", "price": 12.50, "currency": "USD", "stock": 3,
        "image": "/images/mug.svg"
    });
    let made = admin.put(path, &body).await.expect(200);
    let expected = json!({
        "id": "mug", "name": "Mug", "description": "Big", "price": 12.50, "unitAmount": 1250, "currency": "usd",
        "image": "/images/mug.svg", "available": 3, "stock": 3, "held": 0, "sequence": 1
    });
    assert_eq!(made, expected);
    world.guest().await.checkout(&cart(&[("mug", 2)])).await.expect(200);
    let mut fewer = body.clone();
    fewer["stock"] = json!(1);
    assert_eq!(admin.put(path, &fewer).await.pointers(), ["/stock"]);
    fewer["stock"] = json!(2);
    fewer["price"] = json!(13);
    let changed = admin.put(path, &fewer).await.expect(200);
    assert_eq!(
        (&changed["available"], &changed["held"], &changed["sequence"]),
        (&json!(0), &json!(2), &json!(2))
    );
    let gone = admin.delete(path).await.expect(200);
    assert_eq!(gone["sequence"], 3);
    assert_eq!(admin.delete(path).await.problem(404), "not_found");
    assert_eq!(listed(&world, "mug").await, None);
    let sold = world.guest().await.checkout(&cart(&[("mug", 1)])).await;
    assert_eq!(sold.pointers(), ["/items/0/productId"]);

    for (topic, sequence) in [("product.created", 1), ("product.updated", 2), ("product.deleted", 3)] {
        let events = world.events(topic, "mug").await;
        assert_eq!(events.len(), 1, "{topic}");
        assert_eq!(events[0]["data"]["sequence"], sequence);
    }
    assert_eq!(world.events("product.created", "mug").await[0]["data"]["stock"], 3);
    assert_eq!(admin.put(path, &body).await.expect(200)["sequence"], 4);
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn products_that_cannot_be_are_named() {
    let world = World::start().await;
    let base = json!({"name": "Mug", "price": 12.5, "currency": "usd", "stock": 3});
    for (field, value, pointer) in [
        ("name", json!(""), "/name"),
        ("name", json!("a\r\nb"), "/name"),
        ("price", json!("12.50"), "/price"),
        ("price", json!(0), "/price"),
        ("price", json!(-1), "/price"),
        ("price", json!(1.999), "/price"),
        ("price", json!(1_000_000), "/price"),
        ("price", Value::Null, "/price"),
        ("currency", json!("gold"), "/currency"),
        ("stock", json!(-1), "/stock"),
        ("stock", json!(1_000_000_001), "/stock"),
        ("stock", Value::Null, "/stock"),
        ("image", json!("javascript:alert(1)"), "/image"),
        ("image", json!("//evil.example/x.png"), "/image"),
    ] {
        let mut body = base.clone();
        body[field] = value.clone();
        let answer = world.admin().put("/api/admin/products/mug", &body).await;
        assert_eq!(answer.pointers(), [pointer], "{field}: {value}");
    }
    world.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn another_teams_catalogue_is_applied_by_sequence() {
    let world = World::start().await;
    let told = |sequence, amount: i64, stock| {
        let data = ProductUpdated {
            product: ProductSnapshot {
                product_id: "lamp".parse().unwrap(),
                sequence: Some(sequence),
                name: "Lamp".to_owned(),
                price: kernel::Money::new(amount, kernel::Currency::USD).to_major(),
                unit_amount: amount,
                currency: kernel::Currency::USD,
                image: None,
                stock: Some(stock),
            },
        };
        Envelope::new(EventId::generate(&SystemClock), SystemClock.now(), ProductEvent::from(data))
    };
    world.publisher.send_as("/catalogue", &told(2, 4000, 7)).await;
    let lamp = eventually(SOON, "the lamp is on sale", async || listed(&world, "lamp").await).await;
    assert_eq!((&lamp["unitAmount"], &lamp["available"]), (&json!(4000), &json!(7)));
    world.guest().await.checkout(&cart(&[("lamp", 3)])).await.expect(200);
    world.publisher.send_as("/catalogue", &told(1, 3000, 9)).await;
    world.publisher.send_as("/catalogue", &told(3, 5000, 2)).await;
    world.consumed(3).await;
    let lamp = listed(&world, "lamp").await.unwrap();
    assert_eq!((&lamp["unitAmount"], &lamp["available"]), (&json!(5000), &json!(0)));
    assert_eq!(world.stock("lamp").await, (3, 3), "what is held stays there");

    let own = told(9, 1, 1);
    world.publisher.send_as("/order-service", &own).await;
    world.publisher.send_as("/catalogue", &told(4, 6000, 10)).await;
    eventually(SOON, "the later event is applied", async || {
        listed(&world, "lamp").await.is_some_and(|lamp| lamp["unitAmount"] == 6000)
    })
    .await;
    world.end().await;
}
