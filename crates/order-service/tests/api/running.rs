//! The process as a whole.

use crate::support::World;

#[tokio::test(flavor = "multi_thread")]
async fn a_part_that_cannot_run_ends_the_service_with_an_error() {
    let world = World::start().await;
    // No broker can be spoken to like this, which only the consumer and the relay find out.
    let ended = world
        .ends_by_itself(&[
            ("KAFKA_SECURITY_PROTOCOL", "ssl"),
            ("KAFKA_SSL_CA_LOCATION", "/there/is/none.pem"),
        ])
        .await;
    assert!(ended.is_err());
    world.end().await;
}
