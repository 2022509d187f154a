//! What the server has sent at QoS 1 and 2 and this end has not finished with.

use std::collections::VecDeque;

use super::AckToken;
use crate::mqtt::QoS;

/// Packet ids of received messages: no QoS 2 message is delivered twice, no token acknowledges twice, and the
/// server must keep to our Receive Maximum.
#[derive(Debug)]
pub(super) struct IncomingIds {
    /// Sorted by id. Ids arrive mostly in order, so that changes happen at the ends of the ring.
    entries: VecDeque<Entry>,
    /// Publishes received on this connection whose PUBACK or PUBCOMP has not been handed to transmit.
    unfinished: u32,
    /// Which connection a token at QoS 1 belongs to.
    connection: u32,
    /// Which session a token at QoS 2 belongs to.
    session: u32,
}

#[derive(Debug, Clone, Copy)]
struct Entry {
    packet_id: u16,
    exactly_once: bool,
    /// PUBREC was queued on some connection. At QoS 1 always `false`: acknowledged ones are removed.
    recorded: bool,
    /// It counts in `unfinished`, as it arrived on this connection.
    counted: bool,
}

/// How to treat a PUBLISH at QoS 1 or 2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arrival {
    /// To be delivered.
    New,
    /// Delivered before; `recorded`: and to be answered with PUBREC again.
    Again {
        /// PUBREC was queued for it already.
        recorded: bool,
    },
    /// The id is in use by a message of the other QoS.
    IdInUse,
}

/// The result of using a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    /// PUBACK or PUBREC is due.
    Answer,
    /// The message came on an earlier connection, so the server will send it again; PUBREC is due then.
    Noted,
    /// Nothing to acknowledge.
    Stale,
}

/// How to treat a PUBREL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Release {
    /// It ends the hand-shake; `counted`: PUBCOMP makes room in our Receive Maximum.
    Complete { counted: bool },
    /// No such message.
    Unknown,
    /// It came before PUBREC.
    TooEarly,
}

impl IncomingIds {
    pub(super) const fn new() -> Self {
        Self { entries: VecDeque::new(), unfinished: 0, connection: 0, session: 0 }
    }

    /// A new connection: the server starts counting again, and sends unacknowledged messages at QoS 1 again.
    pub(super) fn begin_connection(&mut self) {
        self.connection = self.connection.wrapping_add(1);
        self.unfinished = 0;
        self.entries.retain(|entry| entry.exactly_once);
        for entry in &mut self.entries {
            entry.counted = false;
        }
    }

    /// The server has no session: it does not know of any message.
    pub(super) fn forget(&mut self) {
        self.session = self.session.wrapping_add(1);
        self.entries.clear();
    }

    /// How many messages the server has outstanding towards us, as far as it can know.
    pub(super) fn unfinished(&self) -> u32 {
        self.unfinished
    }

    /// Messages at QoS 2 that had PUBREC and no PUBREL.
    pub(super) fn unreleased(&self) -> usize {
        self.entries.iter().filter(|entry| entry.exactly_once && entry.recorded).count()
    }

    /// A PUBLISH at QoS 1 or 2. At QoS 1 it is remembered only if it is to be acknowledged by the token (`manual`).
    pub(super) fn arrive(&mut self, packet_id: u16, qos: QoS, manual: bool) -> (Arrival, AckToken) {
        let exactly_once = qos == QoS::ExactlyOnce;
        let generation = if exactly_once { self.session } else { self.connection };
        let token = AckToken { packet_id, exactly_once, generation };
        let arrival = match self.find(packet_id) {
            Err(_) if !exactly_once && !manual => {
                self.unfinished += 1;
                Arrival::New
            }
            Err(at) => {
                self.entries.insert(at, Entry { packet_id, exactly_once, recorded: false, counted: true });
                self.unfinished += 1;
                Arrival::New
            }
            Ok(at) if self.entries[at].exactly_once != exactly_once => Arrival::IdInUse,
            // Sent again before it was acknowledged: at least once.
            Ok(_) if !exactly_once => Arrival::New,
            Ok(at) => {
                let entry = &mut self.entries[at];
                if !std::mem::replace(&mut entry.counted, true) {
                    self.unfinished += 1;
                }
                Arrival::Again { recorded: entry.recorded }
            }
        };
        (arrival, token)
    }

    /// PUBREC is being queued for it.
    pub(super) fn record(&mut self, packet_id: u16) {
        if let Ok(at) = self.find(packet_id) {
            self.entries[at].recorded = true;
        }
    }

    /// Uses up a token.
    pub(super) fn acknowledge(&mut self, token: AckToken) -> Use {
        let Ok(at) = self.find(token.packet_id) else { return Use::Stale };
        let entry = &mut self.entries[at];
        let generation = if token.exactly_once { self.session } else { self.connection };
        if entry.exactly_once != token.exactly_once || token.generation != generation || entry.recorded {
            return Use::Stale;
        }
        if !token.exactly_once {
            self.entries.remove(at);
            return Use::Answer;
        }
        entry.recorded = true;
        if entry.counted { Use::Answer } else { Use::Noted }
    }

    /// PUBREL.
    pub(super) fn release(&mut self, packet_id: u16) -> Release {
        match self.find(packet_id) {
            Ok(at) if self.entries[at].exactly_once && self.entries[at].recorded => {
                let counted = self.entries[at].counted;
                self.entries.remove(at);
                Release::Complete { counted }
            }
            Ok(_) => Release::TooEarly,
            Err(_) => Release::Unknown,
        }
    }

    /// A message at QoS 2 is being refused, so that its id is free again [MQTT-4.3.3-9].
    #[cfg(feature = "broker")]
    pub(super) fn discard(&mut self, packet_id: u16) {
        if let Ok(at) = self.find(packet_id) {
            self.entries.remove(at);
        }
    }

    /// PUBACK or PUBCOMP of a counted message was handed to transmit.
    pub(super) fn finish(&mut self) {
        self.unfinished = self.unfinished.saturating_sub(1);
    }

    fn find(&self, packet_id: u16) -> Result<usize, usize> {
        self.entries.binary_search_by_key(&packet_id, |entry| entry.packet_id)
    }
}
