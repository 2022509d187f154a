//! Faults that were seen in another broker, one by one.

use std::time::Duration;

use super::*;
use crate::support::wire::publish;

#[test]
fn nothing_is_lost_while_a_kept_subscriber_drops_again_and_again() {
    const MESSAGES: u32 = 2000;
    each(|address| {
        for version in BOTH {
            RawClient::connect(address, version, "subscriber").disconnect();
            let (mut subscriber, _) = resume(address, version, "subscriber");
            subscriber.subscribe("a", 1);
            let publisher = std::thread::spawn(move || {
                let mut publisher = RawClient::connect(address, version, "publisher");
                for number in 0..MESSAGES {
                    publisher.publish("a", number.to_string(), 1);
                }
            });
            let (mut next, mut since) = (0, 0);
            while next < MESSAGES {
                let message = subscriber.link.expect_publish();
                let number: u32 = message.text().parse().unwrap();
                // Again, or the next: none is left out.
                assert!(number <= next, "{number} came instead of {next}");
                next = next.max(number + 1);
                since += 1;
                if since == 80 {
                    // Some are on their way, and this one is not acknowledged.
                    since = 0;
                    subscriber.link.cut();
                    subscriber = resume(address, version, "subscriber").0;
                } else {
                    subscriber.link.send(wire::puback(message.id));
                }
            }
            publisher.join().unwrap();
        }
    });
}

#[test]
fn twenty_unacknowledged_messages_come_again_in_their_order() {
    each(|address| {
        for version in BOTH {
            RawClient::connect(address, version, "subscriber").disconnect();
            let (mut subscriber, _) = resume(address, version, "subscriber");
            subscriber.subscribe("a", 1);
            let mut publisher = RawClient::connect(address, version, "publisher");
            for number in 1..=20 {
                publisher.publish("a", number.to_string(), 1);
            }
            for number in 1..=20 {
                let message = subscriber.link.expect_publish();
                assert_eq!(message.text(), number.to_string());
                if number <= 5 {
                    subscriber.link.send(wire::puback(message.id));
                }
            }
            subscriber.expect_quiet();
            subscriber.link.cut();
            let (mut subscriber, _) = resume(address, version, "subscriber");
            for number in 6..=20 {
                subscriber.expect_text("a", &number.to_string());
            }
        }
    });
}

#[test]
fn two_topics_of_one_publisher_stay_in_order_over_a_resume() {
    each(|address| {
        for version in BOTH {
            RawClient::connect(address, version, "subscriber").disconnect();
            let (mut subscriber, _) = resume(address, version, "subscriber");
            subscriber.subscribe("a", 1);
            subscriber.subscribe("b", 2);
            let mut publisher = RawClient::connect(address, version, "publisher");
            publisher.publish("a", "0", 1);
            publisher.publish("b", "1", 2);
            let first = subscriber.link.expect_publish();
            assert_eq!(first.text(), "0");
            subscriber.link.cut();
            for number in 2..10_u8 {
                publisher.publish(if number % 2 == 0 { "a" } else { "b" }, number.to_string(), 1 + number % 2);
            }
            let (mut subscriber, _) = resume(address, version, "subscriber");
            for number in 0..10 {
                let topic = if number % 2 == 0 { "a" } else { "b" };
                subscriber.expect_text(topic, &number.to_string());
            }
        }
    });
}

#[test]
fn a_client_of_3_1_is_not_sent_a_flag_that_it_does_not_know() {
    ours(|address| {
        for _ in 0..2 {
            let (client, present) = resume(address, Version::V3_1, "client");
            assert!(!present);
            client.disconnect();
        }
    });
}

#[test]
fn delayed_messages_that_are_due_together_leave_in_the_order_they_came() {
    ours(|address| {
        for version in BOTH {
            for qos in 0..=2 {
                let mut client = RawClient::connect(address, version, "client");
                client.subscribe("a", qos);
                for number in 0..50 {
                    client.publish("$delayed/1/a", number.to_string(), qos);
                }
                for number in 0..50 {
                    client.expect_text("a", &number.to_string());
                }
            }
        }
    });
}

#[test]
fn delayed_messages_are_bounded() {
    limited(Limits { max_delayed: 10, ..Limits::default() }, |address| {
        let mut client = RawClient::connect(address, Version::V5, "client");
        for _ in 0..10 {
            client.publish("$delayed/100/a", "x", 1);
        }
        client.link.send(publish("$delayed/100/a", "x").qos(1).id(77));
        let Packet::Ack(ack) = client.link.receive() else { panic!("no PUBACK") };
        assert_eq!((ack.id, ack.reason), (77, 0x97));
    });
}

#[test]
fn a_link_without_connect_is_closed() {
    let limits = Limits { connect_timeout: Duration::from_millis(100), ..Limits::default() };
    limited(limits, |address| {
        RawClient::open(address, Version::V5).link.expect_end();
        // Nor does a part of CONNECT keep it open.
        let mut client = RawClient::open(address, Version::V5);
        client.link.send_bytes(&[0x10, 0x20, 0, 4]);
        client.link.expect_end();
    });
}

#[test]
fn a_subscriber_that_does_not_read_is_bounded_and_the_others_are_served() {
    let limits = Limits { max_queued: 100, ..Limits::default() };
    limited(limits, |address| {
        let mut lazy = RawClient::connect(address, Version::V5, "lazy");
        lazy.link.shrink_buffers();
        lazy.subscribe("a", 0);
        let mut brisk = RawClient::connect(address, Version::V5, "brisk");
        brisk.subscribe("a", 0);
        let mut publisher = RawClient::connect(address, Version::V5, "publisher");
        // 20 MB, of which the lazy one's limit and the kernel hold a part.
        let payload = "x".repeat(20_000);
        for _ in 0..1000 {
            publisher.publish("a", &payload, 1);
            brisk.expect_message();
        }
        lazy.link.send(Packet::Pingreq);
        let mut received = 0;
        while lazy.link.receive() != Packet::Pingresp {
            received += 1;
        }
        assert!((1..1000).contains(&received), "{received} messages came");
    });
}

#[test]
fn qos_2_is_delivered_once_under_cuts_on_both_sides() {
    const MESSAGES: u32 = 60;
    each(|address| {
        for version in BOTH {
            for client in ["subscriber", "publisher"] {
                RawClient::connect(address, version, client).disconnect();
            }
            let (mut subscriber, _) = resume(address, version, "subscriber");
            subscriber.subscribe("a", 2);
            let (mut publisher, _) = resume(address, version, "publisher");
            let mut received = Vec::new();
            for number in 0..MESSAGES {
                let id = u16::try_from(number % 7 + 1).unwrap();
                let message = publish("a", number.to_string()).qos(2).id(id);
                publisher.link.send(message.clone());
                publisher.link.expect_pubrec(id);
                if number % 3 == 0 {
                    publisher.link.cut();
                    publisher = resume(address, version, "publisher").0;
                    publisher.link.send(message.dup());
                    publisher.link.expect_pubrec(id);
                }
                publisher.link.send(wire::pubrel(id));
                publisher.link.expect_pubcomp(id);

                let got = subscriber.link.expect_publish();
                received.push(got.text().parse::<u32>().unwrap());
                subscriber.link.send(wire::pubrec(got.id));
                subscriber.link.expect_pubrel(got.id);
                if number % 4 == 0 {
                    subscriber.link.cut();
                    subscriber = resume(address, version, "subscriber").0;
                    subscriber.link.expect_pubrel(got.id);
                }
                subscriber.link.send(wire::pubcomp(got.id));
            }
            subscriber.expect_quiet();
            assert!(received.into_iter().eq(0..MESSAGES));
        }
    });
}
