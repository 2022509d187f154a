//! Session state: sections 3.1.2.4, 3.1.2.11.2 and 4.1.

use super::*;
use crate::support::wire::publish;

#[test]
fn session_present_says_whether_there_is_a_session() {
    each(|address| {
        for version in BOTH {
            RawClient::connect(address, version, "client").disconnect();
            let (client, present) = resume(address, version, "client");
            assert!(!present, "there was none");
            client.disconnect();
            let (client, present) = resume(address, version, "client");
            assert!(present, "kept over DISCONNECT");
            client.link.cut();
            let (client, present) = resume(address, version, "client");
            assert!(present, "kept over a cut");
            client.disconnect();
            let (client, connack) = RawClient::connect_with(address, wire::connect(version, "client"));
            assert!(!connack.session_present, "begun anew");
            client.disconnect();
            let (client, present) = resume(address, version, "client");
            assert!(!present, "ended with its connection");
            drop(client);
        }
    });
}

#[test]
fn a_session_begun_anew_has_neither_subscriptions_nor_messages() {
    each(|address| {
        for version in BOTH {
            let (mut client, _) = resume(address, version, "client");
            client.subscribe("a", 2);
            client.disconnect();
            let mut publisher = RawClient::connect(address, version, "publisher");
            publisher.publish("a", "for the former", 1);
            let mut client = RawClient::connect(address, version, "client");
            publisher.publish("a", "for nobody", 1);
            client.expect_quiet();
        }
    });
}

#[test]
fn a_kept_session_keeps_its_subscriptions_and_gets_what_was_published_meanwhile() {
    each(|address| {
        for version in BOTH {
            RawClient::connect(address, version, "client").disconnect();
            let (mut client, _) = resume(address, version, "client");
            client.subscribe("a/+", 2);
            client.disconnect();
            let mut publisher = RawClient::connect(address, version, "publisher");
            for qos in 1..=2 {
                publisher.publish("a/b", format!("at {qos}"), qos);
            }
            let (mut client, _) = resume(address, version, "client");
            for qos in 1..=2 {
                assert_eq!(client.expect_text("a/b", &format!("at {qos}")).qos, qos);
            }
            publisher.publish("a/c", "live", 1);
            client.expect_text("a/c", "live");
        }
    });
}

#[test]
fn the_session_lasts_as_long_as_its_connection() {
    each(|address| {
        // Expiry 0 is counted from the end of the connection.
        let mut client = RawClient::connect(address, Version::V5, "client");
        client.subscribe("a", 1);
        let clock = wire::connect(Version::V5, "clock").keep_alive(1);
        expect_closed(RawClient::connect_with(address, clock).0);
        RawClient::connect(address, Version::V5, "publisher").publish("a", "x", 1);
        client.expect_text("a", "x");
    });
}

#[test]
fn a_session_expires() {
    each(|address| {
        let connect = || {
            let connect = wire::connect(Version::V5, "client").keep_session();
            connect.with(property::session_expiry_interval(1))
        };
        RawClient::connect_with(address, connect()).0.disconnect();
        for _ in 0..2 {
            let clock = wire::connect(Version::V5, "clock").keep_alive(1);
            expect_closed(RawClient::connect_with(address, clock).0);
        }
        let (_, connack) = RawClient::connect_with(address, connect());
        assert!(!connack.session_present);
    });
}

#[test]
fn disconnect_can_change_the_expiry() {
    each(|address| {
        let (mut client, _) = resume(address, Version::V5, "client");
        client.link.send(wire::disconnect(0).with(property::session_expiry_interval(0)));
        client.link.expect_end();
        let (mut client, present) = resume(address, Version::V5, "client");
        assert!(!present);
        client.link.send(wire::disconnect(0).with(property::session_expiry_interval(7200)));
        client.link.expect_end();
        assert!(resume(address, Version::V5, "client").1);
    });
}

#[test]
fn a_message_expires_in_the_queue() {
    each(|address| {
        let (mut subscriber, _) = resume(address, Version::V5, "subscriber");
        subscriber.subscribe("a", 1);
        subscriber.disconnect();
        let mut publisher = RawClient::connect(address, Version::V5, "publisher");
        publisher.send_publish(publish("a", "expires").qos(1).with(property::message_expiry_interval(1)));
        publisher.send_publish(publish("a", "lasts").qos(1).with(property::message_expiry_interval(100)));
        for _ in 0..2 {
            let clock = wire::connect(Version::V5, "clock").keep_alive(1);
            expect_closed(RawClient::connect_with(address, clock).0);
        }
        let (mut subscriber, _) = resume(address, Version::V5, "subscriber");
        let left = subscriber.expect_text("a", "lasts").properties.number(property::MESSAGE_EXPIRY_INTERVAL);
        assert!(left.is_some_and(|left| (80..=98).contains(&left)), "{left:?}");
        subscriber.expect_quiet();
    });
}

#[test]
fn a_message_sent_once_does_not_expire_and_its_handshake_is_completed() {
    each(|address| {
        for qos in [1, 2] {
            RawClient::connect(address, Version::V5, "subscriber").disconnect();
            let (mut subscriber, _) = resume(address, Version::V5, "subscriber");
            subscriber.subscribe("a", qos);
            let mut publisher = RawClient::connect(address, Version::V5, "publisher");
            publisher.send_publish(publish("a", "x").qos(qos).with(property::message_expiry_interval(2)));
            let message = subscriber.link.expect_publish();
            for _ in 0..2 {
                let clock = wire::connect(Version::V5, "clock").keep_alive(1);
                expect_closed(RawClient::connect_with(address, clock).0);
            }
            if qos == 1 {
                subscriber.link.send(wire::puback(message.id));
            } else {
                subscriber.link.send(wire::pubrec(message.id));
                subscriber.link.expect_pubrel(message.id);
                subscriber.link.send(wire::pubcomp(message.id));
            }
            subscriber.expect_quiet();
        }
    });
}

#[test]
fn client_identifiers_name_sessions_exactly() {
    each(|address| {
        for version in BOTH {
            let (_first, _) = resume(address, version, &format!("name{}", version.level()));
            let (_second, present) = resume(address, version, &format!("Name{}", version.level()));
            assert!(!present);
        }
    });
}
