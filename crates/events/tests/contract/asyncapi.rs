//! The AsyncAPI document says what the topics, the headers and the `.proto` files say.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use events::{EventData, Topic, headers};
use prost_reflect::{FieldDescriptor, Kind, MessageDescriptor};
use serde_json::Value;

use crate::fixtures;
use crate::support::{contract, enveloped, event_message, is_optional, message_name, messages};

const ROOT: &str = "asyncapi.yaml";

/// A value and the file it stands in, from which its references lead on.
#[derive(Clone, Copy)]
struct Node<'a> {
    document: &'a Document,
    file: &'a str,
    value: &'a Value,
}

/// The document with the files it refers to, by their paths in the contract's folder.
struct Document(BTreeMap<&'static str, Value>);

impl Document {
    fn load() -> Self {
        let paths = ["common", "order", "payment", "product"]
            .map(|family| (family, format!("asyncapi/{family}.yaml")))
            .into_iter()
            .chain([(ROOT, ROOT.to_owned())]);
        Self(paths.map(|(name, path)| (name, read_yaml(&path))).collect())
    }

    fn root(&self) -> Node<'_> {
        Node { document: self, file: ROOT, value: &self.0[ROOT] }
    }
}

fn read_yaml(path: &str) -> Value {
    let text = fs::read_to_string(contract().join(path)).unwrap();
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{path}: {error}"))
}

impl<'a> Node<'a> {
    fn get(self, name: &str) -> Option<Self> {
        self.value.get(name).map(|value| Self { value, ..self }.resolved())
    }

    fn at(self, name: &str) -> Self {
        self.get(name).unwrap_or_else(|| panic!("{}: no `{name}` in {}", self.file, self.value))
    }

    fn text(self) -> &'a str {
        self.value.as_str().unwrap_or_else(|| panic!("{} is no text", self.value))
    }

    fn entries(self) -> Vec<(&'a str, Self)> {
        let object = self.value.as_object().unwrap_or_else(|| panic!("{} is no object", self.value));
        object.iter().map(|(name, value)| (name.as_str(), Self { value, ..self }.resolved())).collect()
    }

    fn items(self) -> Vec<Self> {
        let array = self.value.as_array().unwrap_or_else(|| panic!("{} is no array", self.value));
        array.iter().map(|value| Self { value, ..self }.resolved()).collect()
    }

    fn names(self) -> BTreeSet<&'a str> {
        self.entries().into_iter().map(|(name, _)| name).collect()
    }

    /// Follows `$ref` to what it stands for.
    fn resolved(self) -> Self {
        let Some(reference) = self.value.get("$ref") else { return self };
        let reference = reference.as_str().unwrap();
        let (path, pointer) = reference.split_once('#').unwrap();
        let stem = path.trim_start_matches("./").trim_start_matches("asyncapi/").trim_end_matches(".yaml");
        let wanted = if path.is_empty() { self.file } else { stem };
        let (file, document) = self.document.0.get_key_value(wanted).unwrap_or_else(|| panic!("{reference}"));
        let value =
            document.pointer(pointer).unwrap_or_else(|| panic!("{}: {reference} leads nowhere", self.file));
        Self { file, value, ..self }.resolved()
    }
}

fn topics() -> BTreeSet<&'static str> {
    Topic::ALL.iter().map(|topic| topic.name()).collect()
}

#[test]
fn channels_are_the_topics() {
    let document = Document::load();
    let channels = document.root().at("channels");
    assert_eq!(channels.names(), topics());
    for &topic in Topic::ALL {
        let channel = channels.at(topic.name());
        assert_eq!(channel.at("address").text(), topic.name());
        let messages = channel.at("messages");
        assert_eq!(messages.names(), BTreeSet::from([message_name(topic).as_str()]));
        let message = messages.at(&message_name(topic));
        assert_eq!(message.at("name").text(), topic.name());
        let declared = message.at("payload").at("properties").at("eventType").at("const");
        assert_eq!(declared.text(), topic.name());
    }
    assert_eq!(document.root().at("components").at("messages").names().len(), Topic::ALL.len());
}

#[test]
fn every_topic_has_one_sender_and_at_least_one_receiver() {
    let document = Document::load();
    let mut senders: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    let mut received = BTreeSet::new();
    for (name, operation) in document.root().at("operations").entries() {
        let (service, rest) = name.split_once('.').unwrap();
        let (action, topic) = rest.split_once('.').unwrap();
        assert_eq!(operation.at("action").text(), action, "{name}");
        assert_eq!(operation.at("channel").at("address").text(), topic, "{name}");
        assert_eq!(operation.at("tags").items()[0].at("name").text(), service, "{name}");
        if action == "send" {
            senders.entry(topic).or_default().push(service);
        } else {
            received.insert(topic);
        }
    }
    let expected = Topic::ALL.iter().map(|topic| {
        let payment = topic.name().starts_with("payment.");
        (topic.name(), vec![if payment { "payment-service" } else { "order-service" }])
    });
    assert_eq!(senders, expected.collect());
    assert_eq!(received, topics());
}

#[test]
fn headers_are_those_of_every_event() {
    let document = Document::load();
    for (name, message) in document.root().at("components").at("messages").entries() {
        let schema = message.at("traits").items()[0].at("headers");
        let declared = schema.at("properties").names();
        assert_eq!(declared, headers::REQUIRED.iter().chain(headers::OPTIONAL).copied().collect(), "{name}");
        let required: BTreeSet<&str> = schema.at("required").items().into_iter().map(Node::text).collect();
        assert_eq!(required, headers::REQUIRED.iter().copied().collect(), "{name}");
        let fixed = |header: &str| schema.at("properties").at(header).at("const").text();
        assert_eq!(fixed(headers::SPECVERSION), headers::SPECVERSION_VALUE);
        assert_eq!(fixed(headers::CONTENT_TYPE), headers::CONTENT_TYPE_VALUE);
    }
}

#[test]
fn the_described_key_is_the_key() {
    let document = Document::load();
    for event in fixtures::full() {
        let data: Value = serde_json::to_value(enveloped(event.clone())).unwrap()["data"].clone();
        let message = document.root().at("components").at("messages").at(&message_name(event.topic()));
        let key = message.at("traits").items()[0].at("bindings").at("kafka").at("key");
        assert_eq!(key.at("type").text(), "string");
        let described =
            if key.at("description").text().starts_with("Product id") { "productId" } else { "orderId" };
        assert_eq!(data[described], event.key(), "{}", event.topic());
    }
}

#[test]
fn payloads_have_the_fields_of_the_proto_files() {
    let document = Document::load();
    let mut visited = BTreeSet::new();
    for &topic in Topic::ALL {
        let message = document.root().at("channels").at(topic.name()).at("messages").at(&message_name(topic));
        compare(&event_message(topic), message.at("payload"), &mut visited);
    }
    assert_eq!(visited.len(), messages().len());
}

/// The schema's own fields and those of what it is composed of, and which of them are required.
fn fields(schema: Node<'_>) -> (BTreeMap<&str, Node<'_>>, BTreeSet<&str>) {
    let parts = schema.get("allOf").map_or_else(|| vec![schema], Node::items);
    let mut properties = BTreeMap::new();
    let mut required = BTreeSet::new();
    for part in parts {
        assert_eq!(part.at("type").text(), "object");
        properties.extend(part.at("properties").entries());
        required
            .extend(part.get("required").map(Node::items).unwrap_or_default().into_iter().map(Node::text));
    }
    (properties, required)
}

fn compare(message: &MessageDescriptor, schema: Node<'_>, visited: &mut BTreeSet<String>) {
    visited.insert(message.name().to_owned());
    let (properties, required) = fields(schema);
    let in_schema: BTreeSet<&str> = properties.keys().copied().collect();
    let all: Vec<FieldDescriptor> = message.fields().collect();
    let in_proto: BTreeSet<&str> = all.iter().map(FieldDescriptor::json_name).collect();
    assert_eq!(in_schema, in_proto, "{}: the schema has the left, the .proto the right", message.name());
    let not_optional = all.iter().filter(|field| !is_optional(field)).map(FieldDescriptor::json_name);
    assert_eq!(required, not_optional.collect(), "{}: required fields", message.name());
    for field in &all {
        let property = properties[field.json_name()];
        if field.is_list() {
            assert_eq!(property.at("type").text(), "array", "{}", field.full_name());
            check(field, property.at("items"), visited);
        } else {
            check(field, property, visited);
        }
    }
}

fn check(field: &FieldDescriptor, schema: Node<'_>, visited: &mut BTreeSet<String>) {
    let (expected, format) = match field.kind() {
        Kind::Message(message) if message.full_name() == "google.protobuf.Timestamp" => {
            ("string", Some("date-time"))
        }
        Kind::Message(message) => return compare(&message, schema, visited),
        Kind::Int64 => ("integer", Some("int64")),
        Kind::Uint32 => ("integer", None),
        Kind::Double => ("number", Some("double")),
        Kind::Bool => ("boolean", None),
        Kind::String => ("string", schema.get("format").map(Node::text)),
        other => panic!("{}: no schema for {other:?}", field.full_name()),
    };
    assert_eq!(schema.at("type").text(), expected, "{}", field.full_name());
    assert_eq!(schema.get("format").map(Node::text), format, "{}", field.full_name());
}
