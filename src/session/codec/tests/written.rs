//! What is written if the receiver cannot accept all of it.

use super::*;
use crate::mqtt::{ConnAckProperties, ReasonCode};
use crate::session::tests::hex;
use crate::session::{Acknowledgement, ConnAck, Details, Disconnect, DisconnectProperties, SubAck};

fn written(write: impl FnOnce(&mut BytesMut) -> Result<(), Unencodable>) -> Vec<u8> {
    let mut buffer = BytesMut::from("before");
    let written = write(&mut buffer);
    assert!(buffer.starts_with(b"before") && (written.is_ok() || buffer.len() == 6), "{buffer:02x?}");
    buffer[6..].to_vec()
}

fn wordy() -> Details {
    Details { reason_string: Some("why".into()), user_properties: vec![("k".into(), "v".into())] }
}

#[test]
fn what_explains_is_left_out_where_the_packet_would_be_too_large() {
    let acknowledgement = Acknowledgement { reason: ReasonCode::QuotaExceeded, details: Some(Box::new(wordy())) };
    let ack = |maximum| written(|buffer| write_ack(Version::V5, AckKind::PubAck, 7, &acknowledgement, maximum, buffer));
    assert_eq!(ack(19), hex("40 11 0007 97 0d 1f 0003 'why' 26 0001 'k' 0001 'v'"));
    assert_eq!(ack(18), hex("40 04 0007 97 00"));

    let suback = SubAck { reasons: vec![ReasonCode::GrantedQoS1], details: wordy() };
    let answer = |maximum| written(|buffer| write_suback(Version::V5, 7, &suback, maximum, buffer));
    assert_eq!(answer(19), hex("90 11 0007 0d 1f 0003 'why' 26 0001 'k' 0001 'v' 01"));
    assert_eq!(answer(18), hex("90 04 0007 00 01"));

    let properties = ConnAckProperties {
        reason_string: Some("why".into()),
        receive_maximum: Some(5),
        ..ConnAckProperties::default()
    };
    let connack = ConnAck { session_present: false, reason: ReasonCode::Success, properties };
    let connack = |maximum| written(|buffer| write_connack(Version::V5, &connack, maximum, buffer));
    assert_eq!(connack(14), hex("20 0c 00 00 09 21 0005 1f 0003 'why'"));
    assert_eq!(connack(13), hex("20 06 00 00 03 21 0005"));
    // Not even the rest of it.
    assert_eq!(connack(7), hex(""));
}

#[test]
fn a_side_writes_only_what_it_may() {
    let properties = DisconnectProperties {
        session_expiry_interval: Some(1),
        server_reference: Some("s".into()),
        ..DisconnectProperties::default()
    };
    let disconnect = Disconnect { reason: ReasonCode::ServerMoved, properties };
    let write =
        |version, sender| written(|buffer| write_disconnect(version, sender, &disconnect, MAXIMUM_PACKET_SIZE, buffer));
    assert_eq!(write(Version::V5, Sender::Server), hex("e0 06 9d 04 1c 0001 's'"));
    assert_eq!(write(Version::V5, Sender::Client), hex("e0 07 80 05 11 00000001"));
    assert_eq!(write(Version::V3_1_1, Sender::Server), hex(""));
    assert_eq!(write(Version::V3_1_1, Sender::Client), hex("e0 00"));
}

#[test]
fn mqtt_3_1_1_has_return_codes_or_nothing() {
    for (reason, bytes) in [
        (ReasonCode::UnsupportedProtocolVersion, "20 02 00 01"),
        (ReasonCode::ClientIdentifierNotValid, "20 02 00 02"),
        (ReasonCode::ServerBusy, "20 02 00 03"),
        (ReasonCode::BadUserNameOrPassword, "20 02 00 04"),
        (ReasonCode::Banned, "20 02 00 05"),
        (ReasonCode::ProtocolError, ""),
    ] {
        let ack = ConnAck { session_present: false, reason, properties: ConnAckProperties::default() };
        let bytes_written = written(|buffer| write_connack(Version::V3_1_1, &ack, MAXIMUM_PACKET_SIZE, buffer));
        assert_eq!(bytes_written, hex(bytes), "{reason}");
    }
    let ack = SubAck { reasons: vec![ReasonCode::GrantedQoS2, ReasonCode::NotAuthorized], details: wordy() };
    assert_eq!(written(|buffer| write_suback(Version::V3_1_1, 7, &ack, 0, buffer)), hex("90 04 0007 02 80"));
    assert_eq!(written(|buffer| write_unsuback(Version::V3_1_1, 7, &ack, 0, buffer)), hex("b0 02 0007"));
}

#[test]
fn one_message_goes_to_each_receiver_in_its_own_way() {
    let properties = crate::mqtt::PublishProperties {
        message_expiry_interval: Some(60),
        content_type: Some("t".into()),
        subscription_identifiers: vec![9],
        topic_alias: Some(9),
        ..Default::default()
    };
    let publish = Outgoing {
        topic: "a",
        payload: b"x",
        qos: crate::mqtt::QoS::AtLeastOnce,
        retain: true,
        dup: false,
        packet_id: 7,
        properties: Some(&properties),
        topic_alias: None,
        message_expiry_interval: Some(50),
        subscription_identifiers: &[1, 200],
    };
    let bytes = written(|buffer| publish.write(Version::V5, buffer));
    assert_eq!(bytes, hex("33 15 0001 'a' 0007 0e 02 00000032 0b 01 0b c801 03 0001 't' 'x'"));
    assert_eq!(written(|buffer| publish.write(Version::V3_1_1, buffer)), hex("33 06 0001 'a' 0007 'x'"));
    // A packet id at QoS 1 and 2, and only there.
    assert!(written(|buffer| Outgoing { packet_id: 0, ..publish }.write(Version::V5, buffer)).is_empty());
}

#[test]
fn a_text_that_is_too_long_is_not_written() {
    let mut options = ConnectOptions::new(Version::V3_1_1, "x".repeat(65_536));
    assert!(written(|buffer| write_connect(&options, true, buffer)).is_empty());
    options.client_id = "x".repeat(65_535).into();
    assert_eq!(written(|buffer| write_connect(&options, true, buffer)).len(), 4 + 12 + 65_535);
}
