//! What can be learned from a server that closes the connection: to have fewer publishes in flight, and which message it
//! does not accept.

use super::{DeliveryId, Disconnected, Event, PublishOutcome, Session};
use crate::mqtt::ReasonCode;

/// After this many closed connections in a row without an acknowledgement, the first publish in flight is given up.
const HANG_UPS: u8 = 3;

/// Bytes of payload that every broker accepts.
const SMALL: usize = 1024;

/// What the ends of earlier connections say about the next one.
///
/// Brokers of MQTT 3.1.1 cannot announce how many publishes they accept at a time, and cannot refuse a single one: they
/// close the connection in both cases. So two things are tried. A connection that ended with the window full and nothing
/// acknowledged is followed by one with half the window. And if nothing was acknowledged twice in a row, the first
/// publish goes alone: if the connection ends once more, it is the one that the server does not accept, and it no longer
/// holds up those behind it.
#[derive(Debug, Default)]
pub(super) struct Caution {
    /// The limit of publishes in flight after more were too many; `None`: more were never too many.
    narrowed: Option<u16>,
    /// Something has been acknowledged since a connection ended with a full window.
    acknowledged_since_full: bool,
    suspect: Option<Suspect>,
    connection: Seen,
    /// A narrower window has been reported.
    is_reported: bool,
    /// Bytes of the largest payload acknowledged so far.
    largest_acknowledged: usize,
    oversized: Option<usize>,
}

/// What happened on the current connection, or the last one.
#[derive(Debug, Default)]
struct Seen {
    /// Something has been acknowledged.
    acknowledged: bool,
    /// What went out has reached the socket, so that the server may have read it.
    is_flushed: bool,
    /// Its end has narrowed the window, which can happen only a few times.
    has_narrowed: bool,
}

#[derive(Debug, Clone, Copy)]
struct Suspect {
    id: DeliveryId,
    hang_ups: u8,
    /// `narrowed` from before it came under suspicion, for when it was that message and not the window.
    narrowed_before: Option<u16>,
}

/// What was in flight when a connection ended.
#[derive(Debug, Clone, Copy)]
struct InFlight {
    /// The first publish; `None`: there was none, or an unanswered PUBREL may be to blame as well.
    first: Option<DeliveryId>,
    /// Bytes of the largest payload among them.
    largest: Option<usize>,
    /// The window was full.
    is_full: bool,
    /// The number of publishes.
    window: u16,
}

/// What follows from the end of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Conclusion {
    /// The window from now on, if it has changed.
    narrowed: Option<u16>,
    /// The publish on which the server closed the connection.
    culprit: Option<DeliveryId>,
}

impl Caution {
    /// How many publishes may be in flight, if fewer than the server announced.
    pub(super) fn limit(&self) -> Option<u16> {
        let is_alone =
            self.suspect.is_some_and(|suspect| suspect.hang_ups + 1 >= HANG_UPS) && !self.connection.acknowledged;
        if is_alone { Some(1) } else { self.narrowed }
    }

    /// Whether this connection made progress.
    pub(super) fn has_progressed(&self) -> bool {
        self.connection.acknowledged || self.connection.has_narrowed
    }

    /// See [`Session::oversized`](super::Session::oversized).
    pub(super) fn oversized(&self) -> Option<usize> {
        self.oversized
    }

    pub(super) fn begin_connection(&mut self) {
        self.connection = Seen::default();
        self.oversized = None;
    }

    /// All that went out has reached the socket.
    pub(super) fn flushed(&mut self) {
        self.connection.is_flushed = true;
    }

    /// PUBACK, PUBREC or PUBCOMP; `size`: bytes of the payload that it answers, where they are known.
    pub(super) fn acknowledged(&mut self, size: usize) {
        self.largest_acknowledged = self.largest_acknowledged.max(size);
        self.connection.acknowledged = true;
        self.acknowledged_since_full = true;
        self.suspect = None;
    }

    /// The server has closed the connection. `too_many`: it reported that more were in flight than it accepts (0x93).
    fn hung_up(&mut self, in_flight: InFlight, too_many: bool) -> Conclusion {
        let narrowed_before = self.narrowed;
        self.oversized = in_flight.largest.filter(|size| *size > self.largest_acknowledged.max(SMALL));
        let mut conclusion = Conclusion::default();
        let is_full_again = in_flight.is_full && !std::mem::take(&mut self.acknowledged_since_full);
        if (is_full_again || too_many) && in_flight.window > 1 {
            self.narrowed = Some(in_flight.window / 2);
            self.connection.has_narrowed = true;
            conclusion.narrowed = self.narrowed.filter(|_| !std::mem::replace(&mut self.is_reported, true));
        }
        if too_many || self.connection.acknowledged || !self.connection.is_flushed {
            return conclusion;
        }
        let Some(id) = in_flight.first else { return conclusion };
        let before = self.suspect.filter(|suspect| suspect.id == id);
        let mut suspect = before.unwrap_or(Suspect { id, hang_ups: 0, narrowed_before });
        suspect.hang_ups += 1;
        if suspect.hang_ups < HANG_UPS {
            self.suspect = Some(suspect);
            return conclusion;
        }
        self.suspect = None;
        self.narrowed = suspect.narrowed_before;
        Conclusion { narrowed: None, culprit: Some(id) }
    }
}

impl Session {
    /// What the end of a connection means, given what was in flight.
    pub(super) fn conclude(&mut self, how: &Disconnected) -> Conclusion {
        let too_many = matches!(how, Disconnected::ByServer(disconnect)
            if disconnect.reason == ReasonCode::ReceiveMaximumExceeded);
        let says_nothing = match how {
            Disconnected::Lost => true,
            Disconnected::ByServer(disconnect) => matches!(
                disconnect.reason,
                ReasonCode::UnspecifiedError | ReasonCode::ImplementationSpecificError | ReasonCode::Success
            ),
            _ => false,
        };
        if !too_many && !says_nothing {
            return Conclusion::default();
        }
        let (limits, all, exactly_once) =
            (self.limits(), self.window.in_flight(), self.window.in_flight_exactly_once());
        // A window that the server announced is one that it accepts.
        let is_announced = self.granted.receive_maximum.is_some();
        let is_full = !is_announced && all > 0 && (all >= limits.all || exactly_once >= limits.exactly_once);
        let window = if exactly_once > 0 { limits.exactly_once } else { limits.all };
        let in_flight = InFlight {
            first: self.window.first_in_flight(),
            largest: self.window.largest_in_flight(),
            is_full,
            window: u16::try_from(window).unwrap_or(u16::MAX),
        };
        self.caution.hung_up(in_flight, too_many)
    }

    /// Draws the conclusion and returns it.
    pub(super) fn draw(&mut self, conclusion: Conclusion) {
        if let Some(window) = conclusion.narrowed {
            self.events.push_back(Event::Narrowed(window));
        }
        if let Some(id) = conclusion.culprit
            && let Some(message) = self.window.take(id)
        {
            self.conclude_publish(id, PublishOutcome::HungUp(Box::new(message)));
        }
    }
}
