//! Quality of Service, delivery again and order: sections 4.3, 4.4 and 4.6.

use super::*;
use crate::support::wire::{Ack, AckKind, Publish, publish};

/// A kept subscriber at a `QoS`, connected, and a publisher.
fn pair(address: SocketAddr, version: Version, qos: u8) -> (RawClient, RawClient) {
    RawClient::connect(address, version, "subscriber").disconnect();
    let (mut subscriber, _) = resume(address, version, "subscriber");
    subscriber.subscribe("a/#", qos);
    (subscriber, RawClient::connect(address, version, "publisher"))
}

#[test]
fn a_message_at_qos_0_has_neither_dup_nor_an_identifier() {
    each(|address| {
        for version in BOTH {
            let (mut subscriber, mut publisher) = pair(address, version, 2);
            publisher.publish("a/0", "x", 0);
            let message = subscriber.link.expect_publish();
            assert_eq!((message.qos, message.dup, message.id), (0, false, 0));
        }
    });
}

#[test]
fn a_message_is_sent_at_first_without_dup_whatever_it_came_with() {
    each(|address| {
        for version in BOTH {
            let (mut subscriber, mut publisher) = pair(address, version, 2);
            for qos in [1, 2] {
                publisher.link.send(publish("a", "x").qos(qos).id(7).dup());
                if qos == 1 {
                    publisher.link.expect_puback(7);
                } else {
                    publisher.link.expect_pubrec(7);
                    publisher.link.send(wire::pubrel(7));
                    publisher.link.expect_pubcomp(7);
                }
                let message = subscriber.expect_message();
                assert!(message.qos == qos && !message.dup && message.id != 0, "{message:?}");
            }
        }
    });
}

#[test]
fn identifiers_in_flight_are_different() {
    each(|address| {
        for version in BOTH {
            let (mut subscriber, mut publisher) = pair(address, version, 2);
            for number in 0..15_u8 {
                publisher.publish("a", "x", 1 + number % 2);
            }
            let mut ids: Vec<u16> = (0..15).map(|_| subscriber.link.expect_publish().id).collect();
            ids.sort_unstable();
            ids.dedup();
            assert_eq!(ids.len(), 15);
        }
    });
}

#[test]
fn qos_1_from_a_client_is_acknowledged_and_each_publish_is_new_afterwards() {
    each(|address| {
        for version in BOTH {
            let (mut subscriber, mut publisher) = pair(address, version, 1);
            for text in ["1", "2"] {
                publisher.link.send(publish("a", text).qos(1).id(1));
                publisher.link.expect_puback(1);
                subscriber.expect_text("a", text);
            }
        }
    });
}

#[test]
fn qos_2_from_a_client_is_delivered_once_however_often_it_is_sent() {
    each(|address| {
        for version in BOTH {
            let (mut subscriber, mut publisher) = pair(address, version, 0);
            let message = publish("a", "once").qos(2).id(5);
            publisher.link.send(message.clone());
            publisher.link.expect_pubrec(5);
            publisher.link.send(message.clone().dup());
            publisher.link.expect_pubrec(5);
            publisher.link.send(wire::pubrel(5));
            publisher.link.expect_pubcomp(5);
            subscriber.expect_text("a", "once");
            subscriber.expect_quiet();
            // PUBCOMP ended it: the identifier is that of a new message.
            publisher.link.send(publish("a", "again").qos(2).id(5));
            publisher.link.expect_pubrec(5);
            publisher.link.send(wire::pubrel(5));
            publisher.link.expect_pubcomp(5);
            subscriber.expect_text("a", "again");
            subscriber.expect_quiet();
        }
    });
}

#[test]
fn qos_2_from_a_client_is_delivered_once_across_a_resume() {
    each(|address| {
        for version in BOTH {
            let (mut subscriber, _) = pair(address, version, 0);
            RawClient::connect(address, version, "sender").disconnect();
            let (mut sender, _) = resume(address, version, "sender");
            sender.link.send(publish("a", "once").qos(2).id(5));
            sender.link.expect_pubrec(5);
            sender.link.cut();
            let (mut sender, present) = resume(address, version, "sender");
            assert!(present);
            sender.link.send(publish("a", "once").qos(2).id(5).dup());
            sender.link.expect_pubrec(5);
            sender.link.cut();
            let (mut sender, _) = resume(address, version, "sender");
            sender.link.send(wire::pubrel(5));
            sender.link.expect_pubcomp(5);
            subscriber.expect_text("a", "once");
            subscriber.expect_quiet();
        }
    });
}

#[test]
fn pubrel_of_an_unknown_identifier_is_answered() {
    // mosquitto 2.0 answers with 0x00.
    ours(|address| {
        for version in BOTH {
            let mut client = RawClient::connect(address, version, "client");
            client.link.send(wire::pubrel(77));
            let Packet::Ack(ack) = client.link.receive() else { panic!("no PUBCOMP") };
            assert_eq!((ack.kind, ack.id), (AckKind::Pubcomp, 77));
            assert!(ack.reason == if version.is_v5() { 0x92 } else { 0 }, "{ack:?}");
            client.expect_quiet();
        }
    });
}

#[test]
fn qos_2_to_a_client_takes_four_packets_and_no_publish_after_pubrec() {
    each(|address| {
        for version in BOTH {
            let (mut subscriber, mut publisher) = pair(address, version, 2);
            publisher.publish("a", "x", 2);
            let message = subscriber.link.expect_publish();
            subscriber.link.send(wire::pubrec(message.id));
            subscriber.link.expect_pubrel(message.id);
            subscriber.link.cut();
            // PUBREL alone comes again.
            let (mut subscriber, present) = resume(address, version, "subscriber");
            assert!(present);
            subscriber.link.expect_pubrel(message.id);
            subscriber.link.send(wire::pubcomp(message.id));
            subscriber.expect_quiet();
            subscriber.link.cut();
            let (mut subscriber, _) = resume(address, version, "subscriber");
            subscriber.expect_quiet();
        }
    });
}

#[test]
fn what_was_not_acknowledged_comes_again_in_order_under_its_identifier() {
    each(|address| {
        for version in BOTH {
            for qos in [1, 2] {
                let (mut subscriber, mut publisher) = pair(address, version, qos);
                for number in 0..12 {
                    publisher.publish("a", number.to_string(), qos);
                }
                let first: Vec<Publish> = (0..12).map(|_| subscriber.link.expect_publish()).collect();
                subscriber.link.cut();
                let (mut subscriber, _) = resume(address, version, "subscriber");
                for message in first {
                    assert_eq!(subscriber.link.expect_publish(), message.dup());
                }
            }
        }
    });
}

#[test]
fn nothing_is_sent_again_on_the_same_connection() {
    each(|address| {
        for version in BOTH {
            let (mut subscriber, mut publisher) = pair(address, version, 1);
            publisher.publish("a", "x", 1);
            subscriber.link.expect_publish();
            // Unacknowledged, and others pass it.
            publisher.publish("a", "y", 1);
            subscriber.expect_text("a", "y");
            subscriber.expect_quiet();
        }
    });
}

#[test]
fn a_message_that_the_client_refuses_is_done_with() {
    ours(|address| {
        let version = Version::V5;
        for (qos, kind) in [(1, AckKind::Puback), (2, AckKind::Pubrec)] {
            let (mut subscriber, mut publisher) = pair(address, version, qos);
            publisher.publish("a", "x", qos);
            let message = subscriber.link.expect_publish();
            let refusal = Ack { kind, ..wire::puback(message.id) }.reason(0x97);
            subscriber.link.send(refusal);
            subscriber.expect_quiet();
            subscriber.link.cut();
            let (mut subscriber, present) = resume(address, version, "subscriber");
            assert!(present);
            subscriber.expect_quiet();
        }
    });
}

#[test]
fn acknowledgements_come_in_the_order_of_what_they_answer() {
    each(|address| {
        for version in BOTH {
            let mut client = RawClient::connect(address, version, "client");
            let ids = [9, 3, 7, 1, 8, 2];
            client.link.send_together(ids.map(|id| publish("a", "x").qos(1).id(id).into()));
            for id in ids {
                client.link.expect_puback(id);
            }
            client.link.send_together(ids.map(|id| publish("a", "x").qos(2).id(id).into()));
            for id in ids {
                client.link.expect_pubrec(id);
            }
            client.link.send_together(ids.map(|id| wire::pubrel(id).into()));
            for id in ids {
                client.link.expect_pubcomp(id);
            }
        }
    });
}

#[test]
fn pubrel_comes_in_the_order_of_pubrec() {
    each(|address| {
        for version in BOTH {
            let (mut subscriber, mut publisher) = pair(address, version, 2);
            for _ in 0..6 {
                publisher.publish("a", "x", 2);
            }
            let mut ids: Vec<u16> = (0..6).map(|_| subscriber.link.expect_publish().id).collect();
            ids.swap(1, 4);
            subscriber.link.send_together(ids.iter().map(|id| wire::pubrec(*id).into()));
            for id in ids {
                subscriber.link.expect_pubrel(id);
            }
        }
    });
}

#[test]
fn messages_of_a_publisher_come_in_its_order_over_all_topics() {
    each(|address| {
        for version in BOTH {
            for qos in 0..=2 {
                let (mut subscriber, mut publisher) = pair(address, version, qos);
                for number in 0..15 {
                    publisher.publish(&format!("a/{}", number % 3), number.to_string(), qos);
                }
                for number in 0..15 {
                    subscriber.expect_text(&format!("a/{}", number % 3), &number.to_string());
                }
            }
        }
    });
}

#[test]
fn messages_for_an_absent_client_wait_for_it_in_order() {
    each(|address| {
        for version in BOTH {
            let (subscriber, mut publisher) = pair(address, version, 2);
            subscriber.disconnect();
            for number in 0..20_u8 {
                publisher.publish("a", number.to_string(), 1 + number % 2);
            }
            let (mut subscriber, present) = resume(address, version, "subscriber");
            assert!(present);
            for number in 0..20 {
                subscriber.expect_text("a", &number.to_string());
            }
        }
    });
}

#[test]
fn an_acknowledgement_of_nothing_does_no_harm() {
    ours(|address| {
        for version in BOTH {
            let mut client = RawClient::connect(address, version, "client");
            client.link.send(wire::puback(9));
            client.expect_quiet();
            client.link.send(wire::pubcomp(9));
            client.expect_quiet();
        }
        still_serves(address);
    });
}
