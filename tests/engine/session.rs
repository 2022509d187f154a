//! Engine case 11: a persistent session is taken up by a second process, which has none of the first one's memory.

use mqttx_rs::mqtt::ReasonCode;

use crate::support::engine::{Engine, VERSIONS, persistent};
use crate::support::wire::{self, connack, puback, publish, pubrel, suback};
use crate::support::{Mosquitto, RawClient, ScriptedBroker};

#[test]
fn a_session_that_only_the_broker_remembers_is_resumed() {
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let mut engine = Engine::start(&broker, persistent(version));
        let (mut link, connect) = broker.accept_session(connack().session_present());
        assert!(!connect.clean);
        // What was queued, what the first process had received and not released, and what it had not acknowledged.
        link.send(publish("a", "queued").qos(1).id(1));
        link.send(pubrel(2));
        link.send(publish("a", "again").qos(2).id(3).dup());
        link.expect(puback(1));
        link.expect(wire::pubcomp(2).reason(if version.is_v5() { 0x92 } else { 0 }));
        link.expect(wire::pubrec(3));
        assert_eq!([engine.expect_text(), engine.expect_text()], ["queued", "again"]);

        let request = engine.subscribe("b", 1);
        let id = link.expect_subscribe().id;
        link.send(suback(id, [1]));
        assert_eq!(request.reason(), ReasonCode::GrantedQoS1);
        let delivery = engine.publish("c", "x", 1);
        let id = link.expect_publish().id;
        link.send(puback(id));
        assert_eq!(delivery.acknowledged(), ReasonCode::Success);
        link.expect_quiet();
    }
}

#[test]
fn a_real_brokers_session_is_resumed_with_what_it_queued() {
    for version in VERSIONS {
        let Some(mosquitto) = Mosquitto::start("") else { return };
        let mut first = Engine::connect(mosquitto.address(), persistent(version));
        assert!(!first.expect_connected().session_present);
        assert!(!first.subscribe("a/#", 2).reason().is_failure());
        first.disconnect();

        let mut publisher = RawClient::connect(mosquitto.address(), version, "publisher");
        for qos in [1, 2] {
            publisher.publish("a/b", format!("queued at {qos}"), qos);
        }
        publisher.disconnect();

        let mut second = Engine::connect(mosquitto.address(), persistent(version));
        assert!(second.expect_connected().session_present);
        assert_eq!([second.expect_text(), second.expect_text()], ["queued at 1", "queued at 2"]);
        assert!(!second.subscribe("c", 1).reason().is_failure());
        for qos in [1, 2] {
            assert!(!second.publish("c", "x", qos).acknowledged().is_failure());
            assert_eq!(second.expect_text(), "x");
        }
        second.disconnect();
    }
}

#[test]
fn subscriptions_are_made_again_when_the_session_is_lost_and_not_when_it_is_there() {
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let engine = Engine::start(&broker, persistent(version));
        let (mut link, _) = broker.accept_session(connack());
        let request = engine.subscribe("a/#", 1);
        let id = link.expect_subscribe().id;
        link.send(suback(id, [1]));
        assert_eq!(request.reason(), ReasonCode::GrantedQoS1);
        link.cut();

        let (mut link, _) = broker.accept_session(connack().session_present());
        link.expect_quiet();
        link.cut();

        let (mut link, _) = broker.accept_session(connack());
        let subscribe = link.expect_subscribe();
        assert_eq!(subscribe.filters, [("a/#".to_owned(), 1)]);
        link.send(suback(subscribe.id, [1]));
        link.expect_quiet();
    }
}

#[test]
fn a_subscribe_whose_suback_was_lost_is_sent_again() {
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let engine = Engine::start(&broker, persistent(version));
        let (mut link, _) = broker.accept_session(connack());
        let request = engine.subscribe("a/#", 1);
        link.expect_subscribe();
        link.cut();

        let (mut link, _) = broker.accept_session(connack().session_present());
        let subscribe = link.expect_subscribe();
        assert_eq!(subscribe.filters, [("a/#".to_owned(), 1)]);
        link.send(suback(subscribe.id, [1]));
        assert_eq!(request.reason(), ReasonCode::GrantedQoS1);
        link.expect_quiet();
    }
}
