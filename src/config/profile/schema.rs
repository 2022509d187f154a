//! What a profile may say: every key, the option that it stands for, and how its value is written.

use std::collections::BTreeSet;

/// A key of a profile.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Key {
    /// Section and name, as `connection.host`.
    pub path: &'static str,
    /// The option's id, as `hostname`.
    pub option: &'static str,
    /// How the value is written.
    pub kind: Kind,
    /// An example, for the template that `profile edit` opens.
    pub example: &'static str,
}

/// How a value is written in TOML.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A string.
    Text,
    /// A string that may hold a password between `//` and `@`.
    Url,
    /// A number, or a string such as "15m".
    Number,
    /// true or false.
    Switch,
    /// true or false, where the option says the opposite.
    SwitchOff,
    /// A string; relative to the file's folder, `~/` to the home folder.
    Path,
    /// A string or a list of them.
    List,
    /// A table of names and values, or a list of "name: value" where a name comes twice.
    Pairs,
    /// A string: `env:NAME`, `file:PATH`, `keyring:SERVICE/USER`, `prompt`, or the secret itself.
    Secret,
    /// Topic filters, each a string or a table with options of its own.
    Filters,
}

impl Key {
    /// The section, as `connection`.
    pub(crate) fn section(&self) -> &'static str {
        self.path.split_once('.').map_or(self.path, |(section, _)| section)
    }

    /// The name within the section, as `host`.
    pub(crate) fn name(&self) -> &'static str {
        self.path.split_once('.').map_or(self.path, |(_, name)| name)
    }

    /// The names of all sections.
    pub(crate) fn sections() -> BTreeSet<&'static str> {
        KEYS.iter().map(Self::section).collect()
    }

    /// The key of a path.
    pub(crate) fn find(path: &str) -> Option<&'static Self> {
        KEYS.iter().find(|key| key.path == path)
    }
}

pub(in crate::config) const fn key(path: &'static str, option: &'static str, kind: Kind, example: &'static str) -> Key {
    Key { path, option, kind, example }
}

/// Every key, in the order of a file. The names are the specification's where it has one.
pub(crate) const KEYS: &[Key] = &[
    key("connection.url", "url", Kind::Url, r#""mqtts://broker.example:8883""#),
    key("connection.host", "hostname", Kind::Text, r#""broker.example""#),
    key("connection.port", "port", Kind::Number, "1883"),
    key("connection.protocol", "protocol", Kind::Text, r#""mqtt"     # mqtts, ws, wss"#),
    key("connection.unix", "unix", Kind::Path, r#""/run/broker.sock""#),
    key("connection.client_id", "client_id", Kind::Text, r#""monitor.{hostname}.{random:1000..9999}""#),
    key("connection.username", "username", Kind::Text, r#""monitor""#),
    key("connection.password", "password", Kind::Secret, r#""env:BROKER_PASSWORD"  # file:PATH, prompt"#),
    key("connection.version", "mqtt_version", Kind::Number, r#""5.0"   # 3.1.1, 3.1"#),
    key("connection.clean_start", "no_clean", Kind::SwitchOff, "true"),
    key("connection.keep_alive", "keepalive", Kind::Number, "30"),
    key("connection.connect_timeout", "connect_timeout", Kind::Number, r#""10s""#),
    key("connection.reconnect_period", "reconnect_period", Kind::Number, r#""1s""#),
    key("connection.maximum_reconnect_times", "maximum_reconnect_times", Kind::Number, "10"),
    key("connection.follow_redirect", "follow_redirect", Kind::Switch, "false"),
    key("connection.inflight", "inflight", Kind::Number, "100"),
    key("connection.resend_uncertain", "resend_uncertain", Kind::Switch, "false"),
    key("connect_properties.session_expiry_interval", "session_expiry_interval", Kind::Number, r#""1h""#),
    key("connect_properties.receive_maximum", "receive_maximum", Kind::Number, "100"),
    key("connect_properties.maximum_packet_size", "maximum_packet_size", Kind::Number, "1048576"),
    key("connect_properties.topic_alias_maximum", "topic_alias_maximum", Kind::Number, "16"),
    key("connect_properties.request_response_information", "req_response_info", Kind::Switch, "false"),
    key("connect_properties.request_problem_information", "no_req_problem_info", Kind::SwitchOff, "true"),
    key("connect_properties.user_properties", "conn_user_properties", Kind::Pairs, r#"{ site = "plant-7" }"#),
    key("auth.method", "authentication_method", Kind::Text, r#""SCRAM-SHA-256""#),
    key("auth.reauthenticate_every", "reauthenticate_every", Kind::Number, r#""1h""#),
    key("tls.ca", "ca", Kind::Path, r#""ca.pem""#),
    key("tls.cert", "cert", Kind::Path, r#""client.pem""#),
    key("tls.key", "key", Kind::Path, r#""client.key""#),
    key("tls.key_password", "key_password", Kind::Secret, r#""file:~/.key-password""#),
    key("tls.insecure", "insecure", Kind::Switch, "false"),
    key("tls.server_name", "sni", Kind::Text, r#""broker.example""#),
    key("tls.alpn", "alpn", Kind::List, r#"["mqtt"]"#),
    key("tls.min_version", "tls_min_version", Kind::Number, r#""1.2""#),
    key("tls.pin_sha256", "pin_sha256", Kind::List, r#"["..."]"#),
    key("websocket.path", "path", Kind::Text, r#""/mqtt""#),
    key("websocket.headers", "ws_headers", Kind::Pairs, r#"{ X-Site = "plant-7" }"#),
    key("network.proxy", "proxy", Kind::Url, r#""socks5h://proxy.example:1080""#),
    key("network.no_proxy", "no_proxy", Kind::Text, r#""localhost,.internal""#),
    key("network.bind", "bind", Kind::Text, r#""192.0.2.7""#),
    key("network.ipv4", "ipv4", Kind::Switch, "false"),
    key("network.ipv6", "ipv6", Kind::Switch, "false"),
    key("will.topic", "will_topic", Kind::Text, r#""monitor/status""#),
    key("will.message", "will_message", Kind::Text, r#""gone""#),
    key("will.qos", "will_qos", Kind::Number, "1"),
    key("will.retain", "will_retain", Kind::Switch, "true"),
    key("will.delay_interval", "will_delay_interval", Kind::Number, "5"),
    key("will.payload_format_indicator", "will_payload_format_indicator", Kind::Switch, "true"),
    key("will.message_expiry_interval", "will_message_expiry_interval", Kind::Number, r#""1h""#),
    key("will.content_type", "will_content_type", Kind::Text, r#""text/plain""#),
    key("will.response_topic", "will_response_topic", Kind::Text, r#""monitor/reply""#),
    key("will.correlation_data", "will_correlation_data", Kind::Text, r#""7""#),
    key("will.user_properties", "will_user_properties", Kind::Pairs, r#"{ site = "plant-7" }"#),
    key("publish.topic", "topic", Kind::List, r#""testtopic/test1""#),
    key("publish.qos", "qos", Kind::Number, "1"),
    key("publish.retain", "retain", Kind::Switch, "false"),
    key("publish.format", "format", Kind::Text, r#""plain"    # json, hex, base64, binary, cbor, msgpack"#),
    key("publish.payload_format_indicator", "payload_format_indicator", Kind::Switch, "false"),
    key("publish.message_expiry_interval", "message_expiry_interval", Kind::Number, r#""1h""#),
    key("publish.topic_alias", "topic_alias", Kind::Number, "1"),
    key("publish.response_topic", "response_topic", Kind::Text, r#""reply""#),
    key("publish.correlation_data", "correlation_data", Kind::Text, r#""7""#),
    key("publish.user_properties", "user_properties", Kind::Pairs, r#"{ site = "plant-7" }"#),
    key("publish.content_type", "content_type", Kind::Text, r#""application/json""#),
    key(
        "subscribe.filters",
        "topic",
        Kind::Filters,
        r#"["car/+", { filter = "$share/workers/job/#", qos = 2 }, "$queue/task/#"]"#,
    ),
    key("subscribe.qos", "qos", Kind::Number, "1"),
    key("subscribe.no_local", "no_local", Kind::Switch, "false"),
    key("subscribe.retain_as_published", "retain_as_published", Kind::Switch, "false"),
    key("subscribe.retain_handling", "retain_handling", Kind::Number, "0"),
    key("subscribe.subscription_identifier", "subscription_identifier", Kind::Number, "1"),
    key("subscribe.user_properties", "user_properties", Kind::Pairs, r#"{ site = "plant-7" }"#),
    key("output.mode", "output_mode", Kind::Text, r#""default"  # clean, jsonl, raw"#),
    key("output.template", "template", Kind::Text, r#""%I %t %p""#),
    key("output.verbose", "verbose", Kind::Switch, "false"),
    key("output.format", "format", Kind::Text, r#""plain"    # json, hex, base64, binary, cbor, msgpack"#),
    key("output.delimiter", "delimiter", Kind::Text, r#""\\n""#),
    key("bench.count", "count", Kind::Number, "1000"),
    key("bench.interval", "interval", Kind::Number, "10"),
    key("bench.ramp", "ramp", Kind::Text, r#""500/s""#),
    key("bench.handshakes", "handshakes", Kind::Number, "256"),
    key("bench.duration", "duration", Kind::Number, r#""30s""#),
    key("bench.warmup", "warmup", Kind::Number, r#""5s""#),
    key("bench.drain", "drain", Kind::Number, r#""5s""#),
    key("bench.workers", "workers", Kind::Number, "2"),
    key("bench.topic", "topic", Kind::List, r#""bench/%i""#),
    key("bench.qos", "qos", Kind::Number, "1"),
    key("bench.message_interval", "message_interval", Kind::Number, "1000"),
    key("bench.rate", "rate", Kind::Text, r#""50000/s""#),
    key("bench.rate_per_client", "rate_per_client", Kind::Text, r#""0.5/s""#),
    key("bench.inflight", "inflight", Kind::Number, "65535"),
    key("bench.limit", "limit", Kind::Number, "1000000"),
    key("bench.payload_size", "payload_size", Kind::Text, r#""1KB""#),
];

/// Keys of which a file may have one: they name a broker in ways that exclude one another.
pub(super) const ONE_BROKER: &[(&str, &[&str])] = &[
    ("connection.url", &["connection.host", "connection.port", "connection.protocol", "connection.unix"]),
    ("connection.unix", &["connection.url", "connection.host", "connection.port", "connection.protocol"]),
];

/// What a filter that is a table may say, besides `filter`: the key's name in the section, which is the option's id too.
pub(in crate::config) const FILTER_OPTIONS: [&str; 4] = ["qos", "no_local", "retain_as_published", "retain_handling"];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli;

    #[test]
    fn every_connection_option_has_its_key() {
        let group = <cli::group::ConnectArgs as clap::Args>::augment_args(clap::Command::new("connect"));
        let group = <cli::group::DeliveryArgs as clap::Args>::augment_args(group);
        let options: BTreeSet<_> = group.get_arguments().map(|option| option.get_id().to_string()).collect();
        let of_commands = ["publish", "subscribe", "output", "bench"];
        // Said by `env:`, `file:` and `prompt`; started by a person; read from another file.
        let without = [
            "password_env",
            "password_file",
            "ask_password",
            "key_password_file",
            "embedded",
            "trace",
            "save_options",
            "load_options",
        ];
        let connection = KEYS.iter().filter(|key| !of_commands.contains(&key.section()));
        let keys: BTreeSet<_> = connection.map(|key| key.option).chain(without).map(String::from).collect();
        assert_eq!(keys, options);
    }

    #[test]
    fn every_key_of_a_command_is_an_option_of_it() {
        let root = cli::command();
        let commands = |section: &str| match section {
            "publish" => vec![root.find_subcommand("pub").unwrap()],
            "subscribe" | "output" => vec![root.find_subcommand("sub").unwrap()],
            "bench" => root.find_subcommand("bench").unwrap().get_subcommands().collect(),
            _ => root.get_subcommands().filter(|command| command.get_name() == "pub").collect(),
        };
        for key in KEYS {
            let has = |command: &clap::Command| command.get_arguments().any(|option| option.get_id() == key.option);
            assert!(commands(key.section()).into_iter().any(has), "{}", key.path);
        }
    }
}
