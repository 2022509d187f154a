//! The tests' own codec, broker and client, tried on each other and on a real broker before they judge anything.

use mqttx_rs::mqtt::Version;

use crate::support::wire::{self, Packet, connack, property, puback, publish, pubrec, subscribe};
use crate::support::{Mosquitto, Program, RawClient, ScriptedBroker};

const VERSIONS: [Version; 2] = [Version::V3_1_1, Version::V5];

fn every_packet() -> Vec<Packet> {
    vec![
        wire::connect(Version::V5, "me").keep_alive(60).will("w", b"x", 1, true).credentials("u", "p").into(),
        wire::connect(Version::V3_1_1, "").into(),
        connack().session_present().into(),
        publish("a/b", "hi").qos(1).id(65535).dup().retain().into(),
        publish("汽车", vec![0; 20_000]).into(),
        puback(1).into(),
        pubrec(2).into(),
        wire::pubrel(3).into(),
        wire::pubcomp(4).into(),
        subscribe(5, "a/#", 2).and("+", 1).into(),
        wire::suback(5, [2, 0x80]).into(),
        wire::unsubscribe(6, "a/#").into(),
        wire::unsuback(6, []).into(),
        Packet::Pingreq,
        Packet::Pingresp,
        wire::disconnect(0).into(),
    ]
}

#[test]
fn every_packet_survives_its_own_codec() {
    for version in VERSIONS {
        for packet in every_packet() {
            let bytes = packet.encode(version);
            assert_eq!(wire::decode(version, &bytes), Ok(Some((packet.clone(), bytes.len()))));
            for cut in 0..bytes.len().min(40) {
                assert_eq!(wire::decode(version, &bytes[..cut]), Ok(None), "{packet:?} cut to {cut} bytes");
            }
        }
    }
}

#[test]
fn properties_survive_and_stand_only_where_they_may() {
    let packet: Packet = publish("a", "x")
        .with(property::topic_alias(3))
        .with(property::subscription_identifier(268_435_455))
        .with(property::subscription_identifier(1))
        .with(property::user_property("k", "v"))
        .with(property::correlation_data(&[0, 255]))
        .with(property::message_expiry_interval(7))
        .into();
    let bytes = packet.encode(Version::V5);
    assert_eq!(wire::decode(Version::V5, &bytes), Ok(Some((packet, bytes.len()))));

    let repeated: Packet = publish("a", "").with(property::topic_alias(1)).with(property::topic_alias(1)).into();
    let misplaced: Packet = puback(1).with(property::receive_maximum(1)).into();
    for packet in [repeated, misplaced] {
        assert!(wire::decode(Version::V5, &packet.encode(Version::V5)).is_err(), "{packet:?}");
    }
}

#[test]
fn a_script_plays_both_sides() {
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let mut client = RawClient::open(broker.address(), version);
        client.link.send(wire::connect(version, "me"));
        let (mut link, connect) = broker.accept_session(connack());
        assert_eq!((connect.version, connect.client_id.as_str()), (version, "me"));
        assert_eq!(client.link.expect_connack(), connack());
        link.send_bytewise(publish("a", "hi").qos(1).id(9));
        assert_eq!(client.expect_message().text(), "hi");
        link.expect(puback(9));
        link.cut();
        client.link.expect_end();
    }
}

#[test]
fn a_real_broker_understands_the_codec() {
    let Some(mosquitto) = Mosquitto::start("") else { return };
    for version in VERSIONS {
        let mut subscriber = RawClient::connect(mosquitto.address(), version, "subscriber");
        subscriber.subscribe("a/#", 2);
        let mut publisher = RawClient::connect(mosquitto.address(), version, "publisher");
        for qos in 0..=2 {
            publisher.publish("a/b", format!("at {qos}"), qos);
            assert_eq!(subscriber.expect_text("a/b", &format!("at {qos}")).qos, qos);
        }
        subscriber.expect_quiet();
        publisher.disconnect();
        subscriber.disconnect();
    }
}

#[test]
fn the_program_can_be_run() {
    let ended = Program::new(["--no-such-option"]).stdin("unread").run();
    assert!(ended.code >= 0, "{ended:?}");
}
