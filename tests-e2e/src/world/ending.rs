//! What must hold when a test is over.

use std::collections::{BTreeMap, BTreeSet};

use test_support::{TestDatabase, eventually, read_to_end};

use super::groups::reads;
use super::{SOON, World};

/// What is left of a purchase when everything has drained.
#[derive(Debug, PartialEq, Eq)]
pub struct Ending {
    /// Unrefunded captures at Stripe per order.
    pub captures: BTreeMap<String, usize>,
    /// Mails sent, as `kind subject`, sorted.
    pub mails: Vec<String>,
    /// Messages on each topic that has any.
    pub published: BTreeMap<String, usize>,
    /// Events on each topic, however often a relay had to send them.
    pub events: BTreeMap<String, usize>,
}

/// Messages and events by topic.
struct Topics {
    published: BTreeMap<String, usize>,
    events: BTreeMap<String, usize>,
}

/// Whether a service's inbox must show what is on this topic. What it published itself it reads and leaves out.
fn noted(service: &str, topic: &str) -> bool {
    let own = service == "order-service" && topic.starts_with("product.");
    reads(service, topic) && !own
}

impl Ending {
    /// Waits until no service has anything left to do, and checks that nothing went to the dead letters.
    pub async fn of(world: &World) -> Self {
        let Topics { published, events } =
            eventually(SOON, "everything has drained", async || drained(world).await).await;
        for (service, database) in world.databases.all() {
            assert_eq!(
                database.number("SELECT count(*) FROM dead_letters").await,
                0,
                "{service}: dead letters"
            );
        }
        assert!(!published.keys().any(|topic| topic.ends_with(".dlq")), "dead letters: {published:?}");
        assert_eq!(quarantined(world).await, 0, "quarantined webhooks");
        Self { captures: captures(world).await, mails: sent_mails(world).await, published, events }
    }
}

/// `Err` says what is still to be done. Every event that was published has reached every inbox that wants it.
async fn drained(world: &World) -> Result<Topics, String> {
    for (service, database) in world.databases.all() {
        none(service, database, "SELECT count(*) FROM outbox").await?;
    }
    nothing_with_stripe(world).await?;

    let messages = read_to_end(&world.brokers, &world.topics.names()).await;
    let topic = |name: &str| name[world.topics.prefix().as_str().len()..].to_owned();
    for (service, database) in world.databases.all() {
        let seen: BTreeSet<String> =
            database.texts("SELECT event_id::text FROM inbox").await.into_iter().collect();
        let wanted = messages.iter().filter(|message| noted(service, &topic(&message.topic)));
        if let Some(unseen) = wanted.clone().find(|message| !seen.contains(&message.headers["ce_id"])) {
            return Err(format!("{service} has not seen {unseen:?}"));
        }
    }
    // Only now: what was consumed last may have left a refund to ask for, or a mail to send.
    nothing_with_stripe(world).await?;
    let mails = "SELECT count(*) FROM notifications WHERE state NOT IN ('sent', 'skipped')";
    none("notification-service", &world.databases.notifications, mails).await?;
    for (service, database) in world.databases.all() {
        none(service, database, "SELECT count(*) FROM outbox").await?;
    }
    // What was consumed while the topics were read may have been published since.
    let now = read_to_end(&world.brokers, &world.topics.names()).await.len();
    if now != messages.len() {
        return Err(format!("{} more events were published meanwhile", now - messages.len()));
    }
    let mut published = BTreeMap::new();
    let mut ids: BTreeMap<String, BTreeSet<&String>> = BTreeMap::new();
    for message in &messages {
        *published.entry(topic(&message.topic)).or_default() += 1;
        ids.entry(topic(&message.topic)).or_default().insert(&message.headers["ce_id"]);
    }
    let events = ids.into_iter().map(|(topic, ids)| (topic, ids.len())).collect();
    Ok(Topics { published, events })
}

/// Neither a webhook nor a call of payment-service waits.
async fn nothing_with_stripe(world: &World) -> Result<(), String> {
    let payments = &world.databases.payments;
    none("payment-service", payments, "SELECT count(*) FROM stripe_events WHERE state = 'pending'").await?;
    none("payment-service", payments, "SELECT count(*) FROM stripe_requests WHERE state = 'pending'").await
}

async fn none(service: &str, database: &TestDatabase, sql: &str) -> Result<(), String> {
    match database.number(sql).await {
        0 => Ok(()),
        left => Err(format!("{service}: {left} left of `{sql}`")),
    }
}

async fn quarantined(world: &World) -> i64 {
    world.databases.payments.number("SELECT count(*) FROM stripe_events WHERE state = 'quarantined'").await
}

async fn captures(world: &World) -> BTreeMap<String, usize> {
    let books = world.sandbox.books().await;
    let mut captures = BTreeMap::new();
    for intent in books["paymentIntents"].as_array().unwrap() {
        let kept = intent["captured"].as_i64() > intent["refunded"].as_i64();
        if kept {
            let order = intent["clientReferenceId"].as_str().unwrap_or("unknown").to_owned();
            *captures.entry(order).or_default() += 1;
        }
    }
    captures
}

/// The files must be as many as the notifications table says were sent, each with its own Message-ID. A second copy
/// would replace the first one's file: that there was none is told by the claims, one before each send.
pub(super) async fn assert_each_mail_once(world: &World, rows: &[String]) {
    let repeated = "SELECT kind || ' ' || subject FROM notifications WHERE state = 'sent' AND attempts <> 1";
    assert_eq!(world.databases.notifications.texts(repeated).await, [""; 0], "mails sent more than once");
    let ids: Vec<String> = world.mails().iter().map(|mail| header(mail, "Message-ID")).collect();
    let distinct: BTreeSet<&String> = ids.iter().collect();
    assert_eq!((ids.len(), distinct.len()), (rows.len(), rows.len()), "mails {ids:?} for {rows:?}");
}

/// What the notifications table says was sent.
async fn sent_mails(world: &World) -> Vec<String> {
    let sql = "SELECT kind || ' ' || subject FROM notifications WHERE state = 'sent' ORDER BY 1";
    world.databases.notifications.texts(sql).await
}

impl World {
    /// The ids of an order's payments, by attempt.
    pub async fn payments_of(&self, order: &str) -> Vec<String> {
        let sql = format!("SELECT id::text FROM payments WHERE purchase_id = '{order}' ORDER BY attempt");
        self.databases.payments.texts(&sql).await
    }

    /// Waits for a mail: one about a decline is not sent any more when the purchase is paid before.
    pub async fn mailed(&self, kind: &str, subject: &str) {
        let wanted = format!("{kind} {subject}");
        eventually(SOON, format!("the mail {wanted}"), async || {
            let sent = sent_mails(self).await;
            if sent.contains(&wanted) { Ok(()) } else { Err(sent) }
        })
        .await;
    }

    /// The mails that were written, whole.
    pub fn mails(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.mail.path()).unwrap().map(|file| file.unwrap().path());
        let mails = files.filter(|path| path.extension().is_some_and(|kind| kind == "eml"));
        mails.map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }
}

/// A mail's header.
pub fn header(mail: &str, name: &str) -> String {
    let prefix = format!("{}:", name.to_lowercase());
    let line = mail.lines().find(|line| line.to_lowercase().starts_with(&prefix));
    line.unwrap_or_else(|| panic!("no {name} in {mail}"))[prefix.len()..].trim().to_owned()
}

impl Ending {
    /// Exactly one capture, of `order`; exactly these mails; one `order.paid`.
    pub fn paid_once(&self, order: &str, mut mails: Vec<String>) {
        mails.sort();
        assert_eq!(self.captures, BTreeMap::from([(order.to_owned(), 1)]));
        assert_eq!(self.mails, mails);
        assert_eq!(self.published.get("order.paid"), Some(&1), "{:?}", self.published);
    }
}
