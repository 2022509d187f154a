//! The codec against itself and against the specification.

mod round_trips;
mod samples;
mod strict;
mod written;

use bytes::BytesMut;

use super::*;
use crate::mqtt::Version;
use crate::session::{ConnectOptions, SubscribeRequest, UnsubscribeRequest};

const VERSIONS: [Version; 3] = [Version::V3_1, Version::V3_1_1, Version::V5];

/// Nothing limited.
fn rules(version: impl Into<Option<Version>>) -> Rules {
    Rules { version: version.into(), maximum_packet_size: MAXIMUM_PACKET_SIZE, problem_information: true }
}

/// The bytes of a server's packet.
fn from_server(version: Version, packet: &FromServer) -> BytesMut {
    let mut buffer = BytesMut::new();
    let maximum = MAXIMUM_PACKET_SIZE;
    match packet {
        FromServer::ConnAck(ack) => write_connack(version, ack, maximum, &mut buffer),
        FromServer::Publish(publish) => outgoing(publish).write(version, &mut buffer),
        FromServer::Ack(ack) => write_ack(version, ack.kind, ack.packet_id, &ack.acknowledgement, maximum, &mut buffer),
        FromServer::SubAck(answer) => write_suback(version, answer.packet_id, &answer.ack, maximum, &mut buffer),
        FromServer::UnsubAck(answer) => write_unsuback(version, answer.packet_id, &answer.ack, maximum, &mut buffer),
        FromServer::PingResp => write_pingresp(&mut buffer),
        FromServer::Disconnect(disconnect) => {
            write_disconnect(version, Sender::Server, disconnect, maximum, &mut buffer)
        }
        FromServer::Auth(auth) => write_named(Sender::Server, auth, &mut buffer),
    }
    .unwrap();
    buffer
}

/// The bytes of a client's packet.
fn from_client(version: Version, packet: &FromClient) -> BytesMut {
    let mut buffer = BytesMut::new();
    let maximum = MAXIMUM_PACKET_SIZE;
    match packet {
        FromClient::Connect(connect) => {
            let mut options = ConnectOptions::new(version, connect.client_id.clone());
            options.keep_alive = connect.keep_alive;
            options.user_name.clone_from(&connect.user_name);
            options.password.clone_from(&connect.password);
            options.will.clone_from(&connect.will);
            options.properties = connect.properties.clone();
            write_connect(&options, connect.clean_start, &mut buffer)
        }
        FromClient::UnsupportedConnect { .. } => unreachable!("not written"),
        FromClient::Publish(publish) => outgoing(publish).write(version, &mut buffer),
        FromClient::Ack(ack) => write_ack(version, ack.kind, ack.packet_id, &ack.acknowledgement, maximum, &mut buffer),
        FromClient::Subscribe(subscribe) => {
            let subscription = Subscription::Subscribe(SubscribeRequest {
                filters: subscribe.filters.iter().map(|filter| filter.clone().unwrap()).collect(),
                subscription_identifier: subscribe.subscription_identifier,
                user_properties: subscribe.user_properties.clone(),
            });
            let written = write_subscription(version, &subscription, subscribe.packet_id, &mut buffer);
            assert_eq!(buffer.len(), subscription_size(version, &subscription));
            written
        }
        FromClient::Unsubscribe(unsubscribe) => {
            let subscription = Subscription::Unsubscribe(UnsubscribeRequest {
                filters: unsubscribe.filters.iter().map(|filter| filter.clone().unwrap()).collect(),
                user_properties: unsubscribe.user_properties.clone(),
            });
            let written = write_subscription(version, &subscription, unsubscribe.packet_id, &mut buffer);
            assert_eq!(buffer.len(), subscription_size(version, &subscription));
            written
        }
        FromClient::PingReq => write_pingreq(&mut buffer),
        FromClient::Disconnect(disconnect) => {
            write_disconnect(version, Sender::Client, disconnect, maximum, &mut buffer)
        }
        FromClient::Auth(auth) => write_named(Sender::Client, auth, &mut buffer),
    }
    .unwrap();
    buffer
}

fn write_named(sender: Sender, auth: &NamedAuth, buffer: &mut BytesMut) -> Result<(), Unencodable> {
    write_auth(sender, &auth.auth, auth.method.as_deref().unwrap(), MAXIMUM_PACKET_SIZE, buffer)
}

fn outgoing(publish: &Publish) -> Outgoing<'_> {
    let properties = publish.properties.as_deref();
    Outgoing {
        topic: publish.topic.as_ref().map_or("", |topic| topic.as_str()),
        payload: &publish.payload,
        qos: publish.qos,
        retain: publish.retain,
        dup: publish.dup,
        packet_id: publish.packet_id,
        properties,
        topic_alias: properties.and_then(|properties| properties.topic_alias),
        message_expiry_interval: properties.and_then(|properties| properties.message_expiry_interval),
        subscription_identifiers: properties.map_or(&[], |properties| &properties.subscription_identifiers),
    }
}
