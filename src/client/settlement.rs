use std::time::{Duration, Instant};

use crate::mqtt::QoS;
use crate::session::{AckToken, Received, Session};

/// After a resumed connection the broker sends again what it has no acknowledgement for; the protocol has no sign of
/// its end.
const SENT_AGAIN: Duration = Duration::from_secs(3);

/// Whether the broker is known to have the acknowledgements at QoS 1; those at QoS 2 the session sees to.
///
/// A broker handles packets in their order [MQTT-4.6.0-2], so a PINGRESP to a PINGREQ behind them says that it has. That
/// it closes behind DISCONNECT would not: anything on the way may close.
#[derive(Debug, Default)]
pub(super) struct Settlement {
    /// Something has been acknowledged, and nothing has shown that the broker knows.
    is_open: bool,
    /// On a connection that was resumed: until then what the broker sends again is waited for.
    until: Option<Instant>,
    /// The PINGREQ behind all acknowledgements of this connection.
    ping: Option<u32>,
}

impl Settlement {
    /// A message has come; without a token it has been acknowledged already.
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

    /// There is a new connection, on which the session goes on or does not.
    pub(super) fn connected(&mut self, is_session_lost: bool, now: Instant) {
        // A broker that has no session sends nothing again.
        self.is_open &= !is_session_lost;
        self.until = if self.is_open { now.checked_add(SENT_AGAIN) } else { None };
        self.ping = None;
    }

    /// Whether the broker has all acknowledgements; asks it, where there is a connection to ask on.
    pub(super) fn is_closed(&mut self, session: &mut Session, now: Instant) -> bool {
        if !self.is_open {
            return true;
        }
        if self.until.is_some_and(|until| now < until) {
            return false;
        }
        match self.ping {
            None => self.ping = session.ping(now),
            Some(number) => self.is_open = session.pings_answered() < number,
        }
        !self.is_open
    }

    /// When all that comes again has come.
    pub(super) fn until(&self) -> Option<Instant> {
        self.until
    }

    fn reopen(&mut self) {
        (self.is_open, self.ping) = (true, None);
    }
}
