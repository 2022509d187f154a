//! CONNECT and CONNACK, PINGREQ and DISCONNECT: sections 3.1, 3.2, 3.12 and 3.14.

use super::*;
use crate::support::wire::{Connect, frame, publish};

/// A CONNECT of a test's own up to its payload, with these flags.
fn connect_with_flags(version: Version, flags: u8, payload: &[&[u8]]) -> Vec<u8> {
    let head = [&text("MQTT")[..], &[version.level(), flags, 0, 0]].concat();
    frame(0x10, &body(version, &head, &payload.concat()))
}

/// What the broker answers to these bytes as the first of a connection, which it then closes.
#[track_caller]
fn refused(address: SocketAddr, version: Version, bytes: &[u8]) -> Option<u8> {
    let mut client = RawClient::open(address, version);
    client.link.send_bytes(bytes);
    match &client.link.receive_until_end()[..] {
        [] => None,
        [Packet::Connack(connack)] => {
            assert!(connack.code != 0 && !connack.session_present, "{connack:?} to {bytes:x?}");
            Some(connack.code)
        }
        other => panic!("{other:?} to {bytes:x?}"),
    }
}

#[test]
fn the_first_packet_is_connect() {
    each(|address| {
        for version in BOTH {
            let packets: [Packet; 5] = [
                publish("a", "x").into(),
                wire::subscribe(1, "a", 0).into(),
                Packet::Pingreq,
                wire::disconnect(0).into(),
                wire::puback(1).into(),
            ];
            for packet in packets {
                // Not DISCONNECT either, before a CONNACK that accepts.
                assert_eq!(refused(address, version, &packet.encode(version)), None, "{packet:?}");
            }
        }
        still_serves(address);
    });
}

#[test]
fn a_second_connect_ends_the_connection() {
    each(|address| {
        for version in BOTH {
            breaks(address, version, &Packet::from(wire::connect(version, "breaker")).encode(version));
        }
        still_serves(address);
    });
}

#[test]
fn another_protocol_is_not_served() {
    each(|address| {
        for version in BOTH {
            let mut bytes = Packet::from(wire::connect(version, "client")).encode(version);
            let at = bytes.windows(4).position(|four| four == b"MQTT").unwrap();
            bytes[at..at + 4].copy_from_slice(b"HTTP");
            refused(address, version, &bytes);
        }
        still_serves(address);
    });
}

#[test]
fn another_level_is_refused_by_its_code() {
    ours(|address| {
        let with_level = |level: u8| frame(0x10, &[&text("MQTT")[..], &[level, 2, 0, 0], &text("client")].concat());
        assert_eq!(refused(address, Version::V3_1_1, &with_level(2)), Some(1));
        assert_eq!(refused(address, Version::V5, &with_level(6)), Some(0x84));
    });
}

#[test]
fn connect_flags_that_contradict_each_other_are_refused() {
    ours(|address| {
        let id = &text("client")[..];
        for version in BOTH {
            // The reserved flag; a Will QoS or Will Retain without a will; Will QoS 3.
            for flags in [0x03, 0x0A, 0x12, 0x22, 0x3A] {
                let answer = refused(address, version, &connect_with_flags(version, flags, &[id]));
                assert!(version.is_v5() || answer.is_none(), "{flags:02x}: {answer:?}");
            }
            let will = [id, &body(version, b"", &text("topic")), &text("payload")];
            refused(address, version, &connect_with_flags(version, 0x1E, &will));
        }
        // A password without a user name is for 5.0 alone.
        let password = [id, &text("secret")];
        assert_eq!(refused(address, Version::V3_1_1, &connect_with_flags(Version::V3_1_1, 0x42, &password)), None);
        let mut client = RawClient::open(address, Version::V5);
        client.link.send_bytes(&connect_with_flags(Version::V5, 0x42, &password));
        assert_eq!(client.link.expect_connack().code, 0);
    });
}

#[test]
fn a_payload_that_the_flags_do_not_announce_is_refused() {
    each(|address| {
        for version in BOTH {
            let (id, will_topic) = (text("client"), body(version, b"", &text("topic")));
            let (payload, user, password) = (text("payload"), text("user"), text("password"));
            let wrong: [(u8, &[&[u8]]); 6] = [
                // Missing: everything, the will, its payload, the user name, the password.
                (0x02, &[]),
                (0x06, &[&id]),
                (0x06, &[&id, &will_topic]),
                (0x82, &[&id]),
                (0xC2, &[&id, &user]),
                // One too many.
                (0xC2, &[&id, &user, &password, &payload]),
            ];
            for (flags, payload) in wrong {
                refused(address, version, &connect_with_flags(version, flags, payload));
            }
            let whole: [&[u8]; 5] = [&id, &will_topic, &payload, &user, &password];
            let mut client = RawClient::open(address, version);
            client.link.send_bytes(&connect_with_flags(version, 0xC6, &whole));
            assert_eq!(client.link.expect_connack().code, 0);
        }
    });
}

#[test]
fn properties_that_contradict_the_specification_are_refused_in_connect() {
    // mosquitto 2.0 accepts Authentication Data without a method.
    ours(|address| {
        let with = |property| wire::connect(Version::V5, "client").with(property);
        let wrong: [Connect; 6] = [
            with(property::receive_maximum(0)),
            with(property::maximum_packet_size(0)),
            with(property::receive_maximum(1)).with(property::receive_maximum(1)),
            with((property::REQUEST_PROBLEM_INFORMATION, property::Value::Byte(2))),
            with((property::REQUEST_RESPONSE_INFORMATION, property::Value::Byte(2))),
            with(property::authentication_data(b"x")),
        ];
        for connect in wrong {
            refused(address, Version::V5, &Packet::from(connect).encode(Version::V5));
        }
        still_serves(address);
    });
}

#[test]
fn a_connect_of_5_0_that_breaks_the_protocol_is_answered_with_the_reason() {
    ours(|address| {
        let with_flags = |flags, payload: &[&[u8]]| connect_with_flags(Version::V5, flags, payload);
        let with = |property| Packet::from(wire::connect(Version::V5, "c").with(property)).encode(Version::V5);
        let (id, will) = (text("c"), |topic: &str| body(Version::V5, b"", &text(topic)));
        for (bytes, code, words) in [
            (with_flags(0x06, &[&id, &will("a/#"), &text("x")]), 0x90, "Will Topic `a/#`"),
            (with_flags(0x06, &[&id, &will(""), &text("x")]), 0x90, "Will Topic ``"),
            (with_flags(0x1E, &[&id, &will("a"), &text("x")]), 0x81, "Will QoS of 3"),
            (with_flags(0x03, &[&id]), 0x81, "reserved flag"),
            (with_flags(0x02, &[&text("a\0b")]), 0x81, "U+0000"),
            (with_flags(0x02, &[b"\0\x01\xff"]), 0x81, "UTF-8"),
            (with_flags(0x02, &[&id, b"x"]), 0x81, "1 byte too many"),
            (with(property::receive_maximum(0)), 0x82, "Receive Maximum"),
            (with(property::maximum_packet_size(0)), 0x82, "Maximum Packet Size"),
            (with(property::authentication_data(b"x")), 0x82, "Authentication Data"),
        ] {
            let mut client = RawClient::open(address, Version::V5);
            client.link.send_bytes(&bytes);
            let connack = client.link.expect_connack();
            assert_eq!(connack.code, code, "{words}");
            let why = connack.properties.text(0x1F).unwrap_or_default().to_owned();
            assert!(why.contains(words), "{why}");
            client.link.expect_end();
        }
        // 3.1.1 has no code for it.
        let mut old = RawClient::open(address, Version::V3_1_1);
        old.link.send_bytes(&connect_with_flags(Version::V3_1_1, 0x03, &[&id]));
        old.link.expect_end();
    });
}

#[test]
fn client_identifiers_of_23_letters_and_digits_are_accepted() {
    each(|address| {
        for version in BOTH {
            for id in ["a", "0123456789abcdefghijklm", "nopqrstuvwxyzABCDEFGHIJ", "KLMNOPQRSTUVWXYZ"] {
                RawClient::connect(address, version, id).disconnect();
            }
        }
    });
}

#[test]
fn a_client_without_an_identifier_is_given_its_own() {
    each(|address| {
        let ids: Vec<String> = [true, true, false]
            .into_iter()
            .map(|clean| {
                let connect = wire::connect(Version::V5, "");
                let connect = if clean { connect } else { connect.keep_session() };
                let (_, connack) = RawClient::connect_with(address, connect);
                assert!(!connack.session_present);
                connack.properties.text(property::ASSIGNED_CLIENT_IDENTIFIER).unwrap().to_owned()
            })
            .collect();
        assert!(ids[0] != ids[1] && ids[1] != ids[2] && ids[0] != ids[2], "{ids:?}");
        let (_, connack) = RawClient::connect_with(address, wire::connect(Version::V5, "its own"));
        assert_eq!(connack.properties.text(property::ASSIGNED_CLIENT_IDENTIFIER), None);

        // 3.1.1 has no property to say it; two of them are two clients.
        let mut first = RawClient::connect(address, Version::V3_1_1, "");
        let _second = RawClient::connect(address, Version::V3_1_1, "");
        first.expect_quiet();
    });
}

#[test]
fn the_session_of_an_assigned_identifier_can_be_taken_up() {
    each(|address| {
        let connect = |id: &str| kept(Version::V5, id);
        let (client, connack) = RawClient::connect_with(address, connect(""));
        let id = connack.properties.text(property::ASSIGNED_CLIENT_IDENTIFIER).unwrap().to_owned();
        client.disconnect();
        let (_, connack) = RawClient::connect_with(address, connect(&id));
        assert!(connack.session_present);
    });
}

#[test]
fn without_an_identifier_3_1_1_has_no_session_to_keep() {
    each(|address| {
        let connect = Packet::from(wire::connect(Version::V3_1_1, "").keep_session());
        assert_eq!(refused(address, Version::V3_1_1, &connect.encode(Version::V3_1_1)), Some(2));
    });
}

#[test]
fn nothing_is_done_for_a_client_that_is_refused() {
    let _judged = Judged("ours");
    let users = [("alice".to_owned(), "secret".to_owned())].into();
    let broker = Broker::start(BrokerOptions { users, ..BrokerOptions::default() }).unwrap();
    let address = broker.addresses().mqtt;
    for version in BOTH {
        let connect = wire::connect(version, "client").credentials("alice", "wrong");
        let publish = publish("a", "never").retain();
        let bytes = [Packet::from(connect).encode(version), Packet::from(publish).encode(version)].concat();
        let code = refused(address, version, &bytes);
        assert_eq!(code, Some(if version.is_v5() { 0x86 } else { 4 }));
        let connect = wire::connect(version, "witness").credentials("alice", "secret");
        let (mut witness, _) = RawClient::connect_with(address, connect);
        witness.subscribe("#", 0);
        witness.expect_quiet();
    }
}

#[test]
fn packets_that_follow_connect_at_once_are_served() {
    each(|address| {
        for version in BOTH {
            let mut client = RawClient::open(address, version);
            let connect = wire::connect(version, "client");
            let packets =
                [connect.into(), wire::subscribe(1, "a", 0).into(), publish("a", "x").into(), Packet::Pingreq];
            client.link.send_together(packets);
            client.link.expect_connack();
            client.link.expect_suback();
            assert_eq!(client.link.expect_publish().text(), "x");
            client.link.expect(Packet::Pingresp);
        }
    });
}

#[test]
fn a_client_that_connects_again_ends_its_former_connection() {
    // mosquitto 2.0 closes without DISCONNECT.
    ours(|address| {
        for version in BOTH {
            let mut first = RawClient::connect(address, version, "client");
            let mut second = RawClient::connect(address, version, "client");
            let packets = first.link.receive_until_end();
            match &packets[..] {
                [Packet::Disconnect(disconnect)] if version.is_v5() => assert_eq!(disconnect.reason, 0x8E),
                [] if !version.is_v5() => {}
                other => panic!("{other:?}"),
            }
            second.expect_quiet();
        }
    });
}

#[test]
fn a_silent_client_is_disconnected_after_its_keep_alive() {
    each(|address| {
        for version in BOTH {
            let (client, _) = RawClient::connect_with(address, wire::connect(version, "client").keep_alive(1));
            expect_closed(client);
        }
    });
}

#[test]
fn a_client_without_keep_alive_is_left_alone() {
    // The one that has a Keep Alive is a clock for the one that has none.
    each(|address| {
        let mut patient = RawClient::connect(address, Version::V5, "patient");
        let connect = wire::connect(Version::V5, "clock").keep_alive(1);
        expect_closed(RawClient::connect_with(address, connect).0);
        patient.expect_quiet();
    });
}

#[test]
fn pingreq_is_answered() {
    each(|address| {
        for version in BOTH {
            let mut client = RawClient::connect(address, version, "client");
            client.link.send_together([Packet::Pingreq, Packet::Pingreq]);
            client.link.expect(Packet::Pingresp);
            client.link.expect(Packet::Pingresp);
        }
    });
}

#[test]
fn the_broker_closes_after_disconnect() {
    each(|address| {
        for version in BOTH {
            RawClient::connect(address, version, "client").disconnect();
        }
        let mut client = RawClient::connect(address, Version::V5, "client");
        client.link.send(wire::disconnect(0x04));
        client.link.expect_end();
    });
}

#[test]
fn an_expiry_that_disconnect_brings_back_is_an_error() {
    each(|address| {
        let disconnect = wire::disconnect(0).with(property::session_expiry_interval(10));
        breaks(address, Version::V5, &Packet::from(disconnect).encode(Version::V5));
        still_serves(address);
    });
}

#[test]
fn response_information_is_sent_to_those_alone_that_ask() {
    each(|address| {
        for request in [None, Some(0)] {
            let mut connect = wire::connect(Version::V5, "client");
            let asks = |byte| (property::REQUEST_RESPONSE_INFORMATION, property::Value::Byte(byte));
            connect.properties.0.extend(request.map(asks));
            let (_, connack) = RawClient::connect_with(address, connect);
            assert_eq!(connack.properties.text(property::RESPONSE_INFORMATION), None);
        }
    });
}

/// The packets that a broker would like to explain, for a client with these properties.
fn explained(address: SocketAddr, properties: &[property::Property]) -> Vec<Packet> {
    let mut connect = wire::connect(Version::V5, "client");
    connect.properties.0.extend_from_slice(properties);
    let (mut client, _) = RawClient::connect_with(address, connect);
    client.link.send(publish("nobody/listens", "x").qos(1).id(1));
    client.link.send(publish("$SYS/x", "x").qos(1).id(2));
    client.link.send(publish("nobody/listens", "x").qos(2).id(3));
    client.link.send(wire::pubrel(9));
    client.link.send(wire::subscribe(4, "$share//x", 0).and("a/#/b", 0));
    client.link.send(wire::unsubscribe(5, "never/subscribed"));
    let packets: Vec<Packet> = (0..6).map(|_| client.link.receive()).collect();
    client.link.send(wire::pubrel(3));
    client.link.expect_pubcomp(3);
    packets
}

fn properties_of(packet: &Packet) -> &wire::Properties {
    match packet {
        Packet::Ack(ack) => &ack.properties,
        Packet::Suback(suback) => &suback.properties,
        Packet::Unsuback(unsuback) => &unsuback.properties,
        other => panic!("{other:?}"),
    }
}

#[test]
fn problems_are_not_explained_to_those_that_do_not_ask() {
    ours(|address| {
        let none = (property::REQUEST_PROBLEM_INFORMATION, property::Value::Byte(0));
        for packet in explained(address, &[none]) {
            assert!(properties_of(&packet).is_empty(), "{packet:?}");
        }
    });
}

#[test]
fn an_explanation_is_left_out_where_it_would_be_too_large() {
    ours(|address| {
        // CONNACK says this much of our limits.
        let (_, connack) = RawClient::connect_with(address, wire::connect(Version::V5, "probe"));
        let largest = Packet::from(connack).encode(Version::V5).len();
        let maximum = property::maximum_packet_size(u32::try_from(largest).unwrap());
        for packet in explained(address, &[maximum]) {
            assert!(packet.encode(Version::V5).len() <= largest, "{packet:?}");
        }
    });
}

#[test]
fn an_unknown_way_to_authenticate_is_refused() {
    each(|address| {
        let connect = wire::connect(Version::V5, "client").with(property::authentication_method("RIDDLE"));
        assert_eq!(refused(address, Version::V5, &Packet::from(connect).encode(Version::V5)), Some(0x8C));
    });
}

#[test]
fn auth_without_a_method_in_connect_is_an_error() {
    each(|address| {
        let (_, connack) = RawClient::connect_with(address, wire::connect(Version::V5, "client"));
        assert_eq!(connack.properties.text(property::AUTHENTICATION_METHOD), None);
        for reason in [0x00, 0x18, 0x19] {
            breaks(address, Version::V5, &Packet::from(wire::auth(reason)).encode(Version::V5));
        }
        still_serves(address);
    });
}

#[test]
fn an_identifier_that_is_not_accepted_is_refused() {
    limited(Limits { assigned_client_id: false, ..Limits::default() }, |address| {
        for (version, code) in [(Version::V3_1_1, 2), (Version::V5, 0x85)] {
            let connect = Packet::from(wire::connect(version, ""));
            assert_eq!(refused(address, version, &connect.encode(version)), Some(code));
        }
    });
}
