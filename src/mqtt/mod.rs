//! The vocabulary of the MQTT specification, without I/O.
//!
//! A value that exists is valid: a [`TopicFilter`] has been parsed, a [`QoS`] is 0, 1 or 2. Names are the
//! specification's; 3.1.1 and 5.0 share the types, and [`Version`] selects where they differ.

mod message;
mod properties;
mod qos;
mod reason;
mod topic;
mod version;

pub use message::{Message, Will};
pub use properties::{
    ConnAckProperties, ConnectProperties, PublishProperties, UserProperties, UserProperty, WillProperties,
};
pub use qos::{InvalidQoS, QoS};
pub use reason::ReasonCode;
pub use topic::{
    Delay, Delayed, InvalidMapping, MAXIMUM_DELAY_SECONDS, RetainHandling, Share, SharedStrategy, SubscriptionOptions,
    TopicError, TopicErrorKind, TopicFilter, TopicMapping, TopicName,
};
pub use version::{InvalidVersion, Version};
