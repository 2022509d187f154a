//! Limits by flags: what CONNACK announces is enforced.

use std::net::SocketAddr;

use mqttx_rs::mqtt::Version;

use crate::support::wire::{self, property, publish};
use crate::support::{Program, RawClient, Running};

const SESSION_EXPIRY_INTERVAL: u8 = 0x11;
const ASSIGNED_CLIENT_IDENTIFIER: u8 = 0x12;
const SERVER_KEEP_ALIVE: u8 = 0x13;
const RECEIVE_MAXIMUM: u8 = 0x21;
const TOPIC_ALIAS_MAXIMUM: u8 = 0x22;
const MAXIMUM_QOS: u8 = 0x24;
const RETAIN_AVAILABLE: u8 = 0x25;
const MAXIMUM_PACKET_SIZE: u8 = 0x27;
const WILDCARD_SUBSCRIPTION_AVAILABLE: u8 = 0x28;
const SUBSCRIPTION_IDENTIFIERS_AVAILABLE: u8 = 0x29;
const SHARED_SUBSCRIPTION_AVAILABLE: u8 = 0x2A;

fn start(options: &[&str]) -> (Running, SocketAddr) {
    let mut broker = Program::new(["broker", "-p", "0", "--quiet"]).arg_all(options).start();
    let line = broker.wait_for_stdout("mqtt://");
    let address = line.trim().trim_start_matches("mqtt://").parse().unwrap();
    (broker, address)
}

/// A client, and what CONNACK says of a property.
fn announced(address: SocketAddr, id: u8) -> (RawClient, Option<u32>) {
    let (client, connack) = RawClient::connect_with(address, wire::connect(Version::V5, "client"));
    (client, connack.properties.number(id))
}

/// The reason of the DISCONNECT that answers a packet, behind which the connection ends.
fn reason_of_end(mut client: RawClient, packet: impl Into<wire::Packet>) -> u8 {
    client.link.send(packet);
    let reason = client.link.expect_disconnect().reason;
    client.link.expect_end();
    reason
}

/// The reason of SUBACK for one filter.
fn reason_of_suback(client: &mut RawClient, subscribe: wire::Subscribe) -> u8 {
    client.link.send(subscribe);
    client.link.expect_suback().reasons[0]
}

#[test]
fn maximum_qos() {
    let (_broker, address) = start(&["--maximum-qos", "1"]);
    let (mut client, highest) = announced(address, MAXIMUM_QOS);
    assert_eq!(highest, Some(1));
    assert_eq!(reason_of_suback(&mut client, wire::subscribe(1, "a", 2)), 1);
    client.publish("b", "x", 1);
    assert_eq!(reason_of_end(client, publish("a", "x").qos(2).id(1)), 0x9B);
}

#[test]
fn no_retain() {
    let (_broker, address) = start(&["--no-retain"]);
    let (client, available) = announced(address, RETAIN_AVAILABLE);
    assert_eq!(available, Some(0));
    assert_eq!(reason_of_end(client, publish("a", "x").retain()), 0x9A);
}

#[test]
fn receive_maximum() {
    let (_broker, address) = start(&["--receive-maximum", "2"]);
    let (mut client, maximum) = announced(address, RECEIVE_MAXIMUM);
    assert_eq!(maximum, Some(2));
    // At QoS 2 a publish is unfinished until PUBCOMP.
    for id in 1..=2 {
        client.link.send(publish("a", "x").qos(2).id(id));
        client.link.expect_pubrec(id);
    }
    assert_eq!(reason_of_end(client, publish("a", "x").qos(2).id(3)), 0x93);
}

#[test]
fn maximum_packet_size() {
    let (_broker, address) = start(&["--maximum-packet-size", "100"]);
    let (mut client, maximum) = announced(address, MAXIMUM_PACKET_SIZE);
    assert_eq!(maximum, Some(100));
    client.publish("a", [b'x'; 80], 1);
    assert_eq!(reason_of_end(client, publish("a", [b'x'; 100])), 0x95);
}

#[test]
fn topic_alias_maximum() {
    let (_broker, address) = start(&["--topic-alias-maximum", "3"]);
    let (mut client, maximum) = announced(address, TOPIC_ALIAS_MAXIMUM);
    assert_eq!(maximum, Some(3));
    client.send_publish(publish("a", "x").qos(1).with(property::topic_alias(3)));
    assert_eq!(reason_of_end(client, publish("a", "x").with(property::topic_alias(4))), 0x94);
}

#[test]
fn server_keep_alive() {
    let (_broker, address) = start(&["--server-keep-alive", "1"]);
    let (mut client, seconds) = announced(address, SERVER_KEEP_ALIVE);
    assert_eq!(seconds, Some(1));
    // One and a half of it, in which we say nothing.
    assert_eq!(client.link.expect_disconnect().reason, 0x8D);
    client.link.expect_end();
}

#[test]
fn max_connections() {
    let (_broker, address) = start(&["--max-connections", "1"]);
    let first = RawClient::connect(address, Version::V5, "first");
    let refused = |version, code| {
        let mut second = RawClient::open(address, version);
        second.link.send(wire::connect(version, "second"));
        assert_eq!(second.link.expect_connack().code, code);
        second.link.expect_end();
    };
    refused(Version::V5, 0x97);
    refused(Version::V3_1_1, 3);
    first.disconnect();
    RawClient::connect(address, Version::V5, "second");
}

#[test]
fn session_expiry_maximum() {
    let (_broker, address) = start(&["--session-expiry-maximum", "60"]);
    let connect = wire::connect(Version::V5, "client").with(property::session_expiry_interval(3600));
    let (_client, connack) = RawClient::connect_with(address, connect);
    assert_eq!(connack.properties.number(SESSION_EXPIRY_INTERVAL), Some(60));
}

#[test]
fn no_wildcard() {
    let (_broker, address) = start(&["--no-wildcard"]);
    let (mut client, available) = announced(address, WILDCARD_SUBSCRIPTION_AVAILABLE);
    assert_eq!(available, Some(0));
    assert_eq!(reason_of_suback(&mut client, wire::subscribe(1, "a/#", 0)), 0xA2);
    assert_eq!(reason_of_suback(&mut client, wire::subscribe(2, "a", 0)), 0);
}

#[test]
fn no_shared() {
    let (_broker, address) = start(&["--no-shared"]);
    let (mut client, available) = announced(address, SHARED_SUBSCRIPTION_AVAILABLE);
    assert_eq!(available, Some(0));
    assert_eq!(reason_of_suback(&mut client, wire::subscribe(1, "$share/g/a", 0)), 0x9E);
}

#[test]
fn no_subscription_identifiers() {
    let (_broker, address) = start(&["--no-subscription-identifiers"]);
    let (mut client, available) = announced(address, SUBSCRIPTION_IDENTIFIERS_AVAILABLE);
    assert_eq!(available, Some(0));
    let subscribe = wire::subscribe(1, "a", 0).with(property::subscription_identifier(7));
    client.link.send(subscribe);
    match client.link.receive() {
        wire::Packet::Suback(suback) => assert_eq!(suback.reasons, [0xA1]),
        other => assert_eq!(other, wire::disconnect(0xA1).into()),
    }
}

#[test]
fn no_assigned_client_id() {
    let (_broker, address) = start(&["--no-assigned-client-id"]);
    let mut client = RawClient::open(address, Version::V5);
    client.link.send(wire::connect(Version::V5, ""));
    assert_eq!(client.link.expect_connack().code, 0x85);

    let (_broker, address) = start(&[]);
    let (_client, connack) = RawClient::connect_with(address, wire::connect(Version::V5, ""));
    assert!(connack.properties.text(ASSIGNED_CLIENT_IDENTIFIER).is_some_and(|id| !id.is_empty()));
}

#[test]
fn max_queued() {
    let (_broker, address) = start(&["--max-queued", "3"]);
    let kept = || wire::connect(Version::V3_1_1, "absent").keep_session();
    let (mut absent, _) = RawClient::connect_with(address, kept());
    absent.subscribe("a", 1);
    absent.link.close();
    let mut publisher = RawClient::connect(address, Version::V3_1_1, "publisher");
    for text in ["1", "2", "3", "4", "5"] {
        publisher.publish("a", text, 1);
    }
    let (mut back, _) = RawClient::connect_with(address, kept());
    for text in ["1", "2", "3"] {
        back.expect_text("a", text);
    }
    back.expect_quiet();
}

#[test]
fn max_delayed() {
    let (_broker, address) = start(&["--max-delayed", "2"]);
    let mut client = RawClient::connect(address, Version::V5, "client");
    for id in 1..=2 {
        client.link.send(publish("$delayed/3600/a", "x").qos(1).id(id));
        client.link.expect_puback(id);
    }
    client.link.send(publish("$delayed/3600/a", "x").qos(1).id(3));
    match client.link.receive() {
        wire::Packet::Ack(ack) => assert_eq!((ack.id, ack.reason), (3, 0x97)),
        other => panic!("not PUBACK: {other:?}"),
    }
}

#[test]
fn a_limit_that_cannot_be_is_a_usage_error_with_its_flag() {
    for (option, value) in [
        ("--maximum-qos", "3"),
        ("--receive-maximum", "0"),
        ("--maximum-packet-size", "0"),
        ("--topic-alias-maximum", "65536"),
        ("--server-keep-alive", "1.5"),
        ("--max-connections", "0"),
        ("--session-expiry-maximum", "never"),
        ("--max-queued", "0"),
        ("--max-delayed", "-1"),
        ("--seed", "x"),
    ] {
        let ended = Program::new(["broker", "-p", "0", option, value]).run().expect_code(2);
        assert!(ended.stderr.contains(option) && ended.stderr.contains(value), "{}", ended.stderr);
    }
}
