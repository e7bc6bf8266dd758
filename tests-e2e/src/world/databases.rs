//! A database per service, empty: the services migrate by themselves.

use test_support::TestDatabase;

use super::Places;

pub struct Databases {
    pub orders: TestDatabase,
    pub payments: TestDatabase,
    pub notifications: TestDatabase,
}

impl Databases {
    pub async fn create(places: &Places) -> Self {
        let (orders, payments, notifications) =
            tokio::join!(places.database(), places.database(), places.database());
        Self { orders, payments, notifications }
    }

    /// Every database with its service's name.
    pub fn all(&self) -> [(&'static str, &TestDatabase); 3] {
        [
            ("order-service", &self.orders),
            ("payment-service", &self.payments),
            ("notification-service", &self.notifications),
        ]
    }
}
