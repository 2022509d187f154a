//! What this end has sent and the peer has not answered yet: the send window of QoS 1 and 2, and open requests.
//!
//! One window for both sides: a client keeps its messages in it, a server what it delivers to a subscriber.

use std::collections::VecDeque;

use super::codec::Subscription;
use super::packet_ids::PacketIds;
use super::{DeliveryId, RequestId};
use crate::mqtt::{Message, QoS};

/// What a window holds.
pub(super) trait Outgoing: Clone {
    /// The QoS that it is sent with.
    fn qos(&self) -> QoS;

    /// Bytes of its payload.
    fn size(&self) -> usize;
}

impl Outgoing for Message {
    fn qos(&self) -> QoS {
        self.qos
    }

    fn size(&self) -> usize {
        self.payload.len()
    }
}

/// Sent and unanswered, by packet id, over connections.
#[derive(Debug)]
pub(super) struct Window<M = Message> {
    ids: PacketIds<Outstanding<M>>,
    /// Publishes among them.
    publishes: usize,
    /// Publishes among them that were sent on this connection: what counts against Receive Maximum
    /// [MQTT-3.3.4-7], [MQTT-4.9.0-1].
    in_flight: usize,
    /// Those of them at QoS 2.
    in_flight_exactly_once: usize,
    /// Ids still to be sent again on this connection, in order [MQTT-4.6.0-1].
    resend: VecDeque<u16>,
    /// Counts PUBLISH and PUBREL, for their order at a resend.
    order: u64,
    /// Whether a message is kept after PUBREC, to be published again if the server loses the session.
    keeps_released: bool,
}

#[derive(Debug)]
enum Outstanding<M> {
    /// PUBLISH was sent; PUBACK or PUBREC is expected.
    Published { id: DeliveryId, order: u64, in_flight: bool, message: M },
    /// PUBREC arrived, so PUBREL is sent and PUBCOMP expected. Only PUBREC can report that there are no subscribers.
    Released { id: DeliveryId, order: u64, in_flight: bool, resumed: bool, unmatched: bool, message: Option<Box<M>> },
    /// SUBSCRIBE or UNSUBSCRIBE.
    Requested(Box<Request>),
}

/// SUBSCRIBE or UNSUBSCRIBE, queued or sent.
#[derive(Debug)]
pub(super) struct Request {
    pub(super) id: RequestId,
    pub(super) subscription: Subscription,
}

/// A publish at QoS 2 that PUBCOMP has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Finished {
    pub(super) id: DeliveryId,
    /// Its PUBREL was sent in a resumed session, so the server may legitimately not know it.
    pub(super) resumed: bool,
    /// PUBREC reported that there are no matching subscribers.
    pub(super) unmatched: bool,
}

/// A publish that the peer may or may not have received, as it no longer has the session.
#[derive(Debug)]
pub(super) struct Unfinished<M = Message> {
    pub(super) id: DeliveryId,
    pub(super) qos: QoS,
    /// `None`: PUBREC had arrived, and the message is not needed after that.
    pub(super) message: Option<M>,
}

/// An answer that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// Nothing is outstanding with its packet id.
    Unknown,
    /// A publish at QoS 2 that has had no PUBREC.
    ExactlyOnce,
    /// Something else is: what.
    Other(&'static str),
}

impl<M: Outgoing> Window<M> {
    /// `keeps_released`: a message is kept after PUBREC, for [`forget`](Self::forget) to return it.
    pub(super) const fn new(first_packet_id: u16, keeps_released: bool) -> Self {
        Self {
            ids: PacketIds::beginning_with(first_packet_id),
            publishes: 0,
            in_flight: 0,
            in_flight_exactly_once: 0,
            resend: VecDeque::new(),
            order: 0,
            keeps_released,
        }
    }

    /// Takes over what an earlier process of the session sent, in its order: by packet id, and whether PUBREC had come.
    pub(super) fn restore(&mut self, publishes: impl IntoIterator<Item = (DeliveryId, u16, bool, M)>) {
        let mut held = Vec::new();
        for (id, packet_id, is_released, message) in publishes {
            self.order += 1;
            let order = self.order;
            let outstanding = if is_released {
                let message = self.keeps_released.then(|| Box::new(message));
                Outstanding::Released { id, order, in_flight: false, resumed: true, unmatched: false, message }
            } else {
                Outstanding::Published { id, order, in_flight: false, message }
            };
            held.push((packet_id, outstanding));
        }
        if !held.is_empty() {
            self.publishes = held.len();
            self.ids = PacketIds::holding(held);
        }
    }

    /// Publishes at QoS 1 and 2 outstanding.
    pub(super) fn publishes(&self) -> usize {
        self.publishes
    }

    /// How many of them count against the server's Receive Maximum.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// How many of these are at QoS 2.
    pub(super) fn in_flight_exactly_once(&self) -> usize {
        self.in_flight_exactly_once
    }

    /// The first publish in flight, if no PUBREL is unanswered.
    pub(super) fn first_in_flight(&mut self) -> Option<DeliveryId> {
        let mut first = None;
        for (_, outstanding) in self.ids.iter_mut() {
            match outstanding {
                Outstanding::Published { id, order, in_flight: true, .. } => {
                    first = Some(first.map_or((*order, *id), |other: (u64, DeliveryId)| other.min((*order, *id))));
                }
                Outstanding::Released { in_flight: true, .. } => return None,
                _ => {}
            }
        }
        first.map(|(_, id)| id)
    }

    /// The largest publish in flight, in bytes of payload.
    pub(super) fn largest_in_flight(&mut self) -> Option<usize> {
        let sizes = self.ids.iter_mut().filter_map(|(_, outstanding)| match outstanding {
            Outstanding::Published { in_flight: true, message, .. } => Some(message.size()),
            _ => None,
        });
        sizes.max()
    }

    /// Takes out all publishes that another receiver is to get, in the order in which they were published.
    #[cfg_attr(not(feature = "broker"), allow(dead_code, reason = "the server's side is for the broker"))]
    pub(super) fn take_all(&mut self, is_wanted: impl Fn(&M) -> bool) -> Vec<M> {
        let outstanding = self.ids.iter_mut().filter_map(|(_, outstanding)| match outstanding {
            Outstanding::Published { id, message, .. } if is_wanted(message) => Some(*id),
            _ => None,
        });
        let mut wanted: Vec<DeliveryId> = outstanding.collect();
        wanted.sort_unstable();
        wanted.into_iter().filter_map(|id| self.take(id)).collect()
    }

    /// Takes out a publish that the server does not accept, with its message.
    pub(super) fn take(&mut self, wanted: DeliveryId) -> Option<M> {
        let (packet_id, in_flight, qos) =
            self.ids.iter_mut().find_map(|(packet_id, outstanding)| match outstanding {
                Outstanding::Published { id, in_flight, message, .. } if *id == wanted => {
                    Some((packet_id, *in_flight, message.qos()))
                }
                _ => None,
            })?;
        match self.complete(packet_id, in_flight, qos) {
            Some(Outstanding::Published { message, .. }) => Some(message),
            _ => None,
        }
    }

    /// The packet id that the next `publish` or `request` takes; `None` if all are in use.
    pub(super) fn next_packet_id(&self) -> Option<u16> {
        self.ids.next()
    }

    /// A publish has been sent for the first time.
    pub(super) fn publish(&mut self, id: DeliveryId, message: M) {
        self.order += 1;
        self.flies(message.qos());
        self.ids.insert(Outstanding::Published { id, order: self.order, in_flight: true, message });
        self.publishes += 1;
    }

    /// A request has been sent.
    pub(super) fn request(&mut self, request: Box<Request>) {
        self.ids.insert(Outstanding::Requested(request));
    }

    /// PUBACK, which ends QoS 1, or PUBREC with an error, which ends QoS 2; with the bytes of the payload.
    pub(super) fn settle(&mut self, packet_id: u16, qos: QoS) -> Result<(DeliveryId, usize), Mismatch> {
        match self.ids.get_mut(packet_id) {
            Some(Outstanding::Published { id, in_flight, message, .. }) if message.qos() == qos => {
                let (id, in_flight, size) = (*id, *in_flight, message.size());
                self.complete(packet_id, in_flight, qos);
                Ok((id, size))
            }
            _ => Err(self.mismatch(packet_id)),
        }
    }

    /// PUBREC without an error, with the bytes of the payload; `None`: it arrived before, and is answered again.
    pub(super) fn release(&mut self, packet_id: u16, unmatched: bool) -> Result<Option<(DeliveryId, usize)>, Mismatch> {
        let Some(outstanding) = self.ids.get_mut(packet_id) else { return Err(Mismatch::Unknown) };
        match outstanding {
            Outstanding::Published { id, in_flight, message, .. } if message.qos() == QoS::ExactlyOnce => {
                self.order += 1;
                let (id, order, flew, size) = (*id, self.order, *in_flight, message.size());
                let message = self.keeps_released.then(|| Box::new(message.clone()));
                *outstanding = Outstanding::Released { id, order, in_flight: true, resumed: false, unmatched, message };
                if !flew {
                    self.flies(QoS::ExactlyOnce);
                }
                Ok(Some((id, size)))
            }
            Outstanding::Released { .. } => Ok(None),
            _ => Err(self.mismatch(packet_id)),
        }
    }

    /// PUBCOMP.
    pub(super) fn finish(&mut self, packet_id: u16) -> Result<Finished, Mismatch> {
        match self.ids.get_mut(packet_id) {
            Some(&mut Outstanding::Released { id, in_flight, resumed, unmatched, .. }) => {
                self.complete(packet_id, in_flight, QoS::ExactlyOnce);
                Ok(Finished { id, resumed, unmatched })
            }
            _ => Err(self.mismatch(packet_id)),
        }
    }

    /// SUBACK (`subscribe`) or UNSUBACK.
    pub(super) fn answer(&mut self, packet_id: u16, subscribe: bool) -> Result<Box<Request>, Mismatch> {
        match self.ids.get_mut(packet_id) {
            Some(Outstanding::Requested(request))
                if matches!(request.subscription, Subscription::Subscribe(_)) == subscribe =>
            {
                match self.ids.remove(packet_id) {
                    Some(Outstanding::Requested(request)) => Ok(request),
                    _ => Err(Mismatch::Unknown),
                }
            }
            _ => Err(self.mismatch(packet_id)),
        }
    }

    /// The connection is over: nothing is in flight, and open requests go back to the front of `requests`.
    pub(super) fn end_connection(&mut self, requests: &mut VecDeque<Box<Request>>) {
        (self.in_flight, self.in_flight_exactly_once) = (0, 0);
        self.resend.clear();
        let mut open = Vec::new();
        for (packet_id, outstanding) in self.ids.iter_mut() {
            match outstanding {
                Outstanding::Published { in_flight, .. } | Outstanding::Released { in_flight, .. } => {
                    *in_flight = false;
                }
                Outstanding::Requested(request) => open.push((request.id, packet_id)),
            }
        }
        open.sort_unstable();
        for (_, packet_id) in open.into_iter().rev() {
            if let Some(Outstanding::Requested(request)) = self.ids.remove(packet_id) {
                requests.push_front(request);
            }
        }
    }

    /// The server has the session: returns the ids for PUBREL, in order; [`next_resend`](Self::next_resend) gives
    /// the publishes.
    pub(super) fn resume(&mut self) -> Vec<u16> {
        let mut releases = Vec::new();
        let mut publishes = Vec::new();
        for (packet_id, outstanding) in self.ids.iter_mut() {
            match outstanding {
                Outstanding::Published { order, .. } => publishes.push((*order, packet_id)),
                Outstanding::Released { order, in_flight, resumed, .. } => {
                    (*in_flight, *resumed) = (true, true);
                    releases.push((*order, packet_id));
                }
                Outstanding::Requested(_) => {}
            }
        }
        (self.in_flight, self.in_flight_exactly_once) = (releases.len(), releases.len());
        publishes.sort_unstable();
        releases.sort_unstable();
        self.resend = publishes.into_iter().map(|(_, packet_id)| packet_id).collect();
        releases.into_iter().map(|(_, packet_id)| packet_id).collect()
    }

    /// The server has no session: gives up everything, in the order in which it was published.
    pub(super) fn forget(&mut self) -> Vec<Unfinished<M>> {
        let mut all: Vec<u16> = self.ids.iter_mut().map(|(packet_id, _)| packet_id).collect();
        let removed = all.drain(..).filter_map(|packet_id| self.ids.remove(packet_id));
        let mut unfinished: Vec<Unfinished<M>> = removed
            .filter_map(|outstanding| match outstanding {
                Outstanding::Published { id, message, .. } => {
                    Some(Unfinished { id, qos: message.qos(), message: Some(message) })
                }
                Outstanding::Released { id, message, .. } => {
                    Some(Unfinished { id, qos: QoS::ExactlyOnce, message: message.map(|message| *message) })
                }
                // Handed back at the end of the last connection.
                Outstanding::Requested(_) => None,
            })
            .collect();
        unfinished.sort_by_key(|publish| publish.id);
        (self.publishes, self.in_flight, self.in_flight_exactly_once) = (0, 0, 0);
        unfinished
    }

    /// The next publish to be sent again; it stays the next until [`resent`](Self::resent) or
    /// [`give_up`](Self::give_up).
    pub(super) fn next_resend(&mut self) -> Option<(u16, &mut M)> {
        // Acknowledged meanwhile, out of order: its id is free or in use for something sent since.
        while let Some(&packet_id) = self.resend.front()
            && !matches!(self.ids.get_mut(packet_id), Some(Outstanding::Published { in_flight: false, .. }))
        {
            self.resend.pop_front();
        }
        let packet_id = *self.resend.front()?;
        match self.ids.get_mut(packet_id) {
            Some(Outstanding::Published { message, .. }) => Some((packet_id, message)),
            _ => None,
        }
    }

    /// The next resend has been sent.
    pub(super) fn resent(&mut self) {
        if let Some(packet_id) = self.resend.pop_front()
            && let Some(Outstanding::Published { in_flight, message, .. }) = self.ids.get_mut(packet_id)
        {
            *in_flight = true;
            let qos = message.qos();
            self.flies(qos);
        }
    }

    /// The next resend cannot be sent under the current limits of the server.
    pub(super) fn give_up(&mut self) -> Option<DeliveryId> {
        let packet_id = self.resend.pop_front()?;
        let Some(Outstanding::Published { id, .. }) = self.ids.get_mut(packet_id) else { return None };
        let id = *id;
        self.complete(packet_id, false, QoS::AtMostOnce);
        Some(id)
    }

    fn flies(&mut self, qos: QoS) {
        self.in_flight += 1;
        self.in_flight_exactly_once += usize::from(qos == QoS::ExactlyOnce);
    }

    fn complete(&mut self, packet_id: u16, in_flight: bool, qos: QoS) -> Option<Outstanding<M>> {
        self.publishes -= 1;
        if in_flight {
            self.in_flight -= 1;
            self.in_flight_exactly_once -= usize::from(qos == QoS::ExactlyOnce);
        }
        self.ids.remove(packet_id)
    }

    fn mismatch(&mut self, packet_id: u16) -> Mismatch {
        match self.ids.get_mut(packet_id) {
            None => Mismatch::Unknown,
            Some(Outstanding::Published { message, .. }) if message.qos() == QoS::AtLeastOnce => {
                Mismatch::Other("a publish at QoS 1")
            }
            Some(Outstanding::Published { .. }) => Mismatch::ExactlyOnce,
            Some(Outstanding::Released { .. }) => Mismatch::Other("a publish at QoS 2 after PUBREC"),
            Some(Outstanding::Requested(request)) => match request.subscription {
                Subscription::Subscribe(_) => Mismatch::Other("a SUBSCRIBE"),
                Subscription::Unsubscribe(_) => Mismatch::Other("an UNSUBSCRIBE"),
            },
        }
    }
}
