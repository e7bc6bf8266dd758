//! Mail servers that refuse or hang, processes that die.

use sea_orm::ConnectionTrait;
use test_support::{Mood, eventually};

use crate::app::{PATIENCE, World};
use crate::publish::{BUYER, TRACE_ID, order, paid};

async fn offered(world: &World, count: usize) {
    eventually(PATIENCE, format!("{count} mails offered"), async || {
        let offered = world.mails.offered().len();
        if offered >= count { Ok(()) } else { Err(offered) }
    })
    .await;
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

#[tokio::test]
async fn a_mail_is_given_up_when_it_is_too_old() {
    let world = World::new().await;
    let app = world.start_with(world.env.clone().with("MAIL_MAX_AGE", "1h")).await;
    world.mails.set_mood(Mood::Refuse);
    world.publisher.publish(&paid(order("Cup"))).await;
    offered(&world, 1).await;
    world.clock.advance(time::Duration::hours(2));
    world.in_state("failed", 1).await;
    let sql = format!("SELECT count(*) FROM notifications WHERE last_error LIKE '%{BUYER}%'");
    assert_eq!(world.database.number(&sql).await, 0, "the stored reason repeats the address");
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

/// Such as one written by a newer version, met after a rollback.
#[tokio::test]
async fn a_row_that_cannot_be_read_does_not_hold_up_the_others() {
    let world = World::new().await;
    let app = world.start().await;
    world.mails.set_mood(Mood::Refuse);
    world.publisher.publish(&paid(order("Cup"))).await;
    offered(&world, 1).await;
    let spoil = r#"UPDATE notifications SET data = '{"kind": "order_praised"}'"#;
    world.database.connection().execute_unprepared(spoil).await.unwrap();
    world.mails.set_mood(Mood::Accept);
    world.clock.advance(time::Duration::minutes(1));
    world.publisher.publish(&paid(order("Cup"))).await;
    world.in_state("sent", 1).await;
    world.in_state("failed", 1).await;
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

#[tokio::test]
async fn a_mail_refused_for_good_ends_failed_with_the_servers_reason() {
    let world = World::new().await;
    let app = world.start_with(world.env.clone().with("MAIL_MAX_AGE", "1h")).await;
    world.mails.set_mood(Mood::RefuseForGood);
    world.publisher.publish(&paid(order("Cup"))).await;
    offered(&world, 1).await;
    world.clock.advance(time::Duration::hours(2));
    world.in_state("failed", 1).await;
    let reasons = world.database.texts("SELECT last_error FROM notifications").await;
    assert!(reasons[0].contains("no such mailbox"), "{reasons:?}");
    let metrics = test_support::http_client().get(format!("{}/metrics", app.url)).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    let given_up = metrics.lines().find(|line| line.starts_with("notifications_given_up_total{"));
    assert!(given_up.is_some(), "{metrics}");
    app.stop().await;
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
