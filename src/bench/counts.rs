//! What is counted, each separately.

use std::collections::BTreeMap;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

macro_rules! counts {
    ($(#[$meta:meta])* $name:ident { $($(#[doc = $doc:literal])+ $field:ident),+ $(,)? }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(deny_unknown_fields, default)]
        pub struct $name {
            $($(#[doc = $doc])+ pub $field: u64),+
        }

        impl $name {
            /// Names, as in the report.
            pub const NAMES: &[&str] = &[$(stringify!($field)),+];

            /// What each of them counts, in their order.
            pub const MEANINGS: &[&str] = &[$(concat!($($doc),+)),+];

            /// What has been added since an earlier state.
            #[must_use]
            pub fn since(&self, earlier: &Self) -> Self {
                Self { $($field: self.$field - earlier.$field),+ }
            }

            /// The count of a name.
            pub fn get(&self, name: &str) -> Option<u64> {
                match name {
                    $(stringify!($field) => Some(self.$field),)+
                    _ => None,
                }
            }
        }

        impl AddAssign<&Self> for $name {
            fn add_assign(&mut self, other: &Self) {
                $(self.$field += other.$field;)+
            }
        }
    };
}

counts! {
    /// Over the whole run, warm-up and drain included, so that they equal the broker's own counters.
    Counts {
        /// Connections that were begun.
        connections_attempted,
        /// Accepted by CONNACK.
        connected,
        /// No stream, or no CONNACK.
        connections_failed,
        /// CONNACK with a refusal.
        connections_refused,
        /// Ended by the broker or the network, not by us.
        connections_lost,
        /// Connects whose planned time came: of clients that come and go, and of cut connections.
        connections_planned,
        /// Planned connects that had not begun in the end, since the client's connection before was not over.
        connections_missed,
        /// Filters asked for.
        subscriptions_attempted,
        /// Filters granted.
        subscribed,
        /// Filters refused.
        subscriptions_refused,
        /// Planned subscriptions that had not begun in the end, since the client's one before was not over.
        subscriptions_missed,
        /// Filters that clients asked to end.
        unsubscriptions_attempted,
        /// Filters ended.
        unsubscribed,
        /// Filters that the broker refused to end.
        unsubscriptions_refused,
        /// Messages whose planned time was reached.
        scheduled,
        /// Messages written to the socket.
        sent,
        /// PUBACK or PUBCOMP with a success.
        acknowledged,
        /// PUBACK, PUBREC or PUBCOMP with a refusal, or refused by the limits in CONNACK.
        refused,
        /// Sent at QoS 1 or 2, without an answer before the end.
        unacknowledged,
        /// Scheduled and not sent before the end, because the window was full or the socket accepted no more.
        unsent,
        /// Scheduled and dropped by this program: no connection, or too many waiting.
        dropped,
        /// Sent more than 10 ms after their planned time.
        late,
        /// Late, or not sent: the thread of this program got no core in time.
        late_due_to_core,
        /// Late, or not sent: this program had too much to do.
        late_due_to_work,
        /// Late, or not sent: the window was full.
        late_due_to_window,
        /// Late, or not sent: the socket accepted no more.
        late_due_to_socket,
        /// Late, or not sent: there was no connection.
        late_due_to_connection,
        /// Messages received, every copy.
        delivered,
        /// Deliveries that the messages sent should have led to, by the subscriptions that the broker had granted. Those
        /// of subscribers that lost their connection later are among them.
        expected,
        /// Expected deliveries that did not arrive.
        lost,
        /// Repeated deliveries.
        duplicated,
        /// Deliveries overtaken by a later message.
        reordered,
        /// Deliveries without a stamp or of another run.
        foreign,
        /// Deliveries that came before they were sent: by the clocks of two machines that disagree. Their latency is not
        /// measured.
        clock_skewed,
        /// Messages received by clients that subscribe and unsubscribe again and again. They are not among those
        /// delivered, since no plan says how many they should be.
        received_in_passing,
        /// Messages sent that are to be answered.
        requests,
        /// Responses in time.
        responses,
        /// Requests without a response in time, or before the end.
        responses_timed_out,
        /// Responses that came when their time was over, and repeated ones.
        responses_late,
        /// Messages on a response topic that answer no request.
        responses_foreign,
        /// Requests answered, by clients that reply.
        replied,
        /// Bytes written to sockets.
        bytes_sent,
        /// Bytes read from sockets.
        bytes_received,
    }
}

/// Refusals and failures by their reason, as a person reads it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(transparent)]
pub struct Reasons(pub BTreeMap<String, u64>);

/// The beginning of a reason that is a protocol violation of the broker.
pub(crate) const VIOLATION: &str = "the broker broke the protocol";

/// The beginnings of reasons that are answers which the broker did not give.
pub(crate) const UNANSWERED: [&str; 2] = ["no CONNACK", "no SUBACK"];

/// How many different reasons are counted, so that peers that invent new ones do not fill memory.
const MAXIMUM_REASONS: usize = 64;

impl Reasons {
    /// Counts one.
    pub fn note(&mut self, reason: String) {
        self.add(reason, 1);
    }

    fn add(&mut self, reason: String, count: u64) {
        let known = self.0.contains_key(&reason) || self.0.len() < MAXIMUM_REASONS;
        *self.0.entry(if known { reason } else { "others".into() }).or_default() += count;
    }
}

impl AddAssign<&Self> for Reasons {
    fn add_assign(&mut self, other: &Self) {
        for (reason, count) in &other.0 {
            self.add(reason.clone(), *count);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_add_up_by_name() {
        let mut counts = Counts { sent: 2, lost: 1, ..Counts::default() };
        counts += &Counts { sent: 3, ..Counts::default() };
        assert_eq!((counts.get("sent"), counts.get("lost"), counts.get("no such")), (Some(5), Some(1), None));
    }

    #[test]
    fn endless_new_reasons_are_counted_together() {
        let mut reasons = Reasons::default();
        (0..1000).for_each(|number| reasons.note(format!("reason {number}")));
        assert_eq!(reasons.0.len(), MAXIMUM_REASONS + 1);
        assert_eq!(reasons.0.values().sum::<u64>(), 1000);
    }
}
