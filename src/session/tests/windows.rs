//! How many publishes go out at a time, and what is learned from a broker that closes the connection.

use super::*;
use crate::mqtt::SubscriptionOptions;

const PRESENT_V3: &str = "20 02 01 00";

/// How many of many publishes go out before anything is acknowledged.
fn in_flight(wire: &mut Wire, qos: QoS) -> usize {
    for _ in 0..2_000 {
        wire.publish("a", "", qos);
    }
    wire.sent();
    wire.session.outstanding()
}

#[test]
fn a_broker_that_announces_nothing_gets_as_many_as_all_are_known_to_take() {
    for (version, connack) in [(Version::V5, ACCEPTED_V5), (Version::V3_1_1, ACCEPTED_V3)] {
        for (qos, expected) in [(QoS::AtLeastOnce, 100), (QoS::ExactlyOnce, 20)] {
            let mut wire = Wire::connected(options(version), connack);
            assert_eq!(in_flight(&mut wire, qos), expected);
        }
    }
}

#[test]
fn an_announced_window_is_used_up_to_1_024() {
    for (announced, expected) in [("0001", 1), ("0200", 512), ("ffff", 1_024)] {
        for qos in [QoS::AtLeastOnce, QoS::ExactlyOnce] {
            let mut wire = Wire::connected(options(Version::V5), &format!("20 06 00 00 03 21 {announced}"));
            assert_eq!(in_flight(&mut wire, qos), expected);
        }
    }
}

#[test]
fn a_window_of_the_users_own_holds_up_to_the_announced_one() {
    for (connack, expected) in [(ACCEPTED_V5, 500), ("20 06 00 00 03 21 000a", 10)] {
        let mut options = options(Version::V5);
        options.inflight = Some(500);
        let mut wire = Wire::connected(options, connack);
        assert_eq!(in_flight(&mut wire, QoS::ExactlyOnce), expected);
    }
}

#[test]
fn at_qos_1_others_go_out_among_20_at_qos_2() {
    let mut wire = Wire::v3();
    for _ in 0..19 {
        wire.publish("a", "2", QoS::ExactlyOnce);
    }
    for _ in 0..200 {
        wire.publish("a", "1", QoS::AtLeastOnce);
    }
    wire.sent();
    assert_eq!(wire.session.outstanding(), 100);
    // PUBREC makes no room at QoS 2, PUBCOMP does.
    wire.receive("50 02 0001");
    wire.sent();
    assert_eq!(wire.session.outstanding(), 100);
    wire.receive("70 02 0001");
    wire.sent();
    assert_eq!(wire.session.outstanding(), 100);
}

/// Loses the connection and resumes the session; returns what was reported in between.
fn cut(wire: &mut Wire) -> Vec<Event> {
    wire.session.handle_closed(wire.now);
    let events = wire.events();
    wire.reconnect(PRESENT_V3);
    wire.events();
    events
}

fn lost() -> Event {
    Event::Disconnected(Disconnected::Lost)
}

#[test]
fn a_full_window_of_which_nothing_is_acknowledged_is_halved_down_to_one() {
    let mut options = lasting(Version::V3_1_1);
    options.inflight = Some(9);
    let mut wire = Wire::connected(options, PRESENT_V3);
    for _ in 0..50 {
        wire.publish("a", "", QoS::AtLeastOnce);
    }
    wire.sent();
    assert_eq!(cut(&mut wire), [lost(), Event::Narrowed(4)]);
    assert_eq!(wire.session.window(QoS::AtLeastOnce), 4);
    // Once is enough.
    assert_eq!(cut(&mut wire), [lost()]);
    // Now the first goes alone, to see whether it is to blame.
    assert_eq!(wire.session.window(QoS::AtLeastOnce), 1);
    wire.receive("40 02 0001");
    wire.sent();
    assert_eq!(wire.session.window(QoS::AtLeastOnce), 2);
}

#[test]
fn a_connection_that_ends_with_something_acknowledged_says_nothing_about_the_window() {
    let mut options = lasting(Version::V3_1_1);
    options.inflight = Some(4);
    let mut wire = Wire::connected(options, PRESENT_V3);
    for _ in 0..50 {
        wire.publish("a", "", QoS::AtLeastOnce);
    }
    wire.sent();
    wire.receive("40 02 0001");
    wire.sent();
    wire.events();
    assert_eq!(cut(&mut wire), [lost()]);
    assert_eq!(wire.session.window(QoS::AtLeastOnce), 4);
}

#[test]
fn receive_maximum_exceeded_halves_even_an_announced_window() {
    let mut wire = Wire::connected(lasting(Version::V5), "20 06 00 00 03 21 0010");
    for _ in 0..50 {
        wire.publish("a", "", QoS::ExactlyOnce);
    }
    wire.sent();
    wire.receive("e0 01 93");
    assert!(wire.events().contains(&Event::Narrowed(8)));
    wire.session.handle_closed(wire.now);
    wire.reconnect("20 06 01 00 03 21 0010");
    assert_eq!(wire.session.window(QoS::ExactlyOnce), 8);
}

#[test]
fn the_message_at_which_the_broker_hangs_up_three_times_is_given_up_and_the_others_go_on() {
    let mut wire = Wire::connected(lasting(Version::V3_1_1), PRESENT_V3);
    let poison = wire.publish("p", "poison", QoS::AtLeastOnce);
    let next = wire.publish("a", "next", QoS::AtLeastOnce);
    wire.sent();
    assert_eq!(cut(&mut wire), [lost()]);
    assert_eq!(cut(&mut wire), [lost()]);
    // The third time it is alone, so that no other can be to blame.
    assert_eq!(wire.session.window(QoS::AtLeastOnce), 1);
    wire.session.handle_closed(wire.now);
    let message = Box::new(message("p", "poison", QoS::AtLeastOnce));
    let given_up = Event::Published { id: poison, outcome: PublishOutcome::HungUp(message) };
    assert_eq!(wire.events(), [lost(), given_up]);
    assert_eq!(wire.reconnect(PRESENT_V3), hex("3a 09 0001 'a' 0002 'next'"));
    wire.events();
    wire.receive("40 02 0002");
    assert_eq!(wire.event(), acknowledged(next));
}

#[test]
fn an_acknowledgement_in_between_clears_the_first_of_suspicion() {
    let mut wire = Wire::connected(lasting(Version::V3_1_1), PRESENT_V3);
    wire.publish("a", "1", QoS::AtLeastOnce);
    let second = wire.publish("a", "2", QoS::AtLeastOnce);
    wire.sent();
    cut(&mut wire);
    cut(&mut wire);
    wire.receive("40 02 0001");
    wire.sent();
    wire.events();
    for _ in 0..3 {
        assert_eq!(cut(&mut wire), [lost()]);
    }
    wire.session.handle_closed(wire.now);
    assert!(matches!(wire.events()[..], [_, Event::Published { id, .. }] if id == second));
}

#[test]
fn a_large_publish_in_flight_is_suspicious_only_above_what_was_acknowledged() {
    static LARGE: [u8; 5000] = [b'x'; 5000];
    let large = std::str::from_utf8(&LARGE).unwrap();
    let mut wire = Wire::connected(lasting(Version::V3_1_1), PRESENT_V3);
    wire.publish("a", "small", QoS::AtLeastOnce);
    wire.sent();
    cut(&mut wire);
    assert_eq!(wire.session.oversized(), None);
    wire.publish("a", large, QoS::AtLeastOnce);
    wire.sent();
    wire.session.handle_closed(wire.now);
    assert_eq!(wire.session.oversized(), Some(5000));
    wire.reconnect(PRESENT_V3);
    wire.receive("40 02 0001 40 02 0002");
    wire.publish("a", large, QoS::AtLeastOnce);
    wire.sent();
    wire.session.handle_closed(wire.now);
    assert_eq!(wire.session.oversized(), None);
}

/// As `RabbitMQ` 3.10 answers.
#[test]
fn puback_for_qos_2_counts_and_is_told_once() {
    let mut wire = Wire::v3();
    let ids = ["1", "2"].map(|text| wire.publish("a", text, QoS::ExactlyOnce));
    wire.sent();
    wire.receive("40 02 0001 40 02 0002");
    let events = wire.events();
    assert!(matches!(&events[0], Event::Tolerated(violation) if violation.fault.contains("PUBACK")), "{events:?}");
    assert_eq!(events[1..], ids.map(acknowledged));
    assert_eq!((wire.session.outstanding(), wire.session.window_space(QoS::ExactlyOnce)), (0, 20));
}

#[test]
fn what_a_lost_session_leaves_of_qos_1_is_published_anew_in_its_order() {
    for (version, connack) in [(Version::V3_1_1, ACCEPTED_V3), (Version::V5, ACCEPTED_V5)] {
        let mut wire = Wire::connected(options(version), connack);
        let first = wire.publish("a", "1", QoS::AtLeastOnce);
        wire.publish("a", "2", QoS::AtLeastOnce);
        wire.sent();
        wire.receive("40 02 0001");
        wire.publish("a", "3", QoS::AtLeastOnce);
        wire.sent();
        wire.publish("a", "4", QoS::AtLeastOnce);
        wire.lose();
        let sent = wire.reconnect(connack);
        let shape: Vec<(u8, u8)> = packets(&sent).iter().map(|packet| (packet[0], packet[packet.len() - 1])).collect();
        assert_eq!(shape, [(0x32, b'2'), (0x32, b'3'), (0x32, b'4')], "DUP is 0 in {version:?}");
        assert!(!wire.events().iter().any(|event| matches!(event, Event::Published { .. })), "{first:?}");
        assert_eq!((wire.session.outstanding(), wire.session.queued()), (3, 0));
    }
}

#[test]
fn who_wants_no_gaps_has_qos_2_published_anew_too_even_behind_pubrec() {
    let mut options = options(Version::V3_1_1);
    options.on_session_loss = OnSessionLoss::RepublishAll;
    let mut wire = Wire::connected(options, ACCEPTED_V3);
    wire.publish("a", "1", QoS::ExactlyOnce);
    wire.publish("a", "2", QoS::ExactlyOnce);
    wire.sent();
    wire.receive("50 02 0001");
    wire.sent();
    wire.lose();
    let sent = wire.reconnect(ACCEPTED_V3);
    let shape: Vec<(u8, u8)> = packets(&sent).iter().map(|packet| (packet[0], packet[packet.len() - 1])).collect();
    assert_eq!(shape, [(0x34, b'1'), (0x34, b'2')]);
}

#[test]
fn who_counts_each_message_once_has_everything_reported() {
    let mut options = options(Version::V3_1_1);
    options.on_session_loss = OnSessionLoss::Report;
    let mut wire = Wire::connected(options, ACCEPTED_V3);
    let id = wire.publish("a", "1", QoS::AtLeastOnce);
    wire.sent();
    wire.lose();
    assert!(wire.reconnect(ACCEPTED_V3).is_empty());
    assert_eq!(wire.events().pop(), Some(Event::Published { id, outcome: PublishOutcome::Uncertain }));
}

#[test]
fn packet_ids_begin_where_they_are_told_to() {
    let mut options = lasting(Version::V3_1_1);
    options.first_packet_id = 0xFFFE;
    let mut wire = Wire::connected(options, PRESENT_V3);
    for _ in 0..3 {
        wire.publish("a", "", QoS::AtLeastOnce);
    }
    assert_eq!(wire.sent(), hex("32 05 0001 'a' fffe 32 05 0001 'a' ffff 32 05 0001 'a' 0001"));
    wire.lose();
    assert_eq!(wire.reconnect(PRESENT_V3), hex("3a 05 0001 'a' fffe 3a 05 0001 'a' ffff 3a 05 0001 'a' 0001"));
    let filters = vec![SubscriptionOptions::new(filter("f"), QoS::AtMostOnce)];
    wire.session.subscribe(SubscribeRequest { filters, ..Default::default() }).unwrap();
    assert_eq!(wire.sent(), hex("82 06 0002 0001 'f' 00"));
}

#[test]
fn a_publish_that_is_marked_as_a_duplicate_goes_out_with_dup_at_once() {
    let mut wire = Wire::v3();
    for (qos, first) in [(QoS::AtMostOnce, 0x30), (QoS::AtLeastOnce, 0x3A)] {
        let marked = Message { marked_duplicate: true, ..message("a", "x", qos) };
        wire.session.publish(marked).unwrap();
        assert_eq!(wire.sent()[0], first);
    }
}
