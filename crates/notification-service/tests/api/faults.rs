//! Mail servers that refuse or hang, processes that die.

use test_support::{Mood, eventually, http_client};

use crate::app::{PATIENCE, World};
use crate::publish::{BUYER, TRACE_ID, order, paid};

async fn offered(world: &World, count: usize) {
    eventually(PATIENCE, format!("{count} mails offered"), async || {
        let offered = world.mails.offered().len();
        if offered >= count { Ok(()) } else { Err(offered) }
    })
    .await;
}

async fn metrics(url: String) -> String {
    http_client().get(url).send().await.unwrap().text().await.unwrap()
}

#[tokio::test]
async fn what_a_server_refuses_is_tried_again() {
    let world = World::new().await;
    let app = world.start().await;
    for mood in [Mood::Refuse, Mood::RefuseForGood] {
        world.mails.set_mood(mood);
        let before = world.mails.offered().len();
        world.publisher.publish(&paid(order("Cup"))).await;
        offered(&world, before + 1).await;
        world.in_state("pending", 1).await;
        world.mails.set_mood(Mood::Accept);
        world.clock.advance(time::Duration::minutes(5));
        world.in_state("pending", 0).await;
    }
    let mails = world.mails(2).await;
    assert_eq!(mails[0].message_id, world.mails.offered()[0].message_id);
    app.stop().await;
    world.assert_settled().await;
}

/// With the server's reason, without addresses; also one whose row cannot be read.
#[tokio::test]
async fn a_mail_is_given_up_after_many_tries_over_a_long_time() {
    let world = World::new().await;
    let app = world.start_with(world.env.clone().with("MAIL_MAX_AGE", "1h")).await;
    world.mails.set_mood(Mood::RefuseForGood);
    for _ in 0..2 {
        world.publisher.publish(&paid(order("Cup"))).await;
    }
    world.tried(1, 2).await;
    let spoil = "UPDATE notifications SET data = '{}' WHERE id IN (SELECT id FROM notifications LIMIT 1)";
    world.database.execute(spoil).await;
    for tries in 2..=12 {
        world.clock.advance(time::Duration::minutes(31));
        world.tried(tries, 2).await;
    }
    world.in_state("failed", 2).await;
    assert_eq!(world.database.number("SELECT count(*) FROM notifications WHERE attempts <> 12").await, 0);
    let reasons = world.database.texts("SELECT last_error FROM notifications ORDER BY 1").await;
    assert!(reasons[0].contains("no such mailbox") && reasons[1] == "unreadable", "{reasons:?}");
    assert!(!reasons[0].contains(BUYER), "the stored reason repeats the address: {reasons:?}");
    let metrics = metrics(format!("{}/metrics", app.url)).await;
    for kind in ["order_confirmed", "unreadable"] {
        let kind = format!(r#"kind="{kind}""#);
        let mut lines = metrics.lines().filter(|line| line.starts_with("notifications_given_up_total{"));
        assert!(lines.any(|line| line.contains(&kind)), "{kind}: {metrics}");
    }
    app.stop().await;
    world.assert_settled().await;
}

/// Nobody tried to send it while the service was down, or before it came to it.
#[tokio::test]
async fn a_mail_is_not_given_up_by_an_outage_of_the_service() {
    let world = World::new().await;
    let app = world.start().await;
    world.mails.set_mood(Mood::Refuse);
    world.publisher.publish(&paid(order("Cup"))).await;
    world.tried(1, 1).await;
    app.stop().await;
    let tried = world.database.number("SELECT attempts::bigint FROM notifications").await;
    world.clock.advance(time::Duration::days(4));
    let app = world.start().await;
    world.tried(tried + 1, 1).await;
    world.in_state("pending", 1).await;

    let noted_long_ago = "UPDATE notifications SET attempts = 20, created_at = created_at - interval '9 days', \
                          first_tried_at = next_try_at, lease_until = NULL";
    world.database.execute(noted_long_ago).await;
    world.clock.advance(time::Duration::hours(1));
    world.tried(21, 1).await;
    world.in_state("pending", 1).await;

    world.mails.set_mood(Mood::Accept);
    world.clock.advance(time::Duration::hours(1));
    world.in_state("sent", 1).await;
    app.stop().await;
    world.assert_settled().await;
}

/// Fault 11: the server took the mail, the process died before it could record that.
#[tokio::test]
async fn a_mail_whose_sender_died_is_sent_by_the_next_one_under_the_same_id() {
    let world = World::new().await;
    let lease = [("MAIL_LEASE", "6s"), ("SMTP_TIMEOUT", "2s")];
    world.mails.set_mood(Mood::Hang);
    let mut first = world.start_process(&lease).await;
    world.publisher.publish(&paid(order("Cup"))).await;
    offered(&world, 1).await;
    first.kill();
    world.mails.set_mood(Mood::Accept);
    let mut second = world.start_process(&lease).await;
    let mails = world.mails(1).await;
    world.in_state("sent", 1).await;
    assert_eq!(mails[0].message_id, world.mails.offered()[0].message_id);
    assert_eq!(world.database.number("SELECT attempts::bigint FROM notifications").await, 2);
    assert!(second.terminate().await.success());
    assert_eq!(world.mails.offered().len(), 2);
    world.assert_settled().await;
}

/// Such as one noted by a newer replica during a rolling upgrade: it is left to those who can read it.
#[tokio::test]
async fn a_row_that_cannot_be_read_waits_and_does_not_hold_up_the_others() {
    let world = World::new().await;
    let app = world.start().await;
    world.mails.set_mood(Mood::Refuse);
    world.publisher.publish(&paid(order("Cup"))).await;
    world.tried(1, 1).await;
    let of_a_newer_release =
        "UPDATE notifications SET data = jsonb_build_object('kind', 'order_praised', 'was', data)";
    world.database.execute(of_a_newer_release).await;
    world.mails.set_mood(Mood::Accept);
    world.clock.advance(time::Duration::minutes(1));
    world.publisher.publish(&paid(order("Cup"))).await;
    world.in_state("sent", 1).await;
    let noted = "SELECT count(*) FROM notifications WHERE last_error = 'unreadable'";
    eventually(PATIENCE, "it is looked at", async || world.database.number(noted).await == 1).await;

    let met_by_its_own = "UPDATE notifications SET data = data->'was' WHERE last_error = 'unreadable'";
    world.database.execute(met_by_its_own).await;
    world.clock.advance(time::Duration::minutes(5));
    world.in_state("sent", 2).await;
    app.stop().await;
    world.assert_settled().await;
}

#[tokio::test]
async fn a_server_that_hangs_is_left_after_the_deadline() {
    let world = World::new().await;
    let app = world.start_with(world.env.clone().with("SMTP_TIMEOUT", "300ms")).await;
    world.mails.set_mood(Mood::Hang);
    world.publisher.publish(&paid(order("Cup"))).await;
    offered(&world, 1).await;
    let sql = "SELECT count(*) FROM notifications WHERE last_error IS NOT NULL";
    eventually(PATIENCE, "the try ends", async || world.database.number(sql).await == 1).await;
    world.mails.set_mood(Mood::Accept);
    world.clock.advance(time::Duration::minutes(1));
    world.mails(1).await;
    world.in_state("sent", 1).await;
    app.stop().await;
    world.assert_settled().await;
}

#[tokio::test]
async fn a_server_that_hangs_on_one_mail_does_not_hold_up_the_others() {
    let world = World::new().await;
    let app = world.start_with(world.env.clone().with("SMTP_TIMEOUT", "3s")).await;
    world.mails.set_mood_for("hangs@example.com", Mood::Hang);
    let hanging = events::OrderSnapshot { email: Some("hangs@example.com".into()), ..order("Cup") };
    world.publisher.publish(&paid(hanging)).await;
    offered(&world, 1).await;
    for _ in 0..3 {
        world.publisher.publish(&paid(order("Cup"))).await;
    }
    world.in_state("sent", 3).await;
    assert!(world.mails.accepted().iter().all(|mail| mail.to == BUYER));
    world.mails.set_mood_for("hangs@example.com", Mood::Accept);
    eventually(PATIENCE, "the fourth is sent, too", async || {
        world.clock.advance(time::Duration::minutes(1));
        world.mails.accepted().len() == 4
    })
    .await;
    app.stop().await;
    world.assert_settled().await;
}

/// There is always one more to be tried, and never more than eight at once.
#[tokio::test]
async fn the_backlog_is_told_while_a_server_hangs() {
    let world = World::new().await;
    let mut service = world.start_process(&[("SMTP_TIMEOUT", "1s")]).await;
    world.mails.set_mood(Mood::Hang);
    for _ in 0..120 {
        world.publisher.publish(&paid(order("Cup"))).await;
    }
    eventually(PATIENCE, "the backlog", async || {
        let metrics = metrics(service.url("/metrics")).await;
        let told = |line: &str| line.starts_with("notifications_pending{") && line.ends_with(" 120");
        if metrics.lines().any(told) { Ok(()) } else { Err(metrics) }
    })
    .await;
    let claimed =
        world.database.number("SELECT count(*) FROM notifications WHERE lease_until IS NOT NULL").await;
    assert!(claimed <= 8, "{claimed}");
    world.mails.set_mood(Mood::Accept);
    world.in_state("sent", 120).await;
    assert!(service.terminate().await.success());
    world.assert_settled().await;
}

#[tokio::test]
async fn no_address_is_ever_logged() {
    let world = World::new().await;
    world.mails.set_mood(Mood::RefuseForGood);
    let mut service = world.start_process(&[("RUST_LOG", "debug"), ("LOG_FORMAT", "json")]).await;
    world.publisher.publish(&paid(order("Cup"))).await;
    offered(&world, 1).await;
    world.mails.set_mood(Mood::Accept);
    world.in_state("sent", 1).await;
    assert!(service.terminate().await.success());
    let log = service.log();
    assert!(log.contains("Mail sent") && log.contains("Mail not sent"), "{log}");
    assert!(log.contains("j***@example.com"), "{log}");
    assert!(!log.contains(BUYER) && !log.contains("jane.doe"), "{log}");
    let sent: Vec<serde_json::Value> = log
        .lines()
        .filter_map(|line| serde_json::from_str(line).ok())
        .filter(|line: &serde_json::Value| line["message"] == "Mail sent")
        .collect();
    let traces: Vec<_> = sent.iter().map(|line| line["trace_id"].as_str().unwrap_or("none")).collect();
    assert_eq!(traces, [TRACE_ID], "the mail is not in the trace of its event: {log}");
    world.assert_settled().await;
}
