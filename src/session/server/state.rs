use std::collections::VecDeque;
use std::time::Instant;

use super::{Connection, Delivery};
use crate::mqtt::{QoS, ReasonCode};
use crate::session::DeliveryId;
use crate::session::codec::AckKind;
use crate::session::incoming::IncomingIds;
use crate::session::window::Window;

/// What a server keeps for one client across its connections [MQTT-4.1.0-1].
#[derive(Debug)]
pub(crate) struct ServerSession {
    /// Sent and unanswered.
    pub(super) window: Window<Delivery>,
    /// Received and unfinished.
    pub(super) incoming: IncomingIds,
    /// Still to be sent, in the order in which it came [MQTT-4.6.0-5].
    pub(super) queue: VecDeque<Delivery>,
    /// Counts everything ever queued.
    pub(super) enqueued: u64,
    /// Weight of what is in `queue`.
    pub(super) queued_bytes: usize,
    /// Counts what was sent at QoS 1 and 2.
    pub(super) sent: u64,
}

/// How much may be queued for one subscriber.
#[derive(Debug, Clone, Copy)]
pub(crate) struct QueueLimits {
    /// Messages.
    pub(crate) messages: usize,
    /// Bytes.
    pub(crate) bytes: usize,
}

impl ServerSession {
    pub(crate) const fn new() -> Self {
        Self {
            window: Window::new(1, false),
            incoming: IncomingIds::new(),
            queue: VecDeque::new(),
            enqueued: 0,
            queued_bytes: 0,
            sent: 0,
        }
    }

    /// A connection begins, on which what is unanswered is sent again [MQTT-4.4.0-1].
    pub(crate) fn begin(&mut self, connection: &mut Connection) {
        self.incoming.begin_connection();
        for packet_id in self.window.resume() {
            connection.write_ack(AckKind::PubRel, packet_id, ReasonCode::Success);
        }
    }

    /// The connection is over. Messages at QoS 0 are not kept for absent clients.
    pub(crate) fn end_connection(&mut self) {
        self.window.end_connection(&mut VecDeque::new());
        self.incoming.begin_connection();
        if self.queue.iter().any(|delivery| delivery.qos == QoS::AtMostOnce) {
            self.queue.retain(|delivery| delivery.qos != QoS::AtMostOnce);
            self.queued_bytes = self.queue.iter().map(Delivery::weight).sum();
        }
        // A queue that was once long must not hold its memory while its client is away.
        self.queue.shrink_to_fit();
    }

    /// Something to deliver; `false`: it is dropped, since the queue is full.
    pub(crate) fn enqueue(&mut self, delivery: Delivery, limits: QueueLimits, now: Instant) -> bool {
        let weight = delivery.weight();
        if !self.has_room(weight, limits) {
            self.drop_expired(now);
            if !self.has_room(weight, limits) {
                return false;
            }
        }
        self.queued_bytes += weight;
        self.enqueued += 1;
        self.queue.push_back(delivery);
        true
    }

    /// Messages that are queued, without those that were sent.
    pub(crate) fn queued(&self) -> usize {
        self.queue.len()
    }

    /// Bytes of these.
    pub(crate) fn queued_bytes(&self) -> usize {
        self.queued_bytes
    }

    /// The connection is over, the session is not: takes out, in order, what another member of a shared subscription
    /// may get at once, as section 4.8.2 allows; like [`into_shared`](Self::into_shared). `has_another`: whether a
    /// subscription has another connected member.
    pub(crate) fn take_shared(&mut self, has_another: impl Fn(u64) -> bool) -> Vec<Delivery> {
        let is_shared = |delivery: &Delivery| delivery.group != 0 && has_another(delivery.group);
        let mut shared = self.window.take_all(|delivery| delivery.qos == QoS::AtLeastOnce && is_shared(delivery));
        if self.queue.iter().any(is_shared) {
            let (moving, staying) = std::mem::take(&mut self.queue).into_iter().partition(is_shared);
            self.queue = staying;
            self.queued_bytes = self.queue.iter().map(Delivery::weight).sum();
            let moving: VecDeque<Delivery> = moving;
            shared.extend(moving);
        }
        shared
    }

    /// The session is over: what another member of a shared subscription may get instead, in order.
    ///
    /// That is what was not sent yet, and what was sent at QoS 1 and not acknowledged; a message at QoS 2 that was
    /// sent goes to no one else [MQTT-4.8.2-5].
    pub(crate) fn into_shared(mut self) -> Vec<Delivery> {
        let sent = self.window.forget().into_iter().filter(|publish| publish.qos == QoS::AtLeastOnce);
        let sent = sent.filter_map(|publish| publish.message);
        sent.chain(self.queue).filter(|delivery| delivery.group != 0).collect()
    }

    /// The answer to a PUBLISH that [`receive`](Self::receive) returned and that has now been handled; `why` may be empty.
    pub(crate) fn acknowledge(
        &mut self,
        connection: &mut Connection,
        packet_id: u16,
        qos: QoS,
        reason: ReasonCode,
        why: &str,
    ) {
        match qos {
            QoS::AtMostOnce => {}
            QoS::AtLeastOnce => {
                connection.finished += 1;
                connection.write_ack_with(AckKind::PubAck, packet_id, reason, why);
            }
            QoS::ExactlyOnce => {
                // Before 5.0 a server cannot refuse, so the hand-shake goes on.
                if reason.is_failure() && connection.version().is_v5() {
                    self.incoming.discard(packet_id);
                    connection.finished += 1;
                } else {
                    self.incoming.record(packet_id);
                }
                connection.write_ack_with(AckKind::PubRec, packet_id, reason, why);
            }
        }
    }

    pub(super) fn next_delivery_id(&mut self) -> DeliveryId {
        self.sent += 1;
        DeliveryId(self.sent)
    }

    /// Takes the first one out of the queue.
    pub(super) fn dequeue(&mut self) -> Option<Delivery> {
        let delivery = self.queue.pop_front()?;
        self.queued_bytes -= delivery.weight();
        Some(delivery)
    }

    fn has_room(&self, weight: usize, limits: QueueLimits) -> bool {
        // A single one is accepted whatever its size, which the Maximum Packet Size limits.
        self.queue.is_empty() || (self.queue.len() < limits.messages && self.queued_bytes + weight <= limits.bytes)
    }

    fn drop_expired(&mut self, now: Instant) {
        self.queue.retain(|delivery| !delivery.publication.is_expired(now));
        self.queued_bytes = self.queue.iter().map(Delivery::weight).sum();
    }
}
