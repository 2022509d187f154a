//! MQTT 5.0 by `rumqttc-v5-next`.

use bytes::{Buf, Bytes, BytesMut};
use rumqttc_v5::mqttbytes::{self, v5};

use super::packet::PacketType;
use super::reader::Reader;
use super::strict::{FixedHeader, REFUSAL_BY_3_1_1};
use super::{
    Ack, AckKind, Acknowledgement, Answer, Auth, ConnAck, ConnectOptions, Disconnect, Envelope, Incoming, Publish,
    ServerAuth, SubAck, Subscription, Unencodable, qos_of,
};
use crate::mqtt::{
    ConnAckProperties, ConnectProperties, Message, PublishProperties, QoS, ReasonCode, RetainHandling, UserProperties,
    Will,
};
use crate::session::{Details, DisconnectProperties};

/// Understands a packet that the strict check let pass.
pub(super) fn read(header: &FixedHeader, frame: Bytes) -> Option<Incoming> {
    let crate_header = mqttbytes::FixedHeader::new(header.first_byte, header.length - 1, header.remaining);
    match header.packet {
        PacketType::Publish => read_publish(header, frame).map(Incoming::Publish),
        PacketType::PubAck => {
            let ack = v5::PubAck::read(crate_header, frame).ok()?;
            let details = ack.properties.map(|properties| (properties.reason_string, properties.user_properties));
            read_ack(AckKind::PubAck, ack.pkid, ack.reason as u8, details)
        }
        PacketType::PubRec => {
            let ack = v5::PubRec::read(crate_header, frame).ok()?;
            let details = ack.properties.map(|properties| (properties.reason_string, properties.user_properties));
            read_ack(AckKind::PubRec, ack.pkid, ack.reason as u8, details)
        }
        PacketType::PubRel => {
            let ack = v5::PubRel::read(crate_header, frame).ok()?;
            let details = ack.properties.map(|properties| (properties.reason_string, properties.user_properties));
            read_ack(AckKind::PubRel, ack.pkid, ack.reason as u8, details)
        }
        PacketType::PubComp => {
            let ack = v5::PubComp::read(crate_header, frame).ok()?;
            let details = ack.properties.map(|properties| (properties.reason_string, properties.user_properties));
            read_ack(AckKind::PubComp, ack.pkid, ack.reason as u8, details)
        }
        PacketType::ConnAck => read_connack(header, crate_header, frame).map(Box::new).map(Incoming::ConnAck),
        PacketType::SubAck => {
            let ack = v5::SubAck::read(crate_header, frame).ok()?;
            let details = ack.properties.map(|properties| (properties.reason_string, properties.user_properties));
            let reasons = ack.return_codes.into_iter().map(granted).collect();
            let ack_for_request = Box::new(SubAck { reasons, details: details_of(details) });
            Some(Incoming::SubAck(Answer { packet_id: ack.pkid, ack: ack_for_request }))
        }
        PacketType::UnsubAck => {
            let ack = v5::UnsubAck::read(crate_header, frame).ok()?;
            let details = ack.properties.map(|properties| (properties.reason_string, properties.user_properties));
            let reasons = ack.reasons.into_iter().map(|reason| ReasonCode::from_number(reason as u8));
            let reasons = reasons.collect::<Option<_>>()?;
            let ack_for_request = Box::new(SubAck { reasons, details: details_of(details) });
            Some(Incoming::UnsubAck(Answer { packet_id: ack.pkid, ack: ack_for_request }))
        }
        PacketType::PingResp => Some(Incoming::PingResp),
        PacketType::Disconnect => read_disconnect(header, crate_header, frame).map(Box::new).map(Incoming::Disconnect),
        PacketType::Auth => read_auth(header, crate_header, frame).map(Box::new).map(Incoming::Auth),
        _ => None,
    }
}

/// By hand: the codec counts a byte too many for each Subscription Identifier, so that a third one, or what follows
/// two, ends up in the payload.
fn read_publish(header: &FixedHeader, mut frame: Bytes) -> Option<Publish> {
    let mut reader = Reader::new(header.packet, &frame[header.length..]);
    let topic_length = reader.binary("").ok()?.len();
    let qos = qos_of(header.first_byte);
    let packet_id = if qos == QoS::AtMostOnce { 0 } else { reader.two_byte("").ok()? };
    let length = reader.variable("").ok()?;
    let properties = reader.within(length as usize, "").ok()?;
    let properties = if length == 0 { None } else { Some(Box::new(read_publish_properties(properties)?)) };
    let payload_length = reader.rest().len();
    let payload = frame.split_off(frame.len() - payload_length);
    // What is left of the frame becomes the topic, which saves counting one reference more.
    let topic_start = header.length + 2;
    frame.truncate(topic_start + topic_length);
    frame.advance(topic_start);
    Some(Publish {
        topic: frame,
        payload,
        qos,
        retain: header.first_byte & 0b0001 != 0,
        dup: header.first_byte & 0b1000 != 0,
        packet_id,
        properties,
    })
}

fn read_publish_properties(mut reader: Reader<'_>) -> Option<PublishProperties> {
    let mut properties = PublishProperties::default();
    while !reader.is_empty() {
        match reader.byte("").ok()? {
            0x01 => properties.payload_format_indicator = Some(reader.byte("").ok()?),
            0x02 => properties.message_expiry_interval = Some(reader.four_byte("").ok()?),
            0x03 => properties.content_type = Some(reader.text("").ok()?.to_owned()),
            0x08 => properties.response_topic = Some(reader.text("").ok()?.to_owned()),
            // Copied: a slice would keep the whole receive buffer alive for as long as the application keeps it.
            0x09 => properties.correlation_data = Some(Bytes::copy_from_slice(reader.binary("").ok()?)),
            0x0B => properties.subscription_identifiers.push(reader.variable("").ok()?),
            0x23 => properties.topic_alias = Some(reader.two_byte("").ok()?),
            0x26 => {
                let name = reader.text("").ok()?.to_owned();
                properties.user_properties.push((name, reader.text("").ok()?.to_owned()));
            }
            _ => return None,
        }
    }
    Some(properties)
}

type CrateDetails = Option<(Option<String>, UserProperties)>;

fn details_of(details: CrateDetails) -> Details {
    let (reason_string, user_properties) = details.unwrap_or_default();
    Details { reason_string, user_properties }
}

fn read_ack(kind: AckKind, packet_id: u16, reason: u8, details: CrateDetails) -> Option<Incoming> {
    let reason = ReasonCode::from_number(reason)?;
    let details = details.map(|details| Box::new(details_of(Some(details))));
    Some(Incoming::Ack(Ack { kind, packet_id, acknowledgement: Acknowledgement { reason, details } }))
}

fn granted(code: v5::SubscribeReasonCode) -> ReasonCode {
    use v5::SubscribeReasonCode as Code;
    match code {
        Code::Success(mqttbytes::QoS::AtMostOnce) => ReasonCode::Success,
        Code::Success(mqttbytes::QoS::AtLeastOnce) => ReasonCode::GrantedQoS1,
        Code::Success(mqttbytes::QoS::ExactlyOnce) => ReasonCode::GrantedQoS2,
        Code::Failure | Code::Unspecified => ReasonCode::UnspecifiedError,
        Code::ImplementationSpecific => ReasonCode::ImplementationSpecificError,
        Code::NotAuthorized => ReasonCode::NotAuthorized,
        Code::TopicFilterInvalid => ReasonCode::TopicFilterInvalid,
        Code::PkidInUse => ReasonCode::PacketIdentifierInUse,
        Code::QuotaExceeded => ReasonCode::QuotaExceeded,
        Code::SharedSubscriptionsNotSupported => ReasonCode::SharedSubscriptionsNotSupported,
        Code::SubscriptionIdNotSupported => ReasonCode::SubscriptionIdentifiersNotSupported,
        Code::WildcardSubscriptionsNotSupported => ReasonCode::WildcardSubscriptionsNotSupported,
    }
}

fn read_connack(header: &FixedHeader, crate_header: mqttbytes::FixedHeader, frame: Bytes) -> Option<ConnAck> {
    let body = &frame[header.length..];
    if body == REFUSAL_BY_3_1_1 {
        let reason = ReasonCode::UnsupportedProtocolVersion;
        return Some(ConnAck { session_present: false, reason, properties: ConnAckProperties::default() });
    }
    // The codec's enum has no numbers, so the byte itself is asked.
    let reason = ReasonCode::from_number(*body.get(1)?)?;
    let ack = v5::ConnAck::read(crate_header, frame).ok()?;
    let session_present = ack.session_present;
    let Some(properties) = ack.properties else {
        return Some(ConnAck { session_present, reason, properties: ConnAckProperties::default() });
    };
    let flag = |value: Option<u8>| value.map(|value| value == 1);
    let properties = ConnAckProperties {
        session_expiry_interval: properties.session_expiry_interval,
        receive_maximum: properties.receive_max,
        maximum_qos: properties.max_qos.map(QoS::try_from).transpose().ok()?,
        retain_available: flag(properties.retain_available),
        maximum_packet_size: properties.max_packet_size,
        assigned_client_identifier: properties.assigned_client_identifier,
        topic_alias_maximum: properties.topic_alias_max,
        reason_string: properties.reason_string,
        user_properties: properties.user_properties,
        wildcard_subscription_available: flag(properties.wildcard_subscription_available),
        subscription_identifiers_available: flag(properties.subscription_identifiers_available),
        shared_subscription_available: flag(properties.shared_subscription_available),
        server_keep_alive: properties.server_keep_alive,
        response_information: properties.response_information,
        server_reference: properties.server_reference,
        authentication_method: properties.authentication_method,
        authentication_data: properties.authentication_data,
    };
    Some(ConnAck { session_present, reason, properties })
}

fn read_disconnect(header: &FixedHeader, crate_header: mqttbytes::FixedHeader, frame: Bytes) -> Option<Disconnect> {
    // A Reason Code alone is legal, but the codec wants a Property Length behind it.
    if let [reason] = frame[header.length..] {
        let properties = DisconnectProperties::default();
        return Some(Disconnect { reason: ReasonCode::from_number(reason)?, properties });
    }
    let disconnect = v5::Disconnect::read(crate_header, frame).ok()?;
    let reason = ReasonCode::from_number(disconnect.reason_code as u8)?;
    let properties =
        disconnect.properties.map_or_else(DisconnectProperties::default, |properties| DisconnectProperties {
            session_expiry_interval: properties.session_expiry_interval,
            reason_string: properties.reason_string,
            user_properties: properties.user_properties,
            server_reference: properties.server_reference,
        });
    Some(Disconnect { reason, properties })
}

fn read_auth(header: &FixedHeader, crate_header: mqttbytes::FixedHeader, frame: Bytes) -> Option<ServerAuth> {
    // Nothing at all is legal and means success, but the codec wants both fields.
    if header.remaining == 0 {
        let auth = Auth { reason: ReasonCode::Success, data: None, details: Details::default() };
        return Some(ServerAuth { auth, method: None });
    }
    let auth = v5::Auth::read(crate_header, frame).ok()?;
    let reason = match auth.code {
        v5::AuthReasonCode::Success => ReasonCode::Success,
        v5::AuthReasonCode::Continue => ReasonCode::ContinueAuthentication,
        v5::AuthReasonCode::ReAuthenticate => ReasonCode::ReAuthenticate,
    };
    let v5::AuthProperties { method, data, reason: reason_string, user_properties } =
        auth.properties.unwrap_or_default();
    Some(ServerAuth { auth: Auth { reason, data, details: Details { reason_string, user_properties } }, method })
}

pub(super) fn write_connect(
    options: &ConnectOptions,
    clean_start: bool,
    packet: &mut BytesMut,
) -> Result<(), Unencodable> {
    let auth = match (&options.user_name, &options.password) {
        (None, None) => v5::ConnectAuth::None,
        (Some(user_name), None) => v5::ConnectAuth::Username { username: user_name.to_string() },
        (None, Some(password)) => v5::ConnectAuth::Password { password: password.clone() },
        (Some(user_name), Some(password)) => {
            v5::ConnectAuth::UsernamePassword { username: user_name.to_string(), password: password.clone() }
        }
    };
    let connect = v5::Connect {
        keep_alive: options.keep_alive,
        client_id: options.client_id.to_string(),
        clean_start,
        properties: Some(connect_properties(&options.properties)),
    };
    connect.write(&options.will.as_deref().map(last_will), &auth, packet).map(drop).map_err(|_| Unencodable)
}

fn connect_properties(properties: &ConnectProperties) -> v5::ConnectProperties {
    v5::ConnectProperties {
        session_expiry_interval: properties.session_expiry_interval,
        receive_maximum: properties.receive_maximum,
        max_packet_size: properties.maximum_packet_size,
        topic_alias_max: properties.topic_alias_maximum,
        request_response_info: properties.request_response_information.map(u8::from),
        request_problem_info: properties.request_problem_information.map(u8::from),
        user_properties: properties.user_properties.clone(),
        authentication_method: properties.authentication_method.clone(),
        authentication_data: properties.authentication_data.clone(),
    }
}

fn last_will(will: &Will) -> v5::LastWill {
    let properties = v5::LastWillProperties {
        delay_interval: will.properties.will_delay_interval,
        payload_format_indicator: will.properties.payload_format_indicator,
        message_expiry_interval: will.properties.message_expiry_interval,
        content_type: will.properties.content_type.clone(),
        response_topic: will.properties.response_topic.clone(),
        correlation_data: will.properties.correlation_data.clone(),
        user_properties: will.properties.user_properties.clone(),
    };
    v5::LastWill {
        topic: will.topic.to_byte_string().into_bytes(),
        message: will.payload.clone(),
        qos: qos(will.qos),
        retain: will.retain,
        properties: Some(properties),
    }
}

pub(super) fn write_publish(
    message: &mut Message,
    envelope: Envelope,
    buffer: &mut BytesMut,
) -> Result<(), Unencodable> {
    let mut own = message.properties.as_deref_mut();
    let properties = match (&mut own, envelope.alias) {
        (None, None) => None,
        (None, alias) => Some(v5::PublishProperties { topic_alias: alias, ..Default::default() }),
        (Some(own), alias) => Some(v5::PublishProperties {
            payload_format_indicator: own.payload_format_indicator,
            message_expiry_interval: own.message_expiry_interval,
            topic_alias: alias,
            response_topic: own.response_topic.take(),
            correlation_data: own.correlation_data.take(),
            user_properties: std::mem::take(&mut own.user_properties),
            // A client must not send any [MQTT-3.3.4-6].
            subscription_identifiers: Vec::new(),
            content_type: own.content_type.take(),
        }),
    };
    let publish = v5::Publish {
        dup: envelope.dup,
        qos: qos(message.qos),
        retain: message.retain,
        topic: if envelope.with_topic { message.topic.to_byte_string().into_bytes() } else { Bytes::new() },
        pkid: envelope.packet_id,
        payload: std::mem::take(&mut message.payload),
        properties,
    };
    let written = publish.write(buffer);
    message.payload = publish.payload;
    if let (Some(own), Some(lent)) = (own, publish.properties) {
        own.response_topic = lent.response_topic;
        own.correlation_data = lent.correlation_data;
        own.user_properties = lent.user_properties;
        own.content_type = lent.content_type;
    }
    written.map(drop).map_err(|_| Unencodable)
}

pub(super) fn write_ack(
    kind: AckKind,
    packet_id: u16,
    not_found: bool,
    buffer: &mut BytesMut,
) -> Result<(), Unencodable> {
    let written = match kind {
        AckKind::PubAck => v5::PubAck::new(packet_id, None).write(buffer),
        AckKind::PubRec => v5::PubRec::new(packet_id, None).write(buffer),
        AckKind::PubRel => {
            let mut release = v5::PubRel::new(packet_id, None);
            if not_found {
                release.reason = v5::PubRelReason::PacketIdentifierNotFound;
            }
            release.write(buffer)
        }
        AckKind::PubComp => {
            let mut complete = v5::PubComp::new(packet_id, None);
            if not_found {
                complete.reason = v5::PubCompReason::PacketIdentifierNotFound;
            }
            complete.write(buffer)
        }
    };
    written.map(drop).map_err(|_| Unencodable)
}

pub(super) fn subscription_size(subscription: &Subscription) -> usize {
    packet_of(subscription, 1).size()
}

pub(super) fn write_subscription(
    subscription: &Subscription,
    packet_id: u16,
    buffer: &mut BytesMut,
) -> Result<(), Unencodable> {
    packet_of(subscription, packet_id).write(buffer, None).map(drop).map_err(|_| Unencodable)
}

fn packet_of(subscription: &Subscription, packet_id: u16) -> v5::Packet {
    match subscription {
        Subscription::Subscribe(request) => {
            let filters = request.filters.iter().map(|options| v5::SubscribeFilter {
                path: options.filter.as_str().to_owned(),
                qos: qos(options.qos),
                nolocal: options.no_local,
                preserve_retain: options.retain_as_published,
                retain_forward_rule: match options.retain_handling {
                    RetainHandling::SendAtSubscribe => v5::RetainForwardRule::OnEverySubscribe,
                    RetainHandling::SendIfNew => v5::RetainForwardRule::OnNewSubscribe,
                    RetainHandling::DoNotSend => v5::RetainForwardRule::Never,
                },
            });
            let properties = v5::SubscribeProperties {
                id: request.subscription_identifier.map(|identifier| identifier as usize),
                user_properties: request.user_properties.clone(),
            };
            let filters = filters.collect();
            v5::Packet::Subscribe(v5::Subscribe { pkid: packet_id, filters, properties: Some(properties) })
        }
        Subscription::Unsubscribe(request) => {
            let filters = request.filters.iter().map(|filter| filter.as_str().to_owned()).collect();
            let properties = v5::UnsubscribeProperties { user_properties: request.user_properties.clone() };
            v5::Packet::Unsubscribe(v5::Unsubscribe { pkid: packet_id, filters, properties: Some(properties) })
        }
    }
}

pub(super) fn write_disconnect(disconnect: &Disconnect, buffer: &mut BytesMut) -> Result<(), Unencodable> {
    let reason_code = v5::DisconnectReasonCode::try_from(disconnect.reason.number()).map_err(|_| Unencodable)?;
    let own = &disconnect.properties;
    let properties = (*own != DisconnectProperties::default()).then(|| v5::DisconnectProperties {
        session_expiry_interval: own.session_expiry_interval,
        reason_string: own.reason_string.clone(),
        user_properties: own.user_properties.clone(),
        // A client has none to send.
        server_reference: None,
    });
    v5::Disconnect { reason_code, properties }.write(buffer).map(drop).map_err(|_| Unencodable)
}

pub(super) fn write_auth(auth: &Auth, method: &str, buffer: &mut BytesMut) -> Result<(), Unencodable> {
    let code = match auth.reason {
        ReasonCode::ReAuthenticate => v5::AuthReasonCode::ReAuthenticate,
        _ => v5::AuthReasonCode::Continue,
    };
    let properties = v5::AuthProperties {
        method: Some(method.to_owned()),
        data: auth.data.clone(),
        reason: auth.details.reason_string.clone(),
        user_properties: auth.details.user_properties.clone(),
    };
    v5::Auth::new(code, Some(properties)).write(buffer).map(drop).map_err(|_| Unencodable)
}

fn qos(qos: QoS) -> mqttbytes::QoS {
    match qos {
        QoS::AtMostOnce => mqttbytes::QoS::AtMostOnce,
        QoS::AtLeastOnce => mqttbytes::QoS::AtLeastOnce,
        QoS::ExactlyOnce => mqttbytes::QoS::ExactlyOnce,
    }
}
