//! Engine case 15: sizes in both directions, and the limits that a broker sets.

use mqttx_rs::mqtt::{Message, QoS, ReasonCode, Version};
use mqttx_rs::session::PublishError;

use crate::support::ScriptedBroker;
use crate::support::engine::{Engine, VERSIONS, clean};
use crate::support::wire::{self, connack, property, puback, publish};

/// Bytes that differ from place to place, so that a piece lost or doubled shows.
fn payload(length: usize) -> Vec<u8> {
    (0..length).map(|place| u8::try_from(place * 31 % 251).unwrap()).collect()
}

#[test]
fn large_payloads_arrive_whole_in_both_directions() {
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let mut engine = Engine::start(&broker, clean(version));
        let (mut link, _) = broker.accept_session(connack());
        for length in [0, 1, 11 * 1024, 1024 * 1024, 10 * 1024 * 1024] {
            let payload = payload(length);
            let delivery = engine.publish("up", payload.clone(), 1);
            let sent = link.expect_publish();
            assert!(sent.payload == payload, "{length} bytes went up as {}", sent.payload.len());
            link.send(puback(sent.id));
            assert_eq!(delivery.acknowledged(), ReasonCode::Success);

            link.send(publish("down", &payload));
            let message = engine.expect_message();
            assert!(message.payload == payload, "{length} bytes came down as {}", message.payload.len());
        }
    }
}

#[test]
fn a_packet_above_the_brokers_maximum_is_a_local_error_and_the_link_stays() {
    let broker = ScriptedBroker::start();
    let engine = Engine::start(&broker, clean(Version::V5));
    let (mut link, _) = broker.accept_session(connack().with(property::maximum_packet_size(100)));
    for qos in [0, 1, 2] {
        let delivery = engine.publish("a", vec![0; 101], qos);
        assert!(matches!(delivery.error(), PublishError::PacketTooLarge { maximum: 100, .. }));
    }
    // Exactly the maximum goes through: 2 of header, 3 of topic, 2 of id, 1 of properties, 92 of payload.
    let delivery = engine.publish("a", vec![0; 92], 1);
    let sent = link.expect_publish();
    assert_eq!(wire::Packet::from(sent.clone()).encode(Version::V5).len(), 100);
    link.send(puback(sent.id));
    assert_eq!(delivery.acknowledged(), ReasonCode::Success);
    let delivery = engine.publish("a", vec![0; 93], 1);
    assert_eq!(delivery.error(), PublishError::PacketTooLarge { size: 101, maximum: 100 });
    link.expect_quiet();
}

#[test]
fn a_packet_above_our_maximum_ends_the_connection_before_it_has_arrived() {
    let broker = ScriptedBroker::start();
    let mut options = clean(Version::V5);
    options.properties.maximum_packet_size = Some(1000);
    let mut engine = Engine::once(&broker, options);
    let (mut link, connect) = broker.accept_session(connack());
    assert_eq!(connect.properties.number(property::MAXIMUM_PACKET_SIZE), Some(1000));
    let fits: wire::Packet = publish("a", vec![0; 993]).into();
    assert_eq!(fits.encode(Version::V5).len(), 1000);
    link.send(fits);
    assert_eq!(engine.expect_message().payload.len(), 993);
    // The header alone says enough.
    link.send_bytes(&[0x30, 0xE6, 0x07]);
    link.expect(wire::disconnect(0x95));
    link.expect_end();
    assert_eq!(engine.expect_violation(), ReasonCode::PacketTooLarge);
}

#[test]
fn maximum_qos_of_the_broker_is_respected() {
    for maximum in [0, 1] {
        let broker = ScriptedBroker::start();
        let engine = Engine::start(&broker, clean(Version::V5));
        let (mut link, _) = broker.accept_session(connack().with(property::maximum_qos(maximum)));
        link.expect_quiet();
        let delivery = engine.publish("a", "x", maximum + 1);
        let error = delivery.error();
        let (qos, maximum) = (QoS::try_from(maximum + 1).unwrap(), QoS::try_from(maximum).unwrap());
        assert_eq!(error, PublishError::QoSNotSupported { qos, maximum });
        link.expect_quiet();
        // Subscribing above it is legal: the broker grants less.
        let request = engine.subscribe("a", 2);
        let subscribe = link.expect_subscribe();
        assert_eq!(subscribe.filters, [("a".to_owned(), 2)]);
        link.send(wire::suback(subscribe.id, [maximum.number()]));
        assert!(!request.reason().is_failure());
    }
}

#[test]
fn retain_available_0_of_the_broker_is_respected() {
    let broker = ScriptedBroker::start();
    let engine = Engine::start(&broker, clean(Version::V5));
    let (mut link, _) = broker.accept_session(connack().with(property::retain_available(false)));
    let message = Message { retain: true, ..Message::new("a".parse().unwrap(), "x") };
    assert_eq!(engine.publish_message(message).error(), PublishError::RetainNotSupported);
    link.expect_quiet();
}

#[test]
fn what_was_queued_before_the_limits_were_known_is_held_to_them() {
    let broker = ScriptedBroker::start();
    let engine = Engine::start(&broker, clean(Version::V5));
    let mut link = broker.accept();
    link.expect_connect();
    let too_large = engine.publish("a", vec![0; 200], 1);
    let too_high = engine.publish("a", "x", 2);
    let retained = engine.publish_message(Message { retain: true, ..Message::new("a".parse().unwrap(), "x") });
    let fine = engine.publish("a", "fine", 1);
    link.send(
        connack()
            .with(property::maximum_packet_size(100))
            .with(property::maximum_qos(1))
            .with(property::retain_available(false)),
    );
    let sent = link.expect_publish();
    assert_eq!(sent.text(), "fine");
    link.send(puback(sent.id));
    assert_eq!(fine.acknowledged(), ReasonCode::Success);
    assert!(matches!(too_large.error(), PublishError::PacketTooLarge { .. }));
    assert!(matches!(too_high.error(), PublishError::QoSNotSupported { .. }));
    assert_eq!(retained.error(), PublishError::RetainNotSupported);
}
