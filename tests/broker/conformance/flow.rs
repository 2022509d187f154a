//! Flow control, the size of packets, and the other limits of 5.0: sections 3.1.2.11, 3.2.2.3 and 4.9.

use mqttx_rs::mqtt::QoS;

use super::*;
use crate::support::wire::publish;

/// A subscriber with this property to `a/#` at `QoS` 2.
fn subscriber_with(address: SocketAddr, property: wire::Property) -> RawClient {
    let connect = wire::connect(Version::V5, "subscriber").with(property);
    let (mut subscriber, _) = RawClient::connect_with(address, connect);
    subscriber.subscribe("a/#", 2);
    subscriber
}

#[test]
fn no_more_is_sent_than_the_receive_maximum_allows() {
    // mosquitto 2.0 sends two more for the first acknowledgement.
    ours(|address| {
        for qos in [1, 2] {
            let mut subscriber = subscriber_with(address, property::receive_maximum(3));
            let mut publisher = RawClient::connect(address, Version::V5, "publisher");
            for number in 0..8 {
                publisher.publish("a", number.to_string(), qos);
            }
            let first: Vec<u16> = (0..3).map(|_| subscriber.link.expect_publish().id).collect();
            // All other packets pass.
            subscriber.expect_quiet();
            subscriber.link.send(wire::subscribe(50, "b", 0));
            subscriber.link.expect_suback();

            // PUBREC makes no room; PUBACK and PUBCOMP do.
            let mut in_flight: std::collections::VecDeque<u16> = first.into();
            for number in 3..8 {
                let id = in_flight.pop_front().unwrap();
                if qos == 1 {
                    subscriber.link.send(wire::puback(id));
                } else {
                    subscriber.link.send(wire::pubrec(id));
                    subscriber.link.expect_pubrel(id);
                    subscriber.expect_quiet();
                    subscriber.link.send(wire::pubcomp(id));
                }
                let message = subscriber.link.expect_publish();
                assert_eq!(message.text(), number.to_string());
                in_flight.push_back(message.id);
                subscriber.expect_quiet();
            }
        }
    });
}

#[test]
fn a_refusal_makes_room_in_the_receive_maximum() {
    each(|address| {
        let mut subscriber = subscriber_with(address, property::receive_maximum(1));
        let mut publisher = RawClient::connect(address, Version::V5, "publisher");
        for number in 0..4 {
            publisher.publish("a", number.to_string(), 2);
        }
        for number in 0..4 {
            let message = subscriber.link.expect_publish();
            assert_eq!(message.text(), number.to_string());
            subscriber.link.send(wire::pubrec(message.id).reason(0x97));
        }
        subscriber.expect_quiet();
    });
}

#[test]
fn the_receive_maximum_of_a_resumed_connection_counts() {
    // mosquitto 2.0 sends all six again.
    ours(|address| {
        let with = |count| kept(Version::V5, "subscriber").with(property::receive_maximum(count));
        let (mut subscriber, _) = RawClient::connect_with(address, with(10));
        subscriber.subscribe("a", 1);
        let mut publisher = RawClient::connect(address, Version::V5, "publisher");
        for number in 0..6 {
            publisher.publish("a", number.to_string(), 1);
        }
        (0..6).for_each(|_| _ = subscriber.link.expect_publish());
        subscriber.link.cut();
        let (mut subscriber, _) = RawClient::connect_with(address, with(2));
        let first = subscriber.link.expect_publish();
        let second = subscriber.link.expect_publish();
        assert_eq!((first.text(), second.text()), ("0", "1"));
        subscriber.expect_quiet();
        subscriber.link.send(wire::puback(first.id));
        assert_eq!(subscriber.link.expect_publish().text(), "2");
        subscriber.expect_quiet();
    });
}

#[test]
fn a_message_too_large_for_a_subscriber_is_left_out_and_the_others_come() {
    // mosquitto 2.0 leaves some out that fit, to the byte.
    ours(|address| {
        for qos in 0..=2 {
            let mut small = subscriber_with(address, property::maximum_packet_size(60));
            let mut large = RawClient::connect(address, Version::V5, "large");
            large.subscribe("a/#", 2);
            let mut publisher = RawClient::connect(address, Version::V5, "publisher");
            // The largest that fits, to the byte: fixed header 2, topic 2 + 1, identifier, no properties.
            let fits = 60 - 2 - 3 - if qos == 0 { 0 } else { 2 } - 1;
            publisher.publish("a", "x".repeat(fits + 1), qos);
            publisher.publish("a", "x".repeat(fits), qos);
            assert_eq!(small.expect_message().payload.len(), fits);
            small.expect_quiet();
            assert_eq!(large.expect_message().payload.len(), fits + 1);
        }
    });
}

#[test]
fn a_packet_beyond_the_brokers_maximum_ends_the_connection() {
    limited(Limits { maximum_packet_size: 100, ..Limits::default() }, |address| {
        let (mut client, connack) = RawClient::connect_with(address, wire::connect(Version::V5, "client"));
        assert_eq!(connack.properties.number(property::MAXIMUM_PACKET_SIZE), Some(100));
        client.send_publish(publish("a", "x".repeat(94)));
        client.expect_quiet();
        client.link.send(publish("a", "x".repeat(95)));
        assert_eq!(client.link.expect_disconnect().reason, 0x95);
        client.link.expect_end();
    });
}

#[test]
fn a_client_that_sends_more_than_the_receive_maximum_is_disconnected() {
    limited(Limits { receive_maximum: 2, ..Limits::default() }, |address| {
        let (mut client, connack) = RawClient::connect_with(address, wire::connect(Version::V5, "client"));
        assert_eq!(connack.properties.number(property::RECEIVE_MAXIMUM), Some(2));
        // What is refused or completed does not count.
        for id in 1..=4 {
            client.link.send(publish("$SYS/x", "x").qos(2).id(id));
            let Packet::Ack(ack) = client.link.receive() else { panic!("no PUBREC") };
            assert!(ack.reason >= 0x80, "{ack:?}");
        }
        for id in 1..=2 {
            client.link.send(publish("a", "x").qos(2).id(id));
            client.link.expect_pubrec(id);
        }
        client.link.send(publish("a", "x").qos(2).id(3));
        assert_eq!(client.link.expect_disconnect().reason, 0x93);
        client.link.expect_end();
    });
}

#[test]
fn the_maximum_qos_is_announced_and_held() {
    for (maximum, qos) in [(0, QoS::AtMostOnce), (1, QoS::AtLeastOnce)] {
        limited(Limits { maximum_qos: qos, ..Limits::default() }, |address| {
            let (mut client, connack) = RawClient::connect_with(address, wire::connect(Version::V5, "client"));
            assert_eq!(connack.properties.number(property::MAXIMUM_QOS), Some(maximum.into()));
            // A subscription at any QoS is accepted.
            client.link.send(wire::subscribe(1, "a", 0).and("b", 1).and("c", 2));
            assert_eq!(client.link.expect_suback().reasons, [0, maximum.min(1), maximum.min(2)]);
            client.link.send(publish("a", "x").qos(maximum + 1).id(1));
            assert_eq!(client.link.expect_disconnect().reason, 0x9B);
            client.link.expect_end();

            let mut client = RawClient::open(address, Version::V5);
            client.link.send(wire::connect(Version::V5, "client").will("a", b"x", maximum + 1, false));
            assert_eq!(client.link.expect_connack().code, 0x9B);
            client.link.expect_end();
        });
    }
}

#[test]
fn retain_not_available_is_announced_and_held() {
    limited(Limits { retain_available: false, ..Limits::default() }, |address| {
        let (mut client, connack) = RawClient::connect_with(address, wire::connect(Version::V5, "client"));
        assert_eq!(connack.properties.number(property::RETAIN_AVAILABLE), Some(0));
        client.link.send(publish("a", "x").retain());
        assert_eq!(client.link.expect_disconnect().reason, 0x9A);
        client.link.expect_end();

        let mut client = RawClient::open(address, Version::V5);
        client.link.send(wire::connect(Version::V5, "client").will("a", b"x", 0, true));
        assert_eq!(client.link.expect_connack().code, 0x9A);
        client.link.expect_end();
    });
}

#[test]
fn wildcards_shared_subscriptions_and_identifiers_that_are_not_available_are_refused() {
    let limits = Limits {
        wildcard_subscription_available: false,
        shared_subscription_available: false,
        subscription_identifiers_available: false,
        ..Limits::default()
    };
    limited(limits, |address| {
        for version in BOTH {
            let (mut client, connack) = RawClient::connect_with(address, wire::connect(version, "client"));
            client.link.send(wire::subscribe(1, "a/+", 0).and("#", 0).and("plain", 0).and("$share/g/a", 0));
            let reasons = client.link.expect_suback().reasons;
            if version.is_v5() {
                for id in [
                    property::WILDCARD_SUBSCRIPTION_AVAILABLE,
                    property::SHARED_SUBSCRIPTION_AVAILABLE,
                    property::SUBSCRIPTION_IDENTIFIER_AVAILABLE,
                ] {
                    assert_eq!(connack.properties.number(id), Some(0));
                }
                assert_eq!(reasons, [0xA2, 0xA2, 0, 0x9E]);
            } else {
                assert_eq!(reasons, [0x80, 0x80, 0, 0x80]);
            }
        }
        let with_identifier = wire::subscribe(1, "a", 0).with(property::subscription_identifier(1));
        let mut client = RawClient::connect(address, Version::V5, "client");
        client.link.send(with_identifier);
        match client.link.receive() {
            Packet::Suback(suback) => assert_eq!(suback.reasons, [0xA1]),
            Packet::Disconnect(disconnect) => assert_eq!(disconnect.reason, 0xA1),
            other => panic!("{other:?}"),
        }
    });
}

#[test]
fn the_servers_keep_alive_is_announced_and_takes_the_clients_place() {
    limited(Limits { server_keep_alive: Some(1), ..Limits::default() }, |address| {
        let (client, connack) = RawClient::connect_with(address, wire::connect(Version::V5, "client").keep_alive(600));
        assert_eq!(connack.properties.number(property::SERVER_KEEP_ALIVE), Some(1));
        expect_closed(client);
    });
    ours(|address| {
        let (_, connack) = RawClient::connect_with(address, wire::connect(Version::V5, "client").keep_alive(600));
        assert_eq!(connack.properties.number(property::SERVER_KEEP_ALIVE), None);
    });
}
