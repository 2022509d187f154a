//! The environment as a layer of options.

use super::origin::{Layer, LayerValue, Origin};
use super::profile::{KEYS, Key, Kind};

/// Every connection option by its variable; of two for one option the first that is set holds. `--embedded` has none,
/// since it starts something.
pub const VARIABLES: &[(&str, &str)] = &[
    ("MQTTX_HOST", "hostname"),
    ("MQTTX_PORT", "port"),
    ("MQTTX_PROTOCOL", "protocol"),
    ("MQTTX_URL", "url"),
    ("MQTTX_UNIX", "unix"),
    ("MQTTX_CLIENT_ID", "client_id"),
    ("MQTTX_USERNAME", "username"),
    ("MQTTX_PASSWORD", "password"),
    ("MQTTX_PASSWORD_FILE", "password_file"),
    ("MQTTX_MQTT_VERSION", "mqtt_version"),
    ("MQTTX_NO_CLEAN", "no_clean"),
    ("MQTTX_KEEPALIVE", "keepalive"),
    ("MQTTX_CONNECT_TIMEOUT", "connect_timeout"),
    ("MQTTX_RECONNECT_PERIOD", "reconnect_period"),
    ("MQTTX_MAXIMUM_RECONNECT_TIMES", "maximum_reconnect_times"),
    ("MQTTX_FOLLOW_REDIRECT", "follow_redirect"),
    ("MQTTX_INFLIGHT", "inflight"),
    ("MQTTX_RESEND_UNCERTAIN", "resend_uncertain"),
    ("MQTTX_AUTHENTICATION_METHOD", "authentication_method"),
    ("MQTTX_REAUTHENTICATE_EVERY", "reauthenticate_every"),
    ("MQTTX_SESSION_EXPIRY_INTERVAL", "session_expiry_interval"),
    ("MQTTX_RECEIVE_MAXIMUM", "receive_maximum"),
    ("MQTTX_MAXIMUM_PACKET_SIZE", "maximum_packet_size"),
    ("MQTTX_TOPIC_ALIAS_MAXIMUM", "topic_alias_maximum"),
    ("MQTTX_REQ_RESPONSE_INFO", "req_response_info"),
    ("MQTTX_NO_REQ_PROBLEM_INFO", "no_req_problem_info"),
    ("MQTTX_CONN_USER_PROPERTIES", "conn_user_properties"),
    ("MQTTX_WILL_TOPIC", "will_topic"),
    ("MQTTX_WILL_MESSAGE", "will_message"),
    ("MQTTX_WILL_QOS", "will_qos"),
    ("MQTTX_WILL_RETAIN", "will_retain"),
    ("MQTTX_WILL_DELAY_INTERVAL", "will_delay_interval"),
    ("MQTTX_WILL_PAYLOAD_FORMAT_INDICATOR", "will_payload_format_indicator"),
    ("MQTTX_WILL_MESSAGE_EXPIRY_INTERVAL", "will_message_expiry_interval"),
    ("MQTTX_WILL_CONTENT_TYPE", "will_content_type"),
    ("MQTTX_WILL_RESPONSE_TOPIC", "will_response_topic"),
    ("MQTTX_WILL_CORRELATION_DATA", "will_correlation_data"),
    ("MQTTX_WILL_USER_PROPERTIES", "will_user_properties"),
    ("MQTTX_CA", "ca"),
    ("MQTTX_CERT", "cert"),
    ("MQTTX_KEY", "key"),
    ("MQTTX_KEY_PASSWORD", "key_password"),
    ("MQTTX_KEY_PASSWORD_FILE", "key_password_file"),
    ("MQTTX_INSECURE", "insecure"),
    ("MQTTX_SNI", "sni"),
    ("MQTTX_ALPN", "alpn"),
    ("MQTTX_TLS_MIN_VERSION", "tls_min_version"),
    ("MQTTX_PIN_SHA256", "pin_sha256"),
    ("MQTTX_PATH", "path"),
    ("MQTTX_WS_HEADERS", "ws_headers"),
    ("MQTTX_PROXY", "proxy"),
    ("ALL_PROXY", "proxy"),
    ("all_proxy", "proxy"),
    ("NO_PROXY", "no_proxy"),
    ("no_proxy", "no_proxy"),
    ("MQTTX_BIND", "bind"),
    ("MQTTX_IPV4", "ipv4"),
    ("MQTTX_IPV6", "ipv6"),
];

/// The variables that are set, each line of a list a value. An empty variable counts as unset.
pub(super) fn layer(variable: impl Fn(&str) -> Option<String>) -> Layer {
    let mut layer = Layer::default();
    for (name, option) in VARIABLES {
        if let Some(text) = variable(name).filter(|text| !text.is_empty()) {
            let is_list = |key: &&Key| key.option == *option && matches!(key.kind, Kind::List | Kind::Pairs);
            let values = match KEYS.iter().find(is_list) {
                Some(_) => text.lines().map(String::from).collect(),
                None => vec![text],
            };
            layer.options.entry((*option).to_owned()).or_insert(LayerValue {
                origin: Origin::Environment(name),
                values,
                alone: None,
            });
        }
    }
    layer
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::cli;

    #[test]
    fn every_connection_option_has_its_variable() {
        let connection: BTreeSet<_> = {
            let group = <cli::group::ConnectArgs as clap::Args>::augment_args(clap::Command::new("connect"));
            let group = <cli::group::DeliveryArgs as clap::Args>::augment_args(group);
            group.get_arguments().map(|option| option.get_id().to_string()).collect()
        };
        let without = ["embedded", "password_env", "ask_password", "trace", "save_options", "load_options"];
        let in_table: BTreeSet<_> =
            VARIABLES.iter().map(|(_, option)| *option).chain(without).map(String::from).collect();
        assert_eq!(in_table, connection);
    }

    #[test]
    fn variables_are_named_after_the_flags() {
        for (variable, option) in VARIABLES.iter().filter(|(_, option)| !["proxy", "no_proxy"].contains(option)) {
            let expected = if *option == "hostname" { "HOST".to_owned() } else { option.to_uppercase() };
            assert_eq!(*variable, format!("MQTTX_{expected}"));
        }
    }

    #[test]
    fn each_line_of_a_list_is_a_value_and_empty_is_unset() {
        let layer = layer(|name| match name {
            "MQTTX_WS_HEADERS" => Some("a: 1\nb: 2".to_owned()),
            "MQTTX_WILL_MESSAGE" => Some("two\nlines".to_owned()),
            "MQTTX_USERNAME" => Some(String::new()),
            _ => None,
        });
        assert_eq!(layer.options.len(), 2);
        assert_eq!(layer.options["will_message"].values, ["two\nlines"]);
        assert_eq!(layer.options["ws_headers"].values, ["a: 1", "b: 2"]);
    }
}
