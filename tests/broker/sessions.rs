//! The embedded broker's sessions: kept, resumed, taken over, expired; and wills.

use std::net::SocketAddr;

use mqttx_rs::internals::{Broker, BrokerOptions};
use mqttx_rs::mqtt::Version;

use crate::support::RawClient;
use crate::support::wire::{self, property, publish};

const VERSIONS: [Version; 3] = [Version::V3_1, Version::V3_1_1, Version::V5];

fn start() -> Broker {
    Broker::start(BrokerOptions::default()).unwrap()
}

fn address(broker: &Broker) -> SocketAddr {
    broker.addresses().mqtt
}

/// A CONNECT whose session is kept.
fn kept(version: Version, client_id: &str) -> wire::Connect {
    let connect = wire::connect(version, client_id).keep_session();
    if version.is_v5() { connect.with(property::session_expiry_interval(3600)) } else { connect }
}

/// A subscriber to wills and to `end`.
fn witness(broker: &Broker) -> RawClient {
    let mut witness = RawClient::connect(address(broker), Version::V5, "witness");
    witness.subscribe("will/#", 1);
    witness.subscribe("end", 0);
    witness
}

/// Asserts that the next message is one that is published only now.
fn expect_nothing_before_now(broker: &Broker, witness: &mut RawClient) {
    RawClient::connect(address(broker), Version::V5, "now").publish("end", "", 0);
    witness.expect_text("end", "");
}

// Sessions.

#[test]
fn a_kept_session_collects_messages_and_goes_on_in_every_version() {
    let broker = start();
    for version in VERSIONS {
        let (mut subscriber, connack) = RawClient::connect_with(address(&broker), kept(version, "subscriber"));
        assert!(!connack.session_present);
        subscriber.subscribe("a", 1);
        subscriber.link.close();

        let mut publisher = RawClient::connect(address(&broker), version, "publisher");
        for text in ["1", "2", "3"] {
            publisher.publish("a", text, 1);
        }
        let (mut subscriber, connack) = RawClient::connect_with(address(&broker), kept(version, "subscriber"));
        // 3.1 has no such flag.
        assert!(connack.session_present || version == Version::V3_1);
        for text in ["1", "2", "3"] {
            subscriber.expect_text("a", text);
        }
        publisher.publish("a", "live", 1);
        subscriber.expect_text("a", "live");
        // Ends the session, so that the next version begins anew.
        RawClient::connect(address(&broker), version, "subscriber");
    }
}

#[test]
fn an_unacknowledged_message_comes_again_as_a_duplicate() {
    let broker = start();
    for version in VERSIONS {
        let (mut subscriber, _) = RawClient::connect_with(address(&broker), kept(version, "subscriber"));
        subscriber.subscribe("a", 1);
        RawClient::connect(address(&broker), version, "publisher").publish("a", "x", 1);
        let first = subscriber.link.expect_publish();
        subscriber.link.cut();

        let (mut subscriber, _) = RawClient::connect_with(address(&broker), kept(version, "subscriber"));
        let second = subscriber.expect_text("a", "x");
        assert_eq!((second.dup, second.id), (true, first.id));
        RawClient::connect(address(&broker), version, "subscriber");
    }
}

#[test]
fn a_session_that_ends_with_its_connection_is_not_resumed() {
    let broker = start();
    for version in VERSIONS {
        let mut first = RawClient::connect(address(&broker), version, "client");
        first.subscribe("a", 1);
        let (mut second, connack) = RawClient::connect_with(address(&broker), kept(version, "client"));
        assert!(!connack.session_present);
        second.subscribe("b", 0);
        second.publish("a", "x", 0);
        second.publish("b", "only this", 0);
        second.expect_text("b", "only this");
        RawClient::connect(address(&broker), version, "client");
    }
}

#[test]
fn a_clean_start_forgets_the_session() {
    let broker = start();
    let (mut client, _) = RawClient::connect_with(address(&broker), kept(Version::V5, "client"));
    client.subscribe("a", 1);
    client.link.close();
    RawClient::connect(address(&broker), Version::V5, "publisher").publish("a", "for nobody", 1);
    let (mut client, connack) = RawClient::connect_with(address(&broker), wire::connect(Version::V5, "client"));
    assert!(!connack.session_present);
    client.subscribe("b", 0);
    client.publish("a", "x", 0);
    client.publish("b", "only this", 0);
    client.expect_text("b", "only this");
}

#[test]
fn a_session_can_be_given_up_when_leaving() {
    let broker = start();
    let (mut client, _) = RawClient::connect_with(address(&broker), kept(Version::V5, "client"));
    client.link.send(wire::disconnect(0).with(property::session_expiry_interval(0)));
    client.link.close();
    let (_, connack) = RawClient::connect_with(address(&broker), kept(Version::V5, "client"));
    assert!(!connack.session_present);
}

#[test]
fn a_message_that_expires_while_its_subscriber_is_away_does_not_come() {
    let broker = start();
    let (mut subscriber, _) = RawClient::connect_with(address(&broker), kept(Version::V5, "subscriber"));
    subscriber.subscribe("a", 1);
    subscriber.link.close();
    let mut publisher = RawClient::connect(address(&broker), Version::V5, "publisher");
    publisher.subscribe("a second later", 0);
    publisher.send_publish(publish("a", "expires").qos(1).with(property::message_expiry_interval(1)));
    publisher.publish("a", "stays", 1);
    publisher.publish("$delayed/1/a second later", "", 0);
    publisher.expect_text("a second later", "");
    let (mut subscriber, connack) = RawClient::connect_with(address(&broker), kept(Version::V5, "subscriber"));
    assert!(connack.session_present);
    subscriber.expect_text("a", "stays");
}

#[test]
fn a_second_connection_of_a_client_takes_the_session_over() {
    let broker = start();
    let (mut first, _) = RawClient::connect_with(address(&broker), kept(Version::V5, "client"));
    first.subscribe("a", 1);
    let (mut second, connack) = RawClient::connect_with(address(&broker), kept(Version::V5, "client"));
    assert!(connack.session_present);
    first.link.receive_until_end();
    second.publish("a", "x", 1);
    second.expect_text("a", "x");
}

#[test]
fn a_client_that_is_back_at_once_is_let_in() {
    let broker = start();
    for version in VERSIONS {
        for round in 0..200 {
            let client = RawClient::connect(address(&broker), version, "hasty");
            match round % 3 {
                0 => client.link.cut(),
                1 => drop(client),
                _ => {
                    let mut link = client.link;
                    link.send(wire::disconnect(0));
                }
            }
        }
    }
}

// Wills.

#[test]
fn a_will_is_published_when_the_link_breaks_in_every_version() {
    let broker = start();
    let mut witness = witness(&broker);
    for version in VERSIONS {
        let connect = wire::connect(version, "client").will("will/client", b"gone", 1, true);
        RawClient::connect_with(address(&broker), connect).0.link.cut();
        witness.expect_text("will/client", "gone");
    }
    let mut latecomer = RawClient::connect(address(&broker), Version::V5, "latecomer");
    latecomer.subscribe("will/client", 0);
    assert!(latecomer.expect_text("will/client", "gone").retain);
}

#[test]
fn no_will_is_published_after_a_goodbye() {
    let broker = start();
    let mut witness = witness(&broker);
    for version in VERSIONS {
        let connect = wire::connect(version, "client").will("will/client", b"gone", 0, false);
        let (mut client, _) = RawClient::connect_with(address(&broker), connect);
        client.link.send(wire::disconnect(0));
        client.link.close();
        expect_nothing_before_now(&broker, &mut witness);
    }
}

#[test]
fn a_goodbye_can_ask_for_the_will() {
    let broker = start();
    let mut witness = witness(&broker);
    let connect = wire::connect(Version::V5, "client").will("will/client", b"gone", 1, false);
    let (mut client, _) = RawClient::connect_with(address(&broker), connect);
    client.link.send(wire::disconnect(0x04));
    client.link.close();
    witness.expect_text("will/client", "gone");
    expect_nothing_before_now(&broker, &mut witness);
}

#[test]
fn a_will_has_its_properties() {
    let broker = start();
    let mut witness = witness(&broker);
    let mut connect = wire::connect(Version::V5, "client").will("will/client", b"gone", 1, false);
    let will = connect.will.as_mut().unwrap();
    will.properties.0.extend([property::content_type("text/plain"), property::user_property("k", "v")]);
    RawClient::connect_with(address(&broker), connect).0.link.cut();
    let message = witness.expect_text("will/client", "gone");
    assert_eq!(message.properties.text(property::CONTENT_TYPE), Some("text/plain"));
    assert!(message.properties.0.contains(&property::user_property("k", "v")));
}

/// A CONNECT with a will that waits longer than anybody here, and a session that lasts for so many seconds.
fn with_late_will(delay: u32, session_expiry: u32) -> wire::Connect {
    let mut connect = wire::connect(Version::V5, "client").keep_session().will("will/client", b"gone", 0, false);
    connect.will.as_mut().unwrap().properties.0.push((property::WILL_DELAY_INTERVAL, property::Value::Four(delay)));
    connect.with(property::session_expiry_interval(session_expiry))
}

#[test]
fn a_session_expires_and_its_will_waits_no_longer() {
    let broker = start();
    let mut witness = witness(&broker);
    let (client, _) = RawClient::connect_with(address(&broker), with_late_will(1000, 1));
    client.link.cut();
    witness.expect_text("will/client", "gone");
    let (_client, connack) = RawClient::connect_with(address(&broker), kept(Version::V5, "client"));
    assert!(!connack.session_present);
}

#[test]
fn a_will_that_is_asked_for_waits_no_longer_than_the_session_either() {
    let broker = start();
    let mut witness = witness(&broker);
    for session_expiry in [0, 1] {
        let (mut client, _) = RawClient::connect_with(address(&broker), with_late_will(1000, session_expiry));
        client.link.send(wire::disconnect(0x04));
        client.link.close();
        witness.expect_text("will/client", "gone");
    }
}

#[test]
fn a_client_that_is_back_in_time_takes_its_will_back() {
    let broker = start();
    let mut witness = witness(&broker);
    for goodbye in [None, Some(0x04)] {
        let (mut client, _) = RawClient::connect_with(address(&broker), with_late_will(3, 1000));
        if let Some(reason) = goodbye {
            client.link.send(wire::disconnect(reason));
        }
        client.link.close();
        let (mut client, connack) = RawClient::connect_with(address(&broker), kept(Version::V5, "client"));
        assert!(connack.session_present);
        client.publish("$delayed/4/end", "", 0);
        witness.expect_text("end", "");
    }
}

#[test]
fn a_client_that_was_back_in_time_and_left_again_has_taken_its_will_back() {
    let broker = start();
    let mut witness = witness(&broker);
    let (mut client, _) = RawClient::connect_with(address(&broker), with_late_will(4, 1000));
    client.link.send(wire::disconnect(0x04));
    client.link.close();
    let (mut client, connack) = RawClient::connect_with(address(&broker), kept(Version::V5, "client"));
    assert!(connack.session_present);
    client.publish("$delayed/5/end", "", 0);
    // Without a session, too.
    client.link.send(wire::disconnect(0).with(property::session_expiry_interval(0)));
    client.link.close();
    witness.expect_text("end", "");
}

#[test]
fn a_will_that_is_asked_for_waits_no_longer_if_its_client_begins_anew() {
    let broker = start();
    let mut witness = witness(&broker);
    let (mut client, _) = RawClient::connect_with(address(&broker), with_late_will(1000, 2000));
    client.link.send(wire::disconnect(0x04));
    client.link.close();
    RawClient::connect(address(&broker), Version::V5, "client");
    witness.expect_text("will/client", "gone");
}

#[test]
fn a_will_can_be_delayed_by_its_topic_and_keeps_its_expiry() {
    let broker = start();
    let mut witness = witness(&broker);
    for goodbye in [None, Some(0x04)] {
        let mut connect = wire::connect(Version::V5, "client").will("$delayed/1/will/client", b"gone", 0, false);
        connect.will.as_mut().unwrap().properties.0.push(property::message_expiry_interval(60));
        let (mut client, _) = RawClient::connect_with(address(&broker), connect);
        if let Some(reason) = goodbye {
            client.link.send(wire::disconnect(reason));
        }
        client.link.close();
        let message = witness.expect_text("will/client", "gone");
        let left = message.properties.number(property::MESSAGE_EXPIRY_INTERVAL);
        assert!(left.is_some_and(|left| (30..=59).contains(&left)), "{left:?}");
    }
}
