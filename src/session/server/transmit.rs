use std::time::Instant;

use bytes::BytesMut;

use super::{Connection, Delivery, ServerSession};
use crate::mqtt::QoS;
use crate::session::codec::{self, MAXIMUM_PACKET_SIZE, Outgoing};

/// `transmit` does not begin a packet in a buffer that already holds this many bytes.
const TRANSMIT_BYTES: usize = 64 * 1024;

/// Most publishes in flight if the client announces more or, before 5.0, nothing.
const MOST_IN_FLIGHT: u16 = 1024;

/// The result of [`ServerSession::transmit`].
enum Sent {
    Done,
    /// It is larger than the client accepts: it is dropped for this client only [MQTT-3.1.2-25].
    TooLarge,
}

impl ServerSession {
    /// Appends packets to `buffer` until there are no more, or no more may be sent, or the buffer holds 64 KiB, when
    /// it returns `true`.
    pub(crate) fn transmit(&mut self, connection: &mut Connection, buffer: &mut BytesMut, now: Instant) -> bool {
        if buffer.len() >= TRANSMIT_BYTES {
            return true;
        }
        let start = buffer.len();
        for _ in 0..connection.take_output(buffer) {
            self.incoming.finish();
        }
        self.transmit_resends(connection, buffer, now);
        // Those are older, so they go first [MQTT-4.6.0-1].
        if self.window.next_resend().is_none() {
            self.transmit_queue(connection, buffer, now);
        }
        // What waits for acknowledgements must not hold up answers: a client without an answer gives up the connection.
        if buffer.len() < TRANSMIT_BYTES {
            answer_pings(connection, buffer, u64::MAX);
        }
        connection.traffic.bytes_sent += (buffer.len() - start) as u64;
        buffer.len() >= TRANSMIT_BYTES
    }

    /// Whether the client's Receive Maximum is reached [MQTT-3.3.4-9].
    fn is_held_up(&self, connection: &Connection) -> bool {
        self.window.in_flight() >= usize::from(connection.terms.receive_maximum.min(MOST_IN_FLIGHT))
    }

    /// What a former connection left unanswered, with DUP [MQTT-3.3.1-1].
    fn transmit_resends(&mut self, connection: &mut Connection, buffer: &mut BytesMut, now: Instant) {
        while buffer.len() < TRANSMIT_BYTES && !self.is_held_up(connection) {
            let Some((packet_id, delivery)) = self.window.next_resend() else { return };
            match write(connection, delivery, packet_id, true, buffer, now) {
                Sent::Done => self.window.resent(),
                Sent::TooLarge => {
                    self.window.give_up();
                }
            }
        }
    }

    fn transmit_queue(&mut self, connection: &mut Connection, buffer: &mut BytesMut, now: Instant) {
        while buffer.len() < TRANSMIT_BYTES
            && let Some(delivery) = self.queue.front()
        {
            answer_pings(connection, buffer, self.enqueued - self.queue.len() as u64);
            let packet_id = if delivery.qos == QoS::AtMostOnce {
                0
            } else {
                if self.is_held_up(connection) {
                    return;
                }
                let Some(packet_id) = self.window.next_packet_id() else { return };
                packet_id
            };
            let Some(delivery) = self.dequeue() else { return };
            if delivery.publication.is_expired(now) {
                continue;
            }
            if let Sent::Done = write(connection, &delivery, packet_id, false, buffer, now)
                && packet_id != 0
            {
                let id = self.next_delivery_id();
                self.window.publish(id, delivery);
            }
        }
        if self.queue.is_empty() && self.queue.capacity() > 256 {
            self.queue.shrink_to(0);
        }
    }
}

/// PINGRESP for each PINGREQ that came before more than `sent` deliveries were queued, so that a client that pings has
/// what came before.
fn answer_pings(connection: &mut Connection, buffer: &mut BytesMut, sent: u64) {
    while connection.pings.front().is_some_and(|queued| *queued <= sent) {
        connection.pings.pop_front();
        connection.traffic.sent += 1;
        let _ = codec::write_pingresp(buffer);
    }
}

fn write(
    connection: &mut Connection,
    delivery: &Delivery,
    packet_id: u16,
    dup: bool,
    buffer: &mut BytesMut,
    now: Instant,
) -> Sent {
    let (version, maximum) = (connection.terms.version, connection.terms.maximum_packet_size as usize);
    let message = &delivery.publication.message;
    let mut publish = Outgoing {
        topic: message.topic.as_str(),
        payload: &message.payload,
        qos: delivery.qos,
        retain: delivery.retain,
        dup,
        packet_id,
        properties: message.properties.as_deref(),
        topic_alias: None,
        message_expiry_interval: delivery.publication.remaining_expiry(now),
        subscription_identifiers: delivery.identifiers(),
    };
    let may_have_alias = connection.terms.topic_alias_maximum > 0;
    // While the alias is being set, both topic and alias are sent: three bytes more.
    publish.topic_alias = may_have_alias.then_some(1);
    if maximum < MAXIMUM_PACKET_SIZE as usize && publish.size(version) > maximum {
        connection.too_large = Some(message.topic.clone());
        return Sent::TooLarge;
    }
    let alias = if may_have_alias {
        connection.outgoing_aliases.choose(&message.topic, None, connection.terms.topic_alias_maximum)
    } else {
        None
    };
    publish.topic_alias = alias.map(|(alias, _)| alias);
    if let Some((_, false)) = alias {
        publish.topic = "";
    }
    // What was read from the wire can be written to it.
    let _ = publish.write(version, buffer);
    connection.traffic.sent += 1;
    connection.traffic.publish_sent += 1;
    connection.traffic.payload_sent += message.payload.len() as u64;
    Sent::Done
}
