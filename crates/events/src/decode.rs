//! From a topic's name and a value's bytes to a typed event.

use crate::Topic;
use crate::topics::UnknownTopic;

/// Why a value is not an event that can be read. Messages name fields, never values: they end up in logs
/// and dead-letter headers.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Not a topic of this contract, or not one of the family that was asked for.
    #[error(transparent)]
    UnknownTopic(#[from] UnknownTopic),
    /// The value calls itself something else than what its topic carries.
    #[error("unknown event type `{event_type}` on topic `{topic}`")]
    UnknownType {
        /// Where it was found.
        topic: Topic,
        /// What it calls itself.
        event_type: String,
    },
    /// Not JSON, or fields that are missing or of another form: also a newer major version.
    #[error("the event cannot be read: {reason}")]
    Malformed {
        /// What is wrong, without any value of the event.
        reason: String,
    },
}

impl DecodeError {
    pub(crate) fn malformed(error: &serde_json::Error) -> Self {
        Self::Malformed { reason: without_value(&error.to_string()) }
    }
}

/// `invalid type: string "jane@example.com", expected a boolean` without the middle.
fn without_value(message: &str) -> String {
    match (message.find(": "), message.rfind(", expected")) {
        (Some(start), Some(end)) if start < end => format!("{}{}", &message[..start], &message[end..]),
        _ => message.to_owned(),
    }
}

/// A family of topics: the enum over its events, how each one is keyed, and how a value is decoded.
macro_rules! event_family {
    (
        $(#[$doc:meta])*
        $family:ident {
            $($variant:ident($data:ident) on $topic:ident, key |$event:ident| $key:expr;)+
        }
    ) => {
        $(
            impl $data {
                /// The topic it is published on.
                pub const TOPIC: $crate::Topic = $crate::Topic::$topic;
            }

            impl $crate::EventData for $data {
                fn topic(&self) -> $crate::Topic {
                    Self::TOPIC
                }

                fn key(&self) -> String {
                    let $event = self;
                    $key
                }
            }

            impl From<$data> for $family {
                fn from(data: $data) -> Self {
                    Self::$variant(data)
                }
            }
        )+

        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
        #[serde(untagged)]
        pub enum $family {
            $(#[doc = concat!("See [`", stringify!($data), "`].")] $variant($data),)+
        }

        impl $family {
            /// The family's topics.
            pub const TOPICS: &[$crate::Topic] = &[$($crate::Topic::$topic),+];

            /// Reads a value that was found on `topic` (its name without prefix).
            ///
            /// # Errors
            /// `UnknownTopic` when the topic is not of this family, `UnknownType` when the value says to
            /// be another event, `Malformed` when its fields cannot be read.
            pub fn decode(
                topic: impl AsRef<str>,
                value: &[u8],
            ) -> Result<$crate::Envelope<Self>, $crate::DecodeError> {
                let name = topic.as_ref();
                match $crate::Topic::from_name(name) {
                    $(Some($crate::Topic::$topic) => {
                        $crate::Envelope::<$data>::from_json(value).map(|event| event.map(Self::$variant))
                    })+
                    _ => Err($crate::topics::UnknownTopic(name.to_owned()).into()),
                }
            }
        }

        impl $crate::EventData for $family {
            fn topic(&self) -> $crate::Topic {
                match self {
                    $(Self::$variant(_) => $data::TOPIC,)+
                }
            }

            fn key(&self) -> String {
                match self {
                    $(Self::$variant(data) => data.key(),)+
                }
            }
        }
    };
}
pub(crate) use event_family;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_do_not_reach_the_message() {
        let error = serde_json::from_str::<bool>(r#""jane@example.com: x, expected y""#).unwrap_err();
        assert_eq!(
            DecodeError::malformed(&error).to_string(),
            "the event cannot be read: invalid type, expected a boolean at line 1 column 33"
        );
    }
}
