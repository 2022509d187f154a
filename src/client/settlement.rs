use std::time::{Duration, Instant};

use crate::mqtt::QoS;
use crate::session::{AckToken, Received};

/// After a resumed connection the broker sends again what it has no acknowledgement for, at once; the protocol has no
/// sign of its end.
const SENT_AGAIN: Duration = Duration::from_secs(1);

/// Whether the broker is known to have the acknowledgements at QoS 1; those at QoS 2 the session sees to.
#[derive(Debug, Default)]
pub(super) struct Settlement {
    /// Something has been acknowledged, and no orderly end has shown that the broker knows.
    is_open: bool,
    /// On a connection that was resumed: until then what the broker sends again is waited for.
    until: Option<Instant>,
}

impl Settlement {
    /// A message has come; without a token it has been acknowledged already.
    pub(super) fn received(&mut self, received: &Received) {
        self.is_open |= received.token.is_none() && received.message.qos == QoS::AtLeastOnce;
    }

    /// A message has been acknowledged, if perhaps on a connection that is gone.
    pub(super) fn acknowledged(&mut self, token: AckToken) {
        self.is_open |= !token.is_exactly_once();
    }

    /// There is a new connection, on which the session goes on or does not.
    pub(super) fn connected(&mut self, is_session_lost: bool, now: Instant) {
        // A broker that has no session sends nothing again.
        self.is_open &= !is_session_lost;
        self.until = if self.is_open { now.checked_add(SENT_AGAIN) } else { None };
    }

    /// The connection has ended behind our DISCONNECT; `is_orderly`: as it does when the broker has read that.
    pub(super) fn ended(&mut self, is_orderly: bool) {
        self.is_open &= !is_orderly;
    }

    /// Whether the broker may be without an acknowledgement.
    pub(super) fn is_open(&self) -> bool {
        self.is_open
    }

    /// When all that comes again has come.
    pub(super) fn until(&self) -> Option<Instant> {
        self.until
    }
}
