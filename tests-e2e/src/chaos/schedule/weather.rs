//! Stretches in which webhooks get lost, doubled, late or out of order, and in which Stripe errs or is slow.

use serde_json::{Value, json};

use super::super::draw::Draw;
use super::Timed;

/// One stretch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Weather {
    pub for_ms: u64,
    pub webhooks: Webhooks,
    /// How late Stripe's API answers.
    pub latency_ms: u64,
    /// So many of its next answers are this error, before or after the effect.
    pub errors: Option<(u16, &'static str, u64)>,
}

/// What happens to deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Webhooks {
    Fine,
    Duplicated(u64),
    Reordered,
    Delayed(u64),
    /// So many are lost for good.
    Dropped(u64),
    /// Doubled and late.
    Mixed(u64),
}

impl Webhooks {
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fine => "fine",
            Self::Duplicated(_) => "duplicated",
            Self::Reordered => "reordered",
            Self::Delayed(_) => "delayed",
            Self::Dropped(_) => "dropped",
            Self::Mixed(_) => "duplicated and delayed",
        }
    }
}

impl Weather {
    /// As the sandbox's fault switches.
    pub fn switches(&self) -> Value {
        let deliveries = match self.webhooks {
            Webhooks::Fine => json!({}),
            Webhooks::Duplicated(copies) => json!({ "duplicate": copies }),
            Webhooks::Reordered => json!({ "reorder": true }),
            Webhooks::Delayed(delay) => json!({ "delayMs": delay }),
            Webhooks::Dropped(count) => json!({ "drop": count }),
            Webhooks::Mixed(copies) => json!({ "duplicate": copies, "delayMs": 300 }),
        };
        let errors: Vec<Value> = self
            .errors
            .iter()
            .map(|(status, when, times)| json!({ "path": "/v1/*", "status": status, "when": when, "times": times }))
            .collect();
        json!({ "deliveries": deliveries, "latencyMs": self.latency_ms, "errors": errors })
    }

    pub const fn is_stripe(&self) -> bool {
        self.latency_ms > 0 || self.errors.is_some()
    }
}

pub(super) fn draw(draw: &mut Draw, length_ms: u64) -> Vec<Timed<Weather>> {
    let mut weather = Vec::new();
    let mut at_ms = draw.between(500, 2_000);
    while at_ms < length_ms {
        let what = stretch(draw);
        let end = at_ms + what.for_ms;
        weather.push(Timed { at_ms, what });
        at_ms = end + draw.between(500, 3_000);
    }
    weather
}

fn stretch(draw: &mut Draw) -> Weather {
    let webhooks = match draw.between(0, 9) {
        0..=1 => Webhooks::Duplicated(draw.between(1, 5)),
        2 => Webhooks::Reordered,
        3..=4 => Webhooks::Delayed(draw.between(500, 4_000)),
        5..=7 => Webhooks::Dropped(draw.between(2, 15)),
        8 => Webhooks::Mixed(draw.between(1, 3)),
        _ => Webhooks::Fine,
    };
    let stripe = if webhooks == Webhooks::Fine { 100 } else { 40 };
    let (latency_ms, errors) = if !draw.chance(stripe) {
        (0, None)
    } else if draw.chance(25) {
        // At the upper end, calls come to their deadline.
        (draw.between(200, 5_000), None)
    } else {
        let (status, when) = draw.pick(&[(429, "before"), (500, "before"), (500, "after"), (409, "before")]);
        (0, Some((status, when, draw.between(1, 12))))
    };
    Weather { for_ms: draw.between(2_000, 8_000), webhooks, latency_ms, errors }
}
