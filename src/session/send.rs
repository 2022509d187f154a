//! What a session sends, and in which order.

use std::sync::Arc;
use std::time::Instant;

use bytes::BytesMut;

use super::codec::{self, AckKind, Envelope, MAXIMUM_PACKET_SIZE, Sender, Unencodable};
use super::connection::Control;
use super::{
    Acknowledgement, DeliveryId, Event, InvalidOptions, PublishError, PublishOutcome, RequestError, Session, State,
    Transmit,
};
use crate::mqtt::{Message, QoS, ReasonCode, Version};

/// `poll_transmit` does not begin a packet in a buffer that already holds this many bytes.
const TRANSMIT_BYTES: usize = 64 * 1024;

/// Most publishes in flight if the server announces more. Enough for a link of any length, and few enough for
/// brokers that search through what is in flight: mosquitto takes 100,000 publishes at QoS 2 in 3 s with 1,024 of
/// them in flight and in 9 s with 65,535.
const MOST_IN_FLIGHT: u16 = 1024;

/// Publishes in flight if the server announces nothing: all brokers are known to accept this many at QoS 1.
const UNANNOUNCED: u16 = 100;

/// How many of these at QoS 2. By default, mosquitto keeps 20, and acknowledges and drops the rest; EMQX keeps 100.
const UNANNOUNCED_EXACTLY_ONCE: u16 = 20;

/// How many publishes may be in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Limits {
    /// At QoS 1 and 2 together.
    pub(super) all: usize,
    /// At QoS 2.
    pub(super) exactly_once: usize,
}

impl Limits {
    /// For publishes of one QoS.
    pub(super) fn of(self, qos: QoS) -> usize {
        if qos == QoS::ExactlyOnce { self.exactly_once.min(self.all) } else { self.all }
    }
}

/// The error for a packet that passed every check but cannot be encoded.
const UNENCODABLE: InvalidOptions = InvalidOptions { field: "packet", fault: "cannot be encoded" };

impl Session {
    /// Appends packets to `buffer` until there are no more or the buffer holds 64 KiB.
    pub fn poll_transmit(&mut self, buffer: &mut BytesMut, now: Instant) -> Transmit {
        if buffer.len() >= TRANSMIT_BYTES {
            return Transmit::Bytes;
        }
        let start = buffer.len();
        self.transmit_control(buffer);
        if self.state == State::Connected {
            self.transmit_requests(buffer);
            self.transmit_resends(buffer);
            self.transmit_queue(buffer);
        }
        if buffer.len() > start {
            if let Some(keep_alive) = &mut self.connection.keep_alive {
                keep_alive.packet_sent(now);
            }
            return Transmit::Bytes;
        }
        if self.state == State::Closing { Transmit::Close } else { Transmit::Nothing }
    }

    /// How many publishes at QoS 1 and 2 may be in flight.
    pub(super) fn limits(&self) -> Limits {
        let (all, exactly_once) = match (self.options.inflight, self.granted.receive_maximum) {
            (Some(wanted), announced) => {
                let both = wanted.min(announced.unwrap_or(u16::MAX));
                (both, both)
            }
            (None, Some(announced)) => (announced.min(MOST_IN_FLIGHT), announced.min(MOST_IN_FLIGHT)),
            (None, None) => (UNANNOUNCED, UNANNOUNCED_EXACTLY_ONCE),
        };
        let narrowed = self.caution.limit().unwrap_or(u16::MAX);
        Limits { all: all.min(narrowed).into(), exactly_once: exactly_once.min(narrowed).into() }
    }

    /// Whether a publish of this QoS has to wait for room in the window.
    pub(super) fn is_held_up(&self, qos: QoS, limits: Limits) -> bool {
        self.window.in_flight() >= limits.all
            || (qos == QoS::ExactlyOnce && self.window.in_flight_exactly_once() >= limits.exactly_once)
    }

    /// CONNECT and what the window does not hold back.
    fn transmit_control(&mut self, buffer: &mut BytesMut) {
        let version = self.options.version;
        while buffer.len() < TRANSMIT_BYTES
            && let Some(control) = self.connection.control.pop_front()
        {
            // Ids are not 0, and texts were checked when they were queued, so that nothing here fails to encode; a
            // packet that did would be left out.
            let _ = match control {
                Control::Connect => codec::write_connect(&self.options, self.connection.clean_start, buffer),
                Control::PubAck { packet_id } => {
                    self.incoming.finish();
                    write_ack(version, AckKind::PubAck, packet_id, false, buffer)
                }
                Control::PubRec { packet_id } => write_ack(version, AckKind::PubRec, packet_id, false, buffer),
                Control::PubRel { packet_id, not_found } => {
                    write_ack(version, AckKind::PubRel, packet_id, not_found, buffer)
                }
                Control::PubComp { packet_id, not_found, counted } => {
                    if counted {
                        self.incoming.finish();
                    }
                    write_ack(version, AckKind::PubComp, packet_id, not_found, buffer)
                }
                Control::PingReq => codec::write_pingreq(buffer),
                Control::Auth(auth) => {
                    let method = self.options.properties.authentication_method.as_deref().unwrap_or_default();
                    codec::write_auth(Sender::Client, &auth, method, MAXIMUM_PACKET_SIZE, buffer)
                }
                Control::Disconnect(disconnect) => {
                    let maximum = self.granted.maximum_packet_size;
                    codec::write_disconnect(version, Sender::Client, &disconnect, maximum, buffer)
                }
            };
        }
    }

    fn transmit_requests(&mut self, buffer: &mut BytesMut) {
        let version = self.options.version;
        while buffer.len() < TRANSMIT_BYTES
            && !self.requests.is_empty()
            && let Some(packet_id) = self.window.next_packet_id()
            && let Some(request) = self.requests.pop_front()
        {
            let admitted = self.granted.admit_request(version, &request.subscription).and_then(|()| {
                codec::write_subscription(version, &request.subscription, packet_id, buffer)
                    .map_err(|_| RequestError::Invalid(UNENCODABLE))
            });
            match admitted {
                Ok(()) => self.window.request(request),
                Err(error) => {
                    self.events.push_back(Event::RequestRejected { id: request.id, error: Box::new(error) });
                }
            }
        }
    }

    /// Publishes of a resumed session, with DUP [MQTT-3.3.1-1].
    fn transmit_resends(&mut self, buffer: &mut BytesMut) {
        let version = self.options.version;
        let limits = self.limits();
        while buffer.len() < TRANSMIT_BYTES {
            let Some(qos) = self.window.next_resend().map(|(_, message)| message.qos) else { return };
            if self.is_held_up(qos, limits) {
                return;
            }
            let Some((packet_id, message)) = self.window.next_resend() else { return };
            drop_stale_alias(message, self.granted.topic_alias_maximum);
            let sent = self.granted.admit(version, message).and_then(|()| {
                let alias = self.connection.outgoing_alias(&self.options, &self.granted, message);
                let envelope = envelope(packet_id, true, alias);
                codec::write_publish(version, message, envelope, buffer).map_err(|_| UNENCODABLE.into())
            });
            match sent {
                Ok(()) => self.window.resent(),
                Err(error) => {
                    if let Some(id) = self.window.give_up() {
                        self.reject(id, error);
                    }
                }
            }
        }
    }

    fn transmit_queue(&mut self, buffer: &mut BytesMut) {
        // Those are older, so they go first.
        if self.window.next_resend().is_some() {
            return;
        }
        let version = self.options.version;
        let limits = self.limits();
        while buffer.len() < TRANSMIT_BYTES
            && let Some((_, message)) = self.queue.front()
        {
            let at_most_once = message.qos == QoS::AtMostOnce;
            let packet_id = if at_most_once {
                0
            } else {
                if self.is_held_up(message.qos, limits) {
                    return;
                }
                let Some(packet_id) = self.window.next_packet_id() else { return };
                packet_id
            };
            let Some((id, message)) = self.queue.pop_front() else { return };
            self.last_transmitted = self.last_transmitted.max(id.0);
            // `publish` has checked the later ones against the limits.
            let admitted = if id.0 > self.last_unchecked { Ok(()) } else { self.granted.admit(version, &message) };
            let sent = admitted.and_then(|()| {
                let alias = self.connection.outgoing_alias(&self.options, &self.granted, &message);
                let dup = message.marked_duplicate && !at_most_once;
                let envelope = envelope(packet_id, dup, alias);
                codec::write_publish(version, &message, envelope, buffer).map_err(|_| UNENCODABLE.into())
            });
            if let (Ok(()), Some(journal)) = (&sent, &mut self.journal) {
                journal.sending(id, packet_id);
            }
            match sent {
                Ok(()) if at_most_once => {}
                Ok(()) => self.window.publish(id, message),
                Err(error) => self.reject(id, error),
            }
        }
    }

    fn reject(&mut self, id: DeliveryId, error: PublishError) {
        self.conclude_publish(id, PublishOutcome::Rejected(Box::new(error)));
    }
}

/// Appends an answer without explanations; `not_found`: with the reason 0x92 (5.0, PUBREL and PUBCOMP alone).
fn write_ack(
    version: Version,
    kind: AckKind,
    packet_id: u16,
    not_found: bool,
    buffer: &mut BytesMut,
) -> Result<(), Unencodable> {
    let reason = if not_found { ReasonCode::PacketIdentifierNotFound } else { ReasonCode::Success };
    let acknowledgement = Acknowledgement { reason, details: None };
    codec::write_ack(version, kind, packet_id, &acknowledgement, MAXIMUM_PACKET_SIZE, buffer)
}

/// Removes an alias of an earlier connection that the server no longer accepts: the message is the same without it.
pub(super) fn drop_stale_alias(message: &mut Message, maximum: u16) {
    if let Some(properties) = &mut message.properties
        && properties.topic_alias.is_some_and(|alias| alias > maximum)
    {
        Arc::make_mut(properties).topic_alias = None;
    }
}

fn envelope(packet_id: u16, dup: bool, alias: Option<(u16, bool)>) -> Envelope {
    let (alias, with_topic) = alias.map_or((None, true), |(alias, with_topic)| (Some(alias), with_topic));
    Envelope { packet_id, dup, alias, with_topic }
}
