//! What the broker counts and publishes about itself under `$SYS`.

use std::time::Instant;

use bytestring::ByteString;

use super::state::Core;
use super::timers::Timer;
use crate::broker::statistics::{Counters, Gauges, Statistics, SysValue};
use crate::mqtt::{Message, TopicFilter, TopicName};
use crate::session::server::{Publication, Traffic};

impl Statistics {
    /// The traffic on a connection.
    pub(super) fn add(&mut self, traffic: Traffic) {
        let counters = &mut self.counters;
        counters.messages_received += traffic.received;
        counters.messages_sent += traffic.sent;
        counters.bytes_received += traffic.bytes_received;
        counters.bytes_sent += traffic.bytes_sent;
        counters.publish_received += traffic.publish_received;
        counters.publish_sent += traffic.publish_sent;
        counters.publish_bytes_received += traffic.payload_received;
        counters.publish_bytes_sent += traffic.payload_sent;
    }
}

impl Core {
    /// The counts since the start, and the current state.
    pub(crate) fn figures(&self, now: Instant) -> (Counters, Gauges) {
        let mut gauges = self.gauges();
        // Its own statistics were not retained by a client.
        if let Ok(own) = TopicFilter::parse("$SYS/#") {
            let own = self.retained.matching(&own, now).len();
            gauges.retained_messages = gauges.retained_messages.saturating_sub(own as u64);
        }
        (self.statistics.counters, gauges)
    }

    /// Publishes what has changed, retained, and sets the timer for the next time.
    pub(super) fn publish_statistics(&mut self, now: Instant) {
        self.statistics_at = None;
        let gauges = self.gauges();
        for SysValue { topic, payload } in self.statistics.poll(&gauges, now) {
            let Ok(topic) = TopicName::parse(topic) else { continue };
            let message = Message { retain: true, ..Message::new(topic, payload) };
            self.route(None, &ByteString::new(), Publication { message, arrived: now }, now);
        }
        let next = self.settings.statistics_interval.map(|interval| now + interval);
        self.timers.set(Timer::Statistics, &mut self.statistics_at, next);
    }

    fn gauges(&self) -> Gauges {
        let count = |number: usize| number as u64;
        let (mut queued, mut queued_bytes) = (0, 0);
        for client in self.clients.iter() {
            queued += client.session.queued();
            queued_bytes += client.session.queued_bytes();
        }
        Gauges {
            clients_connected: count(self.connected),
            clients_disconnected: count(self.clients.len() - self.connected),
            subscriptions: count(self.subscriptions.count()),
            shared_subscriptions: count(self.subscriptions.shared_count()),
            retained_messages: count(self.retained.count()),
            stored_messages: count(self.retained.count() + self.delayed.count() + queued),
            stored_bytes: count(self.retained.bytes() + self.delayed.bytes() + queued_bytes),
        }
    }
}
