//! Engine case 18: whatever breaks the specification ends the connection, in 5.0 with DISCONNECT and the reason, and
//! is reported as the broker's fault; whatever is merely odd does not. For mutated packets see
//! `session_mutations.rs`.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use mqttx_rs::mqtt::Version;

use crate::support::ScriptedBroker;
use crate::support::engine::{Engine, VERSIONS, clean};
use crate::support::wire::{self, Packet, connack, frame, property, puback, publish};

/// What a broker must not send: its name, the bytes, and the reasons that our DISCONNECT may give for it.
struct Broken(&'static str, Vec<u8>, &'static [u8]);

const MALFORMED: u8 = 0x81;
const PROTOCOL: u8 = 0x82;
/// The specification leaves it open which of the two it is, or names one in one place and the other elsewhere.
const EITHER: &[u8] = &[MALFORMED, PROTOCOL];

/// Broken in 3.1.1 and 5.0 alike; `p` is the empty property list where the version has one.
fn broken_in_both(version: Version) -> Vec<Broken> {
    let encode = |packet: Packet| packet.encode(version);
    let p: &[u8] = if version.is_v5() { &[0] } else { &[] };
    let publish = |first: u8, topic: &[u8], id: &[u8]| {
        let length = u8::try_from(topic.len()).unwrap();
        frame(first, &[&[0, length], topic, id, p, b"payload"].concat())
    };
    let with_body = |first: u8, body: &[u8]| frame(first, body);
    let mut broken = vec![
        Broken("PUBLISH at QoS 1 with id 0", publish(0x32, b"a", &[0, 0]), EITHER),
        Broken("PUBLISH at QoS 2 with id 0", publish(0x34, b"a", &[0, 0]), EITHER),
        Broken("PUBLISH at QoS 3", publish(0x36, b"a", &[0, 1]), &[MALFORMED]),
        Broken("PUBLISH at QoS 0 with DUP", publish(0x38, b"a", &[]), EITHER),
        Broken("PUBLISH to an empty topic", publish(0x30, b"", &[]), EITHER),
        Broken("PUBLISH to a topic with #", publish(0x30, b"a/#", &[]), &[MALFORMED, PROTOCOL, 0x90]),
        Broken("PUBLISH to a topic with +", publish(0x30, b"+/a", &[]), &[MALFORMED, PROTOCOL, 0x90]),
        Broken("a topic that is not UTF-8", publish(0x30, &[0xC3, 0x28], &[]), &[MALFORMED]),
        Broken("a topic with an encoded surrogate", publish(0x30, &[0xED, 0xA0, 0x80], &[]), &[MALFORMED]),
        Broken("a topic with an overlong encoding", publish(0x30, &[0xC0, 0xAF], &[]), &[MALFORMED]),
        Broken("a topic with U+0000", publish(0x30, b"a\0b", &[]), &[MALFORMED]),
        Broken("a topic longer than its packet", frame(0x30, &[0, 9, b'a']), &[MALFORMED]),
        Broken("PUBLISH without a body", frame(0x30, &[]), &[MALFORMED]),
        Broken("PUBLISH at QoS 1 cut before its id", frame(0x32, &[0, 1, b'a', 7]), &[MALFORMED]),
        Broken("a second CONNACK", encode(wire::connack().into()), &[PROTOCOL]),
        Broken("CONNECT", encode(wire::connect(version, "broker").into()), &[PROTOCOL]),
        Broken("SUBSCRIBE", encode(wire::subscribe(1, "a", 0).into()), &[PROTOCOL]),
        Broken("UNSUBSCRIBE", encode(wire::unsubscribe(1, "a").into()), &[PROTOCOL]),
        Broken("PINGREQ", encode(Packet::Pingreq), &[PROTOCOL]),
        Broken("packet type 0", frame(0x00, &[]), EITHER),
        Broken("packet type 0 with a body", frame(0x00, &[1, 2, 3]), EITHER),
        Broken("PINGRESP with a body", with_body(0xD0, &[0]), EITHER),
        Broken("a Remaining Length of five bytes", vec![0x30, 0x80, 0x80, 0x80, 0x80, 0x01], &[MALFORMED]),
        Broken("a Remaining Length that never ends", vec![0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF], &[MALFORMED]),
        Broken("SUBACK without a body", with_body(0x90, &[]), &[MALFORMED]),
        Broken("SUBACK without a reason", with_body(0x90, &[&[0, 1], p].concat()), EITHER),
        Broken("SUBACK with a reserved reason", with_body(0x90, &[&[0, 1], p, &[3][..]].concat()), EITHER),
        Broken("SUBACK with id 0", with_body(0x90, &[&[0, 0], p, &[0][..]].concat()), EITHER),
        Broken("UNSUBACK without a body", with_body(0xB0, &[]), &[MALFORMED]),
        Broken("UNSUBACK with id 0", with_body(0xB0, &[&[0, 0], p, p].concat()), EITHER),
    ];
    for (name, first) in [("PUBACK", 0x40), ("PUBREC", 0x50), ("PUBREL", 0x62), ("PUBCOMP", 0x70)] {
        broken.push(Broken(name, with_body(first, &[]), &[MALFORMED]));
        broken.push(Broken(name, with_body(first, &[1]), &[MALFORMED]));
        broken.push(Broken(name, with_body(first, &[0, 0]), EITHER));
        // Reserved flags [MQTT-2.1.3-1].
        broken.push(Broken(name, with_body(first ^ 0x01, &[0, 1]), &[MALFORMED]));
        broken.push(Broken(name, with_body(first ^ 0x02, &[0, 1]), &[MALFORMED]));
        broken.push(Broken(name, with_body(first ^ 0x08, &[0, 1]), &[MALFORMED]));
    }
    broken.push(Broken("SUBACK with flags", with_body(0x92, &[&[0, 1], p, &[0][..]].concat()), &[MALFORMED]));
    broken.push(Broken("UNSUBACK with flags", with_body(0xB2, &[&[0, 1], p, &[0][..]].concat()), &[MALFORMED]));
    broken.push(Broken("PINGRESP with flags", with_body(0xD1, &[]), &[MALFORMED]));
    broken
}

fn broken_in_v3() -> Vec<Broken> {
    vec![
        Broken("DISCONNECT", vec![0xE0, 0], &[]),
        Broken("packet type 15", vec![0xF0, 0], &[]),
        Broken("PUBACK with more than an id", frame(0x40, &[0, 1, 0]), &[]),
        Broken("PUBREC with more than an id", frame(0x50, &[0, 1, 0]), &[]),
        Broken("PUBREL with more than an id", frame(0x62, &[0, 1, 0]), &[]),
        Broken("PUBCOMP with more than an id", frame(0x70, &[0, 1, 0]), &[]),
        Broken("UNSUBACK with more than an id", frame(0xB0, &[0, 1, 0]), &[]),
        Broken("SUBACK with a reason of 5.0", frame(0x90, &[0, 1, 0x87]), &[]),
    ]
}

/// Properties with a value for each.
type Singles = &'static [(u8, &'static [u8])];

/// A packet around its property list: name, first byte, the bytes before and after, and what it may contain once.
type Shape = (&'static str, u8, &'static [u8], &'static [u8], Singles);

/// The properties that these packets may contain, each once; User Property and, in PUBLISH, Subscription Identifier
/// may be repeated and are not listed.
const SINGLE_IN_PUBLISH: Singles = &[
    (property::PAYLOAD_FORMAT_INDICATOR, &[0]),
    (property::MESSAGE_EXPIRY_INTERVAL, &[0, 0, 0, 9]),
    (property::CONTENT_TYPE, &[0, 1, b'x']),
    (property::RESPONSE_TOPIC, &[0, 1, b'x']),
    (property::CORRELATION_DATA, &[0, 1, b'x']),
    (property::TOPIC_ALIAS, &[0, 1]),
];
const REASON: Singles = &[(property::REASON_STRING, &[0, 1, b'x'])];
const SINGLE_IN_CONNACK: Singles = &[
    (property::SESSION_EXPIRY_INTERVAL, &[0, 0, 0, 9]),
    (property::RECEIVE_MAXIMUM, &[0, 9]),
    (property::MAXIMUM_QOS, &[1]),
    (property::RETAIN_AVAILABLE, &[1]),
    (property::MAXIMUM_PACKET_SIZE, &[0, 1, 0, 0]),
    (property::ASSIGNED_CLIENT_IDENTIFIER, &[0, 1, b'x']),
    (property::TOPIC_ALIAS_MAXIMUM, &[0, 9]),
    (property::REASON_STRING, &[0, 1, b'x']),
    (property::WILDCARD_SUBSCRIPTION_AVAILABLE, &[1]),
    (property::SUBSCRIPTION_IDENTIFIER_AVAILABLE, &[1]),
    (property::SHARED_SUBSCRIPTION_AVAILABLE, &[1]),
    (property::SERVER_KEEP_ALIVE, &[0, 9]),
    (property::RESPONSE_INFORMATION, &[0, 1, b'x']),
    (property::SERVER_REFERENCE, &[0, 1, b'x']),
    (property::AUTHENTICATION_METHOD, &[0, 1, b'x']),
    (property::AUTHENTICATION_DATA, &[0, 1, b'x']),
];

fn broken_in_v5() -> Vec<Broken> {
    // A packet with these bytes as its property list, and a body around it.
    fn with_properties(first: u8, before: &[u8], properties: &[u8], after: &[u8]) -> Vec<u8> {
        let length = wire::variable_length(properties.len());
        frame(first, &[before, &length, properties, after].concat())
    }
    let publish = |properties: &[u8]| with_properties(0x30, &[0, 1, b'a'], properties, b"payload");
    let packets: [Shape; 9] = [
        ("PUBLISH", 0x30, &[0, 1, b'a'], b"payload", SINGLE_IN_PUBLISH),
        ("PUBACK", 0x40, &[0, 1, 0], &[], REASON),
        ("PUBREC", 0x50, &[0, 1, 0], &[], REASON),
        ("PUBREL", 0x62, &[0, 1, 0], &[], REASON),
        ("PUBCOMP", 0x70, &[0, 1, 0], &[], REASON),
        ("SUBACK", 0x90, &[0, 1], &[0], REASON),
        ("UNSUBACK", 0xB0, &[0, 1], &[0], REASON),
        ("DISCONNECT", 0xE0, &[0], &[], REASON),
        ("AUTH", 0xF0, &[0x18], &[], REASON),
    ];
    let mut broken = Vec::new();
    for (name, first, before, after, single) in packets {
        for (id, value) in single {
            let twice = [&[*id], *value, &[*id], *value].concat();
            broken.push(Broken(name, with_properties(first, before, &twice, after), EITHER));
        }
        let foreign = [property::WILL_DELAY_INTERVAL, 0, 0, 0, 1];
        broken.push(Broken(name, with_properties(first, before, &foreign, after), EITHER));
        let foreign = [property::RECEIVE_MAXIMUM, 0, 1];
        broken.push(Broken(name, with_properties(first, before, &foreign, after), EITHER));
        broken.push(Broken(name, with_properties(first, before, &[0x7F, 0], after), EITHER));
        broken.push(Broken(name, with_properties(first, before, &[0x00], after), EITHER));
        // An identifier in the long form, a property cut by the end of the list, a list longer than the packet, a
        // length in the long form, and one that never ends.
        broken.push(Broken(name, with_properties(first, before, &[0x9F, 0x00, 0, 0], after), EITHER));
        broken.push(Broken(
            name,
            with_properties(first, before, &[property::USER_PROPERTY, 0, 1, b'k', 0], after),
            EITHER,
        ));
        broken.push(Broken(name, frame(first, &[before, &[5, property::USER_PROPERTY]].concat()), &[MALFORMED]));
        broken.push(Broken(name, frame(first, &[before, &[0x80, 0x00], after].concat()), &[MALFORMED]));
        broken.push(Broken(name, frame(first, &[before, &[0x80]].concat()), &[MALFORMED]));
        broken.push(Broken(name, frame(first, &[before, &[0xFF; 5], after].concat()), &[MALFORMED]));
        let not_utf8 = [property::USER_PROPERTY, 0, 1, 0xFF, 0, 0];
        broken.push(Broken(name, with_properties(first, before, &not_utf8, after), &[MALFORMED]));
        let nul = [property::USER_PROPERTY, 0, 1, b'k', 0, 1, 0];
        broken.push(Broken(name, with_properties(first, before, &nul, after), &[MALFORMED]));
    }
    for (name, first) in [("PUBACK", 0x40), ("PUBREC", 0x50), ("PUBREL", 0x62), ("PUBCOMP", 0x70)] {
        broken.push(Broken(name, frame(first, &[0, 1, 0x42]), EITHER));
        broken.push(Broken(name, frame(first, &[0, 1, 0, 0, 0]), &[MALFORMED]));
    }
    broken.extend([
        Broken("Payload Format Indicator 2", publish(&[1, 2]), &[MALFORMED, PROTOCOL, 0x99]),
        Broken("Subscription Identifier 0", publish(&[0x0B, 0]), &[PROTOCOL]),
        Broken("Subscription Identifier in the long form", publish(&[0x0B, 0x81, 0x00]), EITHER),
        Broken("Subscription Identifier of five bytes", publish(&[0x0B, 0x81, 0x80, 0x80, 0x80, 1]), EITHER),
        Broken("Topic Alias 0", publish(&[0x23, 0, 0]), &[0x94]),
        Broken(
            "Response Topic with a wildcard",
            publish(&[0x08, 0, 3, b'a', b'/', b'#']),
            &[MALFORMED, PROTOCOL, 0x90],
        ),
        Broken("a property list that swallows part of the payload", frame(0x30, &[0, 1, b'a', 2, 0x1, 0x2]), EITHER),
        Broken("an empty topic without an alias", frame(0x30, &[0, 0, 0]), &[PROTOCOL]),
        Broken("a Remaining Length in the long form", vec![0xD0, 0x80, 0x00], &[MALFORMED]),
        Broken("unsolicited AUTH", frame(0xF0, &[0x18, 0]), &[PROTOCOL]),
        Broken("unsolicited AUTH with success", frame(0xF0, &[]), &[PROTOCOL]),
        Broken("AUTH with an undefined reason", frame(0xF0, &[0x42, 0]), EITHER),
        Broken("SUBACK with a reason of UNSUBACK", frame(0x90, &[0, 1, 0, 0x11]), EITHER),
        Broken("UNSUBACK without reasons", frame(0xB0, &[0, 1, 0]), EITHER),
        Broken("UNSUBACK with an undefined reason", frame(0xB0, &[0, 1, 0, 0x42]), EITHER),
        Broken("DISCONNECT with flags", vec![0xE1, 0], &[MALFORMED]),
        Broken("DISCONNECT with an undefined reason", frame(0xE0, &[0x42]), EITHER),
        Broken("DISCONNECT with a reason of clients", frame(0xE0, &[0x04]), EITHER),
        Broken("DISCONNECT with Session Expiry Interval", frame(0xE0, &[0, 5, 0x11, 0, 0, 0, 1]), EITHER),
    ]);
    broken
}

/// What must not come instead of CONNACK.
fn broken_as_first(version: Version) -> Vec<Broken> {
    let encode = |packet: Packet| packet.encode(version);
    let mut broken = vec![
        Broken("PUBLISH before CONNACK", encode(wire::publish("a", "x").into()), &[PROTOCOL]),
        Broken("PINGRESP before CONNACK", encode(Packet::Pingresp), &[PROTOCOL]),
        Broken("PUBACK before CONNACK", encode(wire::puback(1).into()), &[PROTOCOL]),
        Broken("CONNACK without a body", frame(0x20, &[]), &[MALFORMED]),
        Broken("CONNACK with flags", frame(0x21, if version.is_v5() { &[0, 0, 0] } else { &[0, 0] }), &[MALFORMED]),
    ];
    if version.is_v5() {
        broken.extend([
            Broken("reserved acknowledge flags", frame(0x20, &[2, 0, 0]), EITHER),
            Broken("Session Present for a clean start", frame(0x20, &[1, 0, 0]), EITHER),
            Broken("Session Present with a refusal", frame(0x20, &[1, 0x87, 0]), EITHER),
            Broken("an undefined reason", frame(0x20, &[0, 0x42, 0]), EITHER),
            Broken("CONNACK without a property list", frame(0x20, &[0, 0]), EITHER),
            Broken("CONNACK with something left over", frame(0x20, &[0, 0, 0, 0]), EITHER),
            Broken("Receive Maximum 0", frame(0x20, &[0, 0, 3, 0x21, 0, 0]), &[PROTOCOL]),
            Broken("Maximum QoS 2", frame(0x20, &[0, 0, 2, 0x24, 2]), EITHER),
            Broken("Retain Available 2", frame(0x20, &[0, 0, 2, 0x25, 2]), EITHER),
            Broken("Maximum Packet Size 0", frame(0x20, &[0, 0, 5, 0x27, 0, 0, 0, 0]), &[PROTOCOL]),
            Broken("Wildcard Subscription Available 2", frame(0x20, &[0, 0, 2, 0x28, 2]), EITHER),
            Broken("Subscription Identifier Available 2", frame(0x20, &[0, 0, 2, 0x29, 2]), EITHER),
            Broken("Shared Subscription Available 2", frame(0x20, &[0, 0, 2, 0x2A, 2]), EITHER),
            Broken("Topic Alias in CONNACK", frame(0x20, &[0, 0, 3, 0x23, 0, 1]), EITHER),
            Broken("AUTH without a method", frame(0xF0, &[0x18, 0]), &[PROTOCOL]),
        ]);
        for (id, value) in SINGLE_IN_CONNACK {
            let twice = [&[*id], *value, &[*id], *value].concat();
            let length = wire::variable_length(twice.len());
            broken.push(Broken(
                "a property twice in CONNACK",
                frame(0x20, &[&[0, 0], &length[..], &twice].concat()),
                EITHER,
            ));
        }
    } else {
        broken.extend([
            Broken("reserved acknowledge flags", frame(0x20, &[2, 0]), &[]),
            Broken("Session Present for a clean session", frame(0x20, &[1, 0]), &[]),
            Broken("Session Present with a refusal", frame(0x20, &[1, 5]), &[]),
            Broken("an undefined return code", frame(0x20, &[0, 6]), &[]),
            Broken("CONNACK with something left over", frame(0x20, &[0, 0, 0]), &[]),
            Broken("DISCONNECT before CONNACK", vec![0xE0, 0], &[]),
        ]);
    }
    broken
}

/// What is legal, however odd.
fn odd(version: Version) -> Vec<(&'static str, Vec<u8>)> {
    let encode = |packet: Packet| packet.encode(version);
    let mut odd = vec![
        ("unsolicited PINGRESP", encode(Packet::Pingresp)),
        ("unexpected acknowledgements", {
            let packets: [Packet; 5] = [
                puback(9).into(),
                wire::pubrec(9).into(),
                wire::pubcomp(9).into(),
                wire::pubrel(9).into(),
                wire::suback(9, [0]).into(),
            ];
            packets.into_iter().flat_map(encode).collect()
        }),
        ("unexpected UNSUBACK", encode(wire::unsuback(9, [0]).into())),
        ("a message before any subscription", encode(publish("a", "x").into())),
        ("an empty message", encode(publish("a", "").into())),
        ("an empty level", encode(publish("/", "x").into())),
        ("a topic of the broker's own", encode(publish("$SYS/x", "x").into())),
        ("a topic with a space and a control character", encode(publish(" \u{1}\u{9F}", "x").into())),
        ("a topic with a byte order mark and a noncharacter", encode(publish("\u{FEFF}\u{FFFF}", "x").into())),
        ("a topic of 65,535 bytes", encode(publish(&"t".repeat(65_535), "x").into())),
        ("DUP on a first delivery", encode(publish("a", "x").qos(1).id(9).dup().into())),
        ("the greatest id", encode(publish("a", "x").qos(2).id(65_535).into())),
        ("a payload that is not UTF-8", encode(publish("a", [0xFF, 0]).into())),
    ];
    if version.is_v5() {
        let mut many = publish("a", "x");
        for _ in 0..200 {
            many = many.with(property::user_property("", "")).with(property::subscription_identifier(268_435_455));
        }
        odd.extend([
            ("an acknowledgement with a reason and no property list", frame(0x40, &[0, 9, 0])),
            ("an acknowledgement with an empty property list", frame(0x40, &[0, 9, 0, 0])),
            (
                "an acknowledgement with properties",
                encode(puback(9).reason(0x10).with(property::reason_string("why")).into()),
            ),
            ("PUBREL for an id that is not found", encode(wire::pubrel(9).reason(0x92).into())),
            ("PUBCOMP for an id that is not found", encode(wire::pubcomp(9).reason(0x92).into())),
            ("hundreds of properties", encode(many.into())),
            ("text that is not UTF-8", encode(publish("a", [0xFF]).with(property::payload_format_indicator(1)).into())),
            ("an empty Content Type", encode(publish("a", "x").with(property::content_type("")).into())),
            ("Message Expiry Interval 0", encode(publish("a", "x").with(property::message_expiry_interval(0)).into())),
        ]);
    }
    odd
}

#[test]
fn every_violation_ends_the_connection_with_its_reason() {
    for version in VERSIONS {
        let mut cases = broken_in_both(version);
        cases.extend(if version.is_v5() { broken_in_v5() } else { broken_in_v3() });
        all_at_once(&cases, |Broken(name, bytes, reasons)| {
            let broker = ScriptedBroker::start();
            let mut engine = Engine::once(&broker, clean(version));
            let (mut link, _) = broker.accept_session(connack());
            link.remark(*name);
            link.send_bytes(bytes);
            let sent = link.receive_until_end();
            let is_disconnect = bytes[0] >> 4 == 14;
            match &sent[..] {
                [Packet::Disconnect(disconnect)] if version.is_v5() => {
                    assert!(reasons.contains(&disconnect.reason), "{name}, {bytes:x?}, is answered by {disconnect:?}");
                }
                // A broker that sent DISCONNECT, however broken, no longer listens.
                [] if !version.is_v5() || is_disconnect => {}
                other => panic!("{name}, {bytes:x?}, is answered by {other:?}"),
            }
            drop(link);
            let reason = engine.expect_violation().number();
            assert!(reasons.contains(&reason) || !version.is_v5(), "{name}, {bytes:x?}, is reported as {reason:#x}");
        });
    }
}

#[test]
fn every_violation_instead_of_connack_ends_the_connection() {
    for version in VERSIONS {
        all_at_once(&broken_as_first(version), |Broken(name, bytes, reasons)| {
            let broker = ScriptedBroker::start();
            let mut engine = Engine::once(&broker, clean(version));
            let mut link = broker.accept();
            link.expect_connect();
            link.remark(*name);
            link.send_bytes(bytes);
            match &link.receive_until_end()[..] {
                // Section 4.13.2 leaves it open whether DISCONNECT is sent before there was a CONNACK.
                [] => {}
                [Packet::Disconnect(sent)] if version.is_v5() && reasons.contains(&sent.reason) => {}
                other => panic!("{name}, {bytes:x?}, is answered by {other:?}"),
            }
            drop(link);
            engine.expect_violation();
        });
    }
}

#[test]
fn a_suback_that_does_not_fit_its_subscribe_ends_the_connection() {
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let mut engine = Engine::once(&broker, clean(version));
        let (mut link, _) = broker.accept_session(connack());
        _ = engine.subscribe("a", 1);
        let id = link.expect_subscribe().id;
        link.send(wire::suback(id, [1, 1]));
        link.receive_until_end();
        drop(link);
        engine.expect_violation();
    }
}

#[test]
fn no_oddity_ends_the_connection() {
    for version in VERSIONS {
        for bytewise in [false, true] {
            all_at_once(&odd(version), |(name, bytes)| {
                let broker = ScriptedBroker::start();
                let _engine = Engine::once(&broker, clean(version));
                let (mut link, _) = broker.accept_session(connack());
                link.remark(*name);
                if bytewise && bytes.len() < 1000 {
                    for byte in bytes {
                        link.send_bytes(&[*byte]);
                    }
                } else {
                    link.send_bytes(bytes);
                }
                link.send(publish("a", "x").qos(1).id(0xFFFE));
                // Answers to the oddity may come before; the end may not.
                while link.receive() != puback(0xFFFE).into() {}
            });
        }
    }
}

#[test]
fn frames_of_one_byte_at_a_time_are_understood() {
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let mut engine = Engine::start(&broker, clean(version));
        let mut link = broker.accept();
        link.expect_connect();
        link.send_bytewise(connack().with(property::receive_maximum(9)));
        let delivery = engine.publish("a", "x", 2);
        let id = link.expect_publish().id;
        link.send_bytewise(wire::pubrec(id));
        link.expect(wire::pubrel(id));
        link.send_bytewise(wire::pubcomp(id));
        assert!(!delivery.acknowledged().is_failure());
        link.send_bytewise(publish("汽车/开空调", "x".repeat(300)).qos(1).id(7).with(property::content_type("text")));
        link.expect(puback(7));
        let message = engine.expect_message();
        assert_eq!((message.topic.as_str(), message.payload.len()), ("汽车/开空调", 300));
    }
}

/// Runs every case, several at a time, and fails with all that failed.
fn all_at_once<T: Sync>(cases: &[T], run: impl Fn(&T) + Sync) {
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(case) = cases.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let outcome = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| run(case)));
                    if let Err(panic) = outcome {
                        let text = panic.downcast_ref::<String>().cloned().unwrap_or_default();
                        failures.lock().unwrap().push(text);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {} cases:\n{}", failures.len(), cases.len(), failures.join("\n"));
}
