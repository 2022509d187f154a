use std::sync::Arc;

use bytes::{Bytes, BytesMut};
use bytestring::ByteString;

use super::{Connection, ServerSession};
use crate::mqtt::{Message, PublishProperties, QoS, ReasonCode, TopicName, Version};
use crate::session::codec::{
    self, Ack, AckKind, Connect, FromClient, NamedAuth, Publish, Rules, Subscribe, Unsubscribe,
};
use crate::session::incoming::{Arrival as Known, Release};
use crate::session::window::Mismatch;
use crate::session::{Disconnect, Violation};

/// A request of a client that the broker must decide on.
#[derive(Debug)]
pub(crate) enum Request {
    /// [`ServerSession::acknowledge`] answers it.
    Publish(Arrival),
    Subscribe(Box<Subscribe>),
    Unsubscribe(Box<Unsubscribe>),
    Disconnect(Box<Disconnect>),
    Auth(Box<NamedAuth>),
}

/// A message that has not been seen before.
#[derive(Debug)]
pub(crate) struct Arrival {
    pub(crate) message: Message,
    /// 0 at QoS 0.
    pub(crate) packet_id: u16,
}

/// What a connection begins with.
#[derive(Debug)]
pub(crate) enum Opening {
    Connect(Box<Connect>),
    /// CONNECT of 5.0 that breaks the protocol, which CONNACK can report [MQTT-4.13.1-1].
    Faulty(Violation),
    /// CONNECT of an unknown version [MQTT-3.1.2-2].
    Unsupported {
        /// Its protocol level.
        level: u8,
    },
}

/// Messages up to this size are copied out of the buffer that they came in, which would otherwise be kept as long as the
/// message: one that waits for an absent subscriber must not hold 64 KiB.
const COPIED_BYTES: usize = 16 * 1024;

/// Takes CONNECT from the front of `input`; `None` if it has not arrived completely.
pub(crate) fn read_connect(input: &mut BytesMut, maximum_packet_size: u32) -> Result<Option<Opening>, Violation> {
    let rules = Rules { version: None, maximum_packet_size, problem_information: true };
    let packet = match codec::read_from_client(input, rules) {
        Ok(packet) => packet,
        Err(violation) if codec::is_connect_of_v5(input) => return Ok(Some(Opening::Faulty(violation))),
        Err(violation) => return Err(violation),
    };
    match packet {
        None => Ok(None),
        Some(FromClient::Connect(connect)) => Ok(Some(Opening::Connect(connect))),
        Some(FromClient::UnsupportedConnect { level }) => Ok(Some(Opening::Unsupported { level })),
        Some(other) => Err(Violation::new(ReasonCode::ProtocolError, format!("{} before CONNECT", other.name()))),
    }
}

/// What a client may send between CONNECT and CONNACK.
#[derive(Debug)]
pub(crate) enum Hello {
    Auth(Box<NamedAuth>),
    Disconnect,
}

/// Takes what may follow CONNECT while its authentication goes on (5.0) from the front of `input`; `None` if it has not
/// arrived completely.
pub(crate) fn read_hello(input: &mut BytesMut, maximum_packet_size: u32) -> Result<Option<Hello>, Violation> {
    let rules = Rules { version: Some(Version::V5), maximum_packet_size, problem_information: true };
    match codec::read_from_client(input, rules)? {
        None => Ok(None),
        Some(FromClient::Auth(auth)) => Ok(Some(Hello::Auth(auth))),
        Some(FromClient::Disconnect(_)) => Ok(Some(Hello::Disconnect)),
        Some(other) => {
            let fault = format!("{} before the authentication has ended", other.name());
            Err(Violation::new(ReasonCode::ProtocolError, fault))
        }
    }
}

impl ServerSession {
    /// Takes whole packets from the front of `input` up to the first one that the broker has to decide on; `None` if
    /// there is none. A fault ends the connection [MQTT-4.8.0-1].
    pub(crate) fn receive(
        &mut self,
        connection: &mut Connection,
        input: &mut BytesMut,
    ) -> Result<Option<Request>, Violation> {
        loop {
            let length = input.len();
            let Some(packet) = codec::read_from_client(input, connection.rules())? else { return Ok(None) };
            connection.traffic.received += 1;
            connection.traffic.bytes_received += (length - input.len()) as u64;
            match packet {
                FromClient::Publish(publish) => {
                    if let Some(arrival) = self.handle_publish(connection, publish)? {
                        return Ok(Some(Request::Publish(arrival)));
                    }
                }
                FromClient::Ack(ack) => self.handle_ack(connection, &ack)?,
                FromClient::PingReq => connection.pings.push_back(self.enqueued),
                FromClient::Subscribe(subscribe) => return Ok(Some(Request::Subscribe(subscribe))),
                FromClient::Unsubscribe(unsubscribe) => return Ok(Some(Request::Unsubscribe(unsubscribe))),
                FromClient::Disconnect(disconnect) => return Ok(Some(Request::Disconnect(disconnect))),
                FromClient::Auth(auth) => return Ok(Some(Request::Auth(auth))),
                // [MQTT-3.1.0-2].
                FromClient::Connect(_) | FromClient::UnsupportedConnect { .. } => {
                    return Err(Violation::new(ReasonCode::ProtocolError, "a second CONNECT"));
                }
            }
        }
    }

    fn handle_publish(&mut self, connection: &mut Connection, publish: Publish) -> Result<Option<Arrival>, Violation> {
        let Publish { topic, payload, qos, retain, dup: _, packet_id, mut properties } = publish;
        connection.traffic.publish_received += 1;
        connection.traffic.payload_received += payload.len() as u64;
        let alias = properties.as_mut().and_then(|properties| Arc::make_mut(properties).topic_alias.take());
        let topic = match (alias, topic) {
            (None, Some(topic)) => topic,
            (None, None) => {
                return Err(Violation::new(ReasonCode::ProtocolError, "PUBLISH without topic and topic alias"));
            }
            (Some(alias), topic) => {
                let maximum = connection.terms.own_topic_alias_maximum;
                connection.incoming_aliases.resolve(alias, topic, maximum, "CONNACK")?
            }
        };
        if qos != QoS::AtMostOnce {
            let (known, _) = self.incoming.arrive(packet_id, qos, false);
            // [MQTT-3.3.4-7].
            if self.incoming.unfinished() > u32::from(connection.terms.own_receive_maximum) {
                let maximum = connection.terms.own_receive_maximum;
                let fault = format!("more than {maximum} publishes at QoS 1 and 2 unacknowledged");
                return Err(Violation::new(ReasonCode::ReceiveMaximumExceeded, fault));
            }
            match known {
                Known::New => {}
                // The message has already been forwarded [MQTT-4.3.3-10].
                Known::Again { .. } => {
                    connection.write_ack(AckKind::PubRec, packet_id, ReasonCode::Success);
                    return Ok(None);
                }
                Known::IdInUse if connection.version().is_v5() => {
                    connection.write_ack(AckKind::PubAck, packet_id, ReasonCode::PacketIdentifierInUse);
                    return Ok(None);
                }
                Known::IdInUse => {
                    let fault = format!("PUBLISH with the packet id {packet_id}, which is in use at QoS 2");
                    return Err(Violation::new(ReasonCode::PacketIdentifierInUse, fault));
                }
            }
        }
        let (topic, payload) = detach(topic, payload, alias.is_some());
        // Properties that held only the alias are dropped.
        let properties = properties.filter(|properties| **properties != PublishProperties::default());
        let message = Message { topic, payload, qos, retain, marked_duplicate: false, properties };
        Ok(Some(Arrival { message, packet_id }))
    }

    fn handle_ack(&mut self, connection: &mut Connection, ack: &Ack) -> Result<(), Violation> {
        let packet_id = ack.packet_id;
        let reason = ack.acknowledgement.reason;
        let settled = match ack.kind {
            AckKind::PubAck => self.window.settle(packet_id, QoS::AtLeastOnce).map(drop),
            // Ends the hand-shake; the message goes to no one else [MQTT-4.8.2-6].
            AckKind::PubRec if reason.is_failure() => self.window.settle(packet_id, QoS::ExactlyOnce).map(drop),
            AckKind::PubRec => match self.window.release(packet_id, false) {
                Ok(_) => {
                    connection.write_ack(AckKind::PubRel, packet_id, ReasonCode::Success);
                    Ok(())
                }
                Err(Mismatch::Unknown) => {
                    connection.write_ack(AckKind::PubRel, packet_id, ReasonCode::PacketIdentifierNotFound);
                    Ok(())
                }
                Err(mismatch) => Err(mismatch),
            },
            AckKind::PubRel => return self.handle_pubrel(connection, packet_id),
            AckKind::PubComp => self.window.finish(packet_id).map(drop),
        };
        match settled {
            // An answer to nothing does no harm: it may be late.
            Ok(()) | Err(Mismatch::Unknown) => Ok(()),
            Err(Mismatch::ExactlyOnce) => {
                let fault = format!("{} for the packet id {packet_id}, a publish at QoS 2", ack.kind.name());
                Err(Violation::new(ReasonCode::ProtocolError, fault))
            }
            Err(Mismatch::Other(what)) => {
                let fault = format!("{} for the packet id {packet_id}, {what}", ack.kind.name());
                Err(Violation::new(ReasonCode::ProtocolError, fault))
            }
        }
    }

    fn handle_pubrel(&mut self, connection: &mut Connection, packet_id: u16) -> Result<(), Violation> {
        let reason = match self.incoming.release(packet_id) {
            Release::Complete { counted } => {
                connection.finished += u32::from(counted);
                ReasonCode::Success
            }
            Release::Unknown => ReasonCode::PacketIdentifierNotFound,
            Release::TooEarly => {
                let fault = format!("PUBREL for the packet id {packet_id}, which has had no PUBREC");
                return Err(Violation::new(ReasonCode::ProtocolError, fault));
            }
        };
        connection.write_ack(AckKind::PubComp, packet_id, reason);
        Ok(())
    }
}

/// Topic and payload in their own memory, unless the payload is large.
fn detach(topic: TopicName, payload: Bytes, topic_is_shared: bool) -> (TopicName, Bytes) {
    if payload.len() > COPIED_BYTES {
        return (topic, payload);
    }
    if topic_is_shared {
        return (topic, Bytes::copy_from_slice(&payload));
    }
    let text = topic.as_str();
    let mut both = BytesMut::with_capacity(text.len() + payload.len());
    both.extend_from_slice(text.as_bytes());
    both.extend_from_slice(&payload);
    let mut both = both.freeze();
    let payload = both.split_off(text.len());
    let copy = ByteString::try_from(both).ok().and_then(|text| TopicName::received(text).ok());
    (copy.unwrap_or(topic), payload)
}
