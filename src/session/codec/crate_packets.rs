//! What the crate `rumqttc` writes: SUBSCRIBE and UNSUBSCRIBE of all versions, and of 3.1.1 all but CONNECT and PUBLISH.
//!
//! The rest is written by hand, for these faults of rumqttc 0.25.1:
//!
//! - reading: it accepts most of what the specification forbids (reserved flags, a property twice, trailing
//!   bytes), and refuses a DISCONNECT with a reason and no Property Length, which is legal;
//! - PUBLISH: it takes ownership of payload and topic, in 3.1.1 of a new `String` for each message;
//! - CONNECT: it leaves out a user name or password that is empty, treats passwords as text, and has no MQTT 3.1;
//! - DISCONNECT of 5.0 with only a reason has a Remaining Length of 1 and two bytes after it;
//! - AUTH counts the Property Length as one byte, whatever it is;
//! - the other answers of 5.0 are right, but have their own lists of properties, and reasons without numbers: they are
//!   written from the one table of properties, so that it stays the only one;
//! - a text of more than 65,535 bytes has the lower half of its length written.

use bytes::BytesMut;
use rumqttc::mqttbytes::{self as v4_bytes, v4};
use rumqttc::v5::mqttbytes::{self as v5_bytes, v5};

use super::packet::AckKind;
use super::put::whole;
use super::types::{Subscription, Unencodable};
use crate::mqtt::{QoS, ReasonCode, RetainHandling, SubscriptionOptions, Version};
use crate::session::{ConnAck, SubAck};

/// Appends a packet by the crate's own `write`.
macro_rules! put {
    ($packet:expr, $buffer:expr) => {{
        let packet = $packet;
        whole($buffer, |buffer| packet.write(buffer).map(drop).map_err(|_| Unencodable))
    }};
}

pub(super) fn put_ack(kind: AckKind, packet_id: u16, buffer: &mut BytesMut) -> Result<(), Unencodable> {
    match kind {
        AckKind::PubAck => put!(v4::PubAck::new(packet_id), buffer),
        AckKind::PubRec => put!(v4::PubRec::new(packet_id), buffer),
        AckKind::PubRel => put!(v4::PubRel::new(packet_id), buffer),
        AckKind::PubComp => put!(v4::PubComp::new(packet_id), buffer),
    }
}

/// CONNACK of 3.1.1; a reason without a return code cannot be written [MQTT-3.2.2-6].
pub(super) fn put_connack(ack: &ConnAck, buffer: &mut BytesMut) -> Result<(), Unencodable> {
    let code = match ack.reason.connect_return_code() {
        Some(0) => v4::ConnectReturnCode::Success,
        Some(1) => v4::ConnectReturnCode::RefusedProtocolVersion,
        Some(2) => v4::ConnectReturnCode::BadClientId,
        Some(3) => v4::ConnectReturnCode::ServiceUnavailable,
        Some(4) => v4::ConnectReturnCode::BadUserNamePassword,
        Some(5) => v4::ConnectReturnCode::NotAuthorized,
        _ => return Err(Unencodable),
    };
    put!(v4::ConnAck::new(code, ack.session_present), buffer)
}

/// SUBACK of 3.1.1, which has only one failure code.
pub(super) fn put_suback(packet_id: u16, ack: &SubAck, buffer: &mut BytesMut) -> Result<(), Unencodable> {
    let codes = ack.reasons.iter().map(|reason| match reason {
        ReasonCode::Success => v4::SubscribeReasonCode::Success(v4_bytes::QoS::AtMostOnce),
        ReasonCode::GrantedQoS1 => v4::SubscribeReasonCode::Success(v4_bytes::QoS::AtLeastOnce),
        ReasonCode::GrantedQoS2 => v4::SubscribeReasonCode::Success(v4_bytes::QoS::ExactlyOnce),
        _ => v4::SubscribeReasonCode::Failure,
    });
    put!(v4::SubAck::new(packet_id, codes.collect()), buffer)
}

pub(super) fn put_unsuback(packet_id: u16, buffer: &mut BytesMut) -> Result<(), Unencodable> {
    put!(v4::UnsubAck::new(packet_id), buffer)
}

/// Appends PINGREQ.
pub(crate) fn write_pingreq(buffer: &mut BytesMut) -> Result<(), Unencodable> {
    put!(v4::PingReq, buffer)
}

/// Appends PINGRESP.
pub(crate) fn write_pingresp(buffer: &mut BytesMut) -> Result<(), Unencodable> {
    put!(v4::PingResp, buffer)
}

pub(super) fn put_disconnect(buffer: &mut BytesMut) -> Result<(), Unencodable> {
    put!(v4::Disconnect, buffer)
}

/// Bytes of SUBSCRIBE or UNSUBSCRIBE.
pub(crate) fn subscription_size(version: Version, subscription: &Subscription) -> usize {
    match CratePacket::new(version, subscription, 1) {
        CratePacket::Subscribe3(packet) => packet.size(),
        CratePacket::Subscribe5(packet) => packet.size(),
        CratePacket::Unsubscribe3(packet) => packet.size(),
        CratePacket::Unsubscribe5(packet) => packet.size(),
    }
}

/// Appends SUBSCRIBE or UNSUBSCRIBE.
pub(crate) fn write_subscription(
    version: Version,
    subscription: &Subscription,
    packet_id: u16,
    buffer: &mut BytesMut,
) -> Result<(), Unencodable> {
    match CratePacket::new(version, subscription, packet_id) {
        CratePacket::Subscribe3(packet) => put!(packet, buffer),
        CratePacket::Subscribe5(packet) => put!(packet, buffer),
        CratePacket::Unsubscribe3(packet) => put!(packet, buffer),
        CratePacket::Unsubscribe5(packet) => put!(packet, buffer),
    }
}

enum CratePacket {
    Subscribe3(v4::Subscribe),
    Subscribe5(v5::Subscribe),
    Unsubscribe3(v4::Unsubscribe),
    Unsubscribe5(v5::Unsubscribe),
}

impl CratePacket {
    fn new(version: Version, subscription: &Subscription, packet_id: u16) -> Self {
        match subscription {
            Subscription::Subscribe(request) if version.is_v5() => {
                let properties = v5::SubscribeProperties {
                    id: request.subscription_identifier.map(|identifier| identifier as usize),
                    user_properties: request.user_properties.clone(),
                };
                let filters = request.filters.iter().map(filter).collect();
                Self::Subscribe5(v5::Subscribe { pkid: packet_id, filters, properties: Some(properties) })
            }
            Subscription::Subscribe(request) => {
                let filters = request.filters.iter().map(|options| {
                    let qos = match options.qos {
                        QoS::AtMostOnce => v4_bytes::QoS::AtMostOnce,
                        QoS::AtLeastOnce => v4_bytes::QoS::AtLeastOnce,
                        QoS::ExactlyOnce => v4_bytes::QoS::ExactlyOnce,
                    };
                    v4::SubscribeFilter::new(options.filter.as_str().to_owned(), qos)
                });
                Self::Subscribe3(v4::Subscribe { pkid: packet_id, filters: filters.collect() })
            }
            Subscription::Unsubscribe(request) => {
                let filters = request.filters.iter().map(|filter| filter.as_str().to_owned()).collect();
                if !version.is_v5() {
                    return Self::Unsubscribe3(v4::Unsubscribe { pkid: packet_id, topics: filters });
                }
                let properties = v5::UnsubscribeProperties { user_properties: request.user_properties.clone() };
                Self::Unsubscribe5(v5::Unsubscribe { pkid: packet_id, filters, properties: Some(properties) })
            }
        }
    }
}

fn filter(options: &SubscriptionOptions) -> v5::Filter {
    v5::Filter {
        path: options.filter.as_str().to_owned(),
        qos: match options.qos {
            QoS::AtMostOnce => v5_bytes::QoS::AtMostOnce,
            QoS::AtLeastOnce => v5_bytes::QoS::AtLeastOnce,
            QoS::ExactlyOnce => v5_bytes::QoS::ExactlyOnce,
        },
        nolocal: options.no_local,
        preserve_retain: options.retain_as_published,
        retain_forward_rule: match options.retain_handling {
            RetainHandling::SendAtSubscribe => v5::RetainForwardRule::OnEverySubscribe,
            RetainHandling::SendIfNew => v5::RetainForwardRule::OnNewSubscribe,
            RetainHandling::DoNotSend => v5::RetainForwardRule::Never,
        },
    }
}
