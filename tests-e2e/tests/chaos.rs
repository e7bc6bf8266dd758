//! A short chaos run with a fixed seed.

use std::path::Path;
use std::time::Duration;

use tests_e2e::chaos::{Options, run};

/// Longer runs, and other seeds: `make chaos`.
const SEED: u64 = 34;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_run_loses_nothing() {
    let report = run(&Options {
        seed: SEED,
        length: Duration::from_secs(24),
        quiet: Duration::from_secs(60),
        logs: Path::new(env!("CARGO_MANIFEST_DIR")).join("../.local/chaos"),
    })
    .await;
    assert!(report.held(), "{report}");
    // It did not hold by doing nothing.
    for (what, least) in [
        ("purchases", 20),
        ("paid", 8),
        ("declines", 1),
        ("kills at random", 1),
        ("database restarts", 1),
        ("broker restarts", 1),
        ("webhooks lost", 1),
        ("mails", 8),
    ] {
        assert!(report.count(what) >= least, "{what}: less than {least}\n{report}");
    }
}
