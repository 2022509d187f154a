//! JSON lines: a message as one lossless object on one line, written by `sub` and read by `pub`.

mod read;
mod write;

use std::fmt;

use super::json;

pub use read::read_json_line;
pub use write::{push_timestamp, write_json_line, write_json_line_at};

/// Why a line does not hold a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct JsonLineError {
    what: String,
}

impl JsonLineError {
    fn field(name: &str, error: impl fmt::Display) -> Self {
        Self { what: format!("`{name}`: {error}") }
    }

    /// With the column only: the caller knows which line of the input it is.
    fn json(error: &serde_json::Error) -> Self {
        let what = json::fault(error);
        if error.line() == 0 { Self { what } } else { Self { what: format!("{what} at column {}", error.column()) } }
    }
}

impl fmt::Display for JsonLineError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

impl std::error::Error for JsonLineError {}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    use bytes::Bytes;
    use jiff::Timestamp;

    use super::*;
    use crate::mqtt::{Message, PublishProperties, QoS, TopicName};
    use crate::payload::{Record, is_unsafe_on_terminal};

    fn record(topic: &str, payload: &[u8]) -> Record {
        Record::new(Message::new(TopicName::parse(topic).unwrap(), payload.to_vec()))
    }

    fn written(record: &Record) -> String {
        let mut out = Vec::new();
        write_json_line(record, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn payload_part(payload: &[u8]) -> String {
        let line = written(&record("t", payload));
        line.strip_prefix("{\"topic\":\"t\",\"payload\":")
            .unwrap()
            .strip_suffix(",\"qos\":0,\"retain\":false,\"dup\":false}\n")
            .unwrap()
            .into()
    }

    #[test]
    fn writes_every_field_in_a_fixed_order() {
        let mut full = record("车/1", b"{\"speed\":21.5}").clone();
        full.message.qos = QoS::ExactlyOnce;
        full.message.retain = true;
        full.dup = true;
        full.packet_id = Some(65_535);
        full.received_at = Some("2026-11-22T21:07:20.000000001Z".parse().unwrap());
        full.message.properties = Some(Arc::new(PublishProperties {
            payload_format_indicator: Some(1),
            message_expiry_interval: Some(60),
            topic_alias: Some(3),
            response_topic: Some("r".into()),
            correlation_data: Some(Bytes::from_static(b"\xff")),
            user_properties: vec![("a".into(), "1".into()), ("a".into(), "2".into())],
            subscription_identifiers: vec![7, 8],
            content_type: Some("application/json".into()),
        }));
        assert_eq!(
            written(&full),
            concat!(
                r#"{"topic":"车/1","payload":{"speed":21.5},"payload_encoding":"json","qos":2,"retain":true,"dup":true,"#,
                r#""packet_id":65535,"received_at":"2026-11-22T21:07:20.000000001Z","properties":{"#,
                r#""payload_format_indicator":1,"message_expiry_interval":60,"topic_alias":3,"response_topic":"r","#,
                r#""correlation_data":"/w==","correlation_data_encoding":"base64","content_type":"application/json","#,
                r#""subscription_identifiers":[7,8],"user_properties":[["a","1"],["a","2"]]}}"#,
                "\n"
            )
        );
        assert_eq!(read_json_line(written(&full).as_bytes(), None), Ok(full));
    }

    #[test]
    fn text_stays_text_and_bytes_become_base64() {
        assert_eq!(payload_part("汽车\n".as_bytes()), r#""汽车\n","payload_encoding":"utf8""#);
        assert_eq!(payload_part(b"\x00\xff\x01"), r#""AP8B","payload_encoding":"base64""#);
        assert_eq!(payload_part(b""), r#""","payload_encoding":"utf8""#);
    }

    #[test]
    fn json_stands_inline_only_where_no_tool_would_change_a_byte() {
        for inline in ["{\"a\":[1,2.5,null,\"x\"]}", "42", "-0.001", "true", "\"text\"", "0.1234567890123456", "{}"] {
            assert_eq!(payload_part(inline.as_bytes()), format!("{inline},\"payload_encoding\":\"json\""));
        }
        for kept in [
            "{\"a\": 1}",
            " 1",
            "1.10",
            "1e400",
            "9007199254740993",
            "123456789012345678901234567890",
            "[0.12345678901234567890123]",
            "{\"a\":1,\"a\":2}",
            "\"\\u0041\"",
            "\"\u{9b}31m\"",
            "nul",
            "{\"a\":1}\n",
        ] {
            assert!(payload_part(kept.as_bytes()).ends_with("\"payload_encoding\":\"utf8\""), "{kept}");
        }
    }

    #[test]
    fn a_line_by_hand_needs_a_payload_and_a_topic_only() {
        let default = TopicName::parse("d").unwrap();
        let read = |line: &str| read_json_line(line.as_bytes(), Some(&default)).unwrap();
        assert_eq!(read(r#"{"payload":"21 °C"}"#), record("d", "21 °C".as_bytes()));
        assert_eq!(read(r#" {"payload": {"a": 1.10}, "topic": "t"} "#), record("t", br#"{"a": 1.10}"#));
        assert_eq!(read(r#"{"payload":null}"#), record("d", b"null"));
        assert_eq!(read(r#"{"payload":"AP8","payload_encoding":"base64"}"#), record("d", b"\x00\xff"));
        assert_eq!(read(r#"{"payload":"a","payload_encoding":"json"}"#), record("d", b"\"a\""));
    }

    #[test]
    fn says_what_is_wrong_with_a_line() {
        for (line, what) in [
            ("", "a value is missing at column 0"),
            ("{}", "missing field `payload` at column 2"),
            (r#"{"payload":"x"}"#, "`topic` is missing"),
            (r#"{"topic":"a/#","payload":""}"#, "`topic`: `+` and `#` are wildcards for subscribing"),
            (r#"{"topic":"t","payload":"x","retian":true}"#, "unknown field `retian`"),
            (r#"{"topic":"t","payload":"x","qos":3}"#, "`qos`: `3` is not a QoS"),
            (r#"{"topic":"t","payload":1,"payload_encoding":"utf8"}"#, "`payload` must be a string"),
            (r#"{"topic":"t","payload":"*","payload_encoding":"base64"}"#, "`payload`: not base64 at character 1"),
            (r#"{"topic":"t","payload":"x","received_at":"noon"}"#, "`received_at`: "),
            (r#"{"topic":"t","payload":"x","properties":{"payload_format_indicator":2}}"#, "must be 0 or 1"),
            ("hello", "not a JSON value at column 1"),
            (r#"{"topic":"t","payload":"x"} {}"#, "trailing characters at column 29"),
        ] {
            let error = read_json_line(line.as_bytes(), None).unwrap_err().to_string();
            assert!(error.contains(what), "{line}: {error}");
        }
    }

    #[test]
    fn what_belongs_to_a_connection_does_not_cross_a_bridge() {
        let mut from = record("t", b"x");
        from.message.properties = Some(Arc::new(PublishProperties {
            topic_alias: Some(1),
            subscription_identifiers: vec![1],
            ..PublishProperties::default()
        }));
        assert_eq!(from.into_message().properties, None);
    }

    fn any_properties() -> impl Strategy<Value = PublishProperties> {
        (
            (option::of(0..=1_u8), option::of(any::<u32>()), option::of(any::<u16>()), option::of(any::<String>())),
            option::of(prop_oneof![vec(any::<u8>(), 0..20), any::<String>().prop_map(String::into_bytes)]),
            vec((any::<String>(), any::<String>()), 0..4),
            vec(1..=268_435_455_u32, 0..3),
            option::of(any::<String>()),
        )
            .prop_map(
                |((indicator, expiry, alias, response), correlation, user, identifiers, content_type)| {
                    PublishProperties {
                        payload_format_indicator: indicator,
                        message_expiry_interval: expiry,
                        topic_alias: alias,
                        response_topic: response,
                        correlation_data: correlation.map(Bytes::from),
                        user_properties: user,
                        subscription_identifiers: identifiers,
                        content_type,
                    }
                },
            )
    }

    /// Bytes, text, numbers as people and programs write them, and JSON.
    fn any_payload() -> impl Strategy<Value = Vec<u8>> {
        let json = prop_oneof![
            any::<f64>().prop_map(|number| number.to_string()),
            any::<i64>().prop_map(|number| number.to_string()),
            any::<String>().prop_map(|text| serde_json::to_string(&text).unwrap()),
            "-?[0-9]{1,30}(\\.[0-9]{1,30})?([eE][+-]?[0-9]{1,3})?",
            Just("null".to_owned()),
        ];
        let json = json.prop_recursive(6, 32, 4, |inner| {
            prop_oneof![
                vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(","))),
                vec(("[a-c]{1,2}", inner), 0..4).prop_map(|members| {
                    let members: Vec<String> =
                        members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                    format!("{{{}}}", members.join(","))
                }),
            ]
        });
        prop_oneof![
            vec(any::<u8>(), 0..40),
            any::<String>().prop_map(String::into_bytes),
            json.prop_map(String::into_bytes)
        ]
    }

    fn any_record() -> impl Strategy<Value = Record> {
        let topic = any::<String>().prop_filter_map("a topic", |text| TopicName::parse(text).ok());
        let time = (-377_705_023_201_i64..=253_402_207_200, 0..1_000_000_000_i32)
            .prop_map(|(second, nanosecond)| Timestamp::new(second, nanosecond).unwrap());
        (
            (topic, any_payload(), 0..=2_u8, any::<bool>(), option::of(any_properties())),
            (any::<bool>(), option::of(1..=u16::MAX), option::of(time)),
        )
            .prop_map(|((topic, payload, qos, retain, properties), (dup, packet_id, received_at))| Record {
                message: Message {
                    topic,
                    payload: payload.into(),
                    qos: QoS::try_from(qos).unwrap(),
                    retain,
                    marked_duplicate: false,
                    properties: properties.map(Arc::new),
                },
                dup,
                packet_id,
                received_at,
            })
    }

    proptest! {
        #[test]
        fn reading_what_was_written_gives_the_same_record(record in any_record()) {
            let line = written(&record);
            prop_assert!(!line.trim_end_matches('\n').contains(is_unsafe_on_terminal), "{}", line);
            prop_assert_eq!(read_json_line(line.as_bytes(), None), Ok(record));
        }

        /// A tool in the middle of the pipe that reads values and writes them again, as most do.
        #[test]
        fn a_json_tool_between_changes_nothing(record in any_record()) {
            let value: serde_json::Value = serde_json::from_str(&written(&record)).unwrap();
            prop_assert_eq!(read_json_line(value.to_string().as_bytes(), None), Ok(record));
        }

        #[test]
        fn any_line_is_read_or_refused(line in any_payload()) {
            let _ = read_json_line(&line, None);
        }
    }
}
