//! PUBLISH: section 3.3.

use super::*;
use crate::support::wire::publish;

#[test]
fn qos_3_ends_the_connection() {
    each(|address| {
        for version in BOTH {
            breaks(address, version, &Packet::from(publish("a", "x").qos(3).id(1)).encode(version));
        }
        still_serves(address);
    });
}

#[test]
fn dup_at_qos_0_ends_the_connection() {
    // mosquitto 2.0 ignores it.
    ours(|address| {
        for version in BOTH {
            breaks(address, version, &Packet::from(publish("a", "x").dup()).encode(version));
        }
        still_serves(address);
    });
}

#[test]
fn a_topic_with_wildcards_ends_the_connection() {
    each(|address| {
        for version in BOTH {
            for topic in ["a/#", "#", "+", "a/+/b", "a+"] {
                breaks(address, version, &Packet::from(publish(topic, "x")).encode(version));
            }
        }
        still_serves(address);
    });
}

#[test]
fn an_empty_topic_ends_the_connection() {
    each(|address| {
        for version in BOTH {
            breaks(address, version, &Packet::from(publish("", "x")).encode(version));
        }
        still_serves(address);
    });
}

#[test]
fn a_response_topic_with_wildcards_or_bad_utf_8_ends_the_connection() {
    // mosquitto 2.0 passes the wildcards on.
    ours(|address| {
        let wrong = publish("a", "x").with(property::response_topic("b/#"));
        breaks(address, Version::V5, &Packet::from(wrong).encode(Version::V5));
        for id in [property::RESPONSE_TOPIC, property::CONTENT_TYPE] {
            let properties = [&[6, id][..], &[0, 3, b'b', 0xC0, 0xAF]].concat();
            breaks(address, Version::V5, &wire::frame(0x30, &[text("a"), properties].concat()));
        }
        still_serves(address);
    });
}

#[test]
fn all_properties_pass_unaltered_and_in_order() {
    each(|address| {
        let mut subscriber = RawClient::connect(address, Version::V5, "subscriber");
        subscriber.subscribe("a", 2);
        let mut publisher = RawClient::connect(address, Version::V5, "publisher");
        for qos in 0..=2 {
            let sent = publish("a", "x")
                .qos(qos)
                .with(property::payload_format_indicator(1))
                .with(property::content_type("text/plain; charset=utf-8"))
                .with(property::response_topic("answer/here"))
                .with(property::correlation_data(&[0, 255, 1]))
                .with(property::user_property("b", "1"))
                .with(property::user_property("a", ""))
                .with(property::user_property("", "2"))
                .with(property::user_property("b", "1"));
            publisher.send_publish(sent.clone());
            let received = subscriber.expect_message();
            for property in &sent.properties.0 {
                assert!(received.properties.0.contains(property), "{property:?} is not in {received:?}");
            }
            let users = |publish: &wire::Publish| {
                let all = publish.properties.0.iter().filter(|(id, _)| *id == property::USER_PROPERTY);
                all.cloned().collect::<Vec<_>>()
            };
            assert_eq!(users(&received), users(&sent));
            assert_eq!(received.properties.0.len(), sent.properties.0.len(), "{received:?}");
        }
    });
}

#[test]
fn a_payload_that_is_not_what_its_indicator_says_passes_or_is_refused_but_is_not_altered() {
    each(|address| {
        let mut client = RawClient::connect(address, Version::V5, "client");
        client.subscribe("a", 0);
        client.send_publish(publish("a", [0xFF, 0]).with(property::payload_format_indicator(0)));
        assert_eq!(client.expect_message().payload, [0xFF, 0]);
    });
}

#[test]
fn the_expiry_that_is_left_is_sent() {
    each(|address| {
        let mut client = RawClient::connect(address, Version::V5, "client");
        client.subscribe("a", 0);
        client.send_publish(publish("a", "x").with(property::message_expiry_interval(100)));
        let left = client.expect_message().properties.number(property::MESSAGE_EXPIRY_INTERVAL);
        assert!(left.is_some_and(|left| (90..=100).contains(&left)), "{left:?}");
        client.publish("a", "without", 0);
        assert_eq!(client.expect_message().properties.number(property::MESSAGE_EXPIRY_INTERVAL), None);
    });
}

#[test]
fn topic_aliases_end_with_the_connection() {
    each(|address| {
        let (mut client, _) = resume(address, Version::V5, "client");
        client.send_publish(publish("a", "x").with(property::topic_alias(1)));
        client.send_publish(publish("", "x").with(property::topic_alias(1)));
        client.expect_quiet();
        client.link.cut();
        let (mut client, _) = resume(address, Version::V5, "client");
        client.link.send(publish("", "x").with(property::topic_alias(1)));
        expect_closed(client);
        still_serves(address);
    });
}

#[test]
fn every_topic_alias_up_to_the_maximum_is_understood_and_no_other() {
    each(|address| {
        let (mut client, connack) = RawClient::connect_with(address, wire::connect(Version::V5, "client"));
        let maximum = connack.properties.number(property::TOPIC_ALIAS_MAXIMUM).unwrap();
        let maximum = u16::try_from(maximum).unwrap();
        client.subscribe("#", 0);
        for alias in 1..=maximum {
            client.send_publish(publish(&alias.to_string(), "x").with(property::topic_alias(alias)));
            client.expect_text(&alias.to_string(), "x");
        }
        for alias in (1..=maximum).rev() {
            client.send_publish(publish("", "y").with(property::topic_alias(alias)));
            client.expect_text(&alias.to_string(), "y");
        }
        // An alias can be given another topic.
        client.send_publish(publish("other", "x").with(property::topic_alias(1)));
        client.send_publish(publish("", "y").with(property::topic_alias(1)));
        client.expect_text("other", "x");
        client.expect_text("other", "y");
        client.link.send(publish("a", "x").with(property::topic_alias(maximum + 1)));
        expect_closed(client);
    });
}

#[test]
fn topic_aliases_are_used_only_up_to_what_the_client_allows() {
    each(|address| {
        let mut publisher = RawClient::connect(address, Version::V5, "publisher");
        for allowed in [None, Some(0), Some(2)] {
            let mut connect = wire::connect(Version::V5, "subscriber");
            connect.properties.0.extend(allowed.map(property::topic_alias_maximum));
            let (mut subscriber, _) = RawClient::connect_with(address, connect);
            subscriber.subscribe("#", 0);
            let mut known = std::collections::HashMap::new();
            for round in 0..3 {
                for topic in ["t/1", "t/2", "t/3"] {
                    publisher.publish(topic, round.to_string(), 0);
                    let message = subscriber.expect_message();
                    let alias = message.properties.number(property::TOPIC_ALIAS);
                    assert!(
                        alias.is_none_or(|alias| (1..=allowed.unwrap_or(0).into()).contains(&alias)),
                        "{message:?}"
                    );
                    if let Some(alias) = alias
                        && !message.topic.is_empty()
                    {
                        known.insert(alias, message.topic.clone());
                    }
                    let name = if message.topic.is_empty() { known[&alias.unwrap()].clone() } else { message.topic };
                    assert_eq!(name, topic);
                }
            }
        }
    });
}
