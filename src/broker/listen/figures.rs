use crate::broker::statistics::{Counters, Gauges};

/// A metric for Prometheus: its name, its help, its value, and whether it is a counter.
pub(in crate::broker) type Figure = (&'static str, &'static str, u64, bool);

/// The metrics of a broker.
pub(super) fn figures(counters: &Counters, gauges: &Gauges) -> Vec<Figure> {
    let growing = [
        ("messages_received", "Packets from clients", counters.messages_received),
        ("messages_sent", "Packets to clients", counters.messages_sent),
        ("bytes_received", "Bytes of MQTT from clients", counters.bytes_received),
        ("bytes_sent", "Bytes of MQTT to clients", counters.bytes_sent),
        ("publish_received", "PUBLISH from clients", counters.publish_received),
        ("publish_sent", "PUBLISH to clients", counters.publish_sent),
        ("publish_dropped", "Messages dropped for a subscriber because of a limit", counters.publish_dropped),
        ("publish_bytes_received", "Bytes of payload from clients", counters.publish_bytes_received),
        ("publish_bytes_sent", "Bytes of payload to clients", counters.publish_bytes_sent),
        ("clients_expired", "Expired sessions", counters.clients_expired),
        ("sockets", "Accepted network connections", counters.sockets),
        ("connections", "Accepted CONNECT packets", counters.connections),
    ];
    let momentary = [
        ("clients_connected", "Connected clients", gauges.clients_connected),
        ("clients_disconnected", "Sessions of disconnected clients", gauges.clients_disconnected),
        ("subscriptions", "Subscriptions", gauges.subscriptions),
        ("shared_subscriptions", "Shared subscriptions", gauges.shared_subscriptions),
        ("retained_messages", "Retained messages", gauges.retained_messages),
        ("stored_messages", "Retained, delayed and queued messages", gauges.stored_messages),
        ("stored_bytes", "Bytes of their payloads", gauges.stored_bytes),
    ];
    let growing = growing.into_iter().map(|(name, help, value)| (name, help, value, true));
    growing.chain(momentary.into_iter().map(|(name, help, value)| (name, help, value, false))).collect()
}

/// The names of all metrics, for the reference.
#[cfg(test)]
pub(crate) fn metrics() -> Vec<Figure> {
    figures(&Counters::default(), &Gauges::default())
}
