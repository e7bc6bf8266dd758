//! Customers: when they come, what they buy and how it goes with them.

use super::super::draw::Draw;
use super::Timed;

/// How many come in a minute.
const PER_MINUTE: u64 = 100;

/// How a purchase is begun.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// By order-service's checkout.
    Checkout,
    /// By payment-service alone, without an order first.
    Direct,
}

/// What a customer does once there is a page to pay at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Story {
    Pays,
    /// Is declined so often before, then pays.
    DeclinedThenPays(u64),
    /// Is declined and goes away.
    Declined,
    PaypalApproves,
    PaypalCancels,
    /// A delayed payment, decided after so many milliseconds.
    PaypalLater {
        succeeds: bool,
        after_ms: u64,
    },
    Leaves,
    CancelsBeforePaying,
    CancelsWhilePaying,
    CancelsAfterPaying,
    /// Two tabs ask for the page at once, and pay at once.
    TwoTabs,
    /// The page's time runs out; a new one is paid.
    PageExpires,
    /// The order's time runs out; it is tried again and paid.
    OrderExpires,
    /// Pays; then somebody gives back so many percent by hand, at Stripe.
    RefundedByHand(i64),
}

impl Story {
    pub const NAMES: [&str; 14] = [
        "pays",
        "declined, then pays",
        "declined",
        "paypal approves",
        "paypal cancels",
        "paypal later",
        "leaves",
        "cancels before paying",
        "cancels while paying",
        "cancels after paying",
        "two tabs",
        "page expires",
        "order expires",
        "refunded by hand",
    ];

    pub const fn name(self) -> &'static str {
        Self::NAMES[match self {
            Self::Pays => 0,
            Self::DeclinedThenPays(_) => 1,
            Self::Declined => 2,
            Self::PaypalApproves => 3,
            Self::PaypalCancels => 4,
            Self::PaypalLater { .. } => 5,
            Self::Leaves => 6,
            Self::CancelsBeforePaying => 7,
            Self::CancelsWhilePaying => 8,
            Self::CancelsAfterPaying => 9,
            Self::TwoTabs => 10,
            Self::PageExpires => 11,
            Self::OrderExpires => 12,
            Self::RefundedByHand(_) => 13,
        }]
    }

    pub const fn is_paypal(self) -> bool {
        matches!(self, Self::PaypalApproves | Self::PaypalCancels | Self::PaypalLater { .. })
    }
}

/// One customer's purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Visit {
    pub number: usize,
    /// Signed in, or a guest.
    pub user: bool,
    pub way: Way,
    pub product: &'static str,
    pub quantity: u32,
    pub story: Story,
    /// The pause between two steps.
    pub think_ms: u64,
    /// Comes back to the success page, which asks at once.
    pub verifies: bool,
}

pub(super) fn draw(draw: &mut Draw, length_ms: u64) -> Vec<Timed<Visit>> {
    let count = usize::try_from(length_ms * PER_MINUTE / 60_000).expect("a count");
    let mut visits: Vec<_> = (0..count)
        .map(|number| Timed { at_ms: draw.between(0, length_ms * 95 / 100), what: visit(draw, number) })
        .collect();
    visits.sort_by_key(|visit| visit.at_ms);
    visits
}

fn visit(draw: &mut Draw, number: usize) -> Visit {
    let way = if draw.chance(25) { Way::Direct } else { Way::Checkout };
    let (product, quantity) = match draw.between(0, 99) {
        0..=39 => ("mug", draw.between(1, 3)),
        40..=69 => ("poster", draw.between(1, 2)),
        // Few of these: not everybody who pays gets one.
        _ => ("rare", 1),
    };
    Visit {
        number,
        user: draw.chance(40),
        way,
        product,
        quantity: u32::try_from(quantity).expect("a small number"),
        story: story(draw, way),
        think_ms: draw.between(20, 1_500),
        verifies: draw.chance(50),
    }
}

fn story(draw: &mut Draw, way: Way) -> Story {
    let declines = draw.between(1, 2);
    let later = Story::PaypalLater { succeeds: draw.chance(60), after_ms: draw.between(500, 4_000) };
    let refund = Story::RefundedByHand(if draw.chance(50) { 100 } else { 40 });
    let anywhere = [
        (30, Story::Pays),
        (12, Story::DeclinedThenPays(declines)),
        (5, Story::Declined),
        (4, Story::PaypalApproves),
        (3, Story::PaypalCancels),
        (9, later),
        (6, Story::Leaves),
        (5, refund),
    ];
    // These need the order, which such a customer has only later.
    let with_order = [
        (5, Story::CancelsBeforePaying),
        (7, Story::CancelsWhilePaying),
        (4, Story::CancelsAfterPaying),
        (5, Story::TwoTabs),
        (5, Story::PageExpires),
        (4, Story::OrderExpires),
    ];
    match way {
        Way::Direct => draw.weighted(&anywhere),
        Way::Checkout => draw.weighted(&[&anywhere[..], &with_order[..]].concat()),
    }
}
