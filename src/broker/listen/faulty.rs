use std::num::NonZeroUsize;
use std::time::Instant;

use bytes::{Bytes, BytesMut};

use super::hub::Hub;
use super::refusal::{Answer, Frame, size};
use crate::broker::core::LinkId;
use crate::broker::faults::{Direction, LinkFaults, Packet};
use crate::mqtt::ReasonCode;

/// The faults of one link, between its bytes and its session: what the client sends is split into packets, and the
/// rules decide about each.
pub(super) struct Faulty {
    faults: LinkFaults,
    is_v5: bool,
    /// CONNACK has accepted the client.
    is_accepted: bool,
    is_closed: bool,
    /// Packet identifiers of messages that set faults, whose hand-shakes are in progress.
    exempt: Vec<u16>,
}

impl Faulty {
    /// The faults of a new link.
    pub(super) fn new(hub: &Hub, now: Instant) -> Self {
        let faults = LinkFaults::new(&mut hub.faults.borrow_mut(), now);
        Self { faults, is_v5: false, is_accepted: false, is_closed: false, exempt: Vec::new() }
    }

    /// Takes whole packets of the client from the front of `input`, and hands the core those that are due.
    pub(super) fn handle_input(&mut self, hub: &Hub, id: LinkId, input: &mut BytesMut, now: Instant) {
        loop {
            match size(input) {
                Some(Ok(size)) if size <= input.len() => {
                    let frame = input.split_to(size).freeze();
                    self.take(hub, id, frame, now);
                }
                Some(Ok(size)) if size <= hub.maximum_packet_size() => break,
                None => break,
                // The session complains about it.
                Some(_) => {
                    hub.handle_input(id, input);
                    break;
                }
            }
        }
        self.deliver(hub, id, now);
    }

    /// Takes a packet of the client on its way.
    fn take(&mut self, hub: &Hub, id: LinkId, frame: Bytes, now: Instant) {
        if let Some(is_v5) = Frame::new(&frame).and_then(Frame::is_connect_of_v5) {
            self.is_v5 = is_v5;
        }
        if self.is_control(hub, &frame) {
            // Rules do not apply to it, so that faults can be removed. Earlier packets go before it.
            self.deliver(hub, id, now);
            self.collect(hub, id, now);
            if self.is_accepted {
                self.handle_control(hub, id, &frame, now);
                return;
            }
        }
        if self.is_exempt(&frame, Direction::FromClient) {
            self.faults.handle_exempt(Direction::FromClient, frame);
        } else {
            self.faults.handle_frame(&mut hub.faults.borrow_mut(), Direction::FromClient, frame, now);
        }
    }

    /// Hands the core the packets of the client that are due.
    pub(super) fn deliver(&mut self, hub: &Hub, id: LinkId, now: Instant) {
        loop {
            let frame = self.faults.poll_frame(&hub.faults.borrow(), Direction::FromClient, now);
            let Some(frame) = frame else { break };
            if self.is_refused(hub, id, &frame, now) {
                continue;
            }
            if self.is_control(hub, &frame) {
                self.collect(hub, id, now);
                if self.is_accepted {
                    self.handle_control(hub, id, &frame, now);
                    continue;
                }
            }
            hub.handle_input(id, &mut BytesMut::from(frame));
        }
        self.is_closed |= self.faults.poll_closed();
        self.report(hub);
    }

    /// Takes packets of the core, and appends to `out` those to the client that are due.
    pub(super) fn handle_output(&mut self, hub: &Hub, packets: BytesMut, out: &mut BytesMut, now: Instant) {
        self.take_output(hub, packets, now);
        while let Some(frame) = self.faults.poll_frame(&hub.faults.borrow(), Direction::ToClient, now) {
            out.extend_from_slice(&frame);
        }
        self.is_closed |= self.faults.poll_closed();
        self.report(hub);
    }

    /// Takes packets of the core on their way.
    fn take_output(&mut self, hub: &Hub, mut packets: BytesMut, now: Instant) {
        while let Some(Ok(size)) = size(&packets) {
            let frame = packets.split_to(size.min(packets.len())).freeze();
            self.is_accepted |= Frame::new(&frame).is_some_and(Frame::is_acceptance);
            if self.is_exempt(&frame, Direction::ToClient) {
                self.faults.handle_exempt(Direction::ToClient, frame);
            } else {
                self.faults.handle_frame(&mut hub.faults.borrow_mut(), Direction::ToClient, frame, now);
            }
        }
    }

    /// Takes what the core has answered so far, so that an answer from here goes behind it: acknowledgements come in
    /// the order of what they acknowledge [MQTT-4.6.0-2], [MQTT-4.6.0-3]. Once is enough, as answers go first.
    fn collect(&mut self, hub: &Hub, id: LinkId, now: Instant) {
        let mut packets = BytesMut::new();
        hub.transmit(id, &mut packets);
        self.take_output(hub, packets, now);
    }

    fn report(&mut self, hub: &Hub) {
        for done in self.faults.take_done() {
            hub.fault(&done);
        }
    }

    /// Why the link is cut, for the log.
    pub(super) fn why_closed(&self) -> Option<String> {
        let rule = self.faults.closing_rule().filter(|_| self.is_closed)?;
        Some(format!("fault `{rule}`"))
    }

    /// Whether to stop reading for now.
    pub(super) fn is_full(&self) -> bool {
        self.faults.is_full()
    }

    /// Whether the link is to be cut.
    pub(super) fn is_closed(&self) -> bool {
        self.is_closed
    }

    /// When something is due.
    pub(super) fn timeout(&self, hub: &Hub, now: Instant) -> Option<Instant> {
        self.faults.poll_timeout(&hub.faults.borrow(), now)
    }

    /// How many bytes may be written at a time.
    pub(super) fn fragment(&self, hub: &Hub) -> Option<NonZeroUsize> {
        self.faults.fragment(&hub.faults.borrow())
    }

    /// Answers a packet that a rule refuses.
    fn is_refused(&mut self, hub: &Hub, id: LinkId, frame: &Bytes, now: Instant) -> bool {
        let packet = match frame.first().map(|first| first >> 4) {
            Some(1) => Packet::Connect,
            Some(3) => Packet::Publish,
            Some(8) => Packet::Subscribe,
            Some(10) => Packet::Unsubscribe,
            _ => return false,
        };
        let reason = self.faults.refusal(&mut hub.faults.borrow_mut(), packet);
        match reason {
            Some(reason) => {
                self.collect(hub, id, now);
                let packet = self.refused(frame, reason, "");
                if let Some(packet) = packet {
                    self.faults.handle_frame(&mut hub.faults.borrow_mut(), Direction::ToClient, packet, now);
                }
                true
            }
            None => false,
        }
    }

    /// Whether it is a message that sets faults.
    fn is_control(&self, hub: &Hub, frame: &[u8]) -> bool {
        hub.has_control() && Frame::new(frame).and_then(|frame| frame.control(self.is_v5)).is_some()
    }

    /// Takes a message that sets faults. The new faults begin after its acknowledgement, to which none apply.
    fn handle_control(&mut self, hub: &Hub, id: LinkId, frame: &Bytes, now: Instant) {
        let Some(seen) = Frame::new(frame).filter(|_| !self.is_closed) else { return };
        if let Some(text) = seen.control(self.is_v5).filter(|_| hub.may_control(id))
            && let Err(why) = hub.replace_faults(&String::from_utf8_lossy(text))
        {
            if let Some(packet) = self.refused(frame, ReasonCode::PayloadFormatInvalid, &why) {
                self.faults.handle_exempt(Direction::ToClient, packet);
            }
            return;
        }
        self.exempt.extend(seen.packet_id());
        hub.handle_input(id, &mut BytesMut::from(frame.clone()));
        self.collect(hub, id, now);
    }

    /// Whether a packet is part of the hand-shake of a message that sets faults, which its last packet ends.
    fn is_exempt(&mut self, frame: &[u8], direction: Direction) -> bool {
        if self.exempt.is_empty() {
            return false;
        }
        let Some(seen) = Frame::new(frame) else { return false };
        let known = seen.packet_id().and_then(|id| self.exempt.iter().position(|exempt| *exempt == id));
        match (known, direction) {
            (Some(_), Direction::FromClient) => seen.is_pubrel(),
            (Some(place), Direction::ToClient) if seen.is_answer_to_publish() => {
                if seen.ends_hand_shake() {
                    self.exempt.swap_remove(place);
                }
                true
            }
            _ => false,
        }
    }

    /// What answers a packet that is refused, if anything does; if nothing can, the link is closed.
    fn refused(&mut self, frame: &Bytes, reason: ReasonCode, why: &str) -> Option<Bytes> {
        let answer = Frame::new(frame)?.refused(reason, why, self.is_v5);
        self.is_closed |= matches!(answer, Answer::Last(_) | Answer::End);
        match answer {
            Answer::Packet(packet) | Answer::Last(packet) => Some(packet),
            Answer::Nothing | Answer::End => None,
        }
    }
}
