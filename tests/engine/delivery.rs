//! Engine cases 1 to 5, 7, 10 and 19: every publish ends once, and as it should, over losses and refusals; every
//! message is delivered as often as its QoS says.

use mqttx_rs::mqtt::{ReasonCode, Version};

use crate::support::ScriptedBroker;
use crate::support::engine::{Engine, VERSIONS, clean, persistent};
use crate::support::wire::{self, connack, property, puback, pubcomp, publish, pubrec, pubrel};

// Case 1.

#[test]
fn a_publish_without_its_puback_is_sent_again_with_the_same_id_and_dup() {
    for version in VERSIONS {
        for qos in [1, 2] {
            let broker = ScriptedBroker::start();
            let engine = Engine::start(&broker, persistent(version));
            let (mut link, _) = broker.accept_session(connack());
            let delivery = engine.publish("a", "x", qos);
            let first = link.expect_publish();
            assert!(!first.dup, "{first:?}");
            link.cut();

            let (mut link, connect) = broker.accept_session(connack().session_present());
            assert!(!connect.clean, "a resuming CONNECT asks for the session: {connect:?}");
            let again = link.expect_publish();
            assert_eq!(again, first.dup());
            if qos == 1 {
                link.send(puback(again.id));
            } else {
                link.send(pubrec(again.id));
                link.expect(pubrel(again.id));
                link.send(pubcomp(again.id));
            }
            assert_eq!(delivery.acknowledged(), ReasonCode::Success);
            link.expect_quiet();
        }
    }
}

#[test]
fn after_pubrec_only_pubrel_is_sent_again() {
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let engine = Engine::start(&broker, persistent(version));
        let (mut link, _) = broker.accept_session(connack());
        let delivery = engine.publish("a", "x", 2);
        let id = link.expect_publish().id;
        link.send(pubrec(id));
        link.expect(pubrel(id));
        link.cut();

        for _ in 0..2 {
            let (mut link, _) = broker.accept_session(connack().session_present());
            link.expect(pubrel(id));
            link.expect_quiet();
            link.cut();
        }

        let (mut link, _) = broker.accept_session(connack().session_present());
        link.expect(pubrel(id));
        link.send(pubcomp(id));
        assert_eq!(delivery.acknowledged(), ReasonCode::Success);
        link.expect_quiet();
    }
}

#[test]
fn what_is_sent_again_keeps_its_order_and_goes_before_what_is_new() {
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let engine = Engine::start(&broker, persistent(version));
        let (mut link, _) = broker.accept_session(connack());
        let mut deliveries: Vec<_> = ["1", "2", "3", "4"].map(|text| engine.publish("a", text, 1)).into();
        let sent: Vec<_> = (0..4).map(|_| link.expect_publish()).collect();
        // The second is done; the others are not.
        link.send(puback(sent[1].id));
        assert_eq!(deliveries.remove(1).acknowledged(), ReasonCode::Success);
        link.cut();

        let mut link = broker.accept();
        link.expect_connect();
        deliveries.push(engine.publish("a", "5", 1));
        link.send(connack().session_present());
        let resent: Vec<_> = (0..4).map(|_| link.expect_publish()).collect();
        let texts: Vec<_> = resent.iter().map(wire::Publish::text).collect();
        assert_eq!(texts, ["1", "3", "4", "5"]);
        assert_eq!(resent.iter().map(|publish| publish.dup).collect::<Vec<_>>(), [true, true, true, false]);
        for publish in &resent {
            link.send(puback(publish.id));
        }
        for delivery in deliveries {
            assert_eq!(delivery.acknowledged(), ReasonCode::Success);
        }
    }
}

// Case 2.

#[test]
fn a_qos_2_message_that_comes_twice_on_one_link_is_delivered_once_and_answered_twice() {
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let mut engine = Engine::start(&broker, persistent(version));
        let (mut link, _) = broker.accept_session(connack());
        let message = publish("a", "once").qos(2).id(5);
        link.send_together([message.clone().into(), message.clone().dup().into()]);
        link.expect(pubrec(5));
        link.expect(pubrec(5));
        link.send(pubrel(5));
        link.expect(pubcomp(5));
        link.send(publish("a", "next"));
        assert_eq!(engine.expect_text(), "once");
        assert_eq!(engine.expect_text(), "next");
        // Released, the identifier is free for another message.
        link.send(publish("a", "twice").qos(2).id(5));
        link.expect(pubrec(5));
        assert_eq!(engine.expect_text(), "twice");
    }
}

#[test]
fn a_qos_2_message_that_comes_again_after_a_resume_is_delivered_once() {
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let mut engine = Engine::start(&broker, persistent(version));
        let (mut link, _) = broker.accept_session(connack());
        link.send(publish("a", "once").qos(2).id(5));
        link.expect(pubrec(5));
        assert_eq!(engine.expect_text(), "once");
        link.cut();

        let (mut link, _) = broker.accept_session(connack().session_present());
        link.send(publish("a", "once").qos(2).id(5).dup());
        link.expect(pubrec(5));
        link.send(pubrel(5));
        link.expect(pubcomp(5));
        link.send(publish("a", "next"));
        assert_eq!(engine.expect_text(), "next");
    }
}

#[test]
fn a_qos_2_id_of_a_session_that_the_broker_lost_is_new() {
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let mut engine = Engine::start(&broker, persistent(version));
        let (mut link, _) = broker.accept_session(connack());
        link.send(publish("a", "old").qos(2).id(5));
        link.expect(pubrec(5));
        assert_eq!(engine.expect_text(), "old");
        link.cut();

        let (mut link, _) = broker.accept_session(connack());
        link.send(publish("a", "new").qos(2).id(5));
        link.expect(pubrec(5));
        assert_eq!(engine.expect_text(), "new");
    }
}

#[test]
fn a_refused_reception_frees_the_id() {
    // Not the broker's refusal of ours, but PUBREL with a reason: the exchange is over all the same.
    let broker = ScriptedBroker::start();
    let mut engine = Engine::start(&broker, persistent(Version::V5));
    let (mut link, _) = broker.accept_session(connack());
    link.send(publish("a", "one").qos(2).id(5));
    link.expect(pubrec(5));
    link.send(pubrel(5).reason(0x92));
    link.expect(pubcomp(5));
    link.send(publish("a", "two").qos(2).id(5));
    link.expect(pubrec(5));
    assert_eq!([engine.expect_text(), engine.expect_text()], ["one", "two"]);
}

// Case 3.

#[test]
fn a_pubrel_for_an_unknown_id_gets_pubcomp_and_the_link_stays() {
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let _engine = Engine::start(&broker, clean(version));
        let (mut link, _) = broker.accept_session(connack());
        link.send(pubrel(77));
        let reason = if version.is_v5() { 0x92 } else { 0 };
        link.expect(pubcomp(77).reason(reason));
        link.expect_quiet();
    }
}

// Case 4.

#[test]
fn a_refusal_frees_its_place_in_the_window() {
    // Four publishes through a window of two, each refused, by each packet that can.
    let refusals = [("PUBACK", 1, 0x87), ("PUBREC", 2, 0x97), ("PUBCOMP", 2, 0x92)];
    for (packet, qos, reason) in refusals {
        let broker = ScriptedBroker::start();
        let engine = Engine::start(&broker, clean(Version::V5));
        let (mut link, _) = broker.accept_session(connack().with(property::receive_maximum(2)));
        let deliveries: Vec<_> = ["1", "2", "3", "4"].map(|text| engine.publish("a", text, qos)).into();
        let mut sent = vec![link.expect_publish(), link.expect_publish()];
        for index in 0..4 {
            let id = sent[index].id;
            match packet {
                "PUBACK" => link.send(puback(id).reason(reason)),
                "PUBREC" => link.send(pubrec(id).reason(reason)),
                _ => {
                    link.send(pubrec(id));
                    link.expect(pubrel(id));
                    link.send(pubcomp(id).reason(reason));
                }
            }
            if index < 2 {
                sent.push(link.expect_publish());
            }
        }
        let texts: Vec<_> = sent.iter().map(wire::Publish::text).collect();
        assert_eq!(texts, ["1", "2", "3", "4"], "{packet}");
        for delivery in deliveries {
            assert_eq!(delivery.refused().reason.number(), reason, "{packet}");
        }
        link.expect_quiet();
    }
}

// Case 5.

#[test]
fn pubrec_with_no_matching_subscribers_is_answered_by_pubrel_and_is_a_success() {
    let broker = ScriptedBroker::start();
    let engine = Engine::start(&broker, clean(Version::V5));
    let (mut link, _) = broker.accept_session(connack());
    let delivery = engine.publish("a", "x", 2);
    let id = link.expect_publish().id;
    link.send(pubrec(id).reason(0x10));
    link.expect(pubrel(id));
    link.send(pubcomp(id));
    assert_eq!(delivery.acknowledged(), ReasonCode::NoMatchingSubscribers);
}

#[test]
fn puback_with_no_matching_subscribers_is_a_success_that_says_so() {
    let broker = ScriptedBroker::start();
    let engine = Engine::start(&broker, clean(Version::V5));
    let (mut link, _) = broker.accept_session(connack());
    let delivery = engine.publish("a", "x", 1);
    let id = link.expect_publish().id;
    link.send(puback(id).reason(0x10));
    assert_eq!(delivery.acknowledged(), ReasonCode::NoMatchingSubscribers);
}

// Case 7.

#[test]
fn one_acknowledgement_held_back_does_not_hold_the_others() {
    for version in VERSIONS {
        for qos in [1, 2] {
            let broker = ScriptedBroker::start();
            let engine = Engine::start(&broker, clean(version));
            // In 3.1.1 the window is our own.
            let (mut link, _) = broker.accept_session(connack().with(property::receive_maximum(4)));
            let held = engine.publish("a", "held", qos);
            let others: Vec<_> = (0..40).map(|number| engine.publish("a", number.to_string(), qos)).collect();
            let held_id = link.expect_publish().id;
            let complete = |link: &mut crate::support::Link, id| {
                if qos == 1 {
                    link.send(puback(id));
                } else {
                    link.send(pubrec(id));
                    link.expect_eventually(pubrel(id));
                    link.send(pubcomp(id));
                }
            };
            // Always the newer of two outstanding ones first, so that nothing completes in the order of sending.
            let mut older = link.expect_publish();
            for number in 1..40 {
                let newer = link.expect_publish();
                assert_eq!(newer.text(), number.to_string());
                if number % 2 == 1 {
                    complete(&mut link, newer.id);
                    complete(&mut link, older.id);
                } else {
                    older = newer;
                }
            }
            for delivery in others {
                assert_eq!(delivery.acknowledged(), ReasonCode::Success);
            }
            complete(&mut link, held_id);
            assert_eq!(held.acknowledged(), ReasonCode::Success);
        }
    }
}

// Case 10.

#[test]
fn when_the_broker_lost_the_session_each_queued_and_each_sent_publish_has_an_outcome() {
    for qos in [1, 2] {
        let broker = ScriptedBroker::start();
        let engine = Engine::start(&broker, persistent(Version::V5));
        let (mut link, _) = broker.accept_session(connack().with(property::receive_maximum(2)));
        let deliveries: Vec<_> = (0..8).map(|number| engine.publish("a", number.to_string(), qos)).collect();
        assert_eq!([link.expect_publish().text(), link.expect_publish().text()], ["0", "1"]);
        link.expect_quiet();
        link.cut();

        let (mut link, _) = broker.accept_session(connack().with(property::receive_maximum(8)));
        // At QoS 1 all go out, as new publishes. At QoS 2 the two that were sent may have arrived.
        for number in if qos == 1 { 0..8 } else { 2..8 } {
            let publish = link.expect_publish();
            assert_eq!((publish.text(), publish.dup), (number.to_string().as_str(), false));
            if qos == 1 {
                link.send(puback(publish.id));
            } else {
                link.send(pubrec(publish.id));
                link.expect_eventually(pubrel(publish.id));
                link.send(pubcomp(publish.id));
            }
        }
        for (number, delivery) in deliveries.into_iter().enumerate() {
            if number < 2 && qos == 2 {
                delivery.lost();
            } else {
                assert!(!delivery.acknowledged().is_failure());
            }
        }
    }
}

// Case 19.

#[test]
fn an_unacknowledged_publish_of_a_clean_session_at_qos_2_has_an_outcome_and_the_client_goes_on() {
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let engine = Engine::start(&broker, clean(version));
        let (mut link, _) = broker.accept_session(connack());
        let delivery = engine.publish("a", "x", 2);
        link.expect_publish();
        link.cut();

        let (mut link, _) = broker.accept_session(connack());
        delivery.lost();
        link.expect_quiet();
        let next = engine.publish("a", "y", 1);
        let publish = link.expect_publish();
        assert_eq!((publish.text(), publish.dup), ("y", false));
        link.send(puback(publish.id));
        assert_eq!(next.acknowledged(), ReasonCode::Success);
    }
}

#[test]
fn a_publish_at_which_the_broker_hangs_up_each_time_is_given_up_and_the_next_is_sent() {
    for version in VERSIONS {
        let broker = ScriptedBroker::start();
        let engine = Engine::start(&broker, persistent(version));
        let poison = engine.publish("a", "poison", 1);
        let mut link = broker.accept_session(connack()).0;
        link.expect_publish();
        link.cut();
        for _ in 0..2 {
            let (mut link, _) = broker.accept_session(connack().session_present());
            assert!(link.expect_publish().dup);
            link.cut();
        }
        assert_eq!(poison.hung_up(), "poison");
        let mut link = broker.accept_session(connack().session_present()).0;
        let next = engine.publish("a", "next", 1);
        let publish = link.expect_publish();
        assert_eq!((publish.text(), publish.dup), ("next", false));
        link.send(puback(publish.id));
        assert_eq!(next.acknowledged(), ReasonCode::Success);
    }
}
