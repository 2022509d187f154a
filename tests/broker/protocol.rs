//! The embedded broker speaks MQTT 3.1, 3.1.1 and 5.0: delivery, acknowledgements, who may connect, start and stop.

use std::net::{SocketAddr, TcpListener, TcpStream};

use mqttx_rs::internals::Error;
use mqttx_rs::internals::{Broker, BrokerError, BrokerOptions};
use mqttx_rs::mqtt::Version;

use crate::support::RawClient;
use crate::support::wire::property;
use crate::support::wire::{self, publish};

const VERSIONS: [Version; 3] = [Version::V3_1, Version::V3_1_1, Version::V5];

fn start() -> Broker {
    Broker::start(BrokerOptions::default()).unwrap()
}

fn address(broker: &Broker) -> SocketAddr {
    broker.addresses().mqtt
}

#[test]
fn messages_pass_at_every_qos_between_all_versions() {
    let broker = start();
    for subscriber_version in VERSIONS {
        let mut subscriber = RawClient::connect(address(&broker), subscriber_version, "subscriber");
        subscriber.subscribe("love/you/#", 2);
        for publisher_version in VERSIONS {
            let mut publisher = RawClient::connect(address(&broker), publisher_version, "publisher");
            for qos in 0..=2 {
                publisher.publish("love/you", format!("at {qos}"), qos);
                assert_eq!(subscriber.expect_text("love/you", &format!("at {qos}")).qos, qos);
            }
        }
    }
}

#[test]
fn a_message_comes_at_no_higher_qos_than_was_subscribed() {
    let broker = start();
    let mut publisher = RawClient::connect(address(&broker), Version::V5, "publisher");
    for granted in 0..=2 {
        let mut subscriber = RawClient::connect(address(&broker), Version::V5, "subscriber");
        subscriber.subscribe("a", granted);
        publisher.publish("a", "x", 2);
        assert_eq!(subscriber.expect_text("a", "x").qos, granted);
    }
}

#[test]
fn overlapping_filters_give_one_copy_at_the_highest_qos() {
    let broker = start();
    for version in VERSIONS {
        let mut subscriber = RawClient::connect(address(&broker), version, "subscriber");
        for (filter, qos) in [("a/#", 0), ("a/b", 2), ("+/b", 1), ("end", 0)] {
            subscriber.subscribe(filter, qos);
        }
        let mut publisher = RawClient::connect(address(&broker), version, "publisher");
        publisher.publish("a/b", "x", 2);
        assert_eq!(subscriber.expect_text("a/b", "x").qos, 2);
        publisher.publish("end", "", 0);
        subscriber.expect_text("end", "");
    }
}

#[test]
fn wildcards_in_the_first_level_do_not_match_topics_of_the_system() {
    let broker = start();
    let mut client = RawClient::connect(address(&broker), Version::V5, "client");
    for filter in ["#", "+/x"] {
        client.subscribe(filter, 0);
    }
    client.publish("$internal/x", "hidden", 0);
    client.publish("a/$x", "shown", 0);
    client.expect_text("a/$x", "shown");

    client.subscribe("$internal/#", 0);
    client.publish("$internal/x", "asked for", 0);
    client.expect_text("$internal/x", "asked for");
    // That is the broker's own.
    client.link.send(publish("$SYS/x", "forged").qos(1).id(1));
    let wire::Packet::Ack(ack) = client.link.receive() else { panic!("no PUBACK") };
    assert_eq!((ack.id, ack.reason), (1, 0x87));
}

#[test]
fn properties_arrive_unaltered() {
    let broker = start();
    let mut subscriber = RawClient::connect(address(&broker), Version::V5, "subscriber");
    let subscribe = wire::subscribe(1, "a", 1).with(property::subscription_identifier(7));
    subscriber.link.send(subscribe);
    assert_eq!(subscriber.link.expect_suback().reasons, [1]);

    let mut publisher = RawClient::connect(address(&broker), Version::V5, "publisher");
    let sent = publish("a", "x")
        .qos(1)
        .with(property::payload_format_indicator(1))
        .with(property::content_type("text/plain"))
        .with(property::response_topic("answer/here"))
        .with(property::correlation_data(&[0, 255]))
        .with(property::user_property("b", "1"))
        .with(property::user_property("a", "2"))
        .with(property::user_property("b", "1"));
    publisher.send_publish(sent.clone());

    let received = subscriber.expect_message();
    for property in &sent.properties.0 {
        assert!(received.properties.0.contains(property), "{property:?} is not in {received:?}");
    }
    let users = |publish: &wire::Publish| {
        publish.properties.0.iter().filter(|(name, _)| *name == property::USER_PROPERTY).cloned().collect::<Vec<_>>()
    };
    assert_eq!(users(&received), users(&sent));
    assert_eq!(received.properties.number(property::SUBSCRIPTION_IDENTIFIER), Some(7));
}

#[test]
fn only_whole_seconds_of_waiting_are_taken_off_the_expiry() {
    let broker = start();
    let mut client = RawClient::connect(address(&broker), Version::V5, "client");
    client.subscribe("a", 0);
    // On a machine that stalls for a second it is one less, which is right too; so one of several is looked for.
    let whole = (0..5).any(|_| {
        client.send_publish(publish("a", "x").with(property::message_expiry_interval(60)));
        client.expect_text("a", "x").properties.number(property::MESSAGE_EXPIRY_INTERVAL) == Some(60)
    });
    assert!(whole);
}

#[test]
fn topic_aliases_are_understood_and_used() {
    let broker = start();
    let connect = wire::connect(Version::V5, "subscriber").with(property::topic_alias_maximum(1));
    let (mut subscriber, _) = RawClient::connect_with(address(&broker), connect);
    subscriber.subscribe("a/+", 0);
    let (mut publisher, connack) = RawClient::connect_with(address(&broker), wire::connect(Version::V5, "publisher"));
    assert!(connack.properties.number(property::TOPIC_ALIAS_MAXIMUM) > Some(0), "{connack:?}");

    publisher.send_publish(publish("a/b", "1").with(property::topic_alias(1)));
    publisher.send_publish(publish("", "2").with(property::topic_alias(1)));
    let first = subscriber.expect_text("a/b", "1");
    let alias = first.properties.number(property::TOPIC_ALIAS);
    assert_eq!(alias, Some(1));
    // The subscriber's one alias is taken: by the alias alone from now on.
    let second = subscriber.expect_text("", "2");
    assert_eq!(second.properties.number(property::TOPIC_ALIAS), alias);

    // A message from 3.1.1 has no properties of its own that the alias could stand in.
    let mut older = RawClient::connect(address(&broker), Version::V3_1_1, "older");
    older.publish("a/b", "3", 0);
    let third = subscriber.expect_text("", "3");
    assert_eq!(third.properties.number(property::TOPIC_ALIAS), alias);
}

#[test]
fn a_publisher_learns_when_nobody_listens() {
    let broker = start();
    let mut publisher = RawClient::connect(address(&broker), Version::V5, "publisher");
    publisher.link.send(publish("a", "x").qos(1).id(1));
    assert_eq!(publisher.link.expect_puback(1).reason, 0x10);
    publisher.link.send(publish("a", "x").qos(2).id(2));
    assert_eq!(publisher.link.expect_pubrec(2).reason, 0x10);
    publisher.link.send(wire::pubrel(2));
    publisher.link.expect_pubcomp(2);
    publisher.link.send(publish("a", "kept").qos(1).id(3).retain());
    assert_eq!(publisher.link.expect_puback(3).reason, 0);
    publisher.link.send(publish("$delayed/1/a", "x").qos(1).id(4));
    assert_eq!(publisher.link.expect_puback(4).reason, 0);

    let _subscriber = {
        let mut subscriber = RawClient::connect(address(&broker), Version::V5, "subscriber");
        subscriber.subscribe("a", 0);
        subscriber
    };
    publisher.link.send(publish("a", "x").qos(1).id(5));
    assert_eq!(publisher.link.expect_puback(5).reason, 0);
}

#[test]
fn a_bad_topic_or_filter_is_refused_and_the_connection_stays() {
    let broker = start();
    let mut client = RawClient::connect(address(&broker), Version::V5, "client");
    for topic in ["$delayed/abc/x", "$delayed/4294967/x", "$delayed/99999999999/x"] {
        client.link.send(publish(topic, "x").qos(1).id(1));
        let crate::support::wire::Packet::Ack(ack) = client.link.receive() else { panic!("no PUBACK") };
        assert_eq!((ack.id, ack.reason), (1, 0x90), "{topic}");
    }
    let subscribe = wire::subscribe(1, "a/#/b", 0).and("$share/g", 0).and("a#", 0).and("good/#", 2);
    client.link.send(subscribe);
    assert_eq!(client.link.expect_suback().reasons, [0x8F, 0x8F, 0x8F, 2]);
}

#[test]
fn a_topic_with_a_wildcard_or_nul_ends_the_connection() {
    let broker = start();
    for (topic, reason) in [("a/#", 0x90), ("a\0b", 0x81)] {
        let mut client = RawClient::connect(address(&broker), Version::V5, "client");
        client.link.send(publish(topic, "x"));
        assert_eq!(client.link.expect_disconnect().reason, reason);
        client.link.expect_end();
    }
}

#[test]
fn a_payload_of_ten_megabytes_passes() {
    let broker = start();
    let mut client = RawClient::connect(address(&broker), Version::V5, "client");
    client.subscribe("big", 1);
    let payload: Vec<u8> = (0..10_000_000_u32).map(|number| number.to_le_bytes()[0]).collect();
    client.link.send(publish("big", &payload).qos(1).id(9));
    // The message and the acknowledgement, in whichever order.
    let mut received = None;
    for _ in 0..2 {
        match client.link.receive() {
            wire::Packet::Publish(publish) => received = Some(publish),
            packet => assert_eq!(packet, wire::puback(9).into()),
        }
    }
    assert!(received.unwrap().payload == payload);
}

#[test]
fn thousands_of_messages_may_be_in_flight() {
    let broker = start();
    for version in VERSIONS {
        let mut client = RawClient::connect(address(&broker), version, "client");
        let ids = 1..=5000;
        client.link.send_together(ids.clone().map(|id| publish("nobody/listens", "x").qos(2).id(id).into()));
        for id in ids.clone() {
            client.link.expect_pubrec(id);
        }
        client.link.send_together(ids.clone().map(|id| wire::pubrel(id).into()));
        for id in ids {
            client.link.expect_pubcomp(id);
        }
    }
}

#[test]
fn only_who_knows_the_password_is_let_in() {
    let users = [("alice".to_owned(), "secret".to_owned())].into();
    let options = BrokerOptions { users, ..BrokerOptions::default() };
    assert!(!format!("{options:?}").contains("secret"));
    let broker = Broker::start(options).unwrap();
    let answer = |connect: wire::Connect| {
        let mut client = RawClient::open(address(&broker), connect.version);
        client.link.send(connect);
        client.link.expect_connack().code
    };
    for (version, bad_credentials, not_authorized) in
        [(Version::V3_1, 4, 5), (Version::V3_1_1, 4, 5), (Version::V5, 0x86, 0x87)]
    {
        let connect = || wire::connect(version, "client");
        assert_eq!(answer(connect().credentials("alice", "secret")), 0);
        assert_eq!(answer(connect().credentials("alice", "wrong")), bad_credentials);
        assert_eq!(answer(connect().credentials("bob", "secret")), bad_credentials);
        assert_eq!(answer(connect()), not_authorized);
    }
}

#[test]
fn without_users_any_name_is_let_in() {
    let broker = start();
    let connect = wire::connect(Version::V5, "client").credentials("anybody", "anything");
    let (_client, connack) = RawClient::connect_with(address(&broker), connect);
    assert_eq!(connack.code, 0);
}

#[test]
fn several_brokers_in_one_process_know_nothing_of_each_other() {
    let brokers = [start(), start(), start()];
    let mut clients: Vec<RawClient> = brokers
        .iter()
        .map(|broker| {
            let mut client = RawClient::connect(address(broker), Version::V5, "same");
            client.subscribe("a", 0);
            client
        })
        .collect();
    for (number, client) in clients.iter_mut().enumerate() {
        client.publish("a", number.to_string(), 0);
    }
    for (number, client) in clients.iter_mut().enumerate() {
        client.expect_text("a", &number.to_string());
        client.expect_quiet();
    }
}

#[test]
fn a_stopped_broker_gives_its_port_and_its_connections_back() {
    let first = start();
    let address = address(&first);
    for _ in 0..20 {
        let broker = Broker::start(BrokerOptions::default()).unwrap();
        let mut client = RawClient::connect(broker.addresses().mqtt, Version::V5, "client");
        client.subscribe("a", 1);
        broker.stop();
        assert_eq!(client.link.expect_disconnect().reason, 0x8B);
        client.link.expect_end();
    }
    first.stop();
    assert!(TcpStream::connect(address).is_err());
    let options = BrokerOptions { port: address.port(), ..BrokerOptions::default() };
    let again = Broker::start(options).unwrap();
    assert_eq!(again.addresses().mqtt, address);
}

#[test]
fn a_broker_can_be_started_and_dropped_inside_another_runtime() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        drop(start());
    });
}

#[test]
fn a_port_in_use_is_named_with_what_to_do() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let error = Broker::start(BrokerOptions { port, ..BrokerOptions::default() }).unwrap_err();
    assert!(matches!(error, BrokerError::AddressInUse { .. }), "{error:?}");
    let shown = Error::from(error);
    assert_eq!(shown.message(), format!("the broker did not start: 127.0.0.1:{port} is already in use"));
    assert!(shown.hint().unwrap().contains("--port"), "{shown:?}");
}

#[test]
fn an_address_of_another_machine_is_refused() {
    let options = BrokerOptions { bind: "192.0.2.1".parse().unwrap(), ..BrokerOptions::default() };
    assert!(matches!(Broker::start(options), Err(BrokerError::Listen { .. })));
}
