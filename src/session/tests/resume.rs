//! What happens to everything when a connection is lost.

use super::*;
use crate::mqtt::SubscriptionOptions;

const PRESENT_V5: &str = "20 03 01 00 00";
const PRESENT_V3: &str = "20 02 01 00";

fn both() -> [(Wire, &'static str, &'static str); 2] {
    [
        (Wire::connected(lasting(Version::V3_1_1), ACCEPTED_V3), PRESENT_V3, ACCEPTED_V3),
        (Wire::connected(lasting(Version::V5), ACCEPTED_V5), PRESENT_V5, ACCEPTED_V5),
    ]
}

#[test]
fn publish_is_sent_again_with_dup_and_the_same_id_until_pubrec_came() {
    for (mut wire, present, _) in both() {
        let ids = [wire.publish("a", "1", QoS::AtLeastOnce), wire.publish("a", "2", QoS::ExactlyOnce)];
        let released = wire.publish("a", "3", QoS::ExactlyOnce);
        wire.sent();
        wire.receive("50 02 0003");
        assert_eq!(wire.sent(), hex("62 02 0003"));
        wire.lose();
        let sent = wire.reconnect(present);
        let expected = match wire.session.options().version {
            Version::V5 => "62 02 0003 3a 07 0001 'a' 0001 00 '1' 3c 07 0001 'a' 0002 00 '2'",
            _ => "62 02 0003 3a 06 0001 'a' 0001 '1' 3c 06 0001 'a' 0002 '2'",
        };
        assert_eq!(sent, hex(expected));
        wire.receive("40 02 0001 50 02 0002 70 02 0003 70 02 0002");
        let events = wire.events().split_off(1);
        assert_eq!(events, [acknowledged(ids[0]), acknowledged(released), acknowledged(ids[1])]);
    }
}

#[test]
fn releases_go_in_the_order_of_their_pubrecs() {
    let (mut wire, present, _) = both().into_iter().next().unwrap();
    for _ in 0..3 {
        wire.publish("a", "x", QoS::ExactlyOnce);
    }
    wire.sent();
    wire.receive("50 02 0003 50 02 0001 50 02 0002");
    wire.lose();
    assert_eq!(wire.reconnect(present), hex("62 02 0003 62 02 0001 62 02 0002"));
}

#[test]
fn without_a_session_what_was_sent_at_qos_2_is_uncertain_and_what_was_not_is_sent() {
    for (mut wire, _, absent) in both() {
        let mut narrow = wire.session.options().clone();
        narrow.inflight = Some(2);
        wire.session.set_options(narrow).unwrap();
        let ids: Vec<DeliveryId> = ["1", "2", "3", "4"].map(|text| wire.publish("a", text, QoS::ExactlyOnce)).into();
        wire.sent();
        wire.receive("50 02 0002");
        wire.sent();
        wire.lose();
        let sent = wire.reconnect(absent);
        let uncertain = |id| Event::Published { id, outcome: PublishOutcome::Uncertain };
        assert_eq!(wire.events()[1..], [uncertain(ids[0]), uncertain(ids[1])]);
        let expected = match wire.session.options().version {
            Version::V5 => "34 07 0001 'a' 0003 00 '3' 34 07 0001 'a' 0004 00 '4'",
            _ => "34 06 0001 'a' 0003 '3' 34 06 0001 'a' 0004 '4'",
        };
        assert_eq!(sent, hex(expected));
        assert_eq!(wire.session.outstanding(), 2);
    }
}

#[test]
fn a_narrower_window_after_reconnecting_counts_what_is_resent() {
    let mut wire = Wire::connected(lasting(Version::V5), "20 06 00 00 03 21 000a");
    for _ in 0..12 {
        wire.publish("a", "x", QoS::AtLeastOnce);
    }
    wire.sent();
    assert_eq!((wire.session.outstanding(), wire.session.queued()), (10, 2));
    wire.lose();
    let mut open: Vec<u16> = Vec::new();
    let mut seen = Vec::new();
    let mut sent = wire.reconnect("20 06 01 00 03 21 0003");
    loop {
        for publish in packets(&sent) {
            open.push(u16::from_be_bytes([publish[5], publish[6]]));
            seen.push(publish[0]);
        }
        assert!(open.len() <= 3, "{open:?}");
        let Some(packet_id) = open.pop() else { break };
        wire.receive_bytes(&[0x40, 2, packet_id.to_be_bytes()[0], packet_id.to_be_bytes()[1]]);
        sent = wire.sent();
    }
    assert_eq!(seen, [[0x3A; 10].as_slice(), &[0x32; 2]].concat());
}

#[test]
fn a_wide_window_allocates_nothing_beforehand() {
    let wire = Wire::connected(lasting(Version::V5), "20 06 00 00 03 21 ffff");
    assert_eq!(wire.session.window_space(QoS::AtLeastOnce), 1_024);
    assert_eq!(wire.session.queue.capacity(), 0);
}

#[test]
fn an_answer_to_a_publish_that_still_waits_for_its_resend_counts() {
    let mut wire = Wire::connected(lasting(Version::V5), ACCEPTED_V5);
    let ids = ["1", "2"].map(|text| wire.publish("a", text, QoS::AtLeastOnce));
    wire.sent();
    wire.lose();
    wire.reconnect("20 06 01 00 03 21 0001");
    wire.receive("40 02 0002");
    assert_eq!(wire.events().pop(), Some(acknowledged(ids[1])));
    wire.receive("40 02 0001");
    assert_eq!(wire.event(), acknowledged(ids[0]));
    assert_eq!((wire.sent(), wire.session.outstanding(), wire.session.window_space(QoS::AtLeastOnce)), (vec![], 0, 1));
}

#[test]
fn pubcomp_that_does_not_know_the_id_is_no_error_during_recovery() {
    let mut wire = Wire::connected(lasting(Version::V5), ACCEPTED_V5);
    let id = wire.publish("a", "1", QoS::ExactlyOnce);
    wire.sent();
    wire.receive("50 02 0001");
    wire.lose();
    assert_eq!(wire.reconnect(PRESENT_V5), hex("62 02 0001"));
    wire.events();
    wire.receive("70 04 0001 92 00");
    assert_eq!(wire.event(), acknowledged(id));
}

#[test]
fn limits_that_grew_narrower_reject_what_would_be_resent() {
    let mut wire = Wire::connected(lasting(Version::V5), ACCEPTED_V5);
    let large = wire.publish("a", "far too long for what comes", QoS::AtLeastOnce);
    let small = wire.publish("a", "x", QoS::AtLeastOnce);
    wire.sent();
    wire.lose();
    assert_eq!(wire.reconnect("20 08 01 00 05 27 00000014"), hex("3a 07 0001 'a' 0002 00 'x'"));
    let rejected = PublishOutcome::Rejected(Box::new(PublishError::PacketTooLarge { size: 35, maximum: 20 }));
    assert_eq!(wire.events()[1..], [Event::Published { id: large, outcome: rejected }]);
    wire.receive("40 02 0002");
    assert_eq!(wire.event(), acknowledged(small));
}

#[test]
fn unanswered_requests_are_sent_anew_in_their_order() {
    for (mut wire, present, absent) in both() {
        for name in ["x", "y"] {
            let filters = vec![SubscriptionOptions::new(filter(name), QoS::AtMostOnce)];
            wire.session.subscribe(SubscribeRequest { filters, ..Default::default() }).unwrap();
        }
        let sent = wire.sent();
        wire.lose();
        assert_eq!(wire.reconnect(present).len(), sent.len());
        wire.lose();
        let sent = wire.reconnect(absent);
        let names: String = String::from_utf8_lossy(&sent).chars().filter(char::is_ascii_lowercase).collect();
        assert_eq!(names, "xy");
    }
}

#[test]
fn mqtt_3_1_takes_the_session_to_be_present_unless_it_was_clean() {
    let mut options = options(Version::V3_1);
    for (clean, sent) in [(false, "3a 06 0001 'a' 0001 '1'"), (true, "32 06 0001 'a' 0002 '1'")] {
        options.clean_start = clean;
        let mut wire = Wire::connected(options.clone(), ACCEPTED_V3);
        wire.publish("a", "1", QoS::AtLeastOnce);
        wire.sent();
        wire.lose();
        assert_eq!(wire.reconnect(ACCEPTED_V3), hex(sent));
    }
}

#[test]
fn a_session_of_an_earlier_process_is_taken_up() {
    for (version, present) in [(Version::V3_1_1, PRESENT_V3), (Version::V5, PRESENT_V5)] {
        let mut wire = Wire::connected(lasting(version), present);
        // What the other process left unfinished on the server is completed.
        wire.receive("62 02 0004 50 02 0009");
        let not_found = if version.is_v5() { "70 04 0004 92 00 62 04 0009 92 00" } else { "70 02 0004 62 02 0009" };
        assert_eq!(wire.sent(), hex(not_found));
        wire.receive(if version.is_v5() { "32 07 0001 'a' 0005 00 'q'" } else { "32 06 0001 'a' 0005 'q'" });
        assert_eq!((wire.messages(), wire.sent()), (vec![("a".into(), "q".into())], hex("40 02 0005")));
        let id = wire.publish("a", "mine", QoS::AtLeastOnce);
        wire.sent();
        wire.receive("40 02 0001");
        assert_eq!(wire.event(), acknowledged(id));
    }
}

#[test]
fn acknowledgements_queued_for_the_old_connection_are_not_sent_on_the_new_one() {
    let (mut wire, present, _) = both().into_iter().next().unwrap();
    wire.receive("32 05 0001 'a' 0007 34 05 0001 'a' 0008");
    wire.events();
    wire.lose();
    assert!(wire.reconnect(present).is_empty());
}

#[test]
fn requests_and_publishes_made_while_no_connection_stands_go_out_once_one_does() {
    let mut wire = Wire::new(options(Version::V3_1_1));
    wire.publish("a", "1", QoS::AtMostOnce);
    let filters = vec![SubscriptionOptions::new(filter("f"), QoS::AtLeastOnce)];
    wire.session.subscribe(SubscribeRequest { filters, ..Default::default() }).unwrap();
    assert!(wire.sent().is_empty());
    assert_eq!(wire.reconnect(ACCEPTED_V3), hex("82 06 0001 0001 'f' 01 30 04 0001 'a' '1'"));
}
