use std::sync::Arc;

use proptest::prelude::*;

use super::*;
use crate::mqtt::{Message, PublishProperties, QoS, TopicName};
use crate::output::{ErrorFormat, Stream};
use crate::payload::{PayloadFormat, is_unsafe_on_terminal};

const TERMINAL: Stream = Stream { terminal: true, color: false, unicode: true };

fn record(topic: &str, payload: &[u8]) -> Record {
    let topic = TopicName::received(topic.into()).unwrap();
    Record {
        received_at: Some("2026-11-22T21:07:20.000000001Z".parse().unwrap()),
        ..Record::new(Message::new(topic, payload.to_vec()))
    }
}

fn with_everything() -> Record {
    let mut record = record("t/1", b"hi");
    record.dup = true;
    record.packet_id = Some(7);
    record.message.qos = QoS::AtLeastOnce;
    record.message.retain = true;
    record.message.properties = Some(Arc::new(PublishProperties {
        payload_format_indicator: Some(1),
        message_expiry_interval: Some(60),
        topic_alias: Some(3),
        response_topic: Some("r/1".into()),
        correlation_data: Some(Bytes::from_static(b"c1")),
        user_properties: vec![("a".into(), "1".into()), ("b".into(), "it's".into()), ("a".into(), "2".into())],
        subscription_identifiers: vec![4, 5],
        content_type: Some("text/plain".into()),
    }));
    record
}

fn plain(shape: MessageShape) -> PrinterOptions {
    PrinterOptions {
        shape,
        codec: PayloadFormat::Plain.into(),
        verbose: false,
        delimiter: Bytes::from_static(b"\n"),
        file: None,
    }
}

fn printed_on(stream: Stream, options: PrinterOptions, records: &[Record]) -> String {
    let mut bytes = Vec::new();
    let talk = Talk::new(Stream::PIPE, true, ErrorFormat::Text);
    let mut printer = MessagePrinter::new(options, Stdout::with_writer(&mut bytes, stream), talk);
    for record in records {
        printer.print(record).unwrap();
    }
    printer.flush().unwrap();
    String::from_utf8(bytes).unwrap()
}

fn printed(options: PrinterOptions, record: Record) -> String {
    printed_on(Stream::PIPE, options, &[record])
}

#[test]
fn the_default_shape_is_mqttx_s() {
    let options = plain(MessageShape::Default);
    assert_eq!(printed(options, record("t/1", b"hello")), "topic: t/1, qos: 0, size: 5B\nhello\n\n");
    assert_eq!(
        printed(plain(MessageShape::Default), with_everything()),
        "topic: t/1, qos: 1, size: 2B, retain: true, userProperties: [ { key: 'a', value: '1' }, \
         { key: 'b', value: 'it\\'s' }, { key: 'a', value: '2' } ]\nhi\n\n"
    );
}

#[test]
fn verbose_adds_the_other_fields_of_the_packet() {
    let options = PrinterOptions { verbose: true, ..plain(MessageShape::Default) };
    assert!(printed(options, with_everything()).starts_with(
        "topic: t/1, qos: 1, size: 2B, retain: true, dup: true, packetId: 7, payloadFormatIndicator: 1, \
         messageExpiryInterval: 60, topicAlias: 3, responseTopic: r/1, correlationData: c1, \
         subscriptionIdentifier: 4, subscriptionIdentifier: 5, contentType: text/plain, userProperties: [ "
    ));
}

#[test]
fn a_payload_is_shown_in_the_format_asked_for() {
    for (format, shown) in [
        (PayloadFormat::Hex, "7b22 6122 3a31 7d"),
        (PayloadFormat::Base64, "eyJhIjoxfQ=="),
        (PayloadFormat::Json, "{\n  \"a\": 1\n}"),
        (PayloadFormat::Binary, "{\"a\":1}"),
    ] {
        let options = PrinterOptions { codec: format.into(), ..plain(MessageShape::Raw) };
        assert_eq!(printed(options, record("t", b"{\"a\":1}")), format!("{shown}\n"));
    }
}

#[test]
fn a_payload_that_does_not_decode_is_shown_as_it_is() {
    let options = PrinterOptions { codec: PayloadFormat::Json.into(), ..plain(MessageShape::Raw) };
    let talk = Talk::new(Stream::PIPE, true, ErrorFormat::Text);
    let mut printer = MessagePrinter::new(options, Stdout::with_writer(Vec::new(), Stream::PIPE), talk);
    let warning = printer.append(&record("t", b"{oops")).unwrap().unwrap_err();
    assert_eq!(warning, "not json at character 2: key must be a string");
    assert_eq!(printer.append(&record("t", b"1")).unwrap(), Ok(()));
    assert_eq!(printer.out.buffer(), b"{oops\n1\n");
}

#[test]
fn the_clean_shape_has_mqttx_s_names_and_loses_no_byte() {
    let text = printed(plain(MessageShape::Clean), with_everything());
    assert_eq!(
        text,
        r#"{
  "topic": "t/1",
  "payload": "hi",
  "packet": {
    "cmd": "publish",
    "retain": true,
    "qos": 1,
    "dup": true,
    "topic": "t/1",
    "payload": { "type": "Buffer", "data": [104,105] },
    "messageId": 7,
    "properties": {
      "payloadFormatIndicator": true,
      "messageExpiryInterval": 60,
      "topicAlias": 3,
      "responseTopic": "r/1",
      "correlationData": { "type": "Buffer", "data": [99,49] },
      "userProperties": {"a":["1","2"],"b":"it's"},
      "subscriptionIdentifier": [4,5],
      "contentType": "text/plain"
    }
  }
}
"#
    );
    let bytes = printed(plain(MessageShape::Clean), record("t", b"\xff\0"));
    let value: serde_json::Value = serde_json::from_str(&bytes).unwrap();
    assert_eq!(value["packet"]["payload"]["data"], serde_json::json!([255, 0]));
    assert_eq!(value["packet"].get("properties"), None);
}

#[test]
fn json_lines_have_the_time_of_receipt() {
    let line = printed(plain(MessageShape::JsonLines), record("t", b"x"));
    assert!(line.contains(r#""received_at":"2026-11-22T21:07:20.000000001Z""#), "{line}");
    let unknown = Record { received_at: None, ..record("t", b"x") };
    assert!(printed(plain(MessageShape::JsonLines), unknown).contains(r#""received_at":"2"#), "the time of printing");
}

#[test]
fn raw_is_the_payload_and_the_delimiter() {
    let options = PrinterOptions { delimiter: Bytes::from_static(b"\0"), ..plain(MessageShape::Raw) };
    assert_eq!(printed_on(Stream::PIPE, options, &[record("t", b"a\nb"), record("t", b"")]), "a\nb\0\0");
    let options = PrinterOptions { verbose: true, ..plain(MessageShape::Raw) };
    assert_eq!(printed(options, record("汽车/1", b"x")), "汽车/1 x\n");
}

#[test]
fn a_template_ends_with_the_delimiter() {
    let shape = || MessageShape::Template("%t=%p".parse().unwrap());
    assert_eq!(printed(plain(shape()), record("t", b"x")), "t=x\n");
    let options = PrinterOptions { delimiter: Bytes::new(), ..plain(shape()) };
    assert_eq!(printed_on(Stream::PIPE, options, &[record("t", b"x"), record("t", b"y")]), "t=xt=y");
}

#[test]
fn only_shapes_that_show_a_time_want_one() {
    let wants = |shape| {
        let talk = Talk::new(Stream::PIPE, true, ErrorFormat::Text);
        MessagePrinter::new(plain(shape), Stdout::with_writer(Vec::new(), Stream::PIPE), talk).wants_time()
    };
    assert!(wants(MessageShape::JsonLines));
    for (template, expected) in [("%t %p %x", false), ("@@", false), ("%U", true), ("@H", true), ("%j", true)] {
        assert_eq!(wants(MessageShape::Template(template.parse().unwrap())), expected, "{template}");
    }
    for shape in [MessageShape::Default, MessageShape::Clean, MessageShape::Raw] {
        assert!(!wants(shape));
    }
}

#[test]
fn a_file_gets_payloads_and_stdout_says_where() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("log");
    let file = Some(MessageFile::append(&path).unwrap());
    let options = PrinterOptions { file, codec: PayloadFormat::Hex.into(), ..plain(MessageShape::Default) };
    assert_eq!(
        printed_on(Stream::PIPE, options, &[record("t", b"\xff\0")]),
        format!("topic: t, qos: 0, size: 2B\nff00\nAppended to file: {}\n\n", path.display())
    );
    assert_eq!(std::fs::read(&path).unwrap(), b"ff00\n");
}

#[test]
fn a_terminal_sees_what_a_hostile_message_would_do() {
    let hostile = record("t/\x1b]0;x\x07\nerror: y", "\u{9b}2J\n\tok \u{202e}gpj\r\x1b[31m".as_bytes());
    assert_eq!(
        printed_on(TERMINAL, plain(MessageShape::Default), std::slice::from_ref(&hostile)),
        "topic: t/\\x1b]0;x\\x07\\x0aerror: y, qos: 0, size: 21B\n\\u{9b}2J\n\tok \\u{202e}gpj\\x0d\\x1b[31m\n\n"
    );
    let template = plain(MessageShape::Template(r"\e[1m%t\e[0m %p".parse().unwrap()));
    assert_eq!(
        printed_on(TERMINAL, template, &[hostile]),
        "\x1b[1mt/\\x1b]0;x\\x07\\x0aerror: y\x1b[0m \\u{9b}2J\n\tok \\u{202e}gpj\\x0d\\x1b[31m\n",
        "what the user wrote himself is obeyed"
    );
}

#[test]
fn labels_are_green_where_colour_is_on() {
    let colored = Stream { color: true, ..TERMINAL };
    assert_eq!(
        printed_on(colored, plain(MessageShape::Default), &[record("t", b"x")]),
        "\x1b[32mtopic\x1b[0m: t, \x1b[32mqos\x1b[0m: 0, \x1b[32msize\x1b[0m: 1B\nx\n\n"
    );
}

proptest! {
    #[test]
    fn a_pipe_gets_every_byte_of_a_payload(bytes: Vec<u8>, characters: String) {
        let template = MessageShape::Template("%p".parse().unwrap());
        for shape in [MessageShape::Raw, template] {
            for payload in [&bytes[..], characters.as_bytes()] {
                let talk = Talk::new(Stream::PIPE, true, ErrorFormat::Text);
                let out = Stdout::with_writer(Vec::new(), Stream::PIPE);
                let mut printer = MessagePrinter::new(plain(shape.clone()), out, talk);
                let _ = printer.append(&record("t", payload)).unwrap();
                prop_assert_eq!(printer.out.buffer(), &[payload, b"\n"].concat());
            }
        }
    }

    #[test]
    fn no_control_reaches_a_terminal_in_any_shape(
        topic in "[^#+\0]{1,20}", text: String, bytes: Vec<u8>, name: String
    ) {
        let template = "%t %p %C %D %P %R %j %J %10t %-20.10p %x".parse().unwrap();
        for shape in [
            MessageShape::Default,
            MessageShape::Clean,
            MessageShape::JsonLines,
            MessageShape::Raw,
            MessageShape::Template(template),
        ] {
            for format in [PayloadFormat::Plain, PayloadFormat::Json] {
                for payload in [text.as_bytes(), &bytes, &serde_json::to_vec(&text).unwrap()] {
                    let mut record = record(&topic, payload);
                    record.message.properties = Some(Arc::new(PublishProperties {
                        response_topic: Some(name.clone()),
                        correlation_data: Some(bytes.clone().into()),
                        user_properties: vec![(name.clone(), text.clone())],
                        content_type: Some(text.clone()),
                        ..PublishProperties::default()
                    }));
                    let options = PrinterOptions { codec: format.into(), verbose: true, ..plain(shape.clone()) };
                    let talk = Talk::new(TERMINAL, true, ErrorFormat::Text);
                    let mut printer = MessagePrinter::new(options, Stdout::with_writer(Vec::new(), TERMINAL), talk);
                    // Not `print`, whose warnings would flood the output of the test.
                    let _ = printer.append(&record).unwrap();
                    let seen = String::from_utf8(printer.out.buffer().clone()).unwrap();
                    prop_assert!(
                        !seen.contains(|character| is_unsafe_on_terminal(character) && !"\n\t".contains(character)),
                        "{seen:?}"
                    );
                }
            }
        }
    }
}
