//! What processes and servers suffer.

use kernel::crash::POINTS;

use super::super::draw::Draw;
use super::Timed;

/// How many replicas each service has.
pub const REPLICAS: usize = 2;

/// One of the three services.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Orders,
    Payments,
    Notifications,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Orders, Self::Payments, Self::Notifications];

    /// Those that reach this crash point.
    fn at(point: &str) -> &'static [Self] {
        match point.split('.').next() {
            Some("checkout" | "close") => &[Self::Orders],
            Some("attempt" | "purchase" | "session" | "webhook" | "sweep" | "refund") => &[Self::Payments],
            Some("mail") => &[Self::Notifications],
            Some("relay") => &[Self::Orders, Self::Payments],
            _ => &Self::ALL,
        }
    }
}

/// A replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Target {
    pub kind: Kind,
    pub replica: usize,
}

/// What happens to a replica.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Blow {
    /// `kill -9`, and started again after a while.
    Kill { target: Target, down_ms: u64 },
    /// Started anew with a crash point armed for its `turn`; if that is not reached in time, killed all the same.
    Crash { target: Target, point: &'static str, turn: u64, lives_ms: u64 },
    /// Stopped in mid-step and woken up again: to the others it is dead, to itself nothing happened.
    Freeze { target: Target, for_ms: u64 },
    /// Ended in order and started again.
    Roll { target: Target },
}

impl Blow {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kill { .. } => "kill",
            Self::Crash { .. } => "crash",
            Self::Freeze { .. } => "freeze",
            Self::Roll { .. } => "roll",
        }
    }
}

/// A server that is gone for a while: killed, or ended in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outage {
    Database { kill: bool, down_ms: u64 },
    Broker { kill: bool, down_ms: u64 },
}

impl Outage {
    pub const fn is_database(self) -> bool {
        matches!(self, Self::Database { .. })
    }
}

pub(super) fn draw(draw: &mut Draw, length_ms: u64) -> Vec<Timed<Blow>> {
    let mut blows = Vec::new();
    let mut at_ms = draw.between(1_500, 3_500);
    // Every point has its turn before one comes again.
    let mut points: Vec<&'static str> = Vec::new();
    while at_ms < length_ms {
        let what = match blows.len() {
            0 => kill(draw),
            1 => crash(draw, &mut points),
            _ => match draw.between(0, 99) {
                0..=29 => kill(draw),
                30..=69 => crash(draw, &mut points),
                70..=84 => {
                    Blow::Freeze { target: target(draw, &Kind::ALL), for_ms: draw.between(500, 14_000) }
                }
                _ => Blow::Roll { target: target(draw, &Kind::ALL) },
            },
        };
        blows.push(Timed { at_ms, what });
        at_ms += draw.between(1_000, 6_000);
    }
    blows
}

fn kill(draw: &mut Draw) -> Blow {
    Blow::Kill { target: target(draw, &Kind::ALL), down_ms: draw.between(0, 3_000) }
}

fn crash(draw: &mut Draw, points: &mut Vec<&'static str>) -> Blow {
    if points.is_empty() {
        points.extend(POINTS.iter().map(|point| point.name));
    }
    let last = points.len() as u64 - 1;
    let point = points.swap_remove(usize::try_from(draw.between(0, last)).expect("an index"));
    let target = target(draw, Kind::at(point));
    Blow::Crash { target, point, turn: draw.between(1, 3), lives_ms: draw.between(3_000, 8_000) }
}

fn target(draw: &mut Draw, kinds: &[Kind]) -> Target {
    Target { kind: draw.pick(kinds), replica: draw.pick(&[0, 1]) }
}

/// At least one of each, the first of them after a quarter of the time.
pub(super) fn outages(draw: &mut Draw, length_ms: u64) -> Vec<Timed<Outage>> {
    let mut outages: Vec<Timed<Outage>> = Vec::new();
    let mut at_ms = length_ms / 4;
    while at_ms < length_ms {
        let database = match outages.last() {
            None => draw.chance(50),
            // The second is the other one.
            Some(first) if outages.len() == 1 => !first.what.is_database(),
            Some(_) => draw.chance(50),
        };
        let (kill, down_ms) = (draw.chance(50), draw.between(0, 6_000));
        let what =
            if database { Outage::Database { kill, down_ms } } else { Outage::Broker { kill, down_ms } };
        outages.push(Timed { at_ms, what });
        at_ms += (length_ms / 3).min(draw.between(12_000, 30_000));
    }
    outages
}
