//! The `.proto` files, compiled in memory, and any event by its topic.

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use events::{DecodeError, Envelope, EventData, OrderEvent, PaymentEvent, ProductEvent, Topic};
use kernel::EventId;
use prost_reflect::{
    DescriptorPool, DeserializeOptions, DynamicMessage, FieldDescriptor, MessageDescriptor, SerializeOptions,
};
use serde::Serialize;
use serde_json::Value;
use time::macros::datetime;

/// The package of every message.
pub(crate) const PACKAGE: &str = "tender.events.v1";

static POOL: LazyLock<DescriptorPool> = LazyLock::new(|| {
    let files = sorted_files(&contract().join("events/v1"), "proto");
    let set = protox::compile(files, [contract()]).unwrap();
    DescriptorPool::from_file_descriptor_set(set).unwrap()
});

/// `proto-events/`.
pub(crate) fn contract() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../proto-events").canonicalize().unwrap()
}

/// The files of a folder that end in `.extension`, sorted.
pub(crate) fn sorted_files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = entries.filter(|path| path.extension().is_some_and(|e| e == extension)).collect();
    files.sort();
    files
}

/// Every message of the package.
pub(crate) fn messages() -> Vec<MessageDescriptor> {
    POOL.all_messages().filter(|message| message.package_name() == PACKAGE).collect()
}

/// The message that stands for the data of a topic: `PaymentCreated` for `payment.created`.
pub(crate) fn data_message(topic: Topic) -> MessageDescriptor {
    message(&message_name(topic))
}

/// The message that stands for the whole value on a topic.
pub(crate) fn event_message(topic: Topic) -> MessageDescriptor {
    message(&format!("{}Event", message_name(topic)))
}

fn message(name: &str) -> MessageDescriptor {
    let full = format!("{PACKAGE}.{name}");
    POOL.get_message_by_name(&full).unwrap_or_else(|| panic!("no message `{full}` in the .proto files"))
}

/// `PaymentCreated` for `payment.created`.
pub(crate) fn message_name(topic: Topic) -> String {
    let words = topic.name().split(['.', '_']);
    words.map(|word| word[..1].to_uppercase() + &word[1..]).collect()
}

/// Whether the `.proto` says `optional`.
pub(crate) fn is_optional(field: &FieldDescriptor) -> bool {
    field.field_descriptor_proto().proto3_optional()
}

/// Reads a value by the `.proto`; a field it does not know is an error.
pub(crate) fn through_proto(topic: Topic, value: &[u8]) -> Result<DynamicMessage, serde_json::Error> {
    let mut json = serde_json::Deserializer::from_slice(value);
    let options = DeserializeOptions::new().deny_unknown_fields(true);
    let message = DynamicMessage::deserialize_with_options(event_message(topic), &mut json, &options)?;
    json.end()?;
    Ok(message)
}

/// What a producer that writes by the `.proto` sends: 64-bit integers as strings, zeros left out or not.
pub(crate) fn proto_json(message: &DynamicMessage, skip_default_fields: bool) -> Vec<u8> {
    let mut json = serde_json::Serializer::new(Vec::new());
    let options = SerializeOptions::new().skip_default_fields(skip_default_fields);
    message.serialize_with_options(&mut json, &options).unwrap();
    json.into_inner()
}

/// Any event of the contract.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
#[expect(clippy::large_enum_variant, reason = "a test holds a handful of them")]
pub(crate) enum Event {
    Payment(PaymentEvent),
    Order(OrderEvent),
    Product(ProductEvent),
}

impl EventData for Event {
    fn topic(&self) -> Topic {
        match self {
            Self::Payment(event) => event.topic(),
            Self::Order(event) => event.topic(),
            Self::Product(event) => event.topic(),
        }
    }

    fn key(&self) -> String {
        match self {
            Self::Payment(event) => event.key(),
            Self::Order(event) => event.key(),
            Self::Product(event) => event.key(),
        }
    }
}

/// Reads a value by the types of this crate.
pub(crate) fn decode(topic: Topic, value: &[u8]) -> Result<Envelope<Event>, DecodeError> {
    if PaymentEvent::TOPICS.contains(&topic) {
        PaymentEvent::decode(topic, value).map(|event| event.map(Event::Payment))
    } else if OrderEvent::TOPICS.contains(&topic) {
        OrderEvent::decode(topic, value).map(|event| event.map(Event::Order))
    } else {
        ProductEvent::decode(topic, value).map(|event| event.map(Event::Product))
    }
}

/// `data` in an envelope with a fixed id and time.
pub(crate) fn enveloped<T: EventData>(data: T) -> Envelope<T> {
    let id: EventId = "019cebac-b820-772c-af4a-134c69a5320a".parse().unwrap();
    Envelope::new(id, datetime!(2026-03-14 09:28:11.040 UTC), data)
}

/// Whether two JSON values say the same: `25.00` is `25`.
pub(crate) fn same(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Number(a), Value::Number(b)) => a.as_f64() == b.as_f64(),
        (Value::Array(a), Value::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(one, other)| same(one, other))
        }
        (Value::Object(a), Value::Object(b)) => {
            a.len() == b.len()
                && a.iter().all(|(name, one)| b.get(name).is_some_and(|other| same(one, other)))
        }
        _ => left == right,
    }
}
