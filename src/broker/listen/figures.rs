use crate::broker::statistics::{Counters, Gauges};

/// A figure for Prometheus: its name, what it is, its value, and whether it only grows.
pub(in crate::broker) type Figure = (&'static str, &'static str, u64, bool);

/// What a broker counts.
pub(super) fn figures(counters: &Counters, gauges: &Gauges) -> Vec<Figure> {
    let growing = [
        ("messages_received", "Packets from clients", counters.messages_received),
        ("messages_sent", "Packets to clients", counters.messages_sent),
        ("bytes_received", "Bytes of MQTT from clients", counters.bytes_received),
        ("bytes_sent", "Bytes of MQTT to clients", counters.bytes_sent),
        ("publish_received", "PUBLISH from clients", counters.publish_received),
        ("publish_sent", "PUBLISH to clients", counters.publish_sent),
        ("publish_dropped", "Messages that a limit kept from a subscriber", counters.publish_dropped),
        ("publish_bytes_received", "Bytes of payload from clients", counters.publish_bytes_received),
        ("publish_bytes_sent", "Bytes of payload to clients", counters.publish_bytes_sent),
        ("clients_expired", "Sessions that expired", counters.clients_expired),
        ("sockets", "Links that were accepted", counters.sockets),
        ("connections", "CONNECTs that were accepted", counters.connections),
    ];
    let momentary = [
        ("clients_connected", "Clients that are connected", gauges.clients_connected),
        ("clients_disconnected", "Sessions of clients that are not connected", gauges.clients_disconnected),
        ("subscriptions", "Subscriptions", gauges.subscriptions),
        ("shared_subscriptions", "Subscriptions that are shared", gauges.shared_subscriptions),
        ("retained_messages", "Messages that are retained", gauges.retained_messages),
        ("stored_messages", "Messages that are retained, delayed or queued", gauges.stored_messages),
        ("stored_bytes", "Bytes of their payloads", gauges.stored_bytes),
    ];
    let growing = growing.into_iter().map(|(name, help, value)| (name, help, value, true));
    growing.chain(momentary.into_iter().map(|(name, help, value)| (name, help, value, false))).collect()
}
