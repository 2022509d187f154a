//! Any legal packet, at random.

use std::sync::Arc;

use bytes::Bytes;
use bytestring::ByteString;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;

use super::super::reasons::is_allowed;
use super::*;
use crate::mqtt::{
    ConnAckProperties, ConnectProperties, PublishProperties, QoS, ReasonCode, RetainHandling, SubscriptionOptions,
    TopicFilter, TopicName, UserProperties, Will, WillProperties,
};
use crate::session::{Acknowledgement, Auth, ConnAck, Details, Disconnect, DisconnectProperties, SubAck};

fn text() -> impl Strategy<Value = String> {
    "[^\\x00]{0,9}"
}

fn bytes() -> impl Strategy<Value = Bytes> {
    prop::collection::vec(any::<u8>(), 0..200).prop_map(Bytes::from)
}

fn topic() -> impl Strategy<Value = TopicName> {
    "[^\\x00+#]{1,9}".prop_map(|text| TopicName::received(text.into()).unwrap())
}

fn user_properties() -> impl Strategy<Value = UserProperties> {
    prop::collection::vec((text(), text()), 0..3)
}

fn qos() -> impl Strategy<Value = QoS> {
    select(vec![QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce])
}

fn reason(packet: PacketType, sender: Sender) -> impl Strategy<Value = ReasonCode> {
    let all = (0..=u8::MAX).filter_map(ReasonCode::from_number);
    select(all.filter(|reason| is_allowed(*reason, packet, sender)).collect::<Vec<_>>())
}

fn details() -> impl Strategy<Value = Details> {
    (option::of(text()), user_properties())
        .prop_map(|(reason_string, user_properties)| Details { reason_string, user_properties })
}

/// The version, and which fields of 5.0 to keep.
fn publish(version: Version, sender: Sender) -> impl Strategy<Value = Publish> {
    let identifiers = if sender == Sender::Server { 0..4_usize } else { 0..1 };
    let properties = (
        (option::of(0..2_u8), option::of(any::<u32>()), option::of(1..=u16::MAX), option::of("[^\\x00+#]{0,9}")),
        (option::of(bytes()), user_properties(), option::of(text())),
        prop::collection::vec(1..=268_435_455_u32, identifiers),
    )
        .prop_map(
            |((indicator, expiry, alias, response), (correlation, user_properties, content), identifiers)| {
                PublishProperties {
                    payload_format_indicator: indicator,
                    message_expiry_interval: expiry,
                    topic_alias: alias,
                    response_topic: response,
                    correlation_data: correlation,
                    user_properties,
                    subscription_identifiers: identifiers,
                    content_type: content,
                }
            },
        );
    (option::weighted(0.8, topic()), topic(), bytes(), qos(), any::<[bool; 2]>(), 1..=u16::MAX, properties).prop_map(
        move |(topic, otherwise, payload, qos, [retain, dup], packet_id, properties)| {
            let is_acknowledged = qos != QoS::AtMostOnce;
            let properties = Some(properties).filter(|given| version.is_v5() && *given != PublishProperties::default());
            Publish {
                topic: if version.is_v5() { topic } else { Some(otherwise) },
                payload,
                qos,
                retain,
                dup: dup && is_acknowledged,
                packet_id: if is_acknowledged { packet_id } else { 0 },
                properties: properties.map(Arc::new),
            }
        },
    )
}

fn ack(version: Version, sender: Sender) -> BoxedStrategy<Ack> {
    let kinds = [AckKind::PubAck, AckKind::PubRec, AckKind::PubRel, AckKind::PubComp].map(|kind| {
        let fields = (1..=u16::MAX, reason(kind.packet(), sender), option::of(details()));
        fields.prop_map(move |(packet_id, reason, details)| {
            let reason = if version.is_v5() { reason } else { ReasonCode::Success };
            let details = details.filter(|details| version.is_v5() && *details != Details::default()).map(Box::new);
            Ack { kind, packet_id, acknowledgement: Acknowledgement { reason, details } }
        })
    });
    proptest::strategy::Union::new(kinds).boxed()
}

fn answer(version: Version, packet: PacketType) -> impl Strategy<Value = Answer> {
    let reasons = prop::collection::vec(reason(packet, Sender::Server), 1..5);
    (1..=u16::MAX, reasons, details()).prop_map(move |(packet_id, mut reasons, mut details)| {
        if !version.is_v5() {
            details = Details::default();
            reasons.iter_mut().filter(|reason| reason.is_failure()).for_each(|reason| {
                *reason = ReasonCode::UnspecifiedError;
            });
            if packet == PacketType::UnsubAck {
                reasons.clear();
            }
        }
        Answer { packet_id, ack: Box::new(SubAck { reasons, details }) }
    })
}

fn connack(version: Version) -> impl Strategy<Value = ConnAck> {
    let limits = (
        (
            option::of(any::<u32>()),
            option::of(1..=u16::MAX),
            option::of(select(vec![QoS::AtMostOnce, QoS::AtLeastOnce])),
        ),
        (option::of(1..=u32::MAX), option::of(any::<u16>()), option::of(any::<u16>())),
        any::<[Option<bool>; 4]>(),
    );
    let words = (
        (option::of(text()), option::of(text()), option::of(text()), option::of(text()), option::of(text())),
        option::of(bytes()),
        user_properties(),
    );
    let properties = (limits, words).prop_map(|(limits, words)| {
        let ((expiry, receive_maximum, maximum_qos), (packet_size, aliases, keep_alive), available) = limits;
        let ((client_id, reason_string, response, reference, method), data, user_properties) = words;
        ConnAckProperties {
            session_expiry_interval: expiry,
            receive_maximum,
            maximum_qos,
            retain_available: available[0],
            maximum_packet_size: packet_size,
            assigned_client_identifier: client_id,
            topic_alias_maximum: aliases,
            reason_string,
            user_properties,
            wildcard_subscription_available: available[1],
            subscription_identifiers_available: available[2],
            shared_subscription_available: available[3],
            server_keep_alive: keep_alive,
            response_information: response,
            server_reference: reference,
            authentication_method: method,
            authentication_data: data,
        }
    });
    let code = (0..6_u8).prop_map(|code| ReasonCode::from_connect_return_code(code).unwrap());
    let reasons = (reason(PacketType::ConnAck, Sender::Server), code);
    (any::<bool>(), reasons, properties).prop_map(move |(present, (reason, of_3_1_1), properties)| {
        let reason = if version.is_v5() { reason } else { of_3_1_1 };
        let session_present = present && !reason.is_failure() && version != Version::V3_1;
        let properties = if version.is_v5() { properties } else { ConnAckProperties::default() };
        ConnAck { session_present, reason, properties }
    })
}

fn disconnect(version: Version, sender: Sender) -> impl Strategy<Value = Disconnect> {
    let properties = (option::of(any::<u32>()), option::of(text()), user_properties(), option::of(text()));
    (reason(PacketType::Disconnect, sender), properties).prop_map(move |(reason, properties)| {
        if !version.is_v5() {
            return Disconnect { reason: ReasonCode::Success, properties: DisconnectProperties::default() };
        }
        let (expiry, reason_string, user_properties, reference) = properties;
        let properties = DisconnectProperties {
            session_expiry_interval: expiry.filter(|_| sender == Sender::Client),
            reason_string,
            user_properties,
            server_reference: reference.filter(|_| sender == Sender::Server),
        };
        Disconnect { reason, properties }
    })
}

fn auth(sender: Sender) -> impl Strategy<Value = NamedAuth> {
    (reason(PacketType::Auth, sender), text(), option::of(bytes()), details()).prop_map(
        |(reason, method, data, details)| NamedAuth { auth: Auth { reason, data, details }, method: Some(method) },
    )
}

fn will(version: Version) -> impl Strategy<Value = Will> {
    let properties = (
        (option::of(any::<u32>()), option::of(0..2_u8), option::of(any::<u32>())),
        (option::of(text()), option::of("[^\\x00+#]{0,9}"), option::of(bytes()), user_properties()),
    );
    let properties =
        properties.prop_map(|((delay, indicator, expiry), (content, response, correlation, users))| WillProperties {
            will_delay_interval: delay,
            payload_format_indicator: indicator,
            message_expiry_interval: expiry,
            content_type: content,
            response_topic: response,
            correlation_data: correlation,
            user_properties: users,
        });
    (topic(), bytes(), qos(), any::<bool>(), properties).prop_map(move |(topic, payload, qos, retain, properties)| {
        let properties = if version.is_v5() { properties } else { WillProperties::default() };
        Will { topic, payload, qos, retain, properties }
    })
}

fn connect(version: Version) -> impl Strategy<Value = Connect> {
    let properties = (
        (option::of(any::<u32>()), option::of(1..=u16::MAX), option::of(1..=u32::MAX), option::of(any::<u16>())),
        any::<[Option<bool>; 2]>(),
        (user_properties(), option::of((text(), option::of(bytes())))),
    );
    let properties = properties.prop_map(|((expiry, receive, size, aliases), requests, (user_properties, method))| {
        let (method, data) = method.unzip();
        ConnectProperties {
            session_expiry_interval: expiry,
            receive_maximum: receive,
            maximum_packet_size: size,
            topic_alias_maximum: aliases,
            request_response_information: requests[0],
            request_problem_information: requests[1],
            user_properties,
            authentication_method: method,
            authentication_data: data.flatten(),
        }
    });
    let names = (text(), option::of(text()), option::of(bytes()));
    let fields = (any::<bool>(), any::<u16>(), names, option::of(will(version)), properties);
    fields.prop_map(move |(clean_start, keep_alive, (client_id, user_name, password), will, properties)| Connect {
        version,
        clean_start,
        keep_alive,
        client_id: client_id.into(),
        password: password.filter(|_| version.is_v5() || user_name.is_some()),
        user_name: user_name.map(ByteString::from),
        will: will.map(Box::new),
        properties: if version.is_v5() { properties } else { ConnectProperties::default() },
    })
}

fn filter() -> impl Strategy<Value = TopicFilter> {
    "(\\$share/[a-z]/)?(\\+/|[a-z é]/){0,3}(#|\\+|[a-z])".prop_map(|text| TopicFilter::parse(text).unwrap())
}

fn subscribe(version: Version) -> impl Strategy<Value = Subscribe> {
    let handling = select(vec![RetainHandling::SendAtSubscribe, RetainHandling::SendIfNew, RetainHandling::DoNotSend]);
    let options = (filter(), qos(), any::<[bool; 2]>(), handling);
    let options = options.prop_map(move |(filter, qos, [no_local, retain_as_published], retain_handling)| {
        if !version.is_v5() {
            return Ok(SubscriptionOptions::new(filter, qos));
        }
        let no_local = no_local && !filter.is_shared();
        Ok(SubscriptionOptions { filter, qos, no_local, retain_as_published, retain_handling })
    });
    let identifier = option::of(1..=268_435_455_u32);
    let fields = (1..=u16::MAX, prop::collection::vec(options, 1..4), identifier, user_properties());
    fields.prop_map(move |(packet_id, filters, identifier, user_properties)| Subscribe {
        packet_id,
        filters,
        subscription_identifier: identifier.filter(|_| version.is_v5()),
        user_properties: if version.is_v5() { user_properties } else { UserProperties::new() },
    })
}

fn unsubscribe(version: Version) -> impl Strategy<Value = Unsubscribe> {
    let filters = prop::collection::vec(filter().prop_map(Ok), 1..4);
    (1..=u16::MAX, filters, user_properties()).prop_map(move |(packet_id, filters, user_properties)| Unsubscribe {
        packet_id,
        filters,
        user_properties: if version.is_v5() { user_properties } else { UserProperties::new() },
    })
}

/// Any packet that a server may send.
pub(super) fn any_from_server(version: Version) -> BoxedStrategy<FromServer> {
    let sender = Sender::Server;
    let of_all = prop_oneof![
        connack(version).prop_map(|ack| FromServer::ConnAck(Box::new(ack))),
        publish(version, sender).prop_map(FromServer::Publish),
        ack(version, sender).prop_map(FromServer::Ack),
        answer(version, PacketType::SubAck).prop_map(FromServer::SubAck),
        answer(version, PacketType::UnsubAck).prop_map(FromServer::UnsubAck),
        Just(FromServer::PingResp),
    ];
    if !version.is_v5() {
        return of_all.boxed();
    }
    let of_5 = prop_oneof![
        disconnect(version, sender).prop_map(|disconnect| FromServer::Disconnect(Box::new(disconnect))),
        auth(sender).prop_map(|auth| FromServer::Auth(Box::new(auth))),
    ];
    prop_oneof![3 => of_all, 1 => of_5].boxed()
}

/// Any packet that a client may send.
pub(super) fn any_from_client(version: Version) -> BoxedStrategy<FromClient> {
    let sender = Sender::Client;
    let of_all = prop_oneof![
        connect(version).prop_map(|connect| FromClient::Connect(Box::new(connect))),
        publish(version, sender).prop_map(FromClient::Publish),
        ack(version, sender).prop_map(FromClient::Ack),
        subscribe(version).prop_map(|subscribe| FromClient::Subscribe(Box::new(subscribe))),
        unsubscribe(version).prop_map(|unsubscribe| FromClient::Unsubscribe(Box::new(unsubscribe))),
        Just(FromClient::PingReq),
        disconnect(version, sender).prop_map(|disconnect| FromClient::Disconnect(Box::new(disconnect))),
    ];
    if !version.is_v5() {
        return of_all.boxed();
    }
    prop_oneof![7 => of_all, 1 => auth(sender).prop_map(|auth| FromClient::Auth(Box::new(auth)))].boxed()
}
