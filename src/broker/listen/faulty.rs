use std::num::NonZeroUsize;
use std::time::Instant;

use bytes::{Bytes, BytesMut};

use super::hub::Hub;
use super::refusal::{Answer, Frame, size};
use crate::broker::core::LinkId;
use crate::broker::faults::{Direction, LinkFaults, Packet};
use crate::mqtt::ReasonCode;

/// The faults of one link, between its bytes and its session: what the client sends is cut into packets, and what
/// becomes of each is up to the rules.
pub(super) struct Faulty {
    faults: LinkFaults,
    is_v5: bool,
    /// CONNACK has let the client in.
    is_accepted: bool,
    is_closed: bool,
}

impl Faulty {
    /// The faults of a new link.
    pub(super) fn new(hub: &Hub, now: Instant) -> Self {
        let faults = LinkFaults::new(&mut hub.faults.borrow_mut(), now);
        Self { faults, is_v5: false, is_accepted: false, is_closed: false }
    }

    /// Takes whole packets of the client from the front of `input`, and hands the core those that are due.
    pub(super) fn handle_input(&mut self, hub: &Hub, id: LinkId, input: &mut BytesMut, now: Instant) {
        loop {
            match size(input) {
                Some(Ok(size)) if size <= input.len() => {
                    let frame = input.split_to(size).freeze();
                    if let Some(is_v5) = Frame::new(&frame).and_then(Frame::is_connect_of_v5) {
                        self.is_v5 = is_v5;
                    }
                    self.faults.handle_frame(&mut hub.faults.borrow_mut(), Direction::FromClient, frame, now);
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

    /// Hands the core the packets of the client that are due.
    pub(super) fn deliver(&mut self, hub: &Hub, id: LinkId, now: Instant) {
        loop {
            let frame = self.faults.poll_frame(&hub.faults.borrow(), Direction::FromClient, now);
            let Some(frame) = frame else { break };
            if self.is_refused(hub, &frame, now) || self.is_wrong_control(hub, &frame, now) {
                continue;
            }
            hub.handle_input(id, &mut BytesMut::from(frame));
        }
        self.is_closed |= self.faults.poll_closed();
    }

    /// Takes packets of the core, and appends to `out` those to the client that are due.
    pub(super) fn handle_output(&mut self, hub: &Hub, mut packets: BytesMut, out: &mut BytesMut, now: Instant) {
        let mut faults = hub.faults.borrow_mut();
        while let Some(Ok(size)) = size(&packets) {
            let frame = packets.split_to(size.min(packets.len())).freeze();
            self.is_accepted |= Frame::new(&frame).is_some_and(Frame::is_acceptance);
            self.faults.handle_frame(&mut faults, Direction::ToClient, frame, now);
        }
        while let Some(frame) = self.faults.poll_frame(&faults, Direction::ToClient, now) {
            out.extend_from_slice(&frame);
        }
        self.is_closed |= self.faults.poll_closed();
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
    fn is_refused(&mut self, hub: &Hub, frame: &Bytes, now: Instant) -> bool {
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
                self.refuse(hub, frame, reason, "", now);
                true
            }
            None => false,
        }
    }

    /// Takes a message that sets faults; whether it is wrong, and answered.
    fn is_wrong_control(&mut self, hub: &Hub, frame: &Bytes, now: Instant) -> bool {
        let text = Frame::new(frame).and_then(|frame| frame.control(self.is_v5));
        let Some(text) = text.filter(|_| hub.has_control() && self.is_accepted) else { return false };
        match hub.replace_faults(&String::from_utf8_lossy(text)) {
            Ok(()) => false,
            Err(why) => {
                self.refuse(hub, frame, ReasonCode::PayloadFormatInvalid, &why, now);
                true
            }
        }
    }

    fn refuse(&mut self, hub: &Hub, frame: &Bytes, reason: ReasonCode, why: &str, now: Instant) {
        let Some(frame) = Frame::new(frame) else { return };
        let answer = frame.refused(reason, why, self.is_v5);
        self.is_closed |= matches!(answer, Answer::Last(_) | Answer::End);
        if let Answer::Packet(packet) | Answer::Last(packet) = answer {
            self.faults.handle_frame(&mut hub.faults.borrow_mut(), Direction::ToClient, packet, now);
        }
    }
}
