use std::time::{Duration, Instant};

use crate::mqtt::QoS;
use crate::session::{AckToken, Received, Session, State};

/// How long to wait after a session was resumed: the broker sends again what it has no acknowledgement for, and the
/// protocol does not mark the end.
const SENT_AGAIN: Duration = Duration::from_secs(3);

/// How long to wait for PINGRESP.
const ANSWERED: Duration = Duration::from_secs(3);

/// Whether the broker is known to have received the acknowledgements at QoS 1; the session tracks those at QoS 2.
///
/// Packets arrive in order, and brokers read them in order, so the PINGRESP to a PINGREQ sent after the acknowledgements
/// shows that they were read. If none arrives, an orderly close after DISCONNECT counts instead; it proves less, since
/// anything between the two ends may close a connection.
#[derive(Debug, Default)]
pub(super) struct Settlement {
    /// Something has been acknowledged, and the broker has not confirmed it yet.
    is_open: bool,
    /// On a connection that was resumed: until then what the broker sends again is waited for.
    until: Option<Instant>,
    /// The PINGREQ after all acknowledgements of this connection.
    ping: Option<u32>,
    /// When to stop waiting for its answer.
    answer_by: Option<Instant>,
}

impl Settlement {
    /// A message has arrived; without a token it has been acknowledged already.
    pub(super) fn received(&mut self, received: &Received) {
        if received.token.is_none() && received.message.qos == QoS::AtLeastOnce {
            self.reopen();
        }
    }

    /// A message has been acknowledged, if perhaps on a connection that is gone.
    pub(super) fn acknowledged(&mut self, token: AckToken) {
        if !token.is_exactly_once() {
            self.reopen();
        }
    }

    /// There is a new connection, with or without the previous session.
    pub(super) fn connected(&mut self, is_session_lost: bool, now: Instant) {
        // A broker without the session does not send anything again.
        self.is_open &= !is_session_lost;
        self.until = if self.is_open { now.checked_add(SENT_AGAIN) } else { None };
        (self.ping, self.answer_by) = (None, None);
    }

    /// Whether the broker has all acknowledgements, or does not answer; asks it if there is a connection.
    pub(super) fn is_asked(&mut self, session: &mut Session, now: Instant) -> bool {
        if !self.is_open {
            return true;
        }
        let is_connected = session.state() == State::Connected;
        if !is_connected || self.until.is_some_and(|until| now < until) {
            return false;
        }
        match self.ping {
            None => {
                self.ping = session.ping(now);
                self.answer_by = self.ping.and_then(|_| now.checked_add(ANSWERED));
            }
            Some(number) => self.is_open = session.pings_answered() < number,
        }
        !self.is_open || self.answer_by.is_some_and(|answer_by| answer_by <= now)
    }

    /// The connection has ended by our DISCONNECT; whether that is the end, or another connection must confirm what this
    /// one has not. `is_orderly`: the broker closed after it.
    pub(super) fn ended(&mut self, is_orderly: bool) -> bool {
        self.is_open &= !is_orderly;
        !self.is_open
    }

    /// When to look again.
    pub(super) fn deadline(&self) -> Option<Instant> {
        self.answer_by.or(self.until)
    }

    fn reopen(&mut self) {
        (self.is_open, self.ping, self.answer_by) = (true, None, None);
    }
}
