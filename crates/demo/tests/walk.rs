//! The demo as its user starts it.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use std::path::Path;
use std::process::Command;

/// On its sandbox, whatever the surroundings have.
fn demo(folder: &Path) -> Command {
    let mut demo = Command::new(env!("CARGO_BIN_EXE_demo"));
    demo.arg("--once").arg("--folder").arg(folder);
    for name in ["STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_API_BASE"] {
        demo.env_remove(name);
    }
    demo
}

#[test]
fn every_step_of_the_walk_holds() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("demo");
    let output = demo(&folder).output().unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    let log = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{text}\n{log}");
    assert!(text.contains("steps held.") && !text.contains("FAIL"), "{text}");
    assert!(!text.contains('\x1b'), "colours, though this is no terminal: {text}");
    for scenario in ["1  A paid", "2  Declined", "3  Not paid in time", "4  A storm", "5  Every webhook lost"]
    {
        assert!(text.contains(scenario), "{scenario} in {text}");
    }
}

#[test]
fn a_folder_with_other_things_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let precious = folder.path().join("precious.txt");
    std::fs::write(&precious, "mine").unwrap();
    let output = demo(folder.path()).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("is not empty"));
    assert_eq!(std::fs::read_to_string(precious).unwrap(), "mine");
}

#[test]
fn a_folder_is_one_demos_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let other = std::fs::File::create(folder.path().join(".tender-demo")).unwrap();
    other.lock().unwrap();
    let output = demo(folder.path()).output().unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("another demo runs"));
}

#[test]
fn a_stripe_account_has_to_be_a_test_account_and_complete() {
    let folder = tempfile::tempdir().unwrap();
    let with = |name, value| {
        let output = demo(&folder.path().join("demo")).env(name, value).output().unwrap();
        assert!(!output.status.success());
        String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned()
    };
    let live = with("STRIPE_SECRET_KEY", "sk_live_51abc");
    assert!(live.contains("test mode only"), "{live}");
    let incomplete = with("STRIPE_SECRET_KEY", "sk_test_51abc");
    assert!(incomplete.contains("STRIPE_WEBHOOK_SECRET"), "{incomplete}");
}
