//! Compares `--template` with `mosquitto_sub -F` itself, where it is installed: one retained message, shown by both.

use std::process::{Command, Stdio};
use std::sync::Arc;

use bytes::Bytes;
use jiff::Timestamp;

use mqttx_rs::internals::{ErrorFormat, MessagePrinter, MessageShape, PrinterOptions, Stdout, Stream, Talk};
use mqttx_rs::mqtt::{Message, PublishProperties, QoS, TopicName};
use mqttx_rs::payload::{Codec, Record};

use crate::support::Mosquitto;

const TOPIC: &str = "house/kitchen";
const PAYLOAD: &str = "{\"t\":21,\"name\":\"a \\\"b\\\"\"}";

/// Where both follow the manual. Elsewhere `mosquitto_sub` 2.0 cuts a payload to its width, ignores widths that the
/// manual grants to `%R`, counts bytes instead of columns, repeats names in JSON and writes an invalid time.
const TEMPLATES: &[&str] = &[
    "",
    "plain text",
    "%% @@ \\\\ \\t\\n\\r\\a\\e\\v|",
    "%t %p %q %r %l %m",
    "%A|%C|%D|%E|%F|%P|%R|%S",
    "[%20t|%-20t|%.5t|%10.5t|%-10.5t|%.0t|%020t]",
    "[%20C|%-20C|%.4C|%20.4C]",
    "[%5l|%05l|%-5l|%-05l]",
    "[%5m|%05m|%5S|%05S|%-5S]",
    "[%5A|%05A|%-5A|%5E|%5F]",
    "[%40p|%-40p|%040p]",
    "%x %X",
    "%t\\0%p\\0",
    "汽车 %t",
];

/// strftime's, after the second of which they speak.
const TIMES: &str = "@s|@Y-@m-@d @H:@M:@S|@a@A@b@B@c@C@d@D@e@F@g@G@h@I@j@k@l@p@P@r@R@T@u@U@V@w@W@x@X@y@z@Z@n@t@@";

#[test]
fn templates_print_what_mosquitto_sub_prints() {
    let Some(mosquitto) = start() else { return };
    let record = received(None);
    for template in TEMPLATES {
        let theirs = mosquitto_sub(&mosquitto, template);
        assert_eq!(ours(template, &record), theirs, "{template}");
    }
}

#[test]
fn times_print_what_mosquitto_sub_prints() {
    let Some(mosquitto) = start() else { return };
    let theirs = mosquitto_sub(&mosquitto, TIMES);
    let second = theirs.split('|').next().unwrap().parse().expect("seconds since 1970");
    let record = received(Some(Timestamp::from_second(second).unwrap()));
    assert_eq!(ours(TIMES, &record), theirs);
}

#[test]
fn json_means_what_mosquitto_s_means() {
    let Some(mosquitto) = start() else { return };
    for template in ["%j", "%J"] {
        let mut objects = [mosquitto_sub(&mosquitto, template), ours(template, &received(None))].map(|text| {
            let object: serde_json::Map<String, serde_json::Value> = serde_json::from_str(&text).expect("an object");
            object
        });
        for object in &mut objects {
            object.remove("tst").expect("the time of receipt");
        }
        // 2.0 prints them as an object, 2.1 and we as an array of objects of one pair, which keeps their order.
        let theirs = &mut objects[0]["properties"]["user-properties"];
        if let Some(pairs) = theirs.as_object() {
            *theirs = pairs.iter().map(|(name, value)| serde_json::json!({ name: value })).collect();
        }
        assert_eq!(objects[0], objects[1], "{template}");
    }
}

#[test]
fn what_mosquitto_sub_refuses_is_refused() {
    if Command::new("mosquitto_sub").arg("--help").stdout(Stdio::null()).status().is_err() {
        return;
    }
    for template in ["%", "%k", "%5", "%-", "%.", "%05", "%-+t", "@", "a\\q", "a\\"] {
        let theirs = Command::new("mosquitto_sub").args(["-t", "t", "-F", template]).output().unwrap();
        assert!(!theirs.status.success(), "{template}");
        assert!(template.parse::<mqttx_rs::internals::Template>().is_err(), "{template}");
    }
}

/// A broker that keeps one message with properties.
fn start() -> Option<Mosquitto> {
    let mosquitto = Mosquitto::start("")?;
    let published = Command::new("mosquitto_pub")
        .args(["-p", &mosquitto.port().to_string(), "-V", "5", "-t", TOPIC, "-m", PAYLOAD, "-q", "1", "-r"])
        .args(["-D", "publish", "content-type", "text/plain"])
        .args(["-D", "publish", "response-topic", "answers"])
        .args(["-D", "publish", "correlation-data", "c1"])
        .args(["-D", "publish", "payload-format-indicator", "1"])
        .args(["-D", "publish", "user-property", "a", "1"])
        .args(["-D", "publish", "user-property", "b", "two words"])
        .status();
    assert!(published.expect("mosquitto_pub comes with mosquitto").success());
    Some(mosquitto)
}

/// The message as a subscriber gets it.
fn received(received_at: Option<Timestamp>) -> Record {
    let mut message = Message::new(TopicName::parse(TOPIC).unwrap(), PAYLOAD).with_qos(QoS::AtLeastOnce);
    message.retain = true;
    message.properties = Some(Arc::new(PublishProperties {
        payload_format_indicator: Some(1),
        response_topic: Some("answers".into()),
        correlation_data: Some(Bytes::from_static(b"c1")),
        user_properties: vec![("a".into(), "1".into()), ("b".into(), "two words".into())],
        subscription_identifiers: vec![9],
        content_type: Some("text/plain".into()),
        ..PublishProperties::default()
    }));
    Record { message, dup: false, packet_id: Some(1), received_at }
}

fn mosquitto_sub(mosquitto: &Mosquitto, template: &str) -> String {
    let output = Command::new("mosquitto_sub")
        .args(["-p", &mosquitto.port().to_string(), "-V", "5", "-t", TOPIC, "-q", "1", "-C", "1"])
        .args(["-D", "subscribe", "subscription-identifier", "9", "-F", template])
        .output()
        .expect("mosquitto_sub comes with mosquitto");
    assert!(output.status.success(), "{template}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn ours(template: &str, record: &Record) -> String {
    let options = PrinterOptions {
        shape: MessageShape::Template(template.parse().unwrap()),
        codec: Codec::default(),
        verbose: false,
        delimiter: Bytes::from_static(b"\n"),
        file: None,
    };
    let mut bytes = Vec::new();
    let talk = Talk::new(Stream::PIPE, true, ErrorFormat::Text);
    let mut printer = MessagePrinter::new(options, Stdout::with_writer(&mut bytes, Stream::PIPE), talk);
    printer.print(record).unwrap();
    printer.flush().unwrap();
    drop(printer);
    String::from_utf8(bytes).unwrap()
}
