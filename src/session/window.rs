//! What this end has sent and the server has not answered: the send window of QoS 1 and 2, and open requests.

use std::collections::VecDeque;

use super::codec::Subscription;
use super::packet_ids::PacketIds;
use super::{DeliveryId, RequestId};
use crate::mqtt::{Message, QoS};

/// Sent and unanswered, by packet id, over connections.
#[derive(Debug)]
pub(super) struct Window {
    ids: PacketIds<Outstanding>,
    /// Publishes among them.
    publishes: usize,
    /// Publishes among them that were sent on this connection: what counts against Receive Maximum
    /// [MQTT-3.3.4-7], [MQTT-4.9.0-1].
    in_flight: usize,
    /// Ids still to be sent again on this connection, in order [MQTT-4.6.0-1].
    resend: VecDeque<u16>,
    /// Counts PUBLISH and PUBREL, for their order at a resend.
    order: u64,
}

#[derive(Debug)]
enum Outstanding {
    /// PUBLISH; PUBACK or PUBREC is to come.
    Published { id: DeliveryId, order: u64, in_flight: bool, message: Message },
    /// PUBREC came, so PUBREL goes, and PUBCOMP is to come. PUBREC alone can say that nobody has subscribed.
    Released { id: DeliveryId, order: u64, in_flight: bool, resumed: bool, unmatched: bool },
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
    /// Its PUBREL was one of a resumed session, which the server may rightly not know.
    pub(super) resumed: bool,
    /// PUBREC had said that there are no matching subscribers.
    pub(super) unmatched: bool,
}

/// An answer that does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mismatch {
    /// Nothing is outstanding under its packet id.
    Unknown,
    /// Something else is: what.
    Other(&'static str),
}

impl Window {
    pub(super) const fn new() -> Self {
        Self { ids: PacketIds::new(), publishes: 0, in_flight: 0, resend: VecDeque::new(), order: 0 }
    }

    /// Publishes at QoS 1 and 2 outstanding.
    pub(super) fn publishes(&self) -> usize {
        self.publishes
    }

    /// How many of them count against the server's Receive Maximum.
    pub(super) fn in_flight(&self) -> usize {
        self.in_flight
    }

    /// The packet id that the next `publish` or `request` takes; `None` if all are in use.
    pub(super) fn next_packet_id(&self) -> Option<u16> {
        self.ids.next()
    }

    /// A publish has been sent for the first time.
    pub(super) fn publish(&mut self, id: DeliveryId, message: Message) {
        self.order += 1;
        self.ids.insert(Outstanding::Published { id, order: self.order, in_flight: true, message });
        self.publishes += 1;
        self.in_flight += 1;
    }

    /// A request has been sent.
    pub(super) fn request(&mut self, request: Box<Request>) {
        self.ids.insert(Outstanding::Requested(request));
    }

    /// PUBACK, which ends QoS 1, or PUBREC with an error, which ends QoS 2.
    pub(super) fn settle(&mut self, packet_id: u16, qos: QoS) -> Result<DeliveryId, Mismatch> {
        match self.ids.get_mut(packet_id) {
            Some(Outstanding::Published { id, in_flight, message, .. }) if message.qos == qos => {
                let (id, in_flight) = (*id, *in_flight);
                self.complete(packet_id, in_flight);
                Ok(id)
            }
            _ => Err(self.mismatch(packet_id)),
        }
    }

    /// PUBREC without an error. It may come again, and is answered again.
    pub(super) fn release(&mut self, packet_id: u16, unmatched: bool) -> Result<(), Mismatch> {
        let Some(outstanding) = self.ids.get_mut(packet_id) else { return Err(Mismatch::Unknown) };
        match outstanding {
            Outstanding::Published { id, in_flight, message, .. } if message.qos == QoS::ExactlyOnce => {
                self.order += 1;
                self.in_flight += usize::from(!*in_flight);
                let (id, order) = (*id, self.order);
                *outstanding = Outstanding::Released { id, order, in_flight: true, resumed: false, unmatched };
                Ok(())
            }
            Outstanding::Released { .. } => Ok(()),
            _ => Err(self.mismatch(packet_id)),
        }
    }

    /// PUBCOMP.
    pub(super) fn finish(&mut self, packet_id: u16) -> Result<Finished, Mismatch> {
        match self.ids.get_mut(packet_id) {
            Some(&mut Outstanding::Released { id, in_flight, resumed, unmatched, .. }) => {
                self.complete(packet_id, in_flight);
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
        self.in_flight = 0;
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
        self.in_flight = releases.len();
        publishes.sort_unstable();
        releases.sort_unstable();
        self.resend = publishes.into_iter().map(|(_, packet_id)| packet_id).collect();
        releases.into_iter().map(|(_, packet_id)| packet_id).collect()
    }

    /// The server has no session: gives up everything, in order. A message is `None` once PUBREC had come for it.
    pub(super) fn forget(&mut self) -> Vec<(DeliveryId, Option<Message>)> {
        let mut all: Vec<u16> = self.ids.iter_mut().map(|(packet_id, _)| packet_id).collect();
        let removed = all.drain(..).filter_map(|packet_id| self.ids.remove(packet_id));
        let mut lost: Vec<(DeliveryId, Option<Message>)> = removed
            .filter_map(|outstanding| match outstanding {
                Outstanding::Published { id, message, .. } => Some((id, Some(message))),
                Outstanding::Released { id, .. } => Some((id, None)),
                // Handed back at the end of the last connection.
                Outstanding::Requested(_) => None,
            })
            .collect();
        lost.sort_by_key(|&(id, _)| id);
        (self.publishes, self.in_flight) = (0, 0);
        lost
    }

    /// The next publish to be sent again; it stays the next until [`resent`](Self::resent) or
    /// [`give_up`](Self::give_up).
    pub(super) fn next_resend(&mut self) -> Option<(u16, &mut Message)> {
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
            && let Some(Outstanding::Published { in_flight, .. }) = self.ids.get_mut(packet_id)
        {
            *in_flight = true;
            self.in_flight += 1;
        }
    }

    /// The next resend cannot be sent under the server's present limits.
    pub(super) fn give_up(&mut self) -> Option<DeliveryId> {
        let packet_id = self.resend.pop_front()?;
        let Some(Outstanding::Published { id, .. }) = self.ids.get_mut(packet_id) else { return None };
        let id = *id;
        self.complete(packet_id, false);
        Some(id)
    }

    fn complete(&mut self, packet_id: u16, in_flight: bool) {
        self.ids.remove(packet_id);
        self.publishes -= 1;
        self.in_flight -= usize::from(in_flight);
    }

    fn mismatch(&mut self, packet_id: u16) -> Mismatch {
        match self.ids.get_mut(packet_id) {
            None => Mismatch::Unknown,
            Some(Outstanding::Published { message, .. }) if message.qos == QoS::AtLeastOnce => {
                Mismatch::Other("a publish at QoS 1")
            }
            Some(Outstanding::Published { .. }) => Mismatch::Other("a publish at QoS 2 before PUBREC"),
            Some(Outstanding::Released { .. }) => Mismatch::Other("a publish at QoS 2 after PUBREC"),
            Some(Outstanding::Requested(request)) => match request.subscription {
                Subscription::Subscribe(_) => Mismatch::Other("a SUBSCRIBE"),
                Subscription::Unsubscribe(_) => Mismatch::Other("an UNSUBSCRIBE"),
            },
        }
    }
}
