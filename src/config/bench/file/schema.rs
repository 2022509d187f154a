//! What a scenario's file may say: every key, and the option of `bench` that it stands for.

use crate::config::profile::{Key, Kind, key};

/// Keys above the first section.
pub(super) const RUN_KEYS: &[Key] = &[
    key("title", "title", Kind::Text, r#""fan-out""#),
    key("measures", "measures", Kind::Text, r#""what the run is there to show""#),
    key("ramp", "ramp", Kind::Text, r#""500/s""#),
    key("handshakes", "handshakes", Kind::Number, "256"),
    key("warmup", "warmup", Kind::Number, r#""5s""#),
    key("drain", "drain", Kind::Number, r#""5s""#),
    key("fail", "fail", Kind::List, r#"["loss>0"]"#),
];

/// Keys of every group.
pub(super) const GROUP_KEYS: &[Key] = &[
    key("groups.name", "name", Kind::Text, r#""sensors""#),
    key("groups.role", "role", Kind::Text, r#""pub"  # sub, conn"#),
    key("groups.count", "count", Kind::Number, "1000"),
    key("groups.client_id", "client_id", Kind::Text, r#""sensor-%i""#),
    key("groups.hostname", "hostname", Kind::Text, r#""broker-2.example""#),
    key("groups.port", "port", Kind::Number, "1884"),
    key("groups.mqtt_version", "mqtt_version", Kind::Text, r#""3.1.1""#),
    key("groups.username", "username", Kind::Text, r#""sensor-%i""#),
    key("groups.password", "password", Kind::Text, r#""pw-%i""#),
    key("groups.cert", "cert", Kind::Text, r#""certs/{client_id}.pem""#),
    key("groups.key", "key", Kind::Text, r#""certs/{client_id}.key""#),
    key("groups.clients_csv", "clients_csv", Kind::Text, r#""devices.csv""#),
    key("groups.rows", "rows", Kind::Text, r#""shuffle""#),
    key("groups.clean_start", "clean_start", Kind::Switch, "true"),
    key("groups.session_expiry_interval", "session_expiry_interval", Kind::Number, r#""1h""#),
];

/// Keys of a group that publishes, besides those of every group.
pub(super) const PUBLISH_KEYS: &[Key] = &[
    key("groups.topic", "topic", Kind::Text, r#""bench/{run}/%i""#),
    key("groups.topics", "topics", Kind::Number, "10"),
    key("groups.qos", "qos", Kind::Number, "1"),
    key("groups.retain", "retain", Kind::Switch, "false"),
    key("groups.rate", "rate", Kind::Text, r#""1000/s""#),
    key("groups.rate_per_client", "rate_per_client", Kind::Text, r#""0.5/s""#),
    key("groups.message_interval", "message_interval", Kind::Number, "1000"),
    key("groups.unpaced", "unpaced", Kind::Switch, "false"),
    key("groups.latency", "latency", Kind::Switch, "false"),
    key("groups.poisson", "poisson", Kind::Switch, "false"),
    key("groups.inflight", "inflight", Kind::Number, "100"),
    key("groups.limit", "limit", Kind::Number, "10000"),
    key("groups.payload_size", "payload_size", Kind::Text, r#""1KB""#),
    key("groups.message", "text", Kind::Text, r#""on""#),
    key("groups.template", "template", Kind::Switch, "false"),
    key("groups.file_read", "file_read", Kind::Path, r#""payload.json""#),
    key("groups.split", "split", Kind::Text, r#"",""#),
    key("groups.payload_format_indicator", "payload_format_indicator", Kind::Switch, "false"),
    key("groups.message_expiry_interval", "message_expiry_interval", Kind::Number, r#""1h""#),
    key("groups.response_topic", "response_topic", Kind::Text, r#""reply""#),
    key("groups.correlation_data", "correlation_data", Kind::Text, r#""7""#),
    key("groups.user_properties", "user_properties", Kind::Pairs, r#"{ site = "plant-7" }"#),
    key("groups.content_type", "content_type", Kind::Text, r#""application/json""#),
];

/// Keys of a group that subscribes, besides those of every group.
pub(super) const SUBSCRIBE_KEYS: &[Key] = &[
    key("groups.topic", "topic", Kind::List, r#""bench/{run}/+""#),
    key("groups.qos", "qos", Kind::Number, "1"),
    key("groups.no_local", "no_local", Kind::Switch, "false"),
    key("groups.retain_as_published", "retain_as_published", Kind::Switch, "false"),
    key("groups.retain_handling", "retain_handling", Kind::Number, "0"),
    key("groups.subscription_identifier", "subscription_identifier", Kind::Number, "1"),
];

/// Keys of a group that only connects, besides those of every group; with a rate its clients come and go.
pub(super) const CONNECT_KEYS: &[Key] =
    &[key("groups.rate", "rate", Kind::Text, r#""100/s""#), key("groups.stay", "stay", Kind::Number, r#""1s""#)];

/// Keys of a phase.
pub(super) const PHASE_KEYS: &[Key] = &[
    key("phases.name", "name", Kind::Text, r#""steady""#),
    key("phases.duration", "duration", Kind::Number, r#""30s""#),
    key("phases.rate", "rate", Kind::Number, "0.1"),
    key("phases.rate_at_end", "rate_at_end", Kind::Number, "1.0"),
    key("phases.groups", "groups", Kind::List, r#"["sensors"]"#),
    key("phases.connect", "connect", Kind::List, r#"["sensors"]"#),
    key("phases.disconnect", "disconnect", Kind::List, r#"["sensors"]"#),
    key("phases.drop", "drop", Kind::List, r#"["sensors"]"#),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    #[test]
    fn every_key_of_a_publishing_or_subscribing_group_is_an_option_of_its_command() {
        let root = cli::command();
        let bench = root.find_subcommand("bench").unwrap();
        for (command, keys) in [("pub", PUBLISH_KEYS), ("sub", SUBSCRIBE_KEYS), ("run", &RUN_KEYS[2..])] {
            let command = bench.find_subcommand(command).unwrap();
            for key in keys {
                assert!(command.get_arguments().any(|option| option.get_id() == key.option), "{}", key.path);
            }
        }
    }
}
