//! The checks, by subject. Each opens its own connections; the caller limits the time.

mod delivery;
mod limits;
mod ports;
mod prefixes;
mod properties;
mod sessions;

use super::finding::Checked;
use super::lab::Lab;
use crate::mqtt::{QoS, Version};
use crate::settings::Feature;
use crate::transport::Protocol;

/// Tests a feature.
pub(super) async fn check(lab: &Lab<'_>, feature: Feature) -> Checked {
    match feature {
        Feature::Mqtt50 => sessions::version(lab, Version::V5).await,
        Feature::Mqtt311 => sessions::version(lab, Version::V3_1_1).await,
        Feature::Mqtt31 => sessions::version(lab, Version::V3_1).await,
        Feature::QoS0 => delivery::round_trip(lab, QoS::AtMostOnce).await,
        Feature::QoS1 => delivery::round_trip(lab, QoS::AtLeastOnce).await,
        Feature::QoS2 => delivery::round_trip(lab, QoS::ExactlyOnce).await,
        Feature::Retain => delivery::retained(lab).await,
        Feature::Wildcards => delivery::wildcards(lab).await,
        Feature::Shared => prefixes::divided(lab, "$share/probe/", "shared").await,
        Feature::Queue => prefixes::divided(lab, "$queue/", "queue").await,
        Feature::Delayed => prefixes::delayed(lab).await,
        Feature::Exclusive => prefixes::exclusive(lab).await,
        Feature::Will => sessions::will(lab).await,
        Feature::Session => sessions::resumed(lab).await,
        Feature::Inflight => limits::inflight(lab).await,
        Feature::Payload => limits::payload(lab).await,
        Feature::TopicLength => limits::topic_length(lab).await,
        Feature::TopicLevels => limits::topic_levels(lab).await,
        Feature::ClientIdLength => limits::client_id_length(lab).await,
        Feature::AssignedClientId => sessions::assigned_client_id(lab).await,
        Feature::Properties => properties::through(lab).await,
        Feature::SubscriptionIds => properties::subscription_ids(lab).await,
        Feature::TopicAlias => properties::topic_alias(lab).await,
        Feature::NoLocal => properties::no_local(lab).await,
        Feature::RequestResponse => properties::request_response(lab).await,
        Feature::Tls => ports::spoken(lab, Protocol::Mqtts).await,
        Feature::WebSocket => ports::spoken(lab, Protocol::Ws).await,
        Feature::Wss => ports::spoken(lab, Protocol::Wss).await,
    }
}
