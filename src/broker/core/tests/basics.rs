use std::sync::Arc;

use super::*;
use crate::mqtt::{PublishProperties, RetainHandling};

const ALL_QOS: [QoS; 3] = [QoS::AtMostOnce, QoS::AtLeastOnce, QoS::ExactlyOnce];

#[test]
fn messages_pass_at_every_qos_between_all_versions() {
    let mut world = World::new();
    for version in VERSIONS {
        let subscriber = world.connected(options(version, &format!("subscriber {version}")));
        world.subscribe(subscriber, &format!("to {version}/#"), QoS::ExactlyOnce);
        for from in VERSIONS {
            let publisher = world.connected(options(from, &format!("publisher {from} {version}")));
            for qos in ALL_QOS {
                world.publish(publisher, message(&format!("to {version}/a"), "x", qos));
                let received = world.received(subscriber);
                assert_eq!(received, [message(&format!("to {version}/a"), "x", qos)]);
                if qos > QoS::AtMostOnce {
                    assert_eq!(world.outcome(publisher), ReasonCode::Success);
                }
            }
        }
    }
}

#[test]
fn the_lower_qos_of_publish_and_subscription_holds() {
    let mut world = World::new();
    let publisher = world.connected(options(Version::V5, "publisher"));
    for granted in ALL_QOS {
        let subscriber = world.connected(options(Version::V5, &format!("subscriber {granted}")));
        world.subscribe(subscriber, "a", granted);
        for qos in ALL_QOS {
            world.publish(publisher, message("a", "x", qos));
            assert_eq!(world.received(subscriber)[0].qos, granted.min(qos));
        }
    }
}

#[test]
fn properties_pass_unaltered_and_without_the_publishers_alias() {
    let mut world = World::new();
    let subscriber = world.connected(options(Version::V5, "subscriber"));
    world.subscribe(subscriber, "a", QoS::AtMostOnce);
    let mut publisher = options(Version::V5, "publisher");
    publisher.automatic_topic_aliases = true;
    let publisher = world.connected(publisher);
    let mut sent = message("a", "x", QoS::AtMostOnce);
    sent.properties = Some(Arc::new(PublishProperties {
        payload_format_indicator: Some(1),
        message_expiry_interval: Some(60),
        response_topic: Some("answer".to_owned()),
        correlation_data: Some(Bytes::from_static(&[0, 255])),
        user_properties: vec![("b".into(), "1".into()), ("a".into(), "2".into()), ("b".into(), "1".into())],
        content_type: Some("text/plain".to_owned()),
        ..PublishProperties::default()
    }));
    for _ in 0..2 {
        world.publish(publisher, sent.clone());
        assert_eq!(world.received(subscriber), [sent.clone()]);
    }
}

#[test]
fn all_identifiers_of_the_subscriptions_that_match_come_with_one_message() {
    let mut world = World::new();
    let client = world.connected(options(Version::V5, "client"));
    for (filter, identifier) in [("a/b", 1), ("a/+", 2), ("#", 268_435_455)] {
        world.subscribe_with(client, options_of(filter, QoS::AtLeastOnce), Some(identifier));
    }
    world.publish(client, message("a/b", "x", QoS::AtLeastOnce));
    let received = world.received(client);
    assert_eq!(received.len(), 1);
    let mut identifiers = received[0].properties.as_ref().unwrap().subscription_identifiers.clone();
    identifiers.sort_unstable();
    assert_eq!(identifiers, [1, 2, 268_435_455]);
}

#[test]
fn aliases_are_used_towards_a_client_that_takes_them() {
    let mut world = World::new();
    let mut subscriber = options(Version::V5, "subscriber");
    subscriber.properties.topic_alias_maximum = Some(1);
    let subscriber = world.connected(subscriber);
    world.subscribe(subscriber, "#", QoS::AtMostOnce);
    let publisher = world.connected(options(Version::V3_1_1, "publisher"));
    for topic in ["a", "b", "a", "b"] {
        world.publish(publisher, message(topic, "x", QoS::AtMostOnce));
    }
    let received = world.received(subscriber);
    let topics: Vec<_> = received.iter().map(|message| message.topic.as_str()).collect();
    assert_eq!(topics, ["a", "b", "a", "b"]);
    let aliases: Vec<_> = received.iter().map(|one| one.properties.as_ref().and_then(|all| all.topic_alias)).collect();
    assert_eq!(aliases, [Some(1), None, Some(1), None]);
}

#[test]
fn no_local_keeps_own_messages_away() {
    let mut world = World::new();
    let client = world.connected(options(Version::V5, "client"));
    let mut subscription = options_of("a", QoS::AtMostOnce);
    subscription.no_local = true;
    world.subscribe_with(client, subscription, None);
    world.publish(client, message("a", "own", QoS::AtMostOnce));
    let other = world.connected(options(Version::V5, "other"));
    world.publish(other, message("a", "another's", QoS::AtMostOnce));
    assert_eq!(world.texts(client), ["another's"]);
}

#[test]
fn retained_messages_come_as_retain_handling_says() {
    let mut world = World::new();
    let client = world.connected(options(Version::V5, "client"));
    world.publish(client, Message { retain: true, ..message("a", "kept", QoS::AtLeastOnce) });
    let mut texts = |handling| {
        let mut subscription = options_of("a", QoS::AtMostOnce);
        subscription.retain_handling = handling;
        world.subscribe_with(client, subscription, None);
        world.received(client).iter().map(|message| (message.retain, message.qos)).collect::<Vec<_>>()
    };
    let kept = [(true, QoS::AtMostOnce)];
    assert_eq!(texts(RetainHandling::DoNotSend), []);
    assert_eq!(texts(RetainHandling::SendIfNew), []);
    assert_eq!(texts(RetainHandling::SendAtSubscribe), kept);
    world.unsubscribe(client, "a");
    let mut subscription = options_of("a", QoS::AtMostOnce);
    subscription.retain_handling = RetainHandling::SendIfNew;
    world.subscribe_with(client, subscription, None);
    assert_eq!(world.texts(client), ["kept"]);
}

#[test]
fn an_empty_payload_clears_what_is_retained() {
    let mut world = World::new();
    let client = world.connected(options(Version::V5, "client"));
    world.publish(client, Message { retain: true, ..message("a", "kept", QoS::AtLeastOnce) });
    world.publish(client, Message { retain: true, ..message("a", "", QoS::AtLeastOnce) });
    world.subscribe(client, "a", QoS::AtMostOnce);
    assert_eq!(world.texts(client), Vec::<String>::new());
}

#[test]
fn retain_as_published_keeps_the_flag() {
    let mut world = World::new();
    let client = world.connected(options(Version::V5, "client"));
    let mut subscription = options_of("a", QoS::AtMostOnce);
    subscription.retain_as_published = true;
    world.subscribe_with(client, subscription, None);
    let plain = world.connected(options(Version::V5, "plain"));
    world.subscribe(plain, "a", QoS::AtMostOnce);
    world.publish(client, Message { retain: true, ..message("a", "x", QoS::AtMostOnce) });
    assert!(world.received(client)[0].retain);
    assert!(!world.received(plain)[0].retain);
}

#[test]
fn answers_say_whether_anybody_listens() {
    let mut world = World::new();
    let client = world.connected(options(Version::V5, "client"));
    for qos in [QoS::AtLeastOnce, QoS::ExactlyOnce] {
        world.publish(client, message("nobody", "x", qos));
        assert_eq!(world.outcome(client), ReasonCode::NoMatchingSubscribers);
    }
    assert_eq!(world.unsubscribe(client, "nothing"), ReasonCode::NoSubscriptionExisted);
    world.subscribe(client, "a", QoS::AtMostOnce);
    assert_eq!(world.unsubscribe(client, "a"), ReasonCode::Success);
    world.publish(client, message("$SYS/broker/uptime", "x", QoS::AtLeastOnce));
    assert_eq!(world.outcome(client), ReasonCode::NotAuthorized);
}

#[test]
fn the_expiry_counts_down_and_ends_a_message() {
    let mut world = World::new();
    let subscriber = world.connected(lasting(Version::V5, "subscriber"));
    world.subscribe(subscriber, "a", QoS::AtLeastOnce);
    world.cut(subscriber);
    let publisher = world.connected(options(Version::V5, "publisher"));
    for (text, expiry) in [("short", Some(10)), ("long", Some(100)), ("endless", None)] {
        let mut sent = message("a", text, QoS::AtLeastOnce);
        let properties = PublishProperties { message_expiry_interval: expiry, ..PublishProperties::default() };
        sent.properties = expiry.map(|_| Arc::new(properties));
        world.publish(publisher, sent);
    }
    world.pass(Duration::from_millis(10_900));
    world.connect(subscriber);
    let received = world.received(subscriber);
    let expiries: Vec<_> = received
        .iter()
        .map(|message| message.properties.as_ref().and_then(|properties| properties.message_expiry_interval))
        .collect();
    assert_eq!(expiries, [Some(90), None]);
}

#[test]
fn delayed_messages_come_in_time_and_in_order() {
    let mut world = World::new();
    let client = world.connected(options(Version::V5, "client"));
    world.subscribe(client, "#", QoS::ExactlyOnce);
    for text in ["1", "2", "3"] {
        world.publish(client, message("$delayed/5/a", text, QoS::ExactlyOnce));
    }
    world.pass(Duration::from_millis(4_999));
    assert_eq!(world.texts(client), Vec::<String>::new());
    assert_eq!(world.core.poll_timeout(), Some(world.now + Duration::from_millis(1)));
    world.pass(Duration::from_millis(1));
    assert_eq!(world.texts(client), ["1", "2", "3"]);
}

#[test]
fn a_ping_is_answered_behind_what_came_before_it_but_waits_for_no_acknowledgement() {
    let mut world = World::new();
    // CONNECT of 5.0 with a Receive Maximum of 1, SUBSCRIBE to `a` at QoS 1.
    let link = world.raw(b"\x10\x11\x00\x04MQTT\x05\x02\x00\x00\x03\x21\x00\x01\x00\x01p");
    world.core.handle_input(link, &mut BytesMut::from(&b"\x82\x07\x00\x01\x00\x00\x01a\x01"[..]), world.now);
    world.answer(link);
    let publish = b"\x30\x05\x00\x01a\x00x";
    let ping = b"\xc0\x00";
    world.core.handle_input(link, &mut BytesMut::from(&[&publish[..], ping, publish].concat()[..]), world.now);
    assert_eq!(world.answer(link).0, [&publish[..], b"\xd0\x00", publish].concat());
    let publish = b"\x32\x07\x00\x01a\x00\x01\x00x";
    world.core.handle_input(link, &mut BytesMut::from(&[&publish[..], publish, ping].concat()[..]), world.now);
    let (sent, _) = world.answer(link);
    let tail = [&publish[..], b"\xd0\x00"].concat();
    assert!(sent.ends_with(&tail), "{sent:02x?}");
}
