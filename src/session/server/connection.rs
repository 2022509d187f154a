use std::collections::VecDeque;
use std::time::{Duration, Instant};

use bytes::BytesMut;

use crate::mqtt::{ReasonCode, TopicName, Version};
use crate::session::alias::{IncomingAliases, OutgoingAliases};
use crate::session::codec::{self, AckKind, Rules, Sender};
use crate::session::{Acknowledgement, Auth, ConnAck, Details, Disconnect, DisconnectProperties, SubAck};

/// While this many bytes wait to be sent, nothing more is read, as answers would add to them.
const OUTPUT_BYTES: usize = 1 << 20;

/// What CONNECT and CONNACK agreed on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) version: Version,
    /// Seconds; 0 is off. The value of the server, if it sets one [MQTT-3.1.2-21].
    pub(crate) keep_alive: u16,
    /// The client's: what may be outstanding towards it [MQTT-3.3.4-9].
    pub(crate) receive_maximum: u16,
    /// The client's [MQTT-3.1.2-24].
    pub(crate) maximum_packet_size: u32,
    /// How many aliases may be used towards the client [MQTT-3.1.2-26].
    pub(crate) topic_alias_maximum: u16,
    /// Whether answers may carry a Reason String [MQTT-3.1.2-29].
    pub(crate) problem_information: bool,
    /// The server's.
    pub(crate) own_receive_maximum: u16,
    /// The server's.
    pub(crate) own_maximum_packet_size: u32,
    /// The server's.
    pub(crate) own_topic_alias_maximum: u16,
}

/// The traffic on a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Traffic {
    /// Packets.
    pub(crate) received: u64,
    /// Packets.
    pub(crate) sent: u64,
    pub(crate) bytes_received: u64,
    pub(crate) bytes_sent: u64,
    /// PUBLISH among the packets.
    pub(crate) publish_received: u64,
    /// PUBLISH among the packets.
    pub(crate) publish_sent: u64,
    /// Bytes of their payloads.
    pub(crate) payload_received: u64,
    /// Bytes of their payloads.
    pub(crate) payload_sent: u64,
}

/// One network connection of a client, with the state that ends with it.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(super) terms: Terms,
    pub(super) incoming_aliases: IncomingAliases,
    pub(super) outgoing_aliases: OutgoingAliases,
    /// Packets that no window holds back, encoded.
    output: BytesMut,
    /// PUBACK and PUBCOMP in `output`, each of which makes room in our Receive Maximum when it is sent.
    pub(super) finished: u32,
    /// The last sign of life.
    heard: Instant,
    /// PINGRESPs that are due after what was queued before PINGREQ: how much had been queued then.
    pub(super) pings: VecDeque<u64>,
    /// The traffic since the last call.
    pub(super) traffic: Traffic,
    /// A message that was too large for the client since the last call.
    pub(super) too_large: Option<TopicName>,
}

impl Connection {
    pub(crate) fn accept(terms: Terms, now: Instant) -> Self {
        Self {
            terms,
            incoming_aliases: IncomingAliases::default(),
            outgoing_aliases: OutgoingAliases::default(),
            output: BytesMut::new(),
            finished: 0,
            heard: now,
            pings: VecDeque::new(),
            traffic: Traffic::default(),
            too_large: None,
        }
    }

    pub(crate) fn version(&self) -> Version {
        self.terms.version
    }

    /// When the client has been silent for one and a half Keep Alives, unless something arrives [MQTT-3.1.2-22].
    pub(crate) fn keep_alive_deadline(&self) -> Option<Instant> {
        let keep_alive = Duration::from_secs(self.terms.keep_alive.into());
        (!keep_alive.is_zero()).then(|| self.heard + keep_alive * 3 / 2)
    }

    /// Bytes have arrived.
    pub(crate) fn heard(&mut self, now: Instant) {
        self.heard = now;
    }

    /// Whether there is room for the answers to more packets.
    pub(crate) fn wants_input(&self) -> bool {
        self.output.len() < OUTPUT_BYTES
    }

    /// The topic of a message that was dropped, since it is larger than the client's Maximum Packet Size.
    pub(crate) fn take_too_large(&mut self) -> Option<TopicName> {
        self.too_large.take()
    }

    /// The traffic since the last call.
    pub(crate) fn take_traffic(&mut self) -> Traffic {
        std::mem::take(&mut self.traffic)
    }

    /// CONNACK.
    pub(crate) fn write_connack(&mut self, connack: &ConnAck) {
        self.traffic.sent += 1;
        let _ = codec::write_connack(self.terms.version, connack, self.terms.maximum_packet_size, &mut self.output);
    }

    /// SUBACK: a reason for each filter [MQTT-3.8.4-5], and an explanation, which may be empty.
    pub(crate) fn write_suback(&mut self, packet_id: u16, reasons: Vec<ReasonCode>, why: &str) {
        self.traffic.sent += 1;
        let ack = SubAck { reasons, details: self.details(why).unwrap_or_default() };
        // A packet id is not 0 and there is a reason, so that it can be encoded.
        let _ =
            codec::write_suback(self.terms.version, packet_id, &ack, self.terms.maximum_packet_size, &mut self.output);
    }

    /// UNSUBACK: a reason for each filter [MQTT-3.10.4-5].
    pub(crate) fn write_unsuback(&mut self, packet_id: u16, reasons: Vec<ReasonCode>) {
        self.traffic.sent += 1;
        let ack = SubAck { reasons, details: Details::default() };
        let _ = codec::write_unsuback(
            self.terms.version,
            packet_id,
            &ack,
            self.terms.maximum_packet_size,
            &mut self.output,
        );
    }

    /// AUTH (5.0).
    pub(crate) fn write_auth(&mut self, auth: &Auth, method: &str) {
        self.traffic.sent += 1;
        let _ = codec::write_auth(Sender::Server, auth, method, self.terms.maximum_packet_size, &mut self.output);
    }

    /// DISCONNECT, which 5.0 alone has from a server [MQTT-3.14.0-1].
    pub(crate) fn write_disconnect(&mut self, reason: ReasonCode, why: &str) {
        if self.terms.version.is_v5() {
            self.traffic.sent += 1;
            let reason_string = (!why.is_empty()).then(|| why.to_owned());
            let properties = DisconnectProperties { reason_string, ..DisconnectProperties::default() };
            let disconnect = Disconnect { reason, properties };
            let maximum = self.terms.maximum_packet_size;
            let _ = codec::write_disconnect(self.terms.version, Sender::Server, &disconnect, maximum, &mut self.output);
        }
    }

    pub(super) fn write_ack(&mut self, kind: AckKind, packet_id: u16, reason: ReasonCode) {
        self.write_ack_with(kind, packet_id, reason, "");
    }

    /// With the reason in words, which may be empty.
    pub(super) fn write_ack_with(&mut self, kind: AckKind, packet_id: u16, reason: ReasonCode, why: &str) {
        self.traffic.sent += 1;
        let acknowledgement = Acknowledgement { reason, details: self.details(why).map(Box::new) };
        let Terms { version, maximum_packet_size, .. } = self.terms;
        let _ = codec::write_ack(version, kind, packet_id, &acknowledgement, maximum_packet_size, &mut self.output);
    }

    /// A Reason String, if the client may receive one.
    fn details(&self, why: &str) -> Option<Details> {
        let may_tell = self.terms.version.is_v5() && self.terms.problem_information && !why.is_empty();
        may_tell.then(|| Details { reason_string: Some(why.to_owned()), ..Details::default() })
    }

    /// What waits to be sent, and how many messages of the client it finishes.
    pub(super) fn take_output(&mut self, buffer: &mut BytesMut) -> u32 {
        if buffer.is_empty() && self.output.len() > 1024 {
            std::mem::swap(buffer, &mut self.output);
        } else {
            buffer.extend_from_slice(&self.output);
        }
        // Kept small: an idle connection holds no buffer.
        if self.output.capacity() > 256 {
            self.output = BytesMut::new();
        } else {
            self.output.clear();
        }
        std::mem::take(&mut self.finished)
    }

    /// All waiting bytes, for a connection that is over.
    pub(crate) fn drain(&mut self, buffer: &mut BytesMut) {
        self.take_output(buffer);
    }

    pub(super) fn rules(&self) -> Rules {
        Rules {
            version: Some(self.terms.version),
            maximum_packet_size: self.terms.own_maximum_packet_size,
            problem_information: true,
        }
    }
}

/// Appends AUTH (5.0), for a link that has no connection yet.
pub(crate) fn write_auth(auth: &Auth, method: &str, maximum: u32, buffer: &mut BytesMut) {
    let _ = codec::write_auth(Sender::Server, auth, method, maximum, buffer);
}
