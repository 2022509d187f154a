//! Placeholders, the letters of `-F`, the fields of a JSON line.

use bytes::Bytes;
use serde_json::Value;

use super::page::{Page, code, table};
use crate::mqtt::{Message, PublishProperties, QoS, TopicName};
use crate::output::Template;
use crate::payload::placeholder::descriptions;
use crate::payload::{PayloadFormat, Record, read_json_line, write_json_line_at};

pub(super) fn placeholders() -> Page {
    let rows = descriptions().map(|described| {
        let short = described.short.map(code).unwrap_or_default();
        vec![code(described.example), short, described.meaning.to_owned(), described.places]
    });
    let text = format!(
        "`{{{{name}}}}` is the text `{{name}}`. \"Messages\" are payloads with `--template`, answers of `reply --template` and \
         topics of a\nbenchmark; `--seed N` makes random values the same in each run.\n\n{}\n\
         ```console\n\
         $ mqttx-rs pub -t car/1 --template -m '{{\"n\":{{counter}},\"speed\":{{random:50..50}}}}' -r --quiet\n\
         $ mqttx-rs sub -t car/1 -C 1 --quiet -F %p\n{{\"n\":1,\"speed\":50}}\n```\n",
        table(&["placeholder", "short", "value", "where"], rows.collect())
    );
    Page {
        file: "placeholders.md",
        title: "Placeholders",
        about: "What is filled in client ids, topics and payloads",
        text,
    }
}

pub(super) fn output_format() -> Page {
    let letters = Template::letters().map(|(letter, meaning)| vec![code(format!("%{letter}")), meaning.to_owned()]);
    let formats = PayloadFormat::ALL.map(|format| vec![code(format.name()), format.meaning().to_owned()]);
    let text = format!(
        "## Letters of `-F`\n\n{}\n\
         Between `%` and the letter, a number is the least width in columns, `-` puts the padding to the right, `0` pads a \
         number\nwith zeros, and `.N` cuts a text after N columns. With `%x` and `%X`, `.N` are the digits of a group, and a \
         separator can\nfollow: `%.2:x` gives 01:fe. `%%` is a percent sign, `\\n`, `\\t`, `\\x1b` and so on are characters.\n\n\
         `@` and a letter of strftime are the time of receipt: `@Y-@m-@d @H:@M:@S`. The letters are `{}`; `@@` is an at sign.\n\n\
         ```console\n$ mqttx-rs pub -t car/2 -m 52 -r --quiet\n\
         $ mqttx-rs sub -t car/2 -C 1 --quiet -F '%-8t|%4p|%q|%r|%l'\ncar/2   |  52|0|1|2\n\
         $ mqttx-rs pub -t car/3 -f hex -m '01 fe' -r --quiet\n\
         $ mqttx-rs sub -t car/3 -C 1 --quiet -F '%x'\n01fe\n```\n\n\
         ## Payload formats, `-f`\n\n{}",
        table(&["field", "meaning"], letters.collect()),
        Template::time_conversions(),
        table(&["format", "payload"], formats.to_vec()),
    );
    Page {
        file: "output-format.md",
        title: "Output format",
        about: "The letters of `sub -F`, and the formats of payloads",
        text,
    }
}

/// A field, its type, and its meaning.
const FIELDS: &[(&str, &str, &str)] = &[
    ("topic", "text", "topic; required by `pub --jsonl` unless `-t` is given"),
    ("payload", "text or any JSON", "payload, as `payload_encoding` says"),
    ("payload_encoding", "`utf8`, `json` or `base64`", "`json`: the payload itself; otherwise text"),
    ("qos", "0, 1 or 2", "QoS"),
    ("retain", "true or false", "retain flag"),
    ("dup", "true or false", "DUP flag"),
    ("packet_id", "number", "packet identifier, at QoS 1 and 2"),
    ("received_at", "text", "time of receipt, RFC 3339 in UTC with nanoseconds"),
    ("properties", "object", "properties of MQTT 5.0; absent in 3.1.1"),
];

/// A field of `properties`.
const PROPERTIES: &[(&str, &str, &str)] = &[
    ("payload_format_indicator", "0 or 1", "1: the payload is UTF-8 text"),
    ("message_expiry_interval", "number", "seconds until the message expires"),
    ("topic_alias", "number", "topic alias it was sent with"),
    ("response_topic", "text", "topic for replies"),
    ("correlation_data", "text", "correlation data"),
    ("correlation_data_encoding", "`base64`", "present if the data is not UTF-8"),
    ("content_type", "text", "content type"),
    ("subscription_identifiers", "list of numbers", "identifiers of the subscriptions that matched"),
    ("user_properties", "list of `[name, value]`", "user properties, in their order"),
];

/// Fields that depend on `-f` and its schema.
const DECODED: &[(&str, &str, &str)] = &[
    ("decoded", "any JSON", "the payload decoded by `-f`; `pub --jsonl` ignores it"),
    ("payload_error", "text", "why it could not be decoded"),
];

pub(super) fn jsonl() -> Page {
    let line = full_line();
    assert_eq!(names(&line), sorted(FIELDS), "the table of fields");
    assert_eq!(names(&line["properties"]), sorted(PROPERTIES), "the table of properties");
    let rows = |fields: &[(&str, &str, &str)]| {
        let row =
            |(name, kind, meaning): &(&str, &str, &str)| vec![code(name), (*kind).to_owned(), (*meaning).to_owned()];
        table(&["field", "type", "meaning"], fields.iter().map(row).collect())
    };
    let text = format!(
        "`sub --output-mode jsonl` prints one JSON object for each message, and `pub --jsonl` publishes such lines. An \
         unknown\nfield is an error there; `payload` is required, and `topic` unless `-t` is given.\n\n{}\n\
         ## `properties`\n\n{}\n## With a format that decodes\n\n{}\n\
         ```console\n$ echo '{{\"topic\":\"car/4\",\"payload\":{{\"on\":true}},\"retain\":true}}' | mqttx-rs pub --jsonl --quiet\n\
         $ mqttx-rs sub -t car/4 -C 1 --quiet --output-mode jsonl\n\
         {{\"topic\":\"car/4\",\"payload\":{{\"on\":true}},\"payload_encoding\":\"json\",\"qos\":0,\"retain\":true,\"dup\":false[..]\n```\n",
        rows(FIELDS),
        rows(PROPERTIES),
        rows(DECODED)
    );
    Page {
        file: "jsonl.md",
        title: "JSON lines",
        about: "The fields of `sub --output-mode jsonl` and `pub --jsonl`",
        text,
    }
}

/// A line with every field that the program writes, which it reads again.
fn full_line() -> Value {
    let properties = PublishProperties {
        payload_format_indicator: Some(1),
        message_expiry_interval: Some(1),
        topic_alias: Some(1),
        response_topic: Some("a".to_owned()),
        correlation_data: Some(Bytes::from_static(b"\xff")),
        user_properties: vec![("a".to_owned(), "b".to_owned())],
        subscription_identifiers: vec![1],
        content_type: Some("a".to_owned()),
    };
    let message = Message {
        topic: TopicName::parse("a").unwrap(),
        payload: Bytes::from_static(b"{}"),
        qos: QoS::AtLeastOnce,
        retain: false,
        marked_duplicate: false,
        properties: Some(std::sync::Arc::new(properties)),
    };
    let record = Record { message, dup: false, packet_id: Some(1), received_at: Some(jiff::Timestamp::UNIX_EPOCH) };
    let mut line = Vec::new();
    write_json_line_at(&record, record.received_at, None, &mut line);
    read_json_line(&line, None).unwrap();
    serde_json::from_slice(&line).unwrap()
}

fn names(object: &Value) -> Vec<String> {
    let mut names: Vec<_> = object.as_object().unwrap().keys().cloned().collect();
    names.sort();
    names
}

fn sorted(fields: &[(&str, &str, &str)]) -> Vec<String> {
    let mut names: Vec<_> = fields.iter().map(|(name, ..)| (*name).to_owned()).collect();
    names.sort();
    names
}
