use std::collections::HashMap;
use std::time::{Duration, Instant};

use super::counts::{Counters, Gauges};
use super::load::{Load, MINUTES};

/// How often values are published, as mosquitto does by default.
pub(crate) const INTERVAL: Duration = Duration::from_secs(10);

/// A value to be published, retained.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SysValue {
    pub(crate) topic: String,
    pub(crate) payload: String,
}

/// What is published under `$SYS/broker/`.
#[derive(Debug)]
pub(crate) struct Statistics {
    pub(crate) counters: Counters,
    started: Instant,
    updated: Instant,
    version: String,
    clients_maximum: u64,
    loads: [Load; LOADS.len()],
    /// What was published last of each topic.
    published: HashMap<String, String>,
}

/// A counter whose rate is published, and its name under `load/`.
type Rate = (&'static str, fn(&Counters) -> u64);

const LOADS: [Rate; 9] = [
    ("messages/received", |counters| counters.messages_received),
    ("messages/sent", |counters| counters.messages_sent),
    ("publish/dropped", |counters| counters.publish_dropped),
    ("publish/received", |counters| counters.publish_received),
    ("publish/sent", |counters| counters.publish_sent),
    ("bytes/received", |counters| counters.bytes_received),
    ("bytes/sent", |counters| counters.bytes_sent),
    ("sockets", |counters| counters.sockets),
    ("connections", |counters| counters.connections),
];

impl Statistics {
    /// Counting from `now` on; `version` is the text of its topic.
    pub(crate) fn new(version: impl Into<String>, now: Instant) -> Self {
        Self {
            counters: Counters::default(),
            started: now,
            updated: now,
            version: version.into(),
            clients_maximum: 0,
            loads: Default::default(),
            published: HashMap::new(),
        }
    }

    /// The values that have changed since the last call: all at the first one. To be called each [`INTERVAL`].
    pub(crate) fn poll(&mut self, gauges: &Gauges, now: Instant) -> Vec<SysValue> {
        let elapsed = now.saturating_duration_since(self.updated);
        self.updated = now;
        for (load, (_, counter)) in self.loads.iter_mut().zip(LOADS) {
            load.update(counter(&self.counters), elapsed);
        }
        self.clients_maximum = self.clients_maximum.max(gauges.clients_connected);

        let mut changed = Vec::new();
        for (name, payload) in self.values(gauges, now) {
            if self.published.get(&name) != Some(&payload) {
                changed.push(SysValue { topic: format!("$SYS/broker/{name}"), payload: payload.clone() });
                self.published.insert(name, payload);
            }
        }
        changed
    }

    fn values(&self, gauges: &Gauges, now: Instant) -> Vec<(String, String)> {
        let Self { counters, loads, .. } = self;
        let uptime = now.saturating_duration_since(self.started).as_secs();
        let numbers = [
            ("clients/total", gauges.clients_connected + gauges.clients_disconnected),
            ("clients/connected", gauges.clients_connected),
            // The older names of two, which mosquitto publishes still.
            ("clients/active", gauges.clients_connected),
            ("clients/disconnected", gauges.clients_disconnected),
            ("clients/inactive", gauges.clients_disconnected),
            ("clients/expired", counters.clients_expired),
            ("clients/maximum", self.clients_maximum),
            ("messages/received", counters.messages_received),
            ("messages/sent", counters.messages_sent),
            ("messages/stored", gauges.stored_messages),
            ("store/messages/count", gauges.stored_messages),
            ("store/messages/bytes", gauges.stored_bytes),
            ("publish/messages/dropped", counters.publish_dropped),
            ("publish/messages/received", counters.publish_received),
            ("publish/messages/sent", counters.publish_sent),
            ("publish/bytes/received", counters.publish_bytes_received),
            ("publish/bytes/sent", counters.publish_bytes_sent),
            ("bytes/received", counters.bytes_received),
            ("bytes/sent", counters.bytes_sent),
            ("subscriptions/count", gauges.subscriptions),
            ("shared_subscriptions/count", gauges.shared_subscriptions),
            ("retained messages/count", gauges.retained_messages),
        ];
        let texts = [("version", self.version.clone()), ("uptime", format!("{uptime} seconds"))];
        let texts = texts.into_iter().chain(numbers.map(|(name, number)| (name, number.to_string())));
        let rates = loads.iter().zip(LOADS).flat_map(|(load, (name, _))| {
            let averages = load.averages.into_iter().zip(MINUTES);
            averages.map(move |(average, minutes)| (format!("load/{name}/{minutes}min"), format!("{average:.2}")))
        });
        texts.map(|(name, text)| (name.to_owned(), text)).chain(rates).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Without those of its heap, which only the C library knows.
    const TOPICS_OF_MOSQUITTO: &str = include_str!("tests/mosquitto-2.0.11.txt");

    fn value<'a>(values: &'a [SysValue], name: &str) -> Option<&'a str> {
        let value = values.iter().find(|value| value.topic.strip_prefix("$SYS/broker/") == Some(name));
        value.map(|value| value.payload.as_str())
    }

    #[test]
    fn topics_are_those_of_mosquitto() {
        let values = Statistics::new("x", Instant::now()).poll(&Gauges::default(), Instant::now());
        let own: BTreeSet<&str> = values.iter().map(|value| value.topic.as_str()).collect();
        assert_eq!(own, TOPICS_OF_MOSQUITTO.lines().collect());
    }

    #[test]
    fn only_what_has_changed_is_published_again() {
        let start = Instant::now();
        let mut statistics = Statistics::new("mqttx-rs 1.0", start);
        let gauges = Gauges { clients_connected: 2, clients_disconnected: 1, ..Gauges::default() };
        let first = statistics.poll(&gauges, start);
        assert_eq!(value(&first, "version"), Some("mqttx-rs 1.0"));
        assert_eq!(value(&first, "clients/total"), Some("3"));
        assert_eq!(value(&first, "uptime"), Some("0 seconds"));
        assert_eq!(value(&first, "load/bytes/sent/1min"), Some("0.00"));

        assert_eq!(statistics.poll(&gauges, start), []);
        statistics.counters.bytes_sent = 100;
        let gauges = Gauges { clients_connected: 1, ..gauges };
        let second = statistics.poll(&gauges, start + INTERVAL);
        assert_eq!(value(&second, "bytes/sent"), Some("100"));
        assert_eq!(value(&second, "clients/connected"), Some("1"));
        assert_eq!(value(&second, "uptime"), Some("10 seconds"));
        assert_eq!(value(&second, "load/bytes/sent/1min"), Some("92.11"));
        for unchanged in ["clients/maximum", "version", "bytes/received", "load/sockets/1min"] {
            assert_eq!(value(&second, unchanged), None, "{unchanged}");
        }
    }
}
