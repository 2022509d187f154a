//! Options of a connection, which every command that connects has.

use super::key::Kind::{List, Milliseconds, Number, Pairs, Path, Seconds, Secret, Switch, SwitchOff, Text, Url};
use super::note::Note::{
    Alternative, Broker, Credential, Desktop, Environment, Field, HiddenIn, Needs, NeedsV5, NotInProfile, OldField,
    Reference, SecretHeader, SecretQuery, Spring, Tls, Variables, Way, WholeBroker,
};
use super::note::{Choice, Desktop::Connection, Desktop::Will};
use super::row::{Commands, Row, row};

/// Commands that connect.
const CLIENTS: Commands = &[
    "pub",
    "sub",
    "wait",
    "request",
    "reply",
    "record",
    "replay",
    "probe",
    "clean-retained",
    "watch",
    "conn",
    "bench conn",
    "bench pub",
    "bench sub",
    "bench e2e",
    "bench run",
    "simulate",
    "repl",
    "profile add",
    "> connect",
];

/// Commands that publish on a connection of the client.
const PUBLISHERS: Commands = &["pub", "replay", "repl", "profile add", "> connect"];

const OF_RUNS: &str = "it is for single runs, not for a profile";

pub(super) const ROWS: &[Row] = &[
    row("url", CLIENTS, Url, &[Environment, WholeBroker]).key("connection.url", r#""mqtts://broker.example:8883""#),
    row("hostname", CLIENTS, Text, &[Variables(&["MQTTX_HOST"]), Broker, Desktop(Connection, "host")])
        .key("connection.host", r#""broker.example""#)
        .scenario("groups.hostname"),
    row("port", CLIENTS, Number, &[Environment, Broker, Desktop(Connection, "port")])
        .key("connection.port", "1883")
        .scenario("groups.port"),
    row("protocol", CLIENTS, Text, &[Environment, Broker])
        .key("connection.protocol", r#""mqtt"     # mqtts, ws, wss"#)
        .scenario("groups.protocol"),
    row("unix", CLIENTS, Path, &[Environment, WholeBroker]).key("connection.unix", r#""/run/broker.sock""#),
    row("embedded", CLIENTS, Switch, &[NotInProfile(OF_RUNS)]),
    row("client_id", CLIENTS, Text, &[Environment])
        .key("connection.client_id", r#""monitor.{hostname}.{random:1000..9999}""#)
        .scenario("groups.client_id"),
    row(
        "username",
        CLIENTS,
        Text,
        &[Environment, Credential, Desktop(Connection, "username"), Spring(&["client.username"])],
    )
    .key("connection.username", r#""monitor""#)
    .scenario("groups.username"),
    row("password", CLIENTS, Secret, &[Environment, Credential])
        .key("connection.password", r#""env:BROKER_PASSWORD"  # file:PATH, prompt"#)
        .scenario("groups.password"),
    row("password_file", CLIENTS, Path, &[Environment, Credential, Reference("connection.password", "file:")]),
    row("password_env", CLIENTS, Text, &[Credential, Reference("connection.password", "env:")]),
    row("ask_password", CLIENTS, Switch, &[Credential, Reference("connection.password", "prompt")]),
    row("mqtt_version", CLIENTS, Number, &[Environment, Desktop(Connection, "mqttVersion")])
        .key("connection.version", r#""5.0"   # 3.1.1, 3.1"#)
        .scenario("groups.mqtt_version"),
    row(
        "no_clean",
        CLIENTS,
        SwitchOff,
        &[
            Environment,
            Field("clean"),
            Desktop(Connection, "clean"),
            Spring(&["client.cleansession", "client.cleanstart"]),
        ],
    )
    .key("connection.clean_start", "true"),
    row(
        "keepalive",
        CLIENTS,
        Seconds,
        &[Environment, Desktop(Connection, "keepalive"), Spring(&["client.keepaliveinterval", "client.keepalive"])],
    )
    .key("connection.keep_alive", "30")
    .scenario("groups.keepalive"),
    row(
        "connect_timeout",
        CLIENTS,
        Seconds,
        &[Environment, Desktop(Connection, "connectTimeout"), Spring(&["client.connectiontimeout"])],
    )
    .key("connection.connect_timeout", r#""10s""#),
    row("reconnect_period", CLIENTS, Milliseconds, &[Environment]).key("connection.reconnect_period", r#""1s""#),
    row("maximum_reconnect_times", CLIENTS, Number, &[Environment, OldField("maximunReconnectTimes")])
        .key("connection.maximum_reconnect_times", "10"),
    row("follow_redirect", CLIENTS, Switch, &[Environment, NeedsV5]).key("connection.follow_redirect", "false"),
    row("inflight", PUBLISHERS, Number, &[Environment]).key("connection.inflight", "100"),
    row("resend_uncertain", PUBLISHERS, Switch, &[Environment]).key("connection.resend_uncertain", "false"),
    // Properties of CONNECT
    row(
        "session_expiry_interval",
        CLIENTS,
        Seconds,
        &[Environment, NeedsV5, Desktop(Connection, "sessionExpiryInterval")],
    )
    .key("connect_properties.session_expiry_interval", r#""1h""#)
    .scenario("groups.session_expiry_interval"),
    row("receive_maximum", CLIENTS, Number, &[Environment, NeedsV5, Desktop(Connection, "receiveMaximum")])
        .key("connect_properties.receive_maximum", "100")
        .scenario("groups.receive_maximum"),
    row("maximum_packet_size", CLIENTS, Number, &[Environment, NeedsV5, Desktop(Connection, "maximumPacketSize")])
        .key("connect_properties.maximum_packet_size", "1048576"),
    row("topic_alias_maximum", CLIENTS, Number, &[Environment, NeedsV5, Desktop(Connection, "topicAliasMaximum")])
        .key("connect_properties.topic_alias_maximum", "16"),
    row(
        "req_response_info",
        CLIENTS,
        Switch,
        &[Environment, NeedsV5, Desktop(Connection, "requestResponseInformation")],
    )
    .key("connect_properties.request_response_information", "false"),
    row(
        "no_req_problem_info",
        CLIENTS,
        SwitchOff,
        &[Environment, NeedsV5, Field("reqProblemInfo"), Desktop(Connection, "requestProblemInformation")],
    )
    .key("connect_properties.request_problem_information", "true"),
    row("conn_user_properties", CLIENTS, Pairs, &[Environment, NeedsV5, Desktop(Connection, "userProperties")])
        .key("connect_properties.user_properties", r#"{ site = "plant-7" }"#)
        .scenario("groups.conn_user_properties"),
    row(
        "authentication_method",
        CLIENTS,
        Text,
        &[Environment, NeedsV5, Credential, Desktop(Connection, "authenticationMethod")],
    )
    .key("auth.method", r#""SCRAM-SHA-256""#),
    row("reauthenticate_every", CLIENTS, Seconds, &[Environment, NeedsV5, Credential])
        .key("auth.reauthenticate_every", r#""1h""#),
    // TLS
    row("ca", CLIENTS, Path, &[Environment, Tls, Way]).key("tls.ca", r#""ca.pem""#).scenario("groups.ca"),
    row("cert", CLIENTS, Path, &[Environment, Tls, Credential, Needs("key")])
        .key("tls.cert", r#""client.pem""#)
        .scenario("groups.cert"),
    row("key", CLIENTS, Path, &[Environment, Tls, Credential, Needs("cert")])
        .key("tls.key", r#""client.key""#)
        .scenario("groups.key"),
    row("key_password", CLIENTS, Secret, &[Environment, Tls, Credential, Needs("key")])
        .key("tls.key_password", r#""file:~/.key-password""#),
    row(
        "key_password_file",
        CLIENTS,
        Path,
        &[Environment, Tls, Credential, Needs("key"), Reference("tls.key_password", "file:")],
    ),
    row("insecure", CLIENTS, Switch, &[Environment, Tls, Way]).key("tls.insecure", "false").scenario("groups.insecure"),
    row("sni", CLIENTS, Text, &[Environment, Tls, Way])
        .key("tls.server_name", r#""broker.example""#)
        .scenario("groups.sni"),
    row("alpn", CLIENTS, List, &[Environment, Tls]).key("tls.alpn", r#"["mqtt"]"#).scenario("groups.alpn"),
    row("tls_min_version", CLIENTS, Number, &[Environment, Tls]).key("tls.min_version", r#""1.2""#),
    row("pin_sha256", CLIENTS, List, &[Environment, Tls, Way]).key("tls.pin_sha256", r#"["..."]"#),
    // WebSocket, proxies, addresses
    row("path", CLIENTS, Text, &[Environment, SecretQuery, Desktop(Connection, "path")])
        .key("websocket.path", r#""/mqtt""#)
        .scenario("groups.path"),
    row("ws_headers", CLIENTS, Pairs, &[Environment, Credential, SecretHeader])
        .key("websocket.headers", r#"{ X-Site = "plant-7" }"#),
    row("proxy", CLIENTS, Url, &[Environment, Variables(&["ALL_PROXY", "all_proxy"]), Way])
        .key("network.proxy", r#""socks5h://proxy.example:1080""#),
    row("no_proxy", CLIENTS, Text, &[Variables(&["NO_PROXY", "no_proxy"]), Way])
        .key("network.no_proxy", r#""localhost,.internal""#),
    row("bind", CLIENTS, Text, &[Environment]).key("network.bind", r#""192.0.2.7""#),
    row("ipv4", CLIENTS, Switch, &[Environment, Alternative(Choice::Family)]).key("network.ipv4", "false"),
    row("ipv6", CLIENTS, Switch, &[Environment, Alternative(Choice::Family)]).key("network.ipv6", "false"),
    // The will
    row("will_topic", CLIENTS, Text, &[Environment, Desktop(Will, "lastWillTopic"), Spring(&["client.will.topic"])])
        .key("will.topic", r#""monitor/status""#)
        .scenario("groups.will_topic"),
    row(
        "will_message",
        CLIENTS,
        Text,
        &[
            Environment,
            Needs("will_topic"),
            Desktop(Will, "lastWillPayload"),
            Spring(&["client.will.payload", "client.will.message"]),
        ],
    )
    .key("will.message", r#""gone""#)
    .scenario("groups.will_message"),
    row(
        "will_qos",
        CLIENTS,
        Number,
        &[Environment, Needs("will_topic"), Desktop(Will, "lastWillQos"), Spring(&["client.will.qos"])],
    )
    .key("will.qos", "1")
    .scenario("groups.will_qos"),
    row(
        "will_retain",
        CLIENTS,
        Switch,
        &[Environment, Needs("will_topic"), Desktop(Will, "lastWillRetain"), Spring(&["client.will.retained"])],
    )
    .key("will.retain", "true")
    .scenario("groups.will_retain"),
    row(
        "will_delay_interval",
        CLIENTS,
        Seconds,
        &[Environment, NeedsV5, Needs("will_topic"), Desktop(Will, "willDelayInterval")],
    )
    .key("will.delay_interval", "5")
    .scenario("groups.will_delay_interval"),
    row(
        "will_payload_format_indicator",
        CLIENTS,
        Switch,
        &[Environment, NeedsV5, Needs("will_topic"), Desktop(Will, "payloadFormatIndicator")],
    )
    .key("will.payload_format_indicator", "true"),
    row(
        "will_message_expiry_interval",
        CLIENTS,
        Seconds,
        &[Environment, NeedsV5, Needs("will_topic"), Desktop(Will, "messageExpiryInterval")],
    )
    .key("will.message_expiry_interval", r#""1h""#),
    row("will_content_type", CLIENTS, Text, &[Environment, NeedsV5, Needs("will_topic"), Desktop(Will, "contentType")])
        .key("will.content_type", r#""text/plain""#)
        .scenario("groups.will_content_type"),
    row(
        "will_response_topic",
        CLIENTS,
        Text,
        &[Environment, NeedsV5, Needs("will_topic"), Desktop(Will, "responseTopic")],
    )
    .key("will.response_topic", r#""monitor/reply""#),
    row(
        "will_correlation_data",
        CLIENTS,
        Text,
        &[Environment, NeedsV5, Needs("will_topic"), Desktop(Will, "correlationData")],
    )
    .key("will.correlation_data", r#""7""#),
    row(
        "will_user_properties",
        CLIENTS,
        Pairs,
        &[Environment, NeedsV5, Needs("will_topic"), Desktop(Will, "userProperties")],
    )
    .key("will.user_properties", r#"{ site = "plant-7" }"#)
    .scenario("groups.will_user_properties"),
    // Options of single runs
    row("trace", CLIENTS, Text, &[NotInProfile(OF_RUNS)]),
    row("save_options", CLIENTS, Path, &[NotInProfile(OF_RUNS), HiddenIn(&["connect"])]),
    row(
        "load_options",
        CLIENTS,
        Path,
        &[NotInProfile("`mqttx-rs profile import FILE` creates profiles from such a file"), HiddenIn(&["connect"])],
    ),
];
