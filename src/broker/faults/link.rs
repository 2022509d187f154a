use std::num::NonZeroUsize;
use std::time::{Duration, Instant};

use bytes::{Bytes, BytesMut};

use super::lane::Lane;
use super::packet::{Packet, client_id, content, described};
use super::rule::{Direction, Fault};
use super::set::Faults;
use crate::mqtt::ReasonCode;

/// The faults of one link: whole packets go in, and come out as the rules determine.
///
/// Both ways: each packet from the client is given to [`Self::handle_frame`] before the session sees it, and each to the
/// client before it is written. Then [`Self::poll_frame`] is called for that direction until there is none, and
/// [`Self::poll_closed`] asked. At [`Self::poll_timeout`] both directions are polled again.
#[derive(Debug)]
pub(crate) struct LinkFaults {
    random: fastrand::Rng,
    opened: Instant,
    client: String,
    from_client: Lane,
    to_client: Lane,
    /// For each rule how many of its packets this link has seen, for the rules of this version.
    seen: Vec<u64>,
    version: u64,
    is_closed: bool,
    /// What was done since the last call.
    done: Vec<Done>,
    /// By place the rules that have done something here.
    told: Vec<bool>,
    /// The rule that closes the link.
    closing: Option<String>,
}

/// Something that a rule did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Done {
    /// In words.
    pub(crate) text: String,
    /// Whether the rule had done nothing to this link before.
    pub(crate) is_first: bool,
}

/// A link reads nothing while this many packets wait: a client that does not read answers must not fill the memory.
const MOST_WAITING: usize = 100_000;

impl LinkFaults {
    /// A link that was opened `now`.
    pub(crate) fn new(faults: &mut Faults, now: Instant) -> Self {
        Self {
            random: faults.next_random(),
            opened: now,
            client: String::new(),
            from_client: Lane::default(),
            to_client: Lane::default(),
            seen: Vec::new(),
            version: faults.version(),
            is_closed: false,
            done: Vec::new(),
            told: Vec::new(),
            closing: None,
        }
    }

    /// Sets the client of the link, which is known from its CONNECT unless the broker assigns the identifier.
    pub(crate) fn set_client(&mut self, client_id: &str) {
        client_id.clone_into(&mut self.client);
    }

    /// Takes a whole packet that no rule is about.
    pub(crate) fn handle_exempt(&mut self, direction: Direction, frame: Bytes) {
        self.lane(direction).push(None, frame, None, false);
    }

    /// Takes a whole packet on its way.
    pub(crate) fn handle_frame(&mut self, faults: &mut Faults, direction: Direction, frame: Bytes, now: Instant) {
        if self.version != faults.version() {
            self.seen.clear();
            self.told.clear();
            self.version = faults.version();
        }
        self.seen.resize(faults.rules().len(), 0);
        let packet = frame.first().and_then(|first| Packet::of(*first));
        let Some(packet) = packet else {
            self.lane(direction).push(None, frame, None, false);
            return;
        };
        if packet == Packet::Connect
            && let Some(client) = client_id(&frame)
        {
            self.set_client(client);
        }
        let mut frame = frame;
        let (mut copies, mut from, mut closes) = (1, None, false);
        let places: Vec<usize> = faults.about(packet, direction, &self.client).collect();
        for place in places {
            let fault = faults.rules()[place].fault.clone();
            // These are decided elsewhere.
            if matches!(fault, Fault::Refuse(..)) {
                continue;
            }
            self.seen[place] += 1;
            if !faults.applies(place, &mut self.random) {
                continue;
            }
            let closes_now = match fault {
                Fault::CloseAfter(_, number) => number.is_none_or(|number| self.seen[place] == number),
                _ => false,
            };
            let verb = match &fault {
                Fault::Drop(_) => "dropped".to_owned(),
                Fault::Duplicate(_) => "duplicated".to_owned(),
                Fault::Corrupt(_) => "corrupted".to_owned(),
                Fault::Delay(_, time) => format!("delayed by {time:?}"),
                Fault::Reorder(..) => "held back to be reordered".to_owned(),
                _ if closes_now => "passed on, then the connection closed".to_owned(),
                _ => String::new(),
            };
            if !verb.is_empty() {
                let packet = described(packet, &frame);
                let way = if direction == Direction::FromClient { "from" } else { "to" };
                self.tell(faults, place, &format!("{packet} {way} client `{}` {verb}", self.client));
            }
            match fault {
                Fault::Drop(_) => copies = 0,
                Fault::Duplicate(_) => copies *= 2,
                Fault::Corrupt(_) => frame = corrupted(&frame, &mut self.random),
                Fault::Delay(_, time) => from = from.max(now.checked_add(time)),
                Fault::Reorder(_, count) => self.lane(direction).collect(packet, count, now),
                Fault::CloseAfter(..) if closes_now => {
                    closes = true;
                    self.closing = Some(faults.rules()[place].text.clone());
                }
                Fault::CloseAfter(..) | Fault::Refuse(..) | Fault::Stall { .. } | Fault::Fragment(_) => {}
            }
        }
        for copy in 0..copies {
            let frame = if copy == 0 { frame.clone() } else { resent(packet, &frame) };
            let Self { from_client, to_client, random, .. } = self;
            let lane = if direction == Direction::FromClient { from_client } else { to_client };
            // The packet that closes the link is not shuffled, as nothing would follow it.
            if lane.collects(packet) && !closes {
                lane.add(frame, random);
            } else {
                lane.push(Some(packet), frame, from, closes && copy + 1 == copies);
            }
        }
        // A packet that is dropped closes the link just as well.
        self.is_closed |= closes && copies == 0;
    }

    /// The next packet that passes `now`.
    pub(crate) fn poll_frame(&mut self, faults: &Faults, direction: Direction, now: Instant) -> Option<Bytes> {
        if self.is_closed || self.stalled_until(faults, direction, now).is_some() {
            return None;
        }
        let Self { from_client, to_client, random, .. } = self;
        let lane = if direction == Direction::FromClient { from_client } else { to_client };
        let (frame, closes) = lane.pop(now, random)?;
        self.is_closed = closes;
        Some(frame)
    }

    /// Whether the link is to be cut, once what was polled before is written.
    pub(crate) fn poll_closed(&self) -> bool {
        self.is_closed
    }

    /// When to poll again although nothing came.
    pub(crate) fn poll_timeout(&self, faults: &Faults, now: Instant) -> Option<Instant> {
        if self.is_closed {
            return None;
        }
        let lanes = [(Direction::FromClient, &self.from_client), (Direction::ToClient, &self.to_client)];
        let timeouts = lanes.into_iter().filter_map(|(direction, lane)| {
            let stalled = self.stalled_until(faults, direction, now);
            // What only a stall holds back has no time set.
            let waits = if stalled.is_some() { lane.timeout().or(stalled) } else { lane.timeout() };
            waits.map(|at| stalled.map_or(at, |end| at.max(end)))
        });
        timeouts.min()
    }

    /// The reason with which the broker is to refuse a CONNECT, PUBLISH, SUBSCRIBE or UNSUBSCRIBE that it has from this
    /// client. Asked once for each.
    pub(crate) fn refusal(&mut self, faults: &mut Faults, packet: Packet) -> Option<ReasonCode> {
        let places: Vec<usize> = faults.about(packet, Direction::FromClient, &self.client).collect();
        let found = places.into_iter().find_map(|place| match faults.rules()[place].fault {
            Fault::Refuse(_, reason) => faults.applies(place, &mut self.random).then_some((place, reason)),
            _ => None,
        });
        let (place, reason) = found?;
        self.closing = Some(faults.rules()[place].text.clone());
        let packet = packet.name().to_ascii_uppercase();
        self.tell(faults, place, &format!("{packet} from client `{}` refused: {reason}", self.client));
        Some(reason)
    }

    /// What rules did since the last call.
    pub(crate) fn take_done(&mut self) -> Vec<Done> {
        std::mem::take(&mut self.done)
    }

    /// The rule that closes the link, if any.
    pub(crate) fn closing_rule(&self) -> Option<&str> {
        self.closing.as_deref()
    }

    /// Whether so much waits for the client that nothing more is to be read.
    pub(crate) fn is_full(&self) -> bool {
        self.to_client.len() + self.from_client.len() > MOST_WAITING
    }

    fn tell(&mut self, faults: &Faults, place: usize, what: &str) {
        self.told.resize(faults.rules().len(), false);
        let is_first = !std::mem::replace(&mut self.told[place], true);
        self.done.push(Done { text: format!("fault `{}`: {what}", faults.rules()[place].text), is_first });
    }

    /// How many bytes may be written at a time; `None`: as many as there are.
    pub(crate) fn fragment(&self, faults: &Faults) -> Option<NonZeroUsize> {
        let own = faults.rules().iter().filter(|rule| rule.is_for(&self.client));
        own.filter_map(|rule| if let Fault::Fragment(bytes) = rule.fault { NonZeroUsize::new(bytes) } else { None })
            .min()
    }

    fn lane(&mut self, direction: Direction) -> &mut Lane {
        match direction {
            Direction::FromClient => &mut self.from_client,
            Direction::ToClient => &mut self.to_client,
        }
    }

    /// When the pause that the link is in is over; `None` if it is in none. The first one begins after `every`.
    fn stalled_until(&self, faults: &Faults, direction: Direction, now: Instant) -> Option<Instant> {
        let since = now.saturating_duration_since(self.opened);
        let stalls = faults.rules().iter().filter(|rule| rule.goes(direction) && rule.is_for(&self.client));
        let ends = stalls.filter_map(|rule| {
            let Fault::Stall { pause, every } = rule.fault else { return None };
            let into = since.as_nanos() % every.as_nanos();
            let left = pause.as_nanos().checked_sub(into).filter(|left| *left > 0 && since >= every)?;
            now.checked_add(Duration::from_nanos(u64::try_from(left).ok()?))
        });
        ends.max()
    }
}

/// The packet as it would be sent again [MQTT-3.3.1-1].
fn resent(packet: Packet, frame: &Bytes) -> Bytes {
    const QOS: u8 = 0b0110;
    const DUP: u8 = 0b1000;
    if packet != Packet::Publish || frame.first().is_none_or(|first| first & QOS == 0) {
        return frame.clone();
    }
    let mut copy = BytesMut::from(&frame[..]);
    copy[0] |= DUP;
    copy.freeze()
}

/// The packet with one bit flipped after its fixed header, so that the next one is found; PINGREQ has no such bit.
fn corrupted(frame: &Bytes, random: &mut fastrand::Rng) -> Bytes {
    let content = content(frame);
    if content == frame.len() {
        return frame.clone();
    }
    let mut copy = BytesMut::from(&frame[..]);
    copy[random.usize(content..frame.len())] ^= 1 << random.u8(..8);
    copy.freeze()
}

#[cfg(test)]
#[path = "tests/mod.rs"]
mod tests;
