//! Every crash point and what is true there. `docs/kills.md` tells where each is and which test ends the process at it.

/// A place at which a test can let the process end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Point {
    /// As `CRASH_AT` and [`at`](super::at) name it.
    pub name: &'static str,
    /// What is done by then, and what is not.
    pub truth: &'static str,
}

const fn point(name: &'static str, truth: &'static str) -> Point {
    Point { name, truth }
}

/// All of them, in the order in which a purchase meets them.
pub const POINTS: &[Point] = &[
    point(
        "checkout.before_commit",
        "the order is written and its stock held; the transaction is not committed",
    ),
    point("checkout.committed", "the order is stored; payment-service has not been asked for a Session"),
    point("checkout.opened", "the order knows its Session; its idempotency key is not finished"),
    point("checkout.before_response", "all of a checkout is done but its answer"),
    point("close.marked", "the order is closing; payment-service has not been asked to end its purchase"),
    point("close.answered", "payment-service has told how the purchase ended; the order does not know"),
    point("attempt.before_commit", "payment and request are written; the transaction is not committed"),
    point("attempt.stored", "payment and request are stored; this call has not reached Stripe"),
    point("attempt.answered", "Stripe has answered with a Session; it is not saved"),
    point("attempt.saved", "the payment has its Session; whoever asked for it does not know"),
    point("purchase.closed", "the purchase is closed; its Session can still be paid at Stripe"),
    point("session.ended", "Stripe has ended the Session of a purchase; it is not saved"),
    point("webhook.stored", "the webhook is entered; nothing is applied, the transaction is not committed"),
    point("webhook.applied", "the webhook's effect is written; the webhook is not marked as processed"),
    point("webhook.before_commit", "webhook and effect are written; the transaction is not committed"),
    point("webhook.committed", "webhook and effect are stored; Stripe has no answer"),
    point(
        "sweep.before_commit",
        "a webhook that had to wait is looked at again; the transaction is not committed",
    ),
    point("relay.enqueued", "events are on their way to the broker; nobody knows whether it has them"),
    point("relay.acked", "the broker has the events; their rows are still in the outbox"),
    point("relay.deleted", "the broker has the events, and their rows are gone"),
    point("consumer.applied", "a message and its effect are written; its batch is not done"),
    point("consumer.before_commit", "a batch and its effects are written; the transaction is not committed"),
    point("consumer.committed", "a batch and its effects are stored; its offset has not moved"),
    point("refund.stored", "a refund's request is stored and claimed; it has not been sent"),
    point("refund.answered", "Stripe has made the refund; it is not saved"),
    point("mail.claimed", "a mail is claimed; it has not been sent"),
    point("mail.accepted", "the mail server has the mail; it counts as not sent"),
    point("mail.noted", "the mail is sent, and noted so"),
];
