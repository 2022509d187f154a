//! Receiving: delivery, acknowledgement at once and by token, Receive Maximum, topic aliases.

use super::*;

fn manual(version: Version) -> ConnectOptions {
    let mut options = options(version);
    options.acknowledge = Acknowledge::Manual;
    options.clean_start = false;
    options
}

fn received(event: Event) -> Received {
    match event {
        Event::Message(received) => received,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_message_comes_with_everything_that_publish_said() {
    let mut wire = Wire::v5();
    wire.receive(
        "3b 2d 0003 'a/b' 0005 21 01 01 02 00000007 03 0001 't' 08 0001 'r' 09 0001 'c' 0b 01 0b 8001 0b 03 \
         26 0001 'k' 0001 'v' 'body'",
    );
    let Received { message, dup, packet_id, token } = received(wire.event());
    assert_eq!((message.topic.as_str(), &message.payload[..]), ("a/b", b"body".as_slice()));
    assert_eq!((message.qos, message.retain, dup, packet_id, token), (QoS::AtLeastOnce, true, true, 5, None));
    let properties = message.properties.unwrap();
    // Three identifiers: one more than the codec crate can count.
    assert_eq!(properties.subscription_identifiers, [1, 128, 3]);
    assert_eq!((properties.payload_format_indicator, properties.message_expiry_interval), (Some(1), Some(7)));
    assert_eq!((properties.content_type.as_deref(), properties.response_topic.as_deref()), (Some("t"), Some("r")));
    assert_eq!(properties.correlation_data.as_deref(), Some(b"c".as_slice()));
    assert_eq!(properties.user_properties, [("k".to_owned(), "v".to_owned())]);
}

#[test]
fn qos_1_and_2_are_acknowledged_on_receipt() {
    let mut wire = Wire::v3();
    wire.receive("30 04 0001 'a' '0' 32 06 0001 'a' 0001 '1' 34 06 0001 'a' 0002 '2'");
    assert_eq!(wire.sent(), hex("40 02 0001 50 02 0002"));
    assert_eq!(wire.messages().len(), 3);
    wire.receive("62 02 0002");
    assert_eq!((wire.sent(), wire.events()), (hex("70 02 0002"), vec![]));
}

#[test]
fn qos_2_sent_twice_is_delivered_once() {
    for (mut wire, publish, present, absent) in [
        (Wire::connected(manual(Version::V3_1_1), ACCEPTED_V3), "0001 'a' 0005", "20 02 01 00", ACCEPTED_V3),
        (Wire::connected(manual(Version::V5), ACCEPTED_V5), "0001 'a' 0005 00", "20 03 01 00 00", ACCEPTED_V5),
    ] {
        let mut on_receipt = manual(wire.session.options().version);
        on_receipt.acknowledge = Acknowledge::OnReceipt;
        wire.session.set_options(on_receipt).unwrap();
        let length = hex(publish).len();
        wire.receive(&format!("34 0{length} {publish} 3c 0{length} {publish}"));
        assert_eq!((wire.sent(), wire.events().len()), (hex("50 02 0005 50 02 0005"), 1));
        wire.lose();
        wire.reconnect(present);
        wire.receive(&format!("3c 0{length} {publish}"));
        assert_eq!((wire.sent(), wire.events().len()), (hex("50 02 0005"), 1));
        wire.lose();
        wire.reconnect(absent);
        wire.receive(&format!("34 0{length} {publish}"));
        assert_eq!((wire.sent(), wire.events().len()), (hex("50 02 0005"), 2));
        wire.receive("62 02 0005");
        wire.receive(&format!("34 0{length} {publish}"));
        assert_eq!((wire.sent(), wire.events().len()), (hex("70 02 0005 50 02 0005"), 1));
    }
}

#[test]
fn pubrel_for_nothing_is_completed_and_the_link_stays() {
    for (mut wire, sent) in [(Wire::v3(), "70 02 0009"), (Wire::v5(), "70 04 0009 92 00")] {
        wire.receive("62 02 0009");
        assert_eq!((wire.sent(), wire.session.state()), (hex(sent), State::Connected));
    }
}

#[test]
fn a_token_acknowledges_once() {
    let mut wire = Wire::connected(manual(Version::V5), ACCEPTED_V5);
    wire.receive("32 06 0001 'a' 0001 00 34 06 0001 'a' 0002 00");
    assert!(wire.sent().is_empty());
    let tokens: Vec<AckToken> = wire.events().into_iter().map(|event| received(event).token.unwrap()).collect();
    assert!(wire.session.acknowledge(tokens[1]) && wire.session.acknowledge(tokens[0]));
    assert!(!wire.session.acknowledge(tokens[0]) && !wire.session.acknowledge(tokens[1]));
    assert_eq!(wire.sent(), hex("50 02 0002 40 02 0001"));
    wire.receive("62 02 0002");
    assert_eq!(wire.sent(), hex("70 02 0002"));
}

#[test]
fn a_token_at_qos_1_goes_stale_with_its_connection_and_one_at_qos_2_with_its_session() {
    let mut wire = Wire::connected(manual(Version::V5), ACCEPTED_V5);
    wire.receive("32 06 0001 'a' 0001 00 34 06 0001 'a' 0002 00");
    let tokens: Vec<AckToken> = wire.events().into_iter().map(|event| received(event).token.unwrap()).collect();
    wire.lose();
    assert!(!wire.session.acknowledge(tokens[0]));
    wire.reconnect("20 03 01 00 00");
    wire.events();
    // Not acknowledged, so both come again; the application has the second already.
    wire.receive("3a 06 0001 'a' 0001 00 3c 06 0001 'a' 0002 00");
    let again = received(wire.event());
    assert!(!wire.session.acknowledge(tokens[0]));
    assert!(wire.session.acknowledge(tokens[1]) && wire.session.acknowledge(again.token.unwrap()));
    assert_eq!(wire.sent(), hex("50 02 0002 40 02 0001"));

    wire.receive("34 06 0001 'a' 0003 00");
    let token = received(wire.event()).token.unwrap();
    wire.lose();
    wire.reconnect(ACCEPTED_V5);
    wire.events();
    wire.receive("34 06 0001 'a' 0003 00");
    let new = received(wire.event()).token.unwrap();
    assert!(!wire.session.acknowledge(token) && wire.session.acknowledge(new));
}

#[test]
fn an_acknowledgement_at_qos_2_after_a_resume_waits_for_what_it_answers() {
    let mut wire = Wire::connected(manual(Version::V5), ACCEPTED_V5);
    wire.receive("34 06 0001 'a' 0002 00");
    let token = received(wire.event()).token.unwrap();
    wire.lose();
    wire.reconnect("20 03 01 00 00");
    assert!(wire.session.acknowledge(token));
    assert!(wire.sent().is_empty());
    wire.receive("3c 06 0001 'a' 0002 00");
    assert_eq!(wire.sent(), hex("50 02 0002"));
}

#[test]
fn pubrel_before_pubrec_is_a_violation() {
    let mut wire = Wire::connected(manual(Version::V5), ACCEPTED_V5);
    wire.receive("34 06 0001 'a' 0002 00 62 02 0002");
    wire.assert_blamed(ReasonCode::ProtocolError);
}

#[test]
fn one_id_for_two_messages_at_a_time_is_a_violation() {
    let mut wire = Wire::v5();
    wire.receive("34 06 0001 'a' 0002 00 32 06 0001 'a' 0002 00");
    wire.assert_blamed(ReasonCode::ProtocolError);
}

#[test]
fn more_than_our_receive_maximum_is_tolerated_and_reported_once_on_request() {
    let mut lenient = options(Version::V5);
    lenient.properties.receive_maximum = Some(1);
    lenient.acknowledge = Acknowledge::Manual;
    lenient.tolerates_excess = true;
    let mut wire = Wire::connected(lenient, ACCEPTED_V5);
    wire.receive("32 06 0001 'a' 0001 00 32 06 0001 'a' 0002 00");
    let events = wire.events();
    assert!(matches!(events[..], [Event::Message(_), Event::Tolerated(_), Event::Message(_)]), "{events:?}");
    wire.receive("32 06 0001 'a' 0003 00");
    assert!(matches!(wire.event(), Event::Message(_)));
}

#[test]
fn more_than_our_receive_maximum_is_a_violation() {
    let mut narrow = options(Version::V5);
    narrow.properties.receive_maximum = Some(2);
    for burst in [
        "32 06 0001 'a' 0001 00 32 06 0001 'a' 0002 00 32 06 0001 'a' 0003 00",
        "34 06 0001 'a' 0001 00 34 06 0001 'a' 0002 00 34 06 0001 'a' 0003 00",
        "34 06 0001 'a' 0001 00 32 06 0001 'a' 0002 00 62 02 0001 32 06 0001 'a' 0003 00",
    ] {
        let mut wire = Wire::connected(narrow.clone(), ACCEPTED_V5);
        wire.receive(burst);
        wire.assert_blamed(ReasonCode::ReceiveMaximumExceeded);
    }
    // Within it forever, if each is acknowledged first.
    let mut wire = Wire::connected(narrow.clone(), ACCEPTED_V5);
    for _ in 0..100 {
        wire.receive("34 06 0001 'a' 0001 00 32 06 0001 'a' 0002 00");
        wire.sent();
        wire.receive("62 02 0001");
        wire.sent();
    }
    // A resumed connection starts counting again: what is sent again is still one message.
    narrow.clean_start = false;
    let mut wire = Wire::connected(narrow, ACCEPTED_V5);
    wire.receive("34 06 0001 'a' 0001 00 34 06 0001 'a' 0002 00");
    wire.lose();
    wire.reconnect("20 03 01 00 00");
    wire.receive("3c 06 0001 'a' 0001 00 3c 06 0001 'a' 0001 00 3c 06 0001 'a' 0002 00");
    assert_eq!(wire.session.state(), State::Connected);
    wire.receive("34 06 0001 'a' 0003 00");
    wire.assert_blamed(ReasonCode::ReceiveMaximumExceeded);
}

#[test]
fn a_topic_alias_is_set_used_and_forgotten() {
    let mut aliases = options(Version::V5);
    aliases.properties.topic_alias_maximum = Some(2);
    let mut wire = Wire::connected(aliases, ACCEPTED_V5);
    wire.receive("30 08 0001 'a' 03 23 0002 '1' 30 07 0000 03 23 0002 '2'");
    assert_eq!(wire.messages(), [("a".into(), "1".into()), ("a".into(), "2".into())]);
    wire.receive("30 08 0001 'b' 03 23 0002 '3' 30 07 0000 03 23 0002 '4'");
    assert_eq!(wire.messages(), [("b".into(), "3".into()), ("b".into(), "4".into())]);
    wire.lose();
    wire.reconnect(ACCEPTED_V5);
    wire.events();
    wire.receive("30 07 0000 03 23 0002 '5'");
    wire.assert_blamed(ReasonCode::TopicAliasInvalid);
}

#[test]
fn a_topic_alias_out_of_place_is_a_violation() {
    let mut aliases = options(Version::V5);
    aliases.properties.topic_alias_maximum = Some(2);
    for (options, publish, reason) in [
        (&aliases, "30 08 0001 'a' 03 23 0003 '1'", ReasonCode::TopicAliasInvalid),
        (&aliases, "30 08 0001 'a' 03 23 0000 '1'", ReasonCode::TopicAliasInvalid),
        (&aliases, "30 07 0000 03 23 0001 '1'", ReasonCode::TopicAliasInvalid),
        (&aliases, "30 04 0000 00 '1'", ReasonCode::ProtocolError),
        (&options(Version::V5), "30 08 0001 'a' 03 23 0001 '1'", ReasonCode::TopicAliasInvalid),
        (&options(Version::V3_1_1), "30 03 0000 '1'", ReasonCode::ProtocolError),
    ] {
        let connack = if options.version.is_v5() { ACCEPTED_V5 } else { ACCEPTED_V3 };
        let mut wire = Wire::connected(options.clone(), connack);
        wire.receive(publish);
        wire.assert_blamed(reason);
    }
}

#[test]
fn frames_may_come_one_byte_at_a_time() {
    let mut wire = Wire::v5();
    let mut input = BytesMut::new();
    for byte in hex("30 07 0001 'a' 00 'one' 32 08 0001 'a' 0001 00 '22' d0 00 34 06 0001 'a' 0002 00") {
        input.extend_from_slice(&[byte]);
        wire.session.handle_input(&mut input, wire.now);
    }
    assert!(input.is_empty());
    assert_eq!((wire.messages().len(), wire.sent()), (3, hex("40 02 0001 50 02 0002")));
}

#[test]
fn a_large_payload_is_delivered_whole() {
    let mut wire = Wire::v3();
    let payload = vec![7; 10_000_000];
    let mut packet = hex("30 83ade204 0001 'a'");
    packet.extend_from_slice(&payload);
    wire.receive_bytes(&packet);
    assert_eq!(received(wire.event()).message.payload, payload);
}

#[test]
fn a_server_that_wants_answers_and_takes_none_is_blamed() {
    let mut wire = Wire::v3();
    for _ in 0..132 {
        wire.receive_bytes(&hex("62 02 0001").repeat(1_000));
    }
    assert_eq!(wire.session.state(), State::Closing);
    wire.assert_blamed(ReasonCode::QuotaExceeded);
    assert_eq!(wire.session.connection.control.len(), 0);
}

#[test]
fn memory_for_events_is_given_back_after_a_burst() {
    let mut wire = Wire::v3();
    wire.receive_bytes(&hex("30 03 0001 'a'").repeat(5_000));
    assert_eq!(wire.events().len(), 5_000);
    assert_eq!(wire.session.events.capacity(), 0);
}
