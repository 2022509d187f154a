//! Will messages: sections 3.1.2.5 to 3.1.2.7 and 3.1.3.2.

use super::*;
use crate::support::wire::Connect;

fn witness(address: SocketAddr) -> RawClient {
    let mut witness = RawClient::connect(address, Version::V5, "witness");
    witness.link.send(wire::subscribe(1, "will/#", 2 | 0x08));
    witness.link.expect_suback();
    witness
}

/// A CONNECT with a will.
fn with_will(version: Version, qos: u8, retain: bool) -> Connect {
    wire::connect(version, "client").will("will/client", b"gone", qos, retain)
}

/// The same in 5.0, with a Will Delay Interval and a Session Expiry Interval.
fn with_delay(delay: u32, expiry: u32) -> Connect {
    let mut connect = with_will(Version::V5, 1, false).keep_session();
    connect.will.as_mut().unwrap().properties.0.push((property::WILL_DELAY_INTERVAL, property::Value::Four(delay)));
    connect.with(property::session_expiry_interval(expiry))
}

/// Asserts that no will has come.
fn expect_none(address: SocketAddr, witness: &mut RawClient) {
    // Whatever became of the client, the broker has seen to it: a later packet of another has been served.
    RawClient::connect(address, Version::V5, "now").publish("will/now", "", 1);
    witness.expect_text("will/now", "");
}

#[test]
fn a_will_is_published_when_the_connection_is_lost_at_its_qos_and_retain() {
    each(|address| {
        let mut witness = witness(address);
        for version in BOTH {
            for qos in 0..=2 {
                for retain in [false, true] {
                    RawClient::connect_with(address, with_will(version, qos, retain)).0.link.cut();
                    let will = witness.expect_text("will/client", "gone");
                    assert_eq!((will.qos, will.retain), (qos, retain));
                    let mut late = RawClient::connect(address, version, "late");
                    late.subscribe("will/client", 0);
                    if retain {
                        assert!(late.expect_text("will/client", "gone").retain);
                        late.link.send(wire::publish("will/client", "").retain());
                        witness.expect_text("will/client", "");
                    }
                }
            }
        }
    });
}

#[test]
fn a_will_is_published_when_the_client_breaks_the_protocol_or_its_keep_alive() {
    each(|address| {
        let mut witness = witness(address);
        for version in BOTH {
            let (mut client, _) = RawClient::connect_with(address, with_will(version, 1, false));
            client.link.send_bytes(&[0x00, 0x00]);
            expect_closed(client);
            witness.expect_text("will/client", "gone");

            let (client, _) = RawClient::connect_with(address, with_will(version, 1, false).keep_alive(1));
            expect_closed(client);
            witness.expect_text("will/client", "gone");
        }
    });
}

#[test]
fn disconnect_discards_the_will() {
    each(|address| {
        let mut witness = witness(address);
        for version in BOTH {
            RawClient::connect_with(address, with_will(version, 1, false)).0.disconnect();
            expect_none(address, &mut witness);
        }
        // The next connection, without a will, has none.
        RawClient::connect(address, Version::V5, "client").link.cut();
        expect_none(address, &mut witness);
    });
}

#[test]
fn a_will_that_disconnect_asks_for_is_published_at_once() {
    each(|address| {
        let mut witness = witness(address);
        let (mut client, _) = RawClient::connect_with(address, with_will(Version::V5, 1, false));
        client.link.send(wire::disconnect(0x04));
        // Before the client closes.
        witness.expect_text("will/client", "gone");
        client.link.expect_end();
    });
}

#[test]
fn a_client_that_is_taken_over_leaves_its_will() {
    each(|address| {
        let mut witness = witness(address);
        for version in BOTH {
            let _first = RawClient::connect_with(address, with_will(version, 1, false));
            let _second = RawClient::connect(address, version, "client");
            witness.expect_text("will/client", "gone");
        }
    });
}

#[test]
fn a_delayed_will_waits_and_comes_once() {
    each(|address| {
        let mut witness = witness(address);
        RawClient::connect_with(address, with_delay(4, 100)).0.link.cut();
        expect_none(address, &mut witness);
        witness.expect_text("will/client", "gone");
        // It was removed when it was published.
        RawClient::connect(address, Version::V5, "client").disconnect();
        expect_none(address, &mut witness);
    });
}

#[test]
fn a_delayed_will_is_not_sent_if_its_client_is_back_in_time() {
    each(|address| {
        let mut witness = witness(address);
        RawClient::connect_with(address, with_delay(4, 100)).0.link.cut();
        let (client, present) = resume(address, Version::V5, "client");
        assert!(present);
        // One and a half times its Keep Alive.
        let clock = wire::connect(Version::V5, "clock").keep_alive(4);
        expect_closed(RawClient::connect_with(address, clock).0);
        expect_none(address, &mut witness);
        drop(client);
    });
}

#[test]
fn a_delayed_will_comes_at_the_end_of_its_session() {
    // mosquitto 2.0 forgets the will of a client that begins anew.
    ours(|address| {
        let mut witness = witness(address);
        // The session expires first.
        RawClient::connect_with(address, with_delay(1000, 1)).0.link.cut();
        witness.expect_text("will/client", "gone");
        // The session ends because its client begins anew.
        RawClient::connect_with(address, with_delay(1000, 2000)).0.link.cut();
        let _client = RawClient::connect(address, Version::V5, "client");
        witness.expect_text("will/client", "gone");
    });
}

#[test]
fn a_will_keeps_its_properties_and_their_order() {
    each(|address| {
        let mut witness = witness(address);
        let mut connect = with_will(Version::V5, 1, false);
        let properties = [
            property::payload_format_indicator(1),
            property::content_type("text/plain"),
            property::response_topic("answer"),
            property::correlation_data(b"\x00\xFF"),
            property::user_property("b", "1"),
            property::user_property("a", "2"),
            property::user_property("b", "1"),
        ];
        connect.will.as_mut().unwrap().properties.0.extend(properties.clone());
        RawClient::connect_with(address, connect).0.link.cut();
        let will = witness.expect_text("will/client", "gone");
        for property in &properties {
            assert!(will.properties.0.contains(property), "{will:?}");
        }
        let users = will.properties.0.iter().filter(|(id, _)| *id == property::USER_PROPERTY).cloned();
        assert_eq!(users.collect::<Vec<_>>(), properties[4..]);
    });
}

#[test]
fn a_will_topic_that_is_empty_or_has_wildcards_is_refused() {
    ours(|address| {
        for version in BOTH {
            for topic in ["", "will/#", "+"] {
                let mut client = RawClient::open(address, version);
                client.link.send(wire::connect(version, "client").will(topic, b"x", 0, false));
                let answer = client.link.receive_until_end();
                assert!(
                    answer.iter().all(|packet| matches!(packet, Packet::Connack(connack) if connack.code != 0)),
                    "{topic:?}: {answer:?}"
                );
            }
        }
        still_serves(address);
    });
}
