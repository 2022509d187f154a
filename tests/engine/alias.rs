//! Engine case 8: topic aliases, 5.0 only, in both directions.

use mqttx_rs::mqtt::Version;

use crate::support::ScriptedBroker;
use crate::support::engine::{Engine, clean, persistent};
use crate::support::wire::{self, Publish, connack, property, publish};

const ALIASES: u16 = 4;

fn taking_aliases(mut options: mqttx_rs::session::ConnectOptions) -> mqttx_rs::session::ConnectOptions {
    options.properties.topic_alias_maximum = Some(ALIASES);
    options
}

fn aliased(topic: &str, payload: &str, alias: u16) -> Publish {
    publish(topic, payload).with(property::topic_alias(alias))
}

#[test]
fn an_incoming_alias_stands_for_the_topic_that_set_it_last() {
    let broker = ScriptedBroker::start();
    let mut engine = Engine::start(&broker, taking_aliases(clean(Version::V5)));
    let (mut link, connect) = broker.accept_session(connack());
    assert_eq!(connect.properties.number(property::TOPIC_ALIAS_MAXIMUM), Some(ALIASES.into()));
    link.send(aliased("first", "1", 1));
    link.send(aliased("", "2", 1));
    link.send(aliased("other", "3", ALIASES));
    link.send(aliased("", "4", 1));
    link.send(aliased("second", "5", 1));
    link.send(aliased("", "6", 1).qos(2).id(9));
    link.send(aliased("", "7", ALIASES));
    let topics = ["first", "first", "other", "first", "second", "second", "other"];
    for (number, topic) in (1..).zip(topics) {
        let message = engine.expect_message();
        assert_eq!((message.topic.as_str(), &message.payload[..]), (topic, number.to_string().as_bytes()));
    }
}

#[test]
fn an_alias_that_does_not_stand_for_anything_ends_the_connection() {
    let unknown = (aliased("", "x", 2), &[0x82, 0x94][..]);
    let above_the_maximum = (aliased("a", "x", ALIASES + 1), &[0x94][..]);
    let zero = (aliased("a", "x", 0), &[0x94][..]);
    let no_alias = (publish("", "x"), &[0x82][..]);
    for (packet, reasons) in [unknown, above_the_maximum, zero, no_alias] {
        let broker = ScriptedBroker::start();
        let mut engine = Engine::once(&broker, taking_aliases(clean(Version::V5)));
        let (mut link, _) = broker.accept_session(connack());
        link.send(packet.clone());
        let disconnect = link.expect_disconnect();
        assert!(reasons.contains(&disconnect.reason), "{packet:?} is answered by {disconnect:?}");
        link.expect_end();
        assert_eq!(engine.expect_violation().number(), disconnect.reason);
    }
}

#[test]
fn without_a_maximum_of_ours_every_alias_is_too_high() {
    let broker = ScriptedBroker::start();
    let mut engine = Engine::once(&broker, clean(Version::V5));
    let (mut link, connect) = broker.accept_session(connack());
    assert!(matches!(connect.properties.number(property::TOPIC_ALIAS_MAXIMUM), None | Some(0)));
    link.send(aliased("a", "x", 1));
    link.expect(wire::disconnect(0x94));
    link.expect_end();
    assert_eq!(engine.expect_violation().number(), 0x94);
}

#[test]
fn a_reconnect_forgets_incoming_aliases() {
    let broker = ScriptedBroker::start();
    let mut engine = Engine::start(&broker, taking_aliases(persistent(Version::V5)));
    let (mut link, _) = broker.accept_session(connack());
    link.send(aliased("a", "x", 1));
    assert_eq!(engine.expect_text(), "x");
    link.cut();
    let (mut link, _) = broker.accept_session(connack().session_present());
    link.send(aliased("", "x", 1));
    assert!([0x82, 0x94].contains(&link.expect_disconnect().reason));
    link.expect_end();
}

#[test]
fn outgoing_aliases_stay_within_the_brokers_maximum_and_resolve_to_what_was_meant() {
    for maximum in [0, 1, 3] {
        let broker = ScriptedBroker::start();
        let mut options = persistent(Version::V5);
        options.automatic_topic_aliases = true;
        let engine = Engine::start(&broker, options);
        for round in 0..2 {
            let (mut link, _) = broker.accept_session(connack().with(property::topic_alias_maximum(maximum)));
            // What the broker knows starts empty on each connection.
            let mut known = vec![String::new(); usize::from(maximum) + 1];
            let mut aliased = 0;
            for number in 0..20 {
                let topic = format!("topic/{}", number % 5);
                _ = engine.publish(&topic, format!("{round} {number}"), u8::try_from(number % 3).unwrap());
                let publish = link.expect_publish();
                let meant = match publish.properties.number(property::TOPIC_ALIAS) {
                    None => publish.topic.clone(),
                    Some(alias) => {
                        assert!((1..=maximum.into()).contains(&alias), "{publish:?}");
                        let known = &mut known[usize::try_from(alias).unwrap()];
                        if publish.topic.is_empty() {
                            aliased += 1;
                        } else {
                            known.clone_from(&publish.topic);
                        }
                        known.clone()
                    }
                };
                assert_eq!((meant, publish.text()), (topic, format!("{round} {number}").as_str()));
                if publish.qos == 1 {
                    link.send(wire::puback(publish.id));
                } else if publish.qos == 2 {
                    link.send(wire::pubrec(publish.id).reason(0x97));
                }
            }
            assert_eq!(aliased > 0, maximum > 0, "with room for {maximum} aliases, {aliased} publishes used one");
            link.cut();
        }
    }
}

#[test]
fn what_is_resent_on_a_new_connection_carries_its_topic() {
    let broker = ScriptedBroker::start();
    let mut options = persistent(Version::V5);
    options.automatic_topic_aliases = true;
    let engine = Engine::start(&broker, options);
    let (mut link, _) = broker.accept_session(connack().with(property::topic_alias_maximum(10)));
    _ = engine.publish("a", "1", 1);
    _ = engine.publish("a", "2", 1);
    assert_eq!(link.expect_publish().topic, "a");
    assert_eq!(link.expect_publish().topic, "");
    link.cut();
    // The new connection takes no aliases at all.
    let (mut link, _) = broker.accept_session(connack().session_present());
    for text in ["1", "2"] {
        let publish = link.expect_publish();
        assert_eq!((publish.topic.as_str(), publish.text()), ("a", text));
        assert_eq!(publish.properties.number(property::TOPIC_ALIAS), None);
    }
}
