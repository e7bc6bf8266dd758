//! The report for eyes, and for programs.

use std::fmt::Write as _;

use messaging::RewindError;
use serde_json::{Value, json};

use crate::app::reconcile::{Done, Finding, Report};

type Rewound = Option<Result<usize, RewindError>>;

/// As JSON, one document.
pub(super) fn json(report: &Report, rewound: &Rewound) -> anyhow::Result<String> {
    let mut value = serde_json::to_value(report)?;
    value["partitionsSetBack"] = match rewound {
        Some(Ok(partitions)) => json!(partitions),
        _ => Value::Null,
    };
    Ok(serde_json::to_string_pretty(&value)? + "\n")
}

/// As text.
pub(super) fn text(report: &Report, rewound: &Rewound) -> String {
    let mut page = String::new();
    let would = if report.dry_run { " (nothing was changed)" } else { "" };
    let events = &report.events;
    let payments = &report.payments;
    let lines = [
        ("outcome", format!("{}{would}", report.outcome.as_str())),
        (
            "events",
            format!(
                "{} listed, {} known, {} replayed, {} failed",
                events.listed, events.known, events.replayed, events.failed
            ),
        ),
        (
            "payments",
            format!(
                "{} asked for, {} differed, {} rebuilt, {} unreadable",
                payments.asked, payments.differed, payments.rebuilt, payments.unreadable
            ),
        ),
        (
            "calls",
            format!("{} settled, {} of unknown outcome", report.requests.resolved, report.requests.pending),
        ),
    ];
    for (name, line) in lines {
        put(&mut page, format_args!("{name:<10}{line}\n"));
    }
    if report.quarantined > 0 {
        put(
            &mut page,
            format_args!(
                "{:<10}{} events wait for somebody to look at them\n",
                "quarantine", report.quarantined
            ),
        );
    }
    if let Some(Ok(partitions)) = rewound {
        put(&mut page, format_args!("{:<10}{partitions} partitions are read again\n", "messages"));
    }
    money(&mut page, report);
    findings(&mut page, report);
    page
}

fn money(page: &mut String, report: &Report) {
    if report.money.0.is_empty() {
        return;
    }
    let head = ["currency", "", "at Stripe", "with us before", "now", "apart"];
    row(page, head.map(str::to_owned));
    for (currency, sums) in &report.money.0 {
        let amounts = |name: &str, all: [i64; 3], apart: String| {
            let [stripe, before, after] = all.map(|amount| amount.to_string());
            [currency.clone(), name.to_owned(), stripe, before, after, apart]
        };
        let captured = [sums.captured_at_stripe, sums.captured_before, sums.captured_after];
        let refunded = [sums.refunded_at_stripe, sums.refunded_before, sums.refunded_after];
        row(page, amounts("captured", captured, String::new()));
        row(page, amounts("refunded", refunded, sums.unreconciled.to_string()));
    }
}

fn row(page: &mut String, [currency, name, stripe, before, now, apart]: [String; 6]) {
    let line = format!("{currency:<10}{name:<10}{stripe:>14}{before:>16}{now:>14}{apart:>12}");
    put(page, format_args!("{}\n", line.trim_end()));
}

fn findings(page: &mut String, report: &Report) {
    for finding in &report.findings {
        let Finding { what, done, payment_id, order_id, object, detail } = finding;
        let done = match done {
            Done::Corrected => "corrected",
            Done::WouldBeCorrected => "to correct",
            Done::Remains => "REMAINS",
        };
        put(page, format_args!("{done:<11}{what}"));
        let ids = [
            ("order", order_id.clone()),
            ("payment", payment_id.map(|id| id.to_string())),
            ("Stripe", object.clone()),
        ];
        for (name, id) in ids.into_iter().filter_map(|(name, id)| Some((name, id?))) {
            put(page, format_args!(" {name}={id}"));
        }
        put(page, format_args!(": {detail}\n"));
    }
    let listed = report.findings.len() as u64;
    if report.found > listed {
        put(page, format_args!("… and {} more\n", report.found - listed));
    }
}

/// A string takes everything.
fn put(page: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = page.write_fmt(text);
}
