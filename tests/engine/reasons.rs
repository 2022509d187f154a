//! Engine cases 14, 16 and 17: what the broker says reaches the one who asked, in its own words.

use mqttx_rs::client::Cause;
use mqttx_rs::mqtt::{ReasonCode, Version};

use crate::support::engine::{Engine, VERSIONS, clean};
use crate::support::wire::{self, connack, property, puback, publish, suback};
use crate::support::{Direct, ScriptedBroker};

// Case 14.

#[test]
fn a_refused_connect_says_why_in_the_brokers_words_and_is_not_tried_again() {
    let broker = ScriptedBroker::start();
    let mut engine = Engine::start(&broker, clean(Version::V5));
    let refusal = connack()
        .refusing(0x87)
        .with(property::reason_string("not on Sundays"))
        .with(property::server_reference("other.example:1884"))
        .with(property::user_property("ticket", "42"));
    let (link, _) = broker.accept_session(refusal);
    link.expect_end();
    let ack = engine.expect_refusal();
    assert_eq!(ack.reason, ReasonCode::NotAuthorized);
    assert_eq!(ack.properties.reason_string.as_deref(), Some("not on Sundays"));
    assert_eq!(ack.properties.server_reference.as_deref(), Some("other.example:1884"));
    assert_eq!(ack.properties.user_properties, [("ticket".into(), "42".into())]);
}

#[test]
fn a_return_code_of_3_1_1_is_told_as_its_equal_of_5_0() {
    use ReasonCode as R;
    let equals = [
        (1, R::UnsupportedProtocolVersion),
        (2, R::ClientIdentifierNotValid),
        (4, R::BadUserNameOrPassword),
        (5, R::NotAuthorized),
    ];
    for (code, reason) in equals {
        let broker = ScriptedBroker::start();
        let mut engine = Engine::start(&broker, clean(Version::V3_1_1));
        let (link, _) = broker.accept_session(connack().refusing(code));
        link.expect_end();
        assert_eq!(engine.expect_refusal().reason, reason);
    }
}

#[test]
fn a_disconnect_of_the_broker_says_why_in_its_words() {
    let broker = ScriptedBroker::start();
    let mut engine = Engine::once(&broker, clean(Version::V5));
    let (mut link, _) = broker.accept_session(connack());
    link.send(
        wire::disconnect(0x8B)
            .with(property::reason_string("maintenance"))
            .with(property::server_reference("other.example")),
    );
    link.close();
    let Cause::Disconnected(disconnect) = engine.expect_given_up() else { panic!("the broker disconnected") };
    assert_eq!(disconnect.reason, ReasonCode::ServerShuttingDown);
    assert_eq!(disconnect.properties.reason_string.as_deref(), Some("maintenance"));
    assert_eq!(disconnect.properties.server_reference.as_deref(), Some("other.example"));
}

#[test]
fn a_disconnect_without_a_body_is_a_normal_one() {
    let broker = ScriptedBroker::start();
    let mut engine = Engine::once(&broker, clean(Version::V5));
    let (mut link, _) = broker.accept_session(connack());
    link.send_bytes(&[0xE0, 0]);
    link.close();
    let Cause::Disconnected(disconnect) = engine.expect_given_up() else { panic!("the broker disconnected") };
    assert_eq!(disconnect.reason, ReasonCode::Success);
}

#[test]
fn the_reason_string_of_a_refused_publish_reaches_its_caller() {
    let broker = ScriptedBroker::start();
    let engine = Engine::start(&broker, clean(Version::V5));
    let (mut link, _) = broker.accept_session(connack());
    let delivery = engine.publish("a", "x", 1);
    let id = link.expect_publish().id;
    link.send(puback(id).reason(0x97).with(property::reason_string("enough")));
    let acknowledgement = delivery.refused();
    assert_eq!(acknowledgement.reason, ReasonCode::QuotaExceeded);
    assert_eq!(acknowledgement.details.unwrap().reason_string.as_deref(), Some("enough"));
}

// Case 16.

#[test]
fn every_subscription_identifier_of_a_message_is_told() {
    let broker = ScriptedBroker::start();
    let mut engine = Engine::start(&broker, clean(Version::V5));
    let (mut link, _) = broker.accept_session(connack());
    let identifiers = [7, 268_435_455, 1];
    link.send(identifiers.into_iter().fold(publish("a", "x"), |p, id| p.with(property::subscription_identifier(id))));
    let properties = engine.expect_message().properties.unwrap();
    assert_eq!(properties.subscription_identifiers, identifiers);
}

#[test]
fn every_property_of_a_message_is_told_in_order() {
    let broker = ScriptedBroker::start();
    let mut engine = Engine::start(&broker, clean(Version::V5));
    let (mut link, _) = broker.accept_session(connack());
    link.send(
        publish("a", "x")
            .with(property::user_property("k", "2"))
            .with(property::payload_format_indicator(1))
            .with(property::message_expiry_interval(0))
            .with(property::content_type("text/plain"))
            .with(property::user_property("k", "1"))
            .with(property::response_topic("b/c"))
            .with(property::correlation_data(&[0, 0xFF]))
            .with(property::user_property("", "")),
    );
    let properties = engine.expect_message().properties.unwrap();
    assert_eq!(properties.payload_format_indicator, Some(1));
    assert_eq!(properties.message_expiry_interval, Some(0));
    assert_eq!(properties.content_type.as_deref(), Some("text/plain"));
    assert_eq!(properties.response_topic.as_deref(), Some("b/c"));
    assert_eq!(properties.correlation_data.as_deref(), Some(&[0, 0xFF][..]));
    let pairs = [("k", "2"), ("k", "1"), ("", "")].map(|(name, value)| (name.to_owned(), value.to_owned()));
    assert_eq!(properties.user_properties, pairs);
}

#[test]
fn a_refused_subscription_is_told_apart_from_a_granted_one() {
    for (version, code, reason) in [
        (Version::V3_1_1, 0x80, ReasonCode::UnspecifiedError),
        (Version::V5, 0x80, ReasonCode::UnspecifiedError),
        (Version::V5, 0x87, ReasonCode::NotAuthorized),
    ] {
        let broker = ScriptedBroker::start();
        let engine = Engine::start(&broker, clean(version));
        let (mut link, _) = broker.accept_session(connack());
        let request = engine.subscribe("a", 2);
        let id = link.expect_subscribe().id;
        link.send(suback(id, [code]));
        assert_eq!(request.reason(), reason);
        link.expect_quiet();
    }
}

// Case 17.

#[test]
fn acknowledgements_of_what_was_never_sent_are_counted_and_harm_nothing() {
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let engine = Engine::start(&broker, clean(version));
        let (mut link, _) = broker.accept_session(connack());
        link.send(puback(9));
        link.send(wire::pubcomp(10));
        link.send(suback(11, [0]));
        link.send(wire::unsuback(12, [0]));
        link.send(wire::Packet::Pingresp);
        let delivery = engine.publish("a", "x", 1);
        let id = link.expect_publish().id;
        link.send(puback(id));
        link.send(puback(id));
        assert_eq!(delivery.acknowledged(), ReasonCode::Success);
        link.expect_quiet();
    }
}

#[test]
fn acknowledgements_of_what_was_never_sent_can_be_counted() {
    for version in VERSIONS {
        let mut direct = Direct::connected(clean(version), connack());
        direct.receive(puback(9));
        direct.receive(wire::pubrec(9));
        direct.receive(wire::pubcomp(10));
        direct.receive(suback(11, [0]));
        direct.receive(wire::unsuback(12, [0]));
        assert_eq!(direct.session.unsolicited(), 5);
        assert!(direct.events().is_empty());
    }
}

#[test]
fn a_pubrec_for_what_was_never_sent_is_answered_so_that_the_broker_can_let_go() {
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let _engine = Engine::start(&broker, clean(version));
        let (mut link, _) = broker.accept_session(connack());
        link.send(wire::pubrec(9));
        link.expect(wire::pubrel(9).reason(if version.is_v5() { 0x92 } else { 0 }));
        link.expect_quiet();
    }
}

#[test]
fn auth_that_nobody_asked_for_ends_the_connection() {
    let broker = ScriptedBroker::start();
    let mut engine = Engine::once(&broker, clean(Version::V5));
    let (mut link, _) = broker.accept_session(connack());
    link.send(wire::auth(0x18));
    link.expect(wire::disconnect(0x82));
    link.expect_end();
    assert_eq!(engine.expect_violation(), ReasonCode::ProtocolError);
}
