//! A shop in which every service runs twice.

use serde_json::Value;
use test_support::{Service, ServiceBuilder, TestDatabase, eventually};
use tests_e2e::world::{SOON, Sandbox, World, text};

/// The second replicas, and the shop with the first ones, which took the leases.
pub struct Twins {
    pub orders: Service,
    pub payments: Service,
    pub notifications: Service,
    pub world: World,
}

impl Twins {
    pub async fn start() -> Self {
        Self::with(|_, service| service).await
    }

    /// With services configured further, as [`World::with`] does.
    pub async fn with(configure: impl Fn(&str, ServiceBuilder) -> ServiceBuilder) -> Self {
        let world = World::with(configure).await;
        for (service, database) in world.databases.all() {
            eventually(SOON, format!("{service}'s only relay works"), async || {
                database.number("SELECT count(*) FROM leases WHERE name = 'relay'").await == 1
            })
            .await;
        }
        let (orders, payments, notifications) = tokio::join!(
            world.orders.again().start(),
            world.payments.again().start(),
            world.notifications.again().start()
        );
        Self { orders, payments, notifications, world }
    }

    /// Every process but the sandbox.
    pub fn all(&mut self) -> [&mut Service; 6] {
        let World { orders, payments, notifications, .. } = &mut self.world;
        [orders, payments, notifications, &mut self.orders, &mut self.payments, &mut self.notifications]
    }
}

/// Who may publish, and until when, in milliseconds of the database's clock.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    pub epoch: i64,
    pub expires: i64,
}

impl Lease {
    /// The relay's.
    pub async fn of_relay(database: &TestDatabase) -> Self {
        let sql = "SELECT epoch || ' ' || expires_at FROM leases WHERE name = 'relay'";
        let row = database.texts(sql).await.remove(0);
        let (epoch, expires) = row.split_once(' ').unwrap();
        Self { epoch: epoch.parse().unwrap(), expires: expires.parse().unwrap() }
    }
}

/// Milliseconds by the database's clock.
pub async fn now(database: &TestDatabase) -> i64 {
    database.number("SELECT CAST(extract(epoch FROM clock_timestamp()) * 1000 AS bigint)").await
}

/// How often a service wrote this to its log.
pub fn told(service: &Service, words: &str) -> usize {
    service.log().matches(words).count()
}

/// The event that says that the Session was paid, not delivered yet.
pub async fn completion(sandbox: &Sandbox, session: &str) -> Value {
    let events = sandbox.events_of(session, &["checkout.session.completed"]).await;
    assert_eq!(events.len(), 1, "{events:?}");
    assert_eq!(text(&events[0]["data"]["object"]["id"]), session);
    events.into_iter().next().unwrap()
}
