//! How connections come about and come back. How they end is in `client_closing.rs`.

use mqttx_rs::client::{Cause, Event};
use mqttx_rs::mqtt::{ReasonCode, Version, Will, WillProperties};
use mqttx_rs::session::Auth;

use crate::support::ScriptedBroker;
use crate::support::engine::{Engine, RECONNECTS, VERSIONS, clean, persistent};
use crate::support::wire::{self, connack, property, puback};

#[test]
fn connect_says_what_the_options_say() {
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let mut options = persistent(version);
        options.keep_alive = 7;
        options.user_name = Some("user".into());
        options.password = Some("secret".into());
        options.will = Some(Box::new(Will {
            topic: "will".parse().unwrap(),
            payload: "gone".into(),
            qos: mqttx_rs::mqtt::QoS::AtLeastOnce,
            retain: true,
            properties: WillProperties { will_delay_interval: Some(5), ..WillProperties::default() },
        }));
        let _engine = Engine::start(&broker, options);
        let connect = broker.accept().expect_connect();
        let expected = wire::connect(version, "engine")
            .keep_session()
            .keep_alive(7)
            .credentials("user", "secret")
            .will("will", b"gone", 1, true);
        if version.is_v5() {
            let delay = connect.will.as_ref().and_then(|will| will.properties.number(property::WILL_DELAY_INTERVAL));
            assert_eq!(delay, Some(5));
            assert_eq!(connect.properties.number(property::SESSION_EXPIRY_INTERVAL), Some(3600));
            let (user_name, password) = (connect.user_name, connect.password);
            assert_eq!((user_name, password), (expected.user_name, expected.password));
            assert_eq!((connect.clean, connect.keep_alive), (expected.clean, expected.keep_alive));
        } else {
            assert_eq!(connect, expected);
        }
    }
}

#[test]
fn mqtt_3_1_has_its_own_name_and_level() {
    let broker = ScriptedBroker::start();
    let engine = Engine::start(&broker, clean(Version::V3_1));
    let (mut link, connect) = broker.accept_session(connack());
    assert_eq!(connect.version, Version::V3_1);
    let delivery = engine.publish("a", "x", 1);
    let id = link.expect_publish().id;
    link.send(puback(id));
    assert_eq!(delivery.acknowledged(), ReasonCode::Success);
}

#[test]
fn an_assigned_client_identifier_is_kept_for_reconnects() {
    let broker = ScriptedBroker::start();
    let mut options = persistent(Version::V5);
    options.client_id = "".into();
    let _engine = Engine::start(&broker, options);
    let (link, connect) = broker.accept_session(connack().with(property::assigned_client_identifier("yours")));
    assert_eq!(connect.client_id, "");
    link.cut();
    let (_link, connect) = broker.accept_session(connack().session_present());
    assert_eq!(connect.client_id, "yours");
}

#[test]
fn a_lost_connection_comes_back_and_the_attempts_are_counted_honestly() {
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let mut engine = Engine::start(&broker, persistent(version));
        broker.accept_session(connack()).0.cut();
        engine.expect_connected();
        for attempt in 1..=3 {
            let Event::Reconnecting(reconnecting) = engine.next() else { panic!("it reconnects") };
            assert_eq!((reconnecting.attempt, reconnecting.maximum_attempts), (attempt, RECONNECTS));
            // Hang up before CONNACK.
            let mut link = broker.accept();
            link.expect_connect();
            link.cut();
        }
        assert!(matches!(engine.next(), Event::Reconnecting(reconnecting) if reconnecting.attempt == 4));
        let (mut link, _) = broker.accept_session(connack().session_present());
        engine.expect_connected();
        link.expect_quiet();
    }
}

#[test]
fn a_broker_that_is_busy_is_asked_again_and_one_that_said_no_is_not() {
    let broker = ScriptedBroker::start();
    let mut engine = Engine::start(&broker, persistent(Version::V5));
    broker.accept_session(connack()).0.cut();
    broker.accept_session(connack().refusing(0x89)).0.expect_end();
    broker.accept_session(connack().refusing(0x8A)).0.expect_end();
    assert!(matches!(engine.expect_given_up(), Cause::Refused(ack) if ack.reason == ReasonCode::Banned));
}

#[test]
fn enhanced_authentication_goes_back_and_forth_until_connack() {
    let broker = ScriptedBroker::start();
    let mut options = clean(Version::V5);
    options.properties.authentication_method = Some("RIDDLE".into());
    options.properties.authentication_data = Some("hello".into());
    let mut engine = Engine::start(&broker, options);
    let mut link = broker.accept();
    let connect = link.expect_connect();
    assert_eq!(connect.properties.text(property::AUTHENTICATION_METHOD), Some("RIDDLE"));
    let method = || property::authentication_method("RIDDLE");
    link.send(wire::auth(0x18).with(method()).with(property::authentication_data(b"what?")));
    let Event::Auth(question) = engine.next() else { panic!("the broker asks") };
    assert_eq!((question.reason, question.data.as_deref()), (ReasonCode::ContinueAuthentication, Some(&b"what?"[..])));
    engine.authenticate(Auth { data: Some("that".into()), ..*question });
    let answer = link.expect_auth();
    assert_eq!(answer.reason, 0x18);
    assert_eq!(answer.properties.text(property::AUTHENTICATION_METHOD), Some("RIDDLE"));
    assert_eq!(answer.properties.get(property::AUTHENTICATION_DATA), Some(&wire::Value::Binary(b"that".into())));
    link.send(connack().with(method()));
    engine.expect_connected();
    link.expect_quiet();
}
