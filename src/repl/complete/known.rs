//! Known values of options whose definition does not list them.

/// Values and what they are.
pub(super) type Known = &'static [(&'static str, &'static str)];

const QOS: Known = &[("0", "at most once"), ("1", "at least once"), ("2", "exactly once")];
const SWITCH: Known = &[("on", ""), ("off", "")];
const FORMATS: Known = &[
    ("plain", "text, as it is"),
    ("json", "JSON, indented"),
    ("hex", "bytes as hexadecimal digits"),
    ("base64", "bytes as Base64"),
    ("binary", "bytes, as they are"),
    ("cbor", "CBOR, shown as JSON"),
    ("msgpack", "MessagePack, shown as JSON"),
    #[cfg(feature = "protobuf")]
    ("sparkplug", "Sparkplug B, shown as JSON"),
];
const SHAPES: Known = &[
    ("line", "one line per message"),
    ("default", "topic, QoS and size, then the payload"),
    ("clean", "an indented JSON object per message"),
    ("jsonl", "one lossless JSON object per line"),
    ("raw", "payloads and nothing else"),
];

const PROPERTIES: Known = &[
    ("qos", ""),
    ("retain", ""),
    ("payload-format-indicator", ""),
    ("message-expiry-interval", ""),
    ("response-topic", ""),
    ("correlation-data", ""),
    ("content-type", ""),
    ("subscription-identifier", ""),
    ("user:", "user:NAME, a user property"),
];

/// The values of an option; `before` are the positional arguments before it.
pub(super) fn values(command: &str, option: &str, before: &[&str]) -> Known {
    match (command, option, before) {
        ("set", "value", [name, ..]) => match *name {
            "mode" => SHAPES,
            "format" => FORMATS,
            "qos" => QOS,
            "timestamps" | "changes" => SWITCH,
            "keys" => &[("emacs", "Ctrl-A, Ctrl-K, Alt-B ..."), ("vi", "Esc, then h, j, k, l ...")],
            "max-lines" => &[("0", "all lines"), ("5", ""), ("20", "")],
            _ => &[],
        },
        ("connect", "name", []) => &[("as", "name the connection")],
        ("retained", "words", []) => &[("clear", "remove them")],
        ("note", "words", []) => {
            &[("save", "save a line"), ("remove", "remove one"), ("file", "use another file, or name it")]
        }
        ("tee", "file", []) => &[("off", "end the log")],
        (_, "property", _) => PROPERTIES,
        (_, "qos" | "will_qos", _) => QOS,
        (_, "mqtt_version", _) => &[("5.0", "MQTT 5.0"), ("3.1.1", "MQTT 3.1.1"), ("3.1", "MQTT 3.1")],
        (_, "retain_handling", _) => &[
            ("0", "retained messages at each subscribe"),
            ("1", "only at a new subscription"),
            ("2", "no retained messages"),
        ],
        (_, "authentication_method", _) => &[("SCRAM-SHA-256", ""), ("SCRAM-SHA-512", ""), ("SCRAM-SHA-1", "")],
        _ => &[],
    }
}
