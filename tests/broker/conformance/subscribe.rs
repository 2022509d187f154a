//! SUBSCRIBE, SUBACK, UNSUBSCRIBE and UNSUBACK: sections 3.8 to 3.11.

use super::*;
use crate::support::wire::{frame, publish};

#[test]
fn a_subscribe_or_unsubscribe_without_a_filter_ends_the_connection() {
    each(|address| {
        for version in BOTH {
            breaks(address, version, &frame(0x82, &body(version, &[0, 1], b"")));
            breaks(address, version, &frame(0xA2, &body(version, &[0, 1], b"")));
        }
        still_serves(address);
    });
}

#[test]
fn reserved_bits_of_subscription_options_end_the_connection() {
    each(|address| {
        for version in BOTH {
            // QoS 3; the bits reserved in 5.0, all but the QoS in 3.1.1.
            let mut wrong = vec![0x03, 0x40, 0x80];
            if version.is_v5() {
                // Retain Handling 3.
                wrong.push(0x30);
            } else {
                wrong.extend([0x04, 0x08, 0x10, 0x20]);
            }
            for options in wrong {
                let filter = [&text("a")[..], &[options]].concat();
                breaks(address, version, &frame(0x82, &body(version, &[0, 1], &filter)));
            }
        }
        still_serves(address);
    });
}

#[test]
fn a_filter_without_its_options_or_a_string_without_its_end_ends_the_connection() {
    each(|address| {
        for version in BOTH {
            breaks(address, version, &frame(0x82, &body(version, &[0, 1], b"\0\x01a")));
            breaks(address, version, &frame(0x82, &body(version, &[0, 1], b"\0\x05a\0")));
            breaks(address, version, &frame(0xA2, &body(version, &[0, 1], b"\0\x05a")));
        }
        still_serves(address);
    });
}

#[test]
fn suback_has_a_code_for_each_filter_in_their_order() {
    each(|address| {
        for version in BOTH {
            let mut client = RawClient::connect(address, version, "client");
            client.link.send(wire::subscribe(10, "a", 1).and("b", 0).and("c/#", 2).and("a", 2));
            let suback = client.link.expect_suback();
            assert_eq!((suback.id, &suback.reasons[..]), (10, &[1, 0, 2, 2][..]));
            RawClient::connect(address, version, "publisher").publish("a", "x", 2);
            assert_eq!(client.expect_text("a", "x").qos, 2);
            client.expect_quiet();
        }
    });
}

#[test]
fn messages_come_at_the_lower_of_what_was_published_and_granted() {
    each(|address| {
        for version in BOTH {
            let mut publisher = RawClient::connect(address, version, "publisher");
            for granted in 0..=2 {
                let mut subscriber = RawClient::connect(address, version, "subscriber");
                subscriber.subscribe("a", granted);
                for published in 0..=2 {
                    publisher.publish("a", "x", published);
                    assert_eq!(subscriber.expect_message().qos, granted.min(published));
                }
            }
        }
    });
}

#[test]
fn the_same_filter_again_replaces_the_subscription() {
    each(|address| {
        for version in BOTH {
            let mut client = RawClient::connect(address, version, "client");
            client.send_publish(publish("a", "kept").qos(1).retain());
            client.subscribe("a", 0);
            assert_eq!(client.expect_text("a", "kept").qos, 0);
            client.subscribe("a", 1);
            assert_eq!(client.expect_text("a", "kept").qos, 1);
            client.link.send(publish("a", "x").qos(0));
            client.expect_text("a", "x");
            client.expect_quiet();
            client.send_publish(publish("a", "").retain());
            client.expect_text("a", "");
            // Gone with one UNSUBSCRIBE.
            client.link.send(wire::unsubscribe(9, "a"));
            client.link.expect_unsuback();
            client.link.send(publish("a", "y"));
            client.expect_quiet();
        }
    });
}

#[test]
fn nothing_is_lost_while_a_subscription_is_replaced() {
    each(|address| {
        for version in BOTH {
            let mut subscriber = RawClient::connect(address, version, "subscriber");
            subscriber.subscribe("a", 0);
            let mut publisher = RawClient::connect(address, version, "publisher");
            for number in 0..50_u16 {
                publisher.link.send(publish("a", number.to_string()));
                subscriber.link.send(wire::subscribe(number + 1, "a", 0));
            }
            let (mut numbers, mut subacks) = (Vec::new(), 0);
            while numbers.len() < 50 || subacks < 50 {
                match subscriber.link.receive() {
                    Packet::Publish(publish) => numbers.push(publish.text().parse::<u16>().unwrap()),
                    Packet::Suback(_) => subacks += 1,
                    other => panic!("{other:?}"),
                }
            }
            assert!(numbers.iter().copied().eq(0..50), "{numbers:?}");
        }
    });
}

#[test]
fn overlapping_subscriptions_respect_the_highest_qos() {
    each(|address| {
        for version in BOTH {
            let mut client = RawClient::connect(address, version, "client");
            for (filter, qos) in [("a/#", 0), ("a/b", 2), ("+/b", 1)] {
                client.subscribe(filter, qos);
            }
            let mut publisher = RawClient::connect(address, version, "publisher");
            publisher.publish("a/b", "x", 2);
            publisher.publish("a/end", "", 0);
            let highest = client.expect_message().qos;
            // One copy, or one more for each of the other subscriptions.
            let mut copies = vec![highest];
            loop {
                let message = client.expect_message();
                if message.topic == "a/end" {
                    break;
                }
                copies.push(message.qos);
            }
            assert!(copies.contains(&2) && copies.len() <= 3, "{copies:?}");
        }
    });
}

#[test]
fn all_identifiers_of_matching_subscriptions_are_sent() {
    each(|address| {
        let mut client = RawClient::connect(address, Version::V5, "client");
        for (id, filter, identifier) in [(1, "a/#", Some(7)), (2, "a/b", Some(268_435_455)), (3, "+/b", None)] {
            let mut subscribe = wire::subscribe(id, filter, 1);
            subscribe.properties.0.extend(identifier.map(property::subscription_identifier));
            client.link.send(subscribe);
            client.link.expect_suback();
        }
        client.publish("a/b", "x", 0);
        client.publish("a/end", "", 0);
        let mut identifiers = Vec::new();
        loop {
            let message = client.expect_message();
            if message.topic == "a/end" {
                break;
            }
            let all = message.properties.0.iter().filter(|(id, _)| *id == property::SUBSCRIPTION_IDENTIFIER);
            identifiers.extend(all.map(|(_, value)| value.clone()));
        }
        identifiers.sort_by_key(|value| format!("{value:?}"));
        let (seven, most) = (property::Value::Variable(7), property::Value::Variable(268_435_455));
        assert_eq!(identifiers, [most, seven]);
    });
}

#[test]
fn an_identifier_of_zero_or_two_of_them_end_the_connection() {
    each(|address| {
        let zero = wire::subscribe(1, "a", 0).with(property::subscription_identifier(0));
        let two = wire::subscribe(1, "a", 0);
        let two = two.with(property::subscription_identifier(1)).with(property::subscription_identifier(2));
        for wrong in [zero, two] {
            breaks(address, Version::V5, &Packet::from(wrong).encode(Version::V5));
        }
        still_serves(address);
    });
}

#[test]
fn no_local_keeps_a_clients_own_messages_from_it() {
    each(|address| {
        let mut client = RawClient::connect(address, Version::V5, "client");
        client.link.send(wire::subscribe(1, "a", 0x04));
        client.link.expect_suback();
        client.publish("a", "own", 1);
        client.expect_quiet();
        RawClient::connect(address, Version::V5, "other").publish("a", "another's", 1);
        client.expect_text("a", "another's");
    });
}

#[test]
fn unsubscribe_compares_filters_exactly_and_is_always_answered() {
    each(|address| {
        for version in BOTH {
            let mut client = RawClient::connect(address, version, "client");
            client.subscribe("a/+", 0);
            let mut unsubscribe = wire::unsubscribe(5, "a/b");
            unsubscribe.filters.extend(["a/#".to_owned(), "A/+".to_owned(), "a/+/".to_owned()]);
            client.link.send(unsubscribe);
            let unsuback = client.link.expect_unsuback();
            assert_eq!(unsuback.id, 5);
            if version.is_v5() {
                assert_eq!(unsuback.reasons, [0x11; 4]);
            }
            client.link.send(publish("a/b", "x"));
            client.expect_text("a/b", "x");

            let mut unsubscribe = wire::unsubscribe(6, "never");
            unsubscribe.filters.push("a/+".to_owned());
            client.link.send(unsubscribe);
            let unsuback = client.link.expect_unsuback();
            if version.is_v5() {
                assert_eq!(unsuback.reasons, [0x11, 0x00]);
            }
            client.link.send(publish("a/b", "x"));
            client.expect_quiet();
        }
    });
}

#[test]
fn what_was_on_its_way_is_completed_after_unsubscribe() {
    each(|address| {
        for version in BOTH {
            RawClient::connect(address, version, "client").disconnect();
            let (mut client, _) = resume(address, version, "client");
            client.subscribe("a", 2);
            RawClient::connect(address, version, "publisher").publish("a", "x", 2);
            let message = client.link.expect_publish();
            client.link.send(wire::unsubscribe(5, "a"));
            client.link.expect_unsuback();
            client.link.send(wire::pubrec(message.id));
            client.link.expect_pubrel(message.id);
            client.link.cut();
            let (mut client, _) = resume(address, version, "client");
            client.link.expect_pubrel(message.id);
            client.link.send(wire::pubcomp(message.id));
            client.expect_quiet();
        }
    });
}

#[test]
fn a_bad_filter_is_refused_or_ends_the_connection() {
    each(|address| {
        for version in BOTH {
            for filter in ["", "a/#/b", "a#", "#a", "a+", "+a/b", "a/b+/c", "##"] {
                let mut client = RawClient::connect(address, version, "client");
                client.link.send(wire::subscribe(1, filter, 0));
                match client.link.receive_or_end() {
                    Some(Packet::Suback(suback)) => assert!(suback.reasons[0] >= 0x80, "{filter}: {suback:?}"),
                    Some(Packet::Disconnect(disconnect)) => assert!(disconnect.reason >= 0x80 && version.is_v5()),
                    None => {}
                    other => panic!("{other:?}"),
                }
            }
        }
        still_serves(address);
    });
}
