//! Events of other versions than ours.

use serde_json::{Value, json};
use test_support::{eventually, send, unique};
use tests_e2e::world::{SOON, World};

use super::{answer, command, refusal};

/// Another team's product, in its newest version.
fn product(id: &str, data: Value) -> Value {
    let event: String = unique("").chars().filter(char::is_ascii_hexdigit).collect();
    let tail = format!("{event:0>12}");
    let mut product = json!({
        "productId": id, "name": "Teapot", "price": 19.5, "unitAmount": 1950, "currency": "usd", "stock": 7,
    });
    product.as_object_mut().unwrap().extend(data.as_object().unwrap().clone());
    product.as_object_mut().unwrap().retain(|_, value| !value.is_null());
    json!({
        "eventId": format!("01935a7e-0000-7000-8000-{}", &tail[tail.len() - 12..]),
        "eventType": "product.created",
        "timestamp": "2026-01-02T03:04:05Z",
        "specVersion": "3.1",
        "data": product,
    })
}

async fn published(world: &World, id: &str, event: &Value) {
    send(&world.brokers, &world.topic("product.created"), id, event.to_string().as_bytes()).await;
}

async fn listed(world: &World, id: &str) -> Vec<Value> {
    world.guest().products().await.into_iter().filter(|product| product["id"] == id).collect()
}

#[tokio::test]
async fn fault_48_a_newer_version_is_read_and_an_unknown_one_is_a_dead_letter_that_stays_open() {
    let world = World::start().await;
    let newer = json!({ "stock": "7", "colour": "celadon", "availability": "made-to-order", "media": [{}] });
    published(&world, "teapot", &product("teapot", newer)).await;
    eventually(SOON, "the newer version is in the catalogue", async || {
        let found = listed(&world, "teapot").await;
        if found.len() == 1 { Ok(()) } else { Err(found) }
    })
    .await;

    // The next major version: what we need is not there any more.
    published(&world, "kettle", &product("kettle", json!({ "unitAmount": null, "currency": null }))).await;
    for (service, database) in
        [(&world.orders, &world.databases.orders), (&world.payments, &world.databases.payments)]
    {
        eventually(SOON, "a dead letter", async || {
            match database.number("SELECT count(*) FROM dead_letters WHERE key = 'kettle'").await {
                1 => Ok(()),
                other => Err(other),
            }
        })
        .await;
        let told = refusal(service, &["dead-letters", "replay", "--all"]).await;
        assert!(told.contains("failed, stays open"), "{told}");
        let letters: Value =
            serde_json::from_str(&answer(service, &["dead-letters", "list", "--json"]).await).unwrap();
        assert_eq!(letters.as_array().unwrap().len(), 1, "{letters}");
        assert_eq!((&letters[0]["key"], &letters[0]["state"]), (&json!("kettle"), &json!("open")));
    }
    assert!(listed(&world, "kettle").await.is_empty());
}

/// What an upgrade brings: until then the orders database takes no product of this name.
const OLD: &str = "CREATE FUNCTION too_new() RETURNS trigger LANGUAGE plpgsql AS \
    $$ BEGIN RAISE EXCEPTION 'this version knows no teapots'; END $$; \
    CREATE TRIGGER too_new BEFORE INSERT ON products FOR EACH ROW WHEN (NEW.name = 'Teapot') \
    EXECUTE FUNCTION too_new()";
const UPGRADE: &str = "DROP TRIGGER too_new ON products; DROP FUNCTION too_new";

#[tokio::test]
async fn fault_48_after_the_upgrade_a_dead_letter_is_applied_once() {
    let world = World::start().await;
    let orders = &world.databases.orders;
    orders.run(OLD).await;
    published(&world, "teapot", &product("teapot", json!({}))).await;
    eventually(SOON, "a dead letter", async || {
        match orders.number("SELECT count(*) FROM dead_letters WHERE attempts = 5").await {
            1 => Ok(()),
            other => Err(other),
        }
    })
    .await;
    let told = refusal(&world.orders, &["dead-letters", "replay", "--all"]).await;
    assert!(told.contains("failed, stays open") && told.contains("knows no teapots"), "{told}");
    orders.run(UPGRADE).await;

    let rehearsed = answer(&world.orders, &["dead-letters", "replay", "--all", "--dry-run"]).await;
    assert!(listed(&world, "teapot").await.is_empty(), "a rehearsal took effect");
    // Two operators at the same moment.
    let line = ["dead-letters", "replay", "--all"];
    let (one, other) = tokio::join!(command(&world.orders, &line), command(&world.orders, &line));
    let told = [one.stdout.as_str(), other.stdout.as_str()];
    let applied = rehearsed.strip_prefix("dry run, nothing is changed:\n").unwrap();
    assert_eq!(told.iter().filter(|told| **told == applied).count(), 1, "{one:?} {other:?}");
    assert_eq!(listed(&world, "teapot").await.len(), 1);

    // Replayed letters are kept, and are none of the open ones.
    assert_eq!(answer(&world.orders, &["dead-letters", "list"]).await, "no dead letters\n");
    let kept = answer(&world.orders, &["dead-letters", "list", "--state", "replayed"]).await;
    assert!(kept.contains("teapot") && kept.contains("replayed"), "{kept}");
    let id = orders.number("SELECT id FROM dead_letters").await.to_string();
    let again = refusal(&world.orders, &["dead-letters", "replay", &id]).await;
    assert_eq!(again, format!("{id}: nothing to do: it is replayed already\n"));
}
