//! The demo as its user starts it.

#![allow(missing_docs, clippy::unwrap_used, reason = "tests")]

use std::process::Command;

#[test]
fn every_step_of_the_walk_holds() {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("demo");
    let output = Command::new(env!("CARGO_BIN_EXE_demo")).arg("--once").arg("--folder").arg(&folder).output();
    let output = output.unwrap();
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
    let demo =
        Command::new(env!("CARGO_BIN_EXE_demo")).arg("--once").arg("--folder").arg(folder.path()).output();
    let output = demo.unwrap();
    assert!(!output.status.success());
    assert!(String::from_utf8_lossy(&output.stdout).contains("is not empty"));
    assert_eq!(std::fs::read_to_string(precious).unwrap(), "mine");
}
