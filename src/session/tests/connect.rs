//! CONNECT, CONNACK, and both ways of ending a connection.

use super::*;
use crate::mqtt::{ConnectProperties, Will, WillProperties};

#[test]
fn connect_carries_everything_in_each_version() {
    let mut options = options(Version::V3_1_1);
    options.user_name = Some("u".into());
    options.password = Some("p".into());
    options.keep_alive = 10;
    options.will = Some(Box::new(Will {
        topic: TopicName::parse("w").unwrap(),
        payload: "bye".into(),
        qos: QoS::AtLeastOnce,
        retain: true,
        properties: WillProperties { will_delay_interval: Some(5), ..Default::default() },
    }));
    options.properties = ConnectProperties { session_expiry_interval: Some(7), ..Default::default() };
    for (version, connect) in [
        (Version::V3_1, "10 1e 0006 'MQIsdp' 03 ee 000a 0002 'me' 0001 'w' 0003 'bye' 0001 'u' 0001 'p'"),
        (Version::V3_1_1, "10 1c 0004 'MQTT' 04 ee 000a 0002 'me' 0001 'w' 0003 'bye' 0001 'u' 0001 'p'"),
        (
            Version::V5,
            "10 28 0004 'MQTT' 05 ee 000a 05 11 00000007 0002 'me' 05 18 00000005 0001 'w' 0003 'bye' 0001 'u' \
             0001 'p'",
        ),
    ] {
        options.version = version;
        let mut wire = Wire::new(options.clone());
        wire.session.connect(wire.now);
        assert_eq!(wire.sent(), hex(connect), "{version}");
    }
}

#[test]
fn a_long_connect_of_3_1_has_its_length_right() {
    let mut options = options(Version::V3_1);
    options.password = Some(vec![b'x'; 200].into());
    options.user_name = Some("u".into());
    let mut wire = Wire::new(options);
    wire.session.connect(wire.now);
    let sent = wire.sent();
    assert_eq!(sent[..3], [0x10, 0xDD, 0x01]);
    assert_eq!(sent.len(), 3 + 0x5D + 0x80);
}

#[test]
fn options_that_no_connect_can_carry_are_refused_by_field() {
    fn refused(change: impl FnOnce(&mut ConnectOptions), version: Version) -> &'static str {
        let mut options = options(version);
        change(&mut options);
        Session::new(options).unwrap_err().field
    }
    let long = "x".repeat(65_536);
    assert_eq!(refused(|o| o.client_id = long.as_str().into(), Version::V5), "Client Identifier");
    assert_eq!(refused(|o| o.client_id = "a\0b".into(), Version::V5), "Client Identifier");
    assert_eq!(refused(|o| o.password = Some(long.clone().into()), Version::V5), "Password");
    assert_eq!(refused(|o| o.password = Some("p".into()), Version::V3_1_1), "Password");
    assert_eq!(refused(|o| o.inflight = Some(0), Version::V3_1_1), "inflight");
    assert_eq!(refused(|o| o.properties.receive_maximum = Some(0), Version::V5), "Receive Maximum");
    assert_eq!(refused(|o| o.properties.maximum_packet_size = Some(0), Version::V5), "Maximum Packet Size");
    assert_eq!(refused(|o| o.properties.authentication_data = Some("x".into()), Version::V5), "Authentication Data");
    assert_eq!(refused(|o| (o.client_id, o.clean_start) = ("".into(), false), Version::V3_1_1), "Client Identifier");
    assert_eq!(refused(|o| o.client_id = "".into(), Version::V3_1), "Client Identifier");
}

#[test]
fn debug_shows_no_secret() {
    let mut options = options(Version::V5);
    options.password = Some("hunter2".into());
    options.properties.authentication_method = Some("m".into());
    options.properties.authentication_data = Some("hunter2".into());
    let session = Session::new(options.clone()).unwrap();
    assert!(!format!("{options:?}").contains("hunter2"));
    assert!(!format!("{session:?}").contains("hunter2"));
}

#[test]
fn connack_grants_and_limits() {
    let wire = Wire::connected(
        options(Version::V5),
        "20 20 00 00 1d 21 0003 24 01 25 00 27 00000064 22 0005 13 0009 11 0000000a 28 00 29 00 2a 00",
    );
    let granted = *wire.session.granted();
    assert_eq!((granted.receive_maximum, granted.maximum_qos), (Some(3), QoS::AtLeastOnce));
    assert_eq!((granted.retain_available, granted.maximum_packet_size), (false, 100));
    assert_eq!((granted.topic_alias_maximum, granted.keep_alive, granted.session_expiry_interval), (5, 9, 10));
    assert!(!granted.wildcard_subscription_available && !granted.shared_subscription_available);
    assert!(!granted.subscription_identifiers_available);
    assert_eq!(wire.session.window_space(QoS::AtLeastOnce), 3);
}

#[test]
fn a_refusal_is_an_event_of_its_own_with_reason_string_and_server_reference() {
    let mut wire = Wire::new(options(Version::V5));
    wire.reconnect("20 10 00 9c 0d 1f 0003 'why' 1c 0004 'b:83'");
    let Event::Refused(ack) = wire.event() else { panic!() };
    assert_eq!(ack.reason, ReasonCode::UseAnotherServer);
    assert_eq!(ack.properties.reason_string.as_deref(), Some("why"));
    assert_eq!(ack.properties.server_reference.as_deref(), Some("b:83"));
    assert!(wire.closes());
    wire.session.handle_closed(wire.now);
    assert_eq!((wire.events(), wire.session.state()), (vec![], State::Disconnected));
}

#[test]
fn return_codes_of_3_1_1_are_their_equals_of_5() {
    for (code, reason) in [
        ("01", ReasonCode::UnsupportedProtocolVersion),
        ("02", ReasonCode::ClientIdentifierNotValid),
        ("03", ReasonCode::ServerUnavailable),
        ("04", ReasonCode::BadUserNameOrPassword),
        ("05", ReasonCode::NotAuthorized),
    ] {
        let mut wire = Wire::new(options(Version::V3_1_1));
        wire.reconnect(&format!("20 02 00 {code}"));
        let Event::Refused(ack) = wire.event() else { panic!() };
        assert_eq!(ack.reason, reason);
    }
}

#[test]
fn a_server_that_knows_3_1_1_alone_refuses_the_version() {
    let mut wire = Wire::new(options(Version::V5));
    wire.reconnect("20 02 00 01");
    let Event::Refused(ack) = wire.event() else { panic!() };
    assert_eq!(ack.reason, ReasonCode::UnsupportedProtocolVersion);
}

#[test]
fn an_assigned_client_identifier_is_used_for_reconnects() {
    let mut wire = Wire::connected(ConnectOptions::new(Version::V5, ""), "20 08 00 00 05 12 0002 'c7'");
    assert_eq!(wire.session.options().client_id, "c7");
    wire.lose();
    wire.session.connect(wire.now);
    assert_eq!(wire.sent(), hex("10 0f 0004 'MQTT' 05 02 003c 00 0002 'c7'"));
}

#[test]
fn clean_start_of_5_holds_once_if_the_session_lives_on() {
    let connect_flags = |wire: &mut Wire| {
        wire.lose();
        wire.session.connect(wire.now);
        wire.sent()[9]
    };
    let mut lasting = options(Version::V5);
    lasting.properties.session_expiry_interval = Some(60);
    assert_eq!(connect_flags(&mut Wire::connected(lasting.clone(), ACCEPTED_V5)), 0b00);
    // The server may cut the interval short.
    assert_eq!(connect_flags(&mut Wire::connected(lasting, "20 08 00 00 05 11 00000000")), 0b10);
    assert_eq!(connect_flags(&mut Wire::v5()), 0b10);
    assert_eq!(connect_flags(&mut Wire::v3()), 0b10);
}

#[test]
fn session_present_after_a_clean_start_is_a_violation() {
    for (version, connack) in [(Version::V5, "20 03 01 00 00"), (Version::V3_1_1, "20 02 01 00")] {
        let mut wire = Wire::new(options(version));
        wire.session.connect(wire.now);
        wire.sent();
        wire.receive(connack);
        wire.assert_blamed(ReasonCode::ProtocolError);
    }
}

#[test]
fn nothing_but_connack_may_come_first() {
    for packet in ["30 04 0001 'a' 00", "d0 00", "40 02 0001", "90 04 0001 00 00", "e0 02 8b 00"] {
        let mut wire = Wire::new(options(Version::V5));
        wire.session.connect(wire.now);
        wire.sent();
        wire.receive(packet);
        let fault = wire.assert_blamed(ReasonCode::ProtocolError);
        assert!(fault.contains("before CONNACK"), "{fault}");
    }
}

#[test]
fn a_second_connack_is_a_violation() {
    for (mut wire, connack) in [(Wire::v3(), ACCEPTED_V3), (Wire::v5(), ACCEPTED_V5)] {
        wire.receive(connack);
        assert_eq!(wire.assert_blamed(ReasonCode::ProtocolError), "a second CONNACK");
    }
}

#[test]
fn disconnect_of_the_server_is_shown_with_all_it_says() {
    let mut wire = Wire::v5();
    wire.receive("e0 14 9d 12 1f 0003 'why' 1c 0003 'b:1' 26 0001 'k' 0000");
    let Event::Disconnected(Disconnected::ByServer(disconnect)) = wire.event() else { panic!() };
    assert_eq!(disconnect.reason, ReasonCode::ServerMoved);
    assert_eq!(disconnect.properties.reason_string.as_deref(), Some("why"));
    assert_eq!(disconnect.properties.server_reference.as_deref(), Some("b:1"));
    assert_eq!(disconnect.properties.user_properties, [("k".to_owned(), String::new())]);
    assert_eq!((wire.sent(), wire.closes()), (vec![], true));
}

#[test]
fn disconnect_may_leave_out_properties_or_everything() {
    for (packet, reason) in [("e0 00", ReasonCode::Success), ("e0 01 8b", ReasonCode::ServerShuttingDown)] {
        let mut wire = Wire::v5();
        wire.receive(packet);
        let Event::Disconnected(Disconnected::ByServer(disconnect)) = wire.event() else { panic!() };
        assert_eq!(disconnect.reason, reason);
    }
}

#[test]
fn disconnect_goes_behind_queued_acknowledgements_and_ahead_of_queued_publishes() {
    let mut wire = Wire::v5();
    wire.receive("32 06 0001 'a' 0009 00");
    wire.publish("a", "later", QoS::AtMostOnce);
    wire.session.disconnect(ReasonCode::Success, DisconnectProperties::default());
    assert_eq!(wire.sent(), hex("40 02 0009 e0 00"));
    assert!(wire.closes());
    wire.events();
    wire.session.handle_closed(wire.now);
    assert_eq!(wire.event(), Event::Disconnected(Disconnected::ByClient));
    assert_eq!(wire.reconnect(ACCEPTED_V5), hex("30 09 0001 'a' 00 'later'"));
}

#[test]
fn disconnect_carries_reason_and_properties_that_it_may_have() {
    let mut lasting = options(Version::V5);
    lasting.properties.session_expiry_interval = Some(60);
    let properties = DisconnectProperties { session_expiry_interval: Some(5), ..Default::default() };
    let mut wire = Wire::connected(lasting, ACCEPTED_V5);
    wire.session.disconnect(ReasonCode::DisconnectWithWillMessage, properties.clone());
    assert_eq!(wire.sent(), hex("e0 07 04 05 11 00000005"));
    // [MQTT-3.14.2-2]: not after 0 in CONNECT.
    let mut wire = Wire::v5();
    wire.session.disconnect(ReasonCode::DisconnectWithWillMessage, properties);
    assert_eq!(wire.sent(), hex("e0 02 04 00"));
    // [MQTT-3.14.2-3]: not beyond the server's Maximum Packet Size.
    let mut wire = Wire::connected(options(Version::V5), "20 08 00 00 05 27 00000014");
    let reason_string = Some("far too long for that".to_owned());
    wire.session.disconnect(ReasonCode::Success, DisconnectProperties { reason_string, ..Default::default() });
    assert_eq!(wire.sent(), hex("e0 00"));
}

#[test]
fn before_5_only_a_silent_end_publishes_the_will() {
    let mut wire = Wire::v3();
    wire.session.disconnect(ReasonCode::DisconnectWithWillMessage, DisconnectProperties::default());
    assert_eq!((wire.sent(), wire.closes()), (vec![], true));
    let mut wire = Wire::v3();
    wire.session.disconnect(ReasonCode::Success, DisconnectProperties::default());
    assert_eq!((wire.sent(), wire.closes()), (hex("e0 00"), true));
}

#[test]
fn disconnecting_before_connect_was_sent_sends_nothing() {
    let mut wire = Wire::new(options(Version::V5));
    wire.session.connect(wire.now);
    wire.session.disconnect(ReasonCode::Success, DisconnectProperties::default());
    assert_eq!((wire.sent(), wire.closes()), (vec![], true));
    wire.session.handle_closed(wire.now);
    assert_eq!(wire.event(), Event::Disconnected(Disconnected::ByClient));
}

#[test]
fn what_comes_after_the_end_is_discarded() {
    let mut wire = Wire::v5();
    wire.session.disconnect(ReasonCode::Success, DisconnectProperties::default());
    wire.receive("32 06 0001 'a' 0009 00 f7 ff ff ff ff");
    assert_eq!((wire.events(), wire.sent()), (vec![], hex("e0 00")));
}

#[test]
fn an_idle_session_gives_back_the_memory_of_its_queues() {
    let mut wire = Wire::v5();
    wire.session.release_buffers();
    let queues = (wire.session.events.capacity(), wire.session.connection.control.capacity());
    assert_eq!(queues, (0, 0));
    wire.session.disconnect(ReasonCode::Success, DisconnectProperties::default());
    wire.session.release_buffers();
    assert_eq!(wire.sent(), hex("e0 00"), "what waits is kept");
}

#[test]
fn an_idle_session_is_small() {
    let size = std::mem::size_of::<Session>() + std::mem::size_of::<ConnectOptions>();
    assert!(size <= 800, "{size} bytes");
}
