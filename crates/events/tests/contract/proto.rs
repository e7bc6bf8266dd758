//! The `.proto` files and the Rust types have the same fields, of the same types, optional alike.

use std::collections::{BTreeMap, BTreeSet};

use events::{EventData, Topic};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::Value;

use crate::fixtures;
use crate::support::{
    Event, data_message, decode, enveloped, event_message, is_optional, message_name, messages, proto_json,
    through_proto,
};

const TIMESTAMP: &str = "google.protobuf.Timestamp";
/// Optional parts that the sparse fixture has, in order to look into them.
const PARTS: [&str; 2] = ["lastError", "shippingAddress"];

fn written(event: &Event) -> Value {
    serde_json::from_slice(&enveloped(event.clone()).to_json().unwrap()).unwrap()
}

#[test]
fn the_fixtures_are_complete() {
    for events in [fixtures::full(), fixtures::minimal()] {
        let topics: Vec<Topic> = events.iter().map(EventData::topic).collect();
        assert_eq!(topics, Topic::ALL);
    }
    for event in fixtures::full() {
        let text = format!("{event:?}");
        let filled = !text.contains("None") && !text.contains("[]") && !text.contains("\"\"");
        assert!(
            filled,
            "a field of the full {} is empty, so it would not be compared: {text}",
            event.topic()
        );
    }
}

#[test]
fn a_filled_event_has_exactly_the_fields_of_the_proto_files() {
    let mut visited = BTreeSet::new();
    for event in fixtures::full() {
        let topic = event.topic();
        compare(&event_message(topic), &written(&event), &|_| true, &mut visited, topic.name());
    }
    let declared: BTreeSet<String> = messages().iter().map(|message| message.name().to_owned()).collect();
    assert_eq!(declared, visited, "messages no event uses");
}

#[test]
fn a_minimal_event_has_exactly_the_fields_that_are_not_optional() {
    let events = fixtures::minimal().into_iter().chain([fixtures::sparse_parts()]);
    for event in events {
        let topic = event.topic();
        let given = written(&event);
        let sparse = PARTS.iter().all(|&part| given["data"].get(part).is_some());
        let wanted =
            |field: &FieldDescriptor| !is_optional(field) || (sparse && PARTS.contains(&field.json_name()));
        compare(&event_message(topic), &given, &wanted, &mut BTreeSet::new(), topic.name());
    }
}

/// Every wanted field of the message, and no other, is in the JSON object, in the form of its type.
fn compare(
    message: &MessageDescriptor,
    json: &Value,
    wanted: &dyn Fn(&FieldDescriptor) -> bool,
    visited: &mut BTreeSet<String>,
    path: &str,
) {
    visited.insert(message.name().to_owned());
    let object = json.as_object().unwrap_or_else(|| panic!("{path} is no object: {json}"));
    let in_rust: BTreeSet<&str> = object.keys().map(String::as_str).collect();
    let fields: Vec<FieldDescriptor> = message.fields().filter(|field| wanted(field)).collect();
    let in_proto: BTreeSet<&str> = fields.iter().map(FieldDescriptor::json_name).collect();
    assert_eq!(in_rust, in_proto, "{path}: the Rust type writes the left, {} has the right", message.name());
    for field in &fields {
        let path = format!("{path}.{}", field.json_name());
        let value = &object[field.json_name()];
        match (field.is_list(), value) {
            (true, Value::Array(items)) => {
                items.iter().for_each(|item| check(field, item, wanted, visited, &path));
            }
            (false, value) => check(field, value, wanted, visited, &path),
            (true, other) => panic!("{path} is no array: {other}"),
        }
    }
}

fn check(
    field: &FieldDescriptor,
    value: &Value,
    wanted: &dyn Fn(&FieldDescriptor) -> bool,
    visited: &mut BTreeSet<String>,
    path: &str,
) {
    let fits = match field.kind() {
        Kind::Message(message) if message.full_name() == TIMESTAMP => {
            value.as_str().is_some_and(|text| text.ends_with('Z'))
        }
        Kind::Message(message) => {
            compare(&message, value, wanted, visited, path);
            true
        }
        Kind::Int64 => value.is_i64(),
        Kind::Uint32 => value.as_u64().is_some_and(|number| u32::try_from(number).is_ok()),
        Kind::Double => value.is_number(),
        Kind::Bool => value.is_boolean(),
        Kind::String => value.is_string(),
        other => panic!("{path}: the contract has no fields of type {other:?}"),
    };
    assert!(fits, "{path}: {value} is not a {:?}", field.kind());
}

#[test]
fn events_pass_through_the_proto_files_and_come_back_equal() {
    let events = fixtures::full().into_iter().chain(fixtures::minimal()).chain([fixtures::sparse_parts()]);
    for event in events {
        let topic = event.topic();
        let envelope = enveloped(event);
        let message = through_proto(topic, &envelope.to_json().unwrap())
            .unwrap_or_else(|error| panic!("{topic} cannot be read by the .proto: {error}"));
        for skip_default_fields in [true, false] {
            let json = proto_json(&message, skip_default_fields);
            let back = decode(topic, &json).unwrap_or_else(|error| panic!("{topic}: {error}"));
            assert_eq!(back, envelope, "zeros left out: {skip_default_fields}");
        }
    }
}

#[test]
fn an_unknown_field_is_refused_by_the_proto_files() {
    let event = &fixtures::full()[0];
    let mut json = written(event);
    json["data"]["colour"] = "green".into();
    let refused = through_proto(event.topic(), json.to_string().as_bytes());
    assert!(refused.unwrap_err().to_string().contains("colour"));
}

#[test]
fn every_topic_has_an_event_message_and_its_data_message() {
    for &topic in Topic::ALL {
        let event = event_message(topic);
        let fields: Vec<_> = event.fields().map(|field| (field.number(), field.name().to_owned())).collect();
        let expected = [(1, "event_id"), (2, "event_type"), (3, "timestamp"), (4, "data")];
        assert_eq!(fields, expected.map(|(number, name)| (number, name.to_owned())), "{topic}");
        let data = event.get_field(4).unwrap();
        assert_eq!(data.kind(), Kind::Message(data_message(topic)), "{topic}");
    }
    let of_topics: BTreeSet<_> = Topic::ALL.iter().map(|&topic| message_name(topic) + "Event").collect();
    let all = messages().into_iter().map(|message| message.name().to_owned());
    let declared: BTreeSet<_> = all.filter(|name| name.ends_with("Event")).collect();
    assert_eq!(declared, of_topics);
}

#[test]
fn fields_1_to_29_are_alike_within_a_family() {
    let mut states: BTreeMap<&str, (String, Vec<String>)> = BTreeMap::new();
    for &topic in Topic::ALL.iter().filter(|&&topic| topic != Topic::OrderRefundRequested) {
        let family = topic.name().split('.').next().unwrap();
        let message = data_message(topic);
        let common = message.fields().filter(|field| field.number() < 30);
        let state: Vec<String> = common
            .map(|f| {
                format!(
                    "{} {:?} {:?} {} {}",
                    f.number(),
                    f.cardinality(),
                    f.kind(),
                    f.name(),
                    is_optional(&f)
                )
            })
            .collect();
        let (first, expected) = states.entry(family).or_insert_with(|| (topic.to_string(), state.clone()));
        assert_eq!(&state, expected, "{topic} differs from {first}");
    }
}

#[test]
fn the_name_of_a_field_tells_its_unit() {
    for message in messages() {
        for field in message.fields() {
            let name = field.name();
            let expected = match name {
                "price" | "total" => Some(Kind::Double),
                name if name.split('_').any(|word| word == "amount") => Some(Kind::Int64),
                "sequence" | "stock" => Some(Kind::Int64),
                _ => None,
            };
            let path = field.full_name();
            if let Some(expected) = expected {
                assert_eq!(field.kind(), expected, "{path}");
            } else if name == "timestamp" || name.ends_with("_at") {
                assert!(matches!(field.kind(), Kind::Message(m) if m.full_name() == TIMESTAMP), "{path}");
            } else {
                assert_ne!(field.kind(), Kind::Double, "{path}: only decimals for people are doubles");
            }
        }
    }
}
