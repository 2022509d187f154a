//! Retained messages: section 3.3.1.3.

use super::*;
use crate::support::wire::publish;

/// What a new subscriber to all topics is sent: topic, payload, RETAIN.
fn retained(address: SocketAddr, version: Version) -> Vec<(String, String, bool)> {
    let mut client = RawClient::connect(address, version, "looks");
    client.link.send(wire::subscribe(1, "#", 0));
    client.link.send(Packet::Pingreq);
    let mut messages = Vec::new();
    loop {
        match client.link.receive() {
            Packet::Publish(publish) => {
                let text = publish.text().to_owned();
                messages.push((publish.topic, text, publish.retain));
            }
            Packet::Suback(_) => {}
            Packet::Pingresp => break,
            other => panic!("{other:?}"),
        }
    }
    messages.sort();
    messages
}

fn message(topic: &str, text: &str) -> (String, String, bool) {
    (topic.to_owned(), text.to_owned(), true)
}

#[test]
fn the_last_retained_message_of_a_topic_is_sent_to_a_new_subscription() {
    each(|address| {
        for version in BOTH {
            let mut publisher = RawClient::connect(address, version, "publisher");
            for qos in 0..=2 {
                publisher.send_publish(publish("a", format!("{qos}")).qos(qos).retain());
                assert_eq!(retained(address, version), [message("a", &qos.to_string())]);
            }
            publisher.send_publish(publish("b/c", "x").qos(1).retain());
            publisher.disconnect();
            // It outlives its publisher's session.
            assert_eq!(retained(address, version), [message("a", "2"), message("b/c", "x")]);
            let mut publisher = RawClient::connect(address, version, "publisher");
            for topic in ["a", "b/c"] {
                publisher.send_publish(publish(topic, "").qos(1).retain());
            }
        }
    });
}

#[test]
fn an_empty_payload_removes_it_and_is_passed_on_as_any_other() {
    each(|address| {
        for version in BOTH {
            let mut subscriber = RawClient::connect(address, version, "subscriber");
            subscriber.subscribe("a", 1);
            let mut publisher = RawClient::connect(address, version, "publisher");
            publisher.send_publish(publish("a", "x").qos(1).retain());
            publisher.send_publish(publish("a", "").qos(1).retain());
            subscriber.expect_text("a", "x");
            assert!(!subscriber.expect_text("a", "").retain);
            assert_eq!(retained(address, version), []);
        }
    });
}

#[test]
fn a_message_without_retain_leaves_the_retained_one_alone() {
    each(|address| {
        for version in BOTH {
            let mut publisher = RawClient::connect(address, version, "publisher");
            publisher.send_publish(publish("a", "kept").qos(1).retain());
            publisher.publish("a", "passing", 1);
            publisher.publish("a", "", 1);
            publisher.publish("b", "passing", 1);
            assert_eq!(retained(address, version), [message("a", "kept")]);
            publisher.send_publish(publish("a", "").qos(1).retain());
        }
    });
}

#[test]
fn retain_is_not_set_towards_an_established_subscription() {
    each(|address| {
        for version in BOTH {
            let mut client = RawClient::connect(address, version, "client");
            client.subscribe("a", 0);
            client.send_publish(publish("a", "x").retain());
            assert!(!client.expect_text("a", "x").retain);
            // With another subscription it is.
            client.subscribe("+", 0);
            assert!(client.expect_text("a", "x").retain);
            client.send_publish(publish("a", "").retain());
            client.expect_text("a", "");
        }
    });
}

#[test]
fn retain_as_published_passes_the_flag() {
    each(|address| {
        let mut client = RawClient::connect(address, Version::V5, "client");
        client.link.send(wire::subscribe(1, "a", 0x08));
        client.link.expect_suback();
        client.send_publish(publish("a", "x").retain());
        assert!(client.expect_text("a", "x").retain);
        client.send_publish(publish("a", "y"));
        assert!(!client.expect_text("a", "y").retain);
    });
}

#[test]
fn retain_handling_says_when_retained_messages_come() {
    each(|address| {
        let mut publisher = RawClient::connect(address, Version::V5, "publisher");
        publisher.send_publish(publish("a", "x").qos(1).retain());
        // At each SUBSCRIBE; at the first; never.
        for (handling, expected) in [(0, [true, true]), (1, [true, false]), (2, [false, false])] {
            let mut client = RawClient::connect(address, Version::V5, "client");
            for comes in expected {
                client.link.send(wire::subscribe(1, "a", handling << 4));
                client.link.expect_suback();
                if comes {
                    assert!(client.expect_text("a", "x").retain);
                }
                client.expect_quiet();
            }
            // A subscription that was given up is new again.
            client.link.send(wire::unsubscribe(2, "a"));
            client.link.expect_unsuback();
            client.link.send(wire::subscribe(3, "a", handling << 4));
            client.link.expect_suback();
            if handling < 2 {
                client.expect_text("a", "x");
            }
            client.expect_quiet();
        }
    });
}

#[test]
fn a_retained_message_keeps_its_properties() {
    each(|address| {
        let mut client = RawClient::connect(address, Version::V5, "client");
        let sent = publish("a", "x").retain().with(property::user_property("k", "v")).with(property::content_type("t"));
        client.send_publish(sent.clone());
        client.link.send(wire::subscribe(1, "a", 0).with(property::subscription_identifier(5)));
        client.link.expect_suback();
        let received = client.expect_text("a", "x");
        for property in &sent.properties.0 {
            assert!(received.properties.0.contains(property), "{received:?}");
        }
        assert_eq!(received.properties.number(property::SUBSCRIPTION_IDENTIFIER), Some(5));
    });
}

#[test]
fn a_retained_message_expires() {
    each(|address| {
        let mut publisher = RawClient::connect(address, Version::V5, "publisher");
        publisher.send_publish(publish("a", "x").qos(1).retain().with(property::message_expiry_interval(1)));
        // Another client's Keep Alive is the clock.
        let connect = wire::connect(Version::V5, "clock").keep_alive(1);
        expect_closed(RawClient::connect_with(address, connect).0);
        let connect = wire::connect(Version::V5, "clock").keep_alive(1);
        expect_closed(RawClient::connect_with(address, connect).0);
        assert_eq!(retained(address, Version::V5), []);
    });
}
