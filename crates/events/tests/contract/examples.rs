//! Frozen examples: what was once published is readable for ever.

use std::collections::BTreeMap;
use std::fs;

use events::{EventData, Topic};
use serde_json::Value;
use sha2::{Digest, Sha256};

use crate::support::{contract, decode, same, sorted_files, through_proto};

fn example(topic: Topic) -> Vec<u8> {
    let path = contract().join(format!("examples/{topic}.v1.json"));
    fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

#[test]
fn every_frozen_example_is_read_by_todays_types_without_loss() {
    for &topic in Topic::ALL {
        let bytes = example(topic);
        let event = decode(topic, &bytes).unwrap_or_else(|error| panic!("{topic}: {error}"));
        assert_eq!(event.data.topic(), topic);
        let frozen: Value = serde_json::from_slice(&bytes).unwrap();
        let written: Value = serde_json::from_slice(&event.to_json().unwrap()).unwrap();
        assert!(same(&frozen, &written), "{topic}: {frozen:#} came back as {written:#}");
    }
}

#[test]
fn every_frozen_example_is_read_by_the_proto_files_without_unknown_fields() {
    for &topic in Topic::ALL {
        through_proto(topic, &example(topic)).unwrap_or_else(|error| panic!("{topic}: {error}"));
    }
}

#[test]
fn frozen_examples_keep_their_checksums() {
    let folder = contract().join("examples");
    let list = fs::read_to_string(folder.join("SHA256SUMS")).unwrap();
    let recorded: BTreeMap<&str, &str> =
        list.lines().map(|line| line.split_once("  ").map(|(sum, name)| (name, sum)).unwrap()).collect();
    let mut found = BTreeMap::new();
    for path in sorted_files(&folder, "json") {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        found.insert(name, hex::encode(Sha256::digest(fs::read(&path).unwrap())));
    }
    for (name, sum) in &found {
        let Some(recorded) = recorded.get(name.as_str()) else {
            panic!("examples/{name} is new: freeze it by adding its line to examples/SHA256SUMS");
        };
        assert_eq!(
            sum, recorded,
            "examples/{name} was edited, but it is frozen: it stands for events that were already published. \
             Undo the edit; a new optional field needs no new example, and a breaking change is a new major \
             version with its own topic message and its own example file"
        );
    }
    for name in recorded.keys() {
        assert!(found.contains_key(*name), "examples/{name} is frozen and must not be removed");
    }
}
