use super::*;
use crate::session::Granted;

#[test]
fn limits_are_announced() {
    let limits = Limits {
        maximum_qos: QoS::AtLeastOnce,
        retain_available: false,
        receive_maximum: 7,
        maximum_packet_size: 1000,
        topic_alias_maximum: 3,
        server_keep_alive: Some(9),
        session_expiry_maximum: Some(60),
        wildcard_subscription_available: false,
        shared_subscription_available: false,
        subscription_identifiers_available: false,
        ..Limits::default()
    };
    let mut world = World::with(limits);
    let client = world.connected(lasting(Version::V5, "client"));
    let connack = world.clients[client].events.iter().find_map(|event| match event {
        Event::Connected(connack) => Some(connack.properties.clone()),
        _ => None,
    });
    let properties = connack.unwrap();
    let _: &Granted = world.clients[client].session.granted();
    assert_eq!(properties.maximum_qos, Some(QoS::AtLeastOnce));
    assert_eq!(properties.retain_available, Some(false));
    assert_eq!(properties.receive_maximum, Some(7));
    assert_eq!(properties.maximum_packet_size, Some(1000));
    assert_eq!(properties.topic_alias_maximum, Some(3));
    assert_eq!(properties.server_keep_alive, Some(9));
    assert_eq!(properties.session_expiry_interval, Some(60));
    assert_eq!(properties.wildcard_subscription_available, Some(false));
    assert_eq!(properties.shared_subscription_available, Some(false));
    assert_eq!(properties.subscription_identifiers_available, Some(false));
}

#[test]
fn the_bytes_that_wait_for_one_subscriber_are_limited_and_the_log_says_so() {
    let mut world = World::with(Limits { max_queued_bytes: 3 * 1100, ..Limits::default() });
    let absent = world.connected(lasting(Version::V5, "absent"));
    world.subscribe(absent, "a", QoS::AtLeastOnce);
    world.cut(absent);
    let publisher = world.connected(options(Version::V5, "publisher"));
    let mut outcomes = Vec::new();
    for _ in 0..4 {
        world.publish(publisher, message("a", vec![b'x'; 1000], QoS::AtLeastOnce));
        outcomes.push(world.outcome(publisher));
    }
    assert_eq!(outcomes[..3], [ReasonCode::Success; 3]);
    assert_eq!(outcomes[3], ReasonCode::QuotaExceeded);
    let said = world.notices.iter().map(ToString::to_string).find(|line| line.contains("dropped")).unwrap();
    assert!(said.contains("`absent`") && said.ends_with("the limit (--max-queued-bytes)"), "{said}");
}

#[test]
fn what_looks_like_another_protocol_is_named() {
    for (bytes, name) in [(&b"GET / HTTP/1.1\r\n\r\n"[..], "HTTP"), (b"\x16\x03\x01\x02\x00\x01", "TLS")] {
        let mut world = World::new();
        world.raw(bytes);
        world.settle();
        let said: Vec<String> = world.notices.iter().map(ToString::to_string).collect();
        assert!(said.iter().any(|line| line.contains(&format!("looks like {name}"))), "{said:?}");
    }
}

/// CONNECT of 5.0 without properties.
const CONNECT: &[u8] = b"\x10\x0e\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x01p";

/// The reason of the DISCONNECT that follows bytes of a connected client.
fn disconnected_by(limits: Limits, bytes: &[u8]) -> u8 {
    let mut world = World::with(limits);
    let link = world.raw(CONNECT);
    assert_eq!(world.answer(link).0[0], 0x20);
    world.core.handle_input(link, &mut BytesMut::from(bytes), world.now);
    let (sent, closes) = world.answer(link);
    assert!(closes);
    let at = sent.iter().position(|byte| *byte == 0xE0).unwrap();
    sent[at + 2]
}

#[test]
fn what_breaks_a_limit_or_the_protocol_closes_with_the_reason() {
    let qos_0_only = Limits { maximum_qos: QoS::AtMostOnce, ..Limits::default() };
    assert_eq!(disconnected_by(qos_0_only, b"\x32\x06\x00\x01a\x00\x01\x00"), 0x9B);
    let no_retain = Limits { retain_available: false, ..Limits::default() };
    assert_eq!(disconnected_by(no_retain, b"\x31\x05\x00\x01a\x00x"), 0x9A);
    let small = Limits { maximum_packet_size: 20, ..Limits::default() };
    assert_eq!(disconnected_by(small, b"\x30\x30\x00\x01a"), 0x95);
    let one = Limits { receive_maximum: 1, ..Limits::default() };
    assert_eq!(disconnected_by(one, b"\x34\x06\x00\x01a\x00\x01\x00\x34\x06\x00\x01a\x00\x02\x00"), 0x93);
    let aliases = Limits { topic_alias_maximum: 1, ..Limits::default() };
    assert_eq!(disconnected_by(aliases.clone(), b"\x30\x07\x00\x01a\x03\x23\x00\x02"), 0x94);
    assert_eq!(disconnected_by(aliases, b"\x30\x06\x00\x00\x03\x23\x00\x01"), 0x94);
    let limits = Limits::default;
    assert_eq!(disconnected_by(limits(), b"\x30\x05\x00\x00\x00\x78\x78"), 0x82, "no topic");
    assert_eq!(disconnected_by(limits(), b"\x30\x06\x00\x03a/#\x00"), 0x90, "wildcard");
    assert_eq!(disconnected_by(limits(), b"\x30\x04\x00\x01\x00\x00"), 0x81, "NUL");
    assert_eq!(disconnected_by(limits(), CONNECT), 0x82, "second CONNECT");
    assert_eq!(disconnected_by(limits(), b"\xf0\x02\x18\x00"), 0x82, "AUTH");
    assert_eq!(disconnected_by(limits(), b"\xe0\x07\x00\x05\x11\x00\x00\x00\x01"), 0x82, "expiry at DISCONNECT");
    assert_eq!(disconnected_by(limits(), b"\x20\x03\x00\x00\x00"), 0x82, "a server's packet");
}

#[test]
fn a_message_too_large_for_one_subscriber_is_dropped_for_it_alone() {
    for qos in [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce] {
        let mut world = World::new();
        let mut small = options(Version::V5, "small");
        small.properties.maximum_packet_size = Some(100);
        let small = world.connected(small);
        let other = world.connected(options(Version::V5, "other"));
        for client in [small, other] {
            world.subscribe(client, "a", qos);
        }
        // The first has one byte too many.
        let overhead = 2 + 3 + 1 + if qos == QoS::AtMostOnce { 0 } else { 2 };
        for length in [101 - overhead, 100 - overhead] {
            world.publish(other, message("a", vec![b'x'; length], qos));
        }
        assert_eq!(world.texts(small).len(), 1);
        assert_eq!(world.texts(other).len(), 2);
        let dropped = world.notices.iter().filter(|notice| matches!(notice, Notice::TooLarge { .. }));
        assert_eq!(dropped.count(), 1);
    }
}

#[test]
fn a_full_queue_drops_what_comes_last_and_says_so_once() {
    let mut world = World::with(Limits { max_queued: 2, ..Limits::default() });
    let subscriber = world.connected(lasting(Version::V5, "subscriber"));
    world.subscribe(subscriber, "a", QoS::AtLeastOnce);
    world.cut(subscriber);
    let publisher = world.connected(options(Version::V5, "publisher"));
    let mut outcomes = Vec::new();
    for text in ["1", "2", "3", "4"] {
        world.publish(publisher, message("a", text, QoS::AtLeastOnce));
        outcomes.push(world.outcome(publisher));
    }
    let (taken, full) = (ReasonCode::Success, ReasonCode::QuotaExceeded);
    assert_eq!(outcomes, [taken, taken, full, full]);
    let said = world.notices.iter().filter(|notice| matches!(notice, Notice::Dropped { .. }));
    assert_eq!(said.count(), 1);
    world.connect(subscriber);
    assert_eq!(world.texts(subscriber), ["1", "2"]);
}

#[test]
fn subscriptions_beyond_the_limits_are_refused() {
    let limits = Limits {
        wildcard_subscription_available: false,
        shared_subscription_available: false,
        subscription_identifiers_available: false,
        maximum_qos: QoS::AtLeastOnce,
        ..Limits::default()
    };
    let mut world = World::with(limits);
    // Our own client would not send them.
    let link = world.raw(CONNECT);
    world.answer(link);
    let mut suback = |bytes: &[u8]| {
        world.core.handle_input(link, &mut BytesMut::from(bytes), world.now);
        *world.answer(link).0.last().unwrap()
    };
    assert_eq!(suback(b"\x82\x07\x00\x01\x00\x00\x01#\x00"), 0xA2);
    assert_eq!(suback(b"\x82\x10\x00\x01\x00\x00\x0a$share/g/a\x00"), 0x9E);
    assert_eq!(suback(b"\x82\x09\x00\x01\x02\x0b\x01\x00\x01a\x00"), 0xA1);
    assert_eq!(suback(b"\x82\x07\x00\x01\x00\x00\x01a\x02"), 0x01);
    assert_eq!(suback(b"\x82\x08\x00\x01\x00\x00\x02a#\x00"), 0x8F);
}

#[test]
fn the_receive_maximum_of_a_client_is_kept() {
    let mut world = World::new();
    let mut slow = options(Version::V5, "slow");
    slow.properties.receive_maximum = Some(2);
    slow.acknowledge = crate::session::Acknowledge::Manual;
    let slow = world.connected(slow);
    world.subscribe(slow, "a", QoS::AtLeastOnce);
    let publisher = world.connected(options(Version::V5, "publisher"));
    for text in ["1", "2", "3"] {
        world.publish(publisher, message("a", text, QoS::AtLeastOnce));
    }
    let tokens: Vec<_> = world.clients[slow]
        .events
        .iter()
        .filter_map(|event| match event {
            Event::Message(received) => received.token,
            _ => None,
        })
        .collect();
    assert_eq!(world.texts(slow), ["1", "2"]);
    world.clients[slow].session.acknowledge(tokens[0]);
    world.settle();
    assert_eq!(world.texts(slow), ["3"]);
}
