//! Publishing at QoS 0, 1 and 2: hand-shakes, window, packet ids, reasons.

use std::sync::Arc;

use super::*;

#[test]
fn qos_0_is_sent_and_transmitted_says_so() {
    for (mut wire, sent) in [(Wire::v3(), "30 05 0001 'a' 'hi'"), (Wire::v5(), "30 06 0001 'a' 00 'hi'")] {
        assert_eq!(wire.session.transmitted(), None);
        let id = wire.publish("a", "hi", QoS::AtMostOnce);
        assert_eq!(wire.sent(), hex(sent));
        assert_eq!((wire.session.transmitted(), wire.session.queued()), (Some(id), 0));
        assert_eq!(wire.events(), []);
    }
}

#[test]
fn qos_1_is_acknowledged_by_puback() {
    for (mut wire, sent) in [(Wire::v3(), "32 07 0001 'a' 0001 'hi'"), (Wire::v5(), "32 08 0001 'a' 0001 00 'hi'")] {
        let id = wire.publish("a", "hi", QoS::AtLeastOnce);
        assert_eq!(wire.sent(), hex(sent));
        assert_eq!((wire.session.outstanding(), wire.events()), (1, vec![]));
        wire.receive("40 02 0001");
        assert_eq!(wire.event(), acknowledged(id));
        assert_eq!(wire.session.outstanding(), 0);
    }
}

#[test]
fn qos_2_is_acknowledged_by_pubcomp() {
    for mut wire in [Wire::v3(), Wire::v5()] {
        let id = wire.publish("a", "hi", QoS::ExactlyOnce);
        wire.sent();
        wire.receive("50 02 0001");
        assert_eq!((wire.sent(), wire.events()), (hex("62 02 0001"), vec![]));
        wire.receive("70 02 0001");
        assert_eq!(wire.event(), acknowledged(id));
    }
}

#[test]
fn properties_are_on_the_wire_in_5_and_survive_for_a_resend() {
    let mut publish = message("a", "x", QoS::AtLeastOnce);
    publish.properties = Some(Arc::new(crate::mqtt::PublishProperties {
        payload_format_indicator: Some(1),
        message_expiry_interval: Some(9),
        response_topic: Some("r".into()),
        correlation_data: Some("c".into()),
        user_properties: vec![("k".into(), "v".into()), ("k".into(), "w".into())],
        content_type: Some("t".into()),
        ..Default::default()
    }));
    let properties = "01 01 02 00000009 08 0001 'r' 09 0001 'c' 26 0001 'k' 0001 'v' 26 0001 'k' 0001 'w' 03 0001 't'";
    let mut keeps = options(Version::V5);
    keeps.clean_start = false;
    let mut wire = Wire::connected(keeps, ACCEPTED_V5);
    wire.session.publish(publish.clone()).unwrap();
    assert_eq!(wire.sent(), hex(&format!("32 28 0001 'a' 0001 21 {properties} 'x'")));
    wire.lose();
    assert_eq!(wire.reconnect("20 03 01 00 00"), hex(&format!("3a 28 0001 'a' 0001 21 {properties} 'x'")));

    let mut wire = Wire::v3();
    wire.session.publish(publish).unwrap();
    assert_eq!(wire.sent(), hex("32 06 0001 'a' 0001 'x'"));
}

#[test]
fn no_matching_subscribers_counts_as_success() {
    let mut wire = Wire::v5();
    let (first, second) = (wire.publish("a", "1", QoS::AtLeastOnce), wire.publish("a", "2", QoS::ExactlyOnce));
    wire.sent();
    wire.receive("40 04 0001 10 00");
    assert_eq!(wire.event(), with_reason(first, ReasonCode::NoMatchingSubscribers));
    // PUBREC with it goes on as always.
    wire.receive("50 04 0002 10 00");
    assert_eq!(wire.sent(), hex("62 02 0002"));
    wire.receive("70 03 0002 00");
    assert_eq!(wire.event(), with_reason(second, ReasonCode::NoMatchingSubscribers));
}

#[test]
fn a_reason_string_and_user_properties_come_with_the_outcome() {
    let mut wire = Wire::v5();
    let id = wire.publish("a", "1", QoS::AtLeastOnce);
    wire.sent();
    wire.receive("40 11 0001 87 0d 1f 0003 'why' 26 0001 'k' 0001 'v'");
    let details = Details { reason_string: Some("why".into()), user_properties: vec![("k".into(), "v".into())] };
    let acknowledgement = Acknowledgement { reason: ReasonCode::NotAuthorized, details: Some(Box::new(details)) };
    assert_eq!(wire.event(), Event::Published { id, outcome: PublishOutcome::Refused(acknowledgement) });
}

/// A window of two that refusals must not fill up forever: a defect seen elsewhere.
#[test]
fn refusals_free_the_window() {
    for (qos, refusals, reason) in [
        (QoS::ExactlyOnce, ["50 03 0001 97", "50 03 0002 97", "50 03 0003 97", "50 03 0004 97"], 0x97),
        (QoS::AtLeastOnce, ["40 03 0001 87", "40 03 0002 87", "40 03 0003 87", "40 03 0004 87"], 0x87),
    ] {
        let mut wire = Wire::connected(options(Version::V5), "20 06 00 00 03 21 0002");
        let ids: Vec<DeliveryId> = (0..4).map(|_| wire.publish("a", "x", qos)).collect();
        for (id, refusal) in ids.into_iter().zip(refusals) {
            assert!(!wire.sent().is_empty() || wire.session.outstanding() == 1);
            wire.receive(refusal);
            assert_eq!(wire.event(), with_reason(id, ReasonCode::from_number(reason).unwrap()));
        }
        assert_eq!(
            (wire.session.outstanding(), wire.session.queued(), wire.session.window_space(QoS::AtLeastOnce)),
            (0, 0, 2)
        );
    }
}

#[test]
fn pubcomp_with_an_error_frees_the_window_and_is_a_refusal() {
    let mut wire = Wire::connected(options(Version::V5), "20 06 00 00 03 21 0001");
    let id = wire.publish("a", "1", QoS::ExactlyOnce);
    wire.publish("a", "2", QoS::ExactlyOnce);
    wire.sent();
    wire.receive("50 02 0001");
    assert_eq!(wire.sent(), hex("62 02 0001"));
    wire.receive("70 03 0001 92");
    assert_eq!(wire.event(), with_reason(id, ReasonCode::PacketIdentifierNotFound));
    assert_eq!(wire.sent(), hex("34 07 0001 'a' 0002 00 '2'"));
}

#[test]
fn a_full_window_holds_back_what_comes_later_in_order() {
    let mut wire = Wire::connected(options(Version::V5), "20 06 00 00 03 21 0001");
    wire.publish("a", "1", QoS::AtLeastOnce);
    let waiting = wire.publish("a", "2", QoS::AtLeastOnce);
    let behind = wire.publish("a", "3", QoS::AtMostOnce);
    wire.sent();
    assert!(wire.session.transmitted() < Some(waiting));
    assert_eq!((wire.session.queued(), wire.session.window_space(QoS::AtLeastOnce)), (2, 0));
    wire.receive("40 02 0001");
    assert_eq!(wire.sent(), hex("32 07 0001 'a' 0002 00 '2' 30 05 0001 'a' 00 '3'"));
    assert_eq!(wire.session.transmitted(), Some(behind));
}

#[test]
fn our_own_cap_stands_beside_the_servers() {
    let mut capped = options(Version::V3_1_1);
    capped.inflight = Some(2);
    let mut wire = Wire::connected(capped, ACCEPTED_V3);
    for _ in 0..3 {
        wire.publish("a", "", QoS::AtLeastOnce);
    }
    wire.sent();
    assert_eq!((wire.session.outstanding(), wire.session.queued()), (2, 1));
}

/// One id held back.
#[test]
fn acknowledgements_may_come_in_any_order() {
    for qos in [QoS::AtLeastOnce, QoS::ExactlyOnce] {
        let mut wire = Wire::connected(options(Version::V5), "20 06 00 00 03 21 0003");
        let ids: Vec<DeliveryId> = (0..40).map(|_| wire.publish("a", "x", qos)).collect();
        let mut completed = Vec::new();
        while completed.len() < 39 {
            let sent = wire.sent();
            assert!(!sent.is_empty(), "stuck after {}", completed.len());
            for packet in packets(&sent) {
                match *packet {
                    [_, _, 0, 1, b'a', 0, 1, ..] => {}
                    [0x32, _, 0, 1, b'a', high, low, ..] => wire.receive_bytes(&[0x40, 2, high, low]),
                    [0x34, _, 0, 1, b'a', high, low, ..] => wire.receive_bytes(&[0x50, 2, high, low]),
                    [0x62, _, high, low] => wire.receive_bytes(&[0x70, 2, high, low]),
                    _ => panic!("{packet:02x?}"),
                }
            }
            completed.extend(wire.events());
        }
        assert_eq!(completed, ids[1..].iter().map(|&id| acknowledged(id)).collect::<Vec<_>>());
    }
}

/// Publishes and requests share the ids.
#[test]
fn requests_take_ids_of_their_own_and_no_room_in_the_window() {
    let mut wire = Wire::connected(options(Version::V5), "20 06 00 00 03 21 0001");
    wire.publish("a", "x", QoS::AtLeastOnce);
    wire.sent();
    for _ in 0..3 {
        let filters = vec![crate::mqtt::SubscriptionOptions::new(filter("f"), QoS::AtMostOnce)];
        wire.session.subscribe(SubscribeRequest { filters, ..Default::default() }).unwrap();
    }
    let subscribe = |id| format!("82 07 00{id} 00 0001 'f' 00 ");
    assert_eq!(wire.sent(), hex(&(subscribe("02") + &subscribe("03") + &subscribe("04"))));
}

#[test]
fn with_all_65_535_ids_in_use_everything_waits() {
    let mut options = options(Version::V5);
    options.inflight = Some(u16::MAX);
    let mut wire = Wire::connected(options, ACCEPTED_V5);
    for _ in 0..65_536 {
        wire.publish("a", "", QoS::AtLeastOnce);
    }
    wire.sent();
    assert_eq!((wire.session.outstanding(), wire.session.queued()), (65_535, 1));
    let filters = vec![filter("f")];
    wire.session.unsubscribe(UnsubscribeRequest { filters, ..Default::default() }).unwrap();
    assert!(wire.sent().is_empty());
    wire.receive("40 02 1234");
    assert_eq!(wire.sent(), hex("a2 06 1234 00 0001 'f'"));
    wire.receive("40 02 4321");
    assert_eq!(wire.sent(), hex("32 06 0001 'a' 4321 00"));
}

#[test]
fn answers_to_nothing_are_counted() {
    for (mut wire, answers) in [
        (Wire::v3(), "40 02 0007 70 02 0007 90 03 0007 00 b0 02 0007"),
        (Wire::v5(), "40 02 0007 70 02 0007 90 04 0007 00 00 b0 04 0007 00 00"),
    ] {
        wire.receive(answers);
        assert_eq!((wire.events(), wire.sent()), (vec![], vec![]));
        assert_eq!((wire.session.unsolicited(), wire.session.state()), (4, State::Connected));
    }
}

#[test]
fn pubrec_for_nothing_is_released_so_that_the_server_can_forget_it() {
    let mut wire = Wire::v5();
    wire.receive("50 02 0007");
    assert_eq!(wire.sent(), hex("62 04 0007 92 00"));
    let mut wire = Wire::v3();
    wire.receive("50 02 0007");
    assert_eq!((wire.sent(), wire.session.unsolicited()), (hex("62 02 0007"), 1));
}

#[test]
fn a_second_pubrec_is_answered_again() {
    let mut wire = Wire::v3();
    wire.publish("a", "x", QoS::ExactlyOnce);
    wire.sent();
    wire.receive("50 02 0001 50 02 0001");
    assert_eq!((wire.sent(), wire.session.unsolicited()), (hex("62 02 0001 62 02 0001"), 0));
}

#[test]
fn the_wrong_answer_is_a_violation() {
    for (qos, answer, fault) in [
        (QoS::AtLeastOnce, "50 02 0001", "PUBREC for the packet id 1, which is that of a publish at QoS 1"),
        (QoS::AtLeastOnce, "70 02 0001", "PUBCOMP for the packet id 1, which is that of a publish at QoS 1"),
        (
            QoS::ExactlyOnce,
            "70 02 0001",
            "PUBCOMP for the packet id 1, which is that of a publish at QoS 2 before PUBREC",
        ),
        (
            QoS::ExactlyOnce,
            "50 02 0001 40 02 0001",
            "PUBACK for the packet id 1, which is that of a publish at QoS 2 after PUBREC",
        ),
        (QoS::AtLeastOnce, "90 04 0001 00 00", "SUBACK for the packet id 1, which is that of a publish at QoS 1"),
    ] {
        let mut wire = Wire::v5();
        wire.publish("a", "x", qos);
        wire.sent();
        wire.receive(answer);
        assert_eq!(wire.assert_blamed(ReasonCode::ProtocolError), fault);
    }
}

#[test]
fn a_buffer_is_filled_to_64_kib_and_the_rest_waits_for_the_next() {
    let mut wire = Wire::v3();
    for _ in 0..100 {
        wire.publish("a", "0123456789abcdef0123456789abcdef", QoS::AtMostOnce);
    }
    let mut buffer = BytesMut::zeroed(64 * 1024 - 1);
    assert_eq!(wire.session.poll_transmit(&mut buffer, wire.now), Transmit::Bytes);
    assert_eq!((buffer.len(), wire.session.queued()), (64 * 1024 - 1 + 37, 99));
    assert_eq!(wire.session.poll_transmit(&mut buffer, wire.now), Transmit::Bytes);
    assert_eq!((buffer.len(), wire.session.queued()), (64 * 1024 - 1 + 37, 99));
    assert_eq!(wire.session.poll_transmit(&mut BytesMut::new(), wire.now), Transmit::Bytes);
    assert_eq!(wire.session.queued(), 0);
}
