//! What the embedded broker adds to plain publish and subscribe: retained messages, groups, queues, delays.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use mqttx_rs::internals::{Broker, BrokerOptions};
use mqttx_rs::mqtt::{SharedStrategy, Version};

use crate::support::RawClient;
use crate::support::wire::{self, property, publish};

const VERSIONS: [Version; 3] = [Version::V3_1, Version::V3_1_1, Version::V5];

fn start() -> Broker {
    Broker::start(BrokerOptions::default()).unwrap()
}

fn start_with(shared_strategy: SharedStrategy) -> Broker {
    Broker::start(BrokerOptions { shared_strategy, ..BrokerOptions::default() }).unwrap()
}

fn connect(broker: &Broker, client_id: &str) -> RawClient {
    RawClient::connect(address(broker), Version::V5, client_id)
}

fn address(broker: &Broker) -> SocketAddr {
    broker.addresses().mqtt
}

/// Subscribes with an options byte of 5.0.
fn subscribe_with(client: &mut RawClient, filter: &str, options: u8) {
    client.link.send(wire::subscribe(1000, filter, options));
    assert!(client.link.expect_suback().reasons[0] < 0x80);
}

const RETAIN_AS_PUBLISHED: u8 = 0b0000_1000;
const SEND_IF_NEW: u8 = 0b0001_0000;
const DO_NOT_SEND: u8 = 0b0010_0000;
const NO_LOCAL: u8 = 0b0000_0100;

// Retained messages.

#[test]
fn a_retained_message_awaits_each_new_subscriber_in_every_version() {
    let broker = start();
    connect(&broker, "publisher").send_publish(publish("room/1", "21").qos(1).retain());
    for version in VERSIONS {
        let mut subscriber = RawClient::connect(address(&broker), version, "subscriber");
        subscriber.subscribe("room/+", 2);
        let message = subscriber.expect_text("room/1", "21");
        assert_eq!((message.retain, message.qos), (true, 1));
    }
}

#[test]
fn the_last_retained_message_counts_and_an_empty_one_clears_it() {
    let broker = start();
    let mut publisher = connect(&broker, "publisher");
    for (topic, text) in [("a", "old"), ("a", "new"), ("b", "kept"), ("c", "gone"), ("c", "")] {
        publisher.send_publish(publish(topic, text).qos(1).retain());
    }
    let mut subscriber = connect(&broker, "subscriber");
    subscriber.subscribe("#", 0);
    subscriber.expect_text("a", "new");
    subscriber.expect_text("b", "kept");
    publisher.publish("end", "", 0);
    subscriber.expect_text("end", "");
}

#[test]
fn a_retained_message_that_has_expired_does_not_come() {
    let broker = start();
    let mut client = connect(&broker, "client");
    client.send_publish(publish("room/1", "expires").qos(1).retain().with(property::message_expiry_interval(1)));
    client.send_publish(publish("room/2", "stays").qos(1).retain());
    client.subscribe("a second later", 0);
    client.publish("$delayed/1/a second later", "", 0);
    client.expect_text("a second later", "");
    client.subscribe("room/+", 0);
    client.expect_text("room/2", "stays");
}

#[test]
fn a_live_message_has_its_retain_flag_only_where_it_was_asked_for() {
    let broker = start();
    let mut plain = connect(&broker, "plain");
    plain.subscribe("a", 0);
    let mut as_published = connect(&broker, "as published");
    subscribe_with(&mut as_published, "a", RETAIN_AS_PUBLISHED);
    connect(&broker, "publisher").send_publish(publish("a", "x").retain());
    assert!(!plain.expect_text("a", "x").retain);
    assert!(as_published.expect_text("a", "x").retain);
}

#[test]
fn retain_handling_decides_when_retained_messages_come() {
    let broker = start();
    let mut client = connect(&broker, "client");
    client.send_publish(publish("a", "x").qos(1).retain());
    for (options, comes) in
        [(SEND_IF_NEW, true), (SEND_IF_NEW, false), (DO_NOT_SEND, false), (0, true), (SEND_IF_NEW, false)]
    {
        subscribe_with(&mut client, "a", options);
        if comes {
            assert!(client.expect_text("a", "x").retain);
        }
        client.publish("a", "live", 0);
        assert!(!client.expect_text("a", "live").retain);
    }
}

#[test]
fn a_retained_message_carries_the_identifier_and_the_qos_of_the_subscription() {
    let broker = start();
    connect(&broker, "publisher").send_publish(publish("a", "x").qos(2).retain());
    let mut subscriber = connect(&broker, "subscriber");
    subscriber.link.send(wire::subscribe(1, "a", 1).with(property::subscription_identifier(9)));
    subscriber.link.expect_suback();
    let message = subscriber.expect_text("a", "x");
    assert_eq!((message.qos, message.properties.number(property::SUBSCRIPTION_IDENTIFIER)), (1, Some(9)));
}

#[test]
fn no_local_keeps_own_messages_away_retained_ones_too() {
    let broker = start();
    let mut client = connect(&broker, "client");
    client.send_publish(publish("a", "own").qos(1).retain());
    subscribe_with(&mut client, "a", NO_LOCAL);
    client.publish("a", "own", 0);
    connect(&broker, "other").publish("a", "foreign", 0);
    client.expect_text("a", "foreign");
}

#[test]
fn shared_subscriptions_get_no_retained_messages() {
    let broker = start();
    let mut client = connect(&broker, "client");
    client.send_publish(publish("a", "retained").qos(1).retain());
    for filter in ["$share/g/a", "$queue/a"] {
        client.subscribe(filter, 0);
        client.publish("a", filter, 0);
        client.expect_text("a", filter);
        client.link.send(wire::unsubscribe(1, filter));
        client.link.expect_unsuback();
    }
}

// Shared subscriptions.

/// Publishes to each topic in turn and says how many messages each of the members got; each message comes once.
fn share_out(broker: &Broker, members: &mut [RawClient], publisher: &str, topics: &[&str]) -> Vec<usize> {
    let mut publisher = connect(broker, publisher);
    for (number, topic) in topics.iter().enumerate() {
        publisher.publish(topic, number.to_string(), 1);
    }
    let mut seen = BTreeMap::new();
    let counts = members
        .iter_mut()
        .enumerate()
        .map(|(position, member)| {
            let name = position.to_string();
            publisher.publish("end", &name, 0);
            let mut count = 0;
            loop {
                let message = member.expect_message();
                if message.topic != "end" {
                    count += 1;
                    *seen.entry(message.text().to_owned()).or_insert(0) += 1;
                } else if message.text() == name {
                    break count;
                }
            }
        })
        .collect();
    let expected = (0..topics.len()).map(|number| (number.to_string(), 1)).collect();
    assert_eq!(seen, expected, "each message goes to exactly one member");
    counts
}

fn members(broker: &Broker, filter: &str, names: &[&str]) -> Vec<RawClient> {
    names
        .iter()
        .map(|name| {
            let mut member = connect(broker, name);
            member.subscribe(filter, 1);
            member.subscribe("end", 0);
            member
        })
        .collect()
}

#[test]
fn each_message_goes_to_one_member_of_a_group_whatever_the_strategy() {
    for strategy in [
        SharedStrategy::Random,
        SharedStrategy::RoundRobin,
        SharedStrategy::Sticky,
        SharedStrategy::HashClientId,
        SharedStrategy::HashTopic,
    ] {
        for filter in ["$share/g/t/#", "$queue/t/+"] {
            let broker = start_with(strategy);
            let mut members = members(&broker, filter, &["a", "b", "c"]);
            let counts = share_out(&broker, &mut members, "publisher", &["t/1"; 12]);
            match strategy {
                SharedStrategy::RoundRobin => assert_eq!(counts, [4, 4, 4]),
                SharedStrategy::Random => {}
                SharedStrategy::Sticky | SharedStrategy::HashClientId | SharedStrategy::HashTopic => {
                    assert!(counts.contains(&12), "{strategy:?} gave {counts:?}");
                }
            }
        }
    }
}

#[test]
fn each_group_and_each_plain_subscriber_gets_its_own_copy() {
    let broker = start();
    let mut one = members(&broker, "$share/one/t", &["a", "b"]);
    let mut other = members(&broker, "$share/other/t", &["c"]);
    let mut queue = members(&broker, "$queue/t", &["d"]);
    let mut plain = members(&broker, "t", &["e"]);
    share_out(&broker, &mut one, "publisher", &["t"]);
    for group in [&mut other, &mut queue, &mut plain] {
        group[0].expect_text("t", "0");
    }
}

#[test]
fn one_client_can_subscribe_to_the_same_filter_plainly_and_in_a_group() {
    let broker = start();
    let mut client = connect(&broker, "client");
    client.subscribe("t", 0);
    client.subscribe("$share/g/t", 0);
    client.publish("t", "both", 0);
    client.expect_text("t", "both");
    client.expect_text("t", "both");
    client.link.send(wire::unsubscribe(1, "$share/g/t"));
    client.link.expect_unsuback();
    client.publish("t", "plain", 0);
    client.publish("t", "end", 0);
    client.expect_text("t", "plain");
    client.expect_text("t", "end");
}

#[test]
fn a_member_that_is_away_is_passed_over() {
    let broker = start_with(SharedStrategy::RoundRobin);
    let away = wire::connect(Version::V5, "away").with(property::session_expiry_interval(60));
    let (mut away, _) = RawClient::connect_with(address(&broker), away);
    away.subscribe("$share/g/t", 1);
    away.link.cut();
    let mut here = members(&broker, "$share/g/t", &["here"]);
    // The broker has noticed once two messages in a row come here.
    let mut publisher = connect(&broker, "publisher");
    for number in 0.. {
        publisher.publish("t", number.to_string(), 1);
        publisher.publish("t", number.to_string(), 1);
        publisher.publish("end", number.to_string(), 0);
        let mut got = 0;
        while here[0].expect_message().topic == "t" {
            got += 1;
        }
        if got == 2 {
            break;
        }
    }
    assert_eq!(share_out(&broker, &mut here, "another", &["t"; 6]), [6]);
}

#[test]
fn an_exclusive_subscription_is_one_clients_until_it_gives_it_up() {
    let broker = start();
    connect(&broker, "publisher").send_publish(publish("t", "retained").qos(1).retain());
    for (version, refused) in [(Version::V3_1, 0x80), (Version::V3_1_1, 0x80), (Version::V5, 0x97)] {
        let mut holder = RawClient::connect(address(&broker), version, "holder");
        holder.subscribe("$exclusive/t", 1);
        holder.expect_text("t", "retained");
        holder.subscribe("$exclusive/t", 0);
        holder.expect_text("t", "retained");
        let mut other = RawClient::connect(address(&broker), version, "other");
        other.link.send(wire::subscribe(1, "$exclusive/t", 0));
        assert_eq!(other.link.expect_suback().reasons, [refused]);
        other.publish("t", "x", 0);
        holder.expect_text("t", "x");

        holder.link.send(wire::unsubscribe(9, "$exclusive/t"));
        holder.link.expect_unsuback();
        other.subscribe("$exclusive/t", 0);
        other.expect_text("t", "retained");
    }
}

// Delays.

#[test]
fn a_delayed_message_comes_after_its_delay_with_all_it_had() {
    let broker = start();
    let mut subscriber = connect(&broker, "subscriber");
    subscriber.subscribe("order/#", 2);
    let mut publisher = connect(&broker, "publisher");
    let sent_at = Instant::now();
    publisher.send_publish(
        publish("$delayed/1/order/42", "later")
            .qos(2)
            .retain()
            .with(property::content_type("text/plain"))
            .with(property::user_property("k", "v")),
    );
    publisher.publish("order/1", "now", 0);
    subscriber.expect_text("order/1", "now");
    let message = subscriber.expect_text("order/42", "later");
    assert!(sent_at.elapsed() >= Duration::from_secs(1));
    assert_eq!((message.qos, message.properties.text(property::CONTENT_TYPE)), (2, Some("text/plain")));
    assert!(message.properties.0.contains(&property::user_property("k", "v")));

    let mut latecomer = connect(&broker, "latecomer");
    latecomer.subscribe("order/42", 0);
    assert!(latecomer.expect_text("order/42", "later").retain);
}

#[test]
fn a_delayed_message_comes_though_its_publisher_has_gone() {
    let broker = start();
    let mut subscriber = connect(&broker, "subscriber");
    subscriber.subscribe("a", 0);
    for version in VERSIONS {
        RawClient::connect(address(&broker), version, "publisher").publish("$delayed/1/a", "later", 1);
        subscriber.expect_text("a", "later");
    }
}

#[test]
fn a_message_can_be_delayed_to_a_point_in_time_or_not_at_all() {
    let broker = start();
    let mut subscriber = connect(&broker, "subscriber");
    subscriber.subscribe("a", 0);
    let now = || SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let mut publisher = connect(&broker, "publisher");
    publisher.publish(&format!("$delayed/{}/a", now() - 60), "past", 1);
    subscriber.expect_text("a", "past");
    publisher.publish("$delayed/0/a", "zero", 1);
    subscriber.expect_text("a", "zero");
    let then = now() + 2;
    publisher.publish(&format!("$delayed/{then}/a"), "then", 1);
    subscriber.expect_text("a", "then");
    let arrived = now();
    // Its clock and ours may differ by the blink of an eye.
    assert!(arrived + 1 >= then, "{arrived} is before {then}");
}

#[test]
fn a_message_that_expires_while_it_is_delayed_does_not_come() {
    let broker = start();
    let mut client = connect(&broker, "client");
    client.subscribe("a", 0);
    client.send_publish(publish("$delayed/2/a", "expired").with(property::message_expiry_interval(1)));
    client.publish("$delayed/3/a", "later", 0);
    client.expect_text("a", "later");
}
