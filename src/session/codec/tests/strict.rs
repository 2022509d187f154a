//! Every fault of a client is reported with its reason; unusual but legal packets are not.

use super::*;
use crate::mqtt::ReasonCode::{
    self, MalformedPacket, PacketTooLarge, ProtocolError, TopicAliasInvalid, TopicNameInvalid,
    UnsupportedProtocolVersion,
};

use crate::session::tests::hex;

/// What the client sends, the reason, and a part of the message.
type Violations = &'static [(&'static str, ReasonCode, &'static str)];

const IN_BOTH_VERSIONS: Violations = &[
    ("00 00", MalformedPacket, "packet of type 0"),
    ("20 02 00 00", ProtocolError, "CONNACK, which only servers may send"),
    ("90 03 0001 00", ProtocolError, "SUBACK, which only servers may send"),
    ("b0 02 0001", ProtocolError, "UNSUBACK, which only servers may send"),
    ("d0 00", ProtocolError, "PINGRESP, which only servers may send"),
    ("80 05 0001 0001 'a' 00", MalformedPacket, "reserved flags"),
    ("8a 06 0001 0001 'a' 00", MalformedPacket, "reserved flags"),
    ("a0 05 0001 0001 'a'", MalformedPacket, "reserved flags"),
    ("60 02 0001", MalformedPacket, "reserved flags"),
    ("c1 00", MalformedPacket, "reserved flags"),
    ("e1 00", MalformedPacket, "reserved flags"),
    ("c0 01 00", MalformedPacket, "1 byte too many"),
    ("36 06 0001 'a' 0001 00", MalformedPacket, "QoS 3"),
    ("38 04 0001 'a' 00", ProtocolError, "QoS 0 with DUP"),
    ("32 06 0001 'a' 0000 00", ProtocolError, "Packet Identifier of 0"),
    ("30 06 0003 'a/#' 00", TopicNameInvalid, "wildcard"),
    ("30 05 0002 c328 00", MalformedPacket, "not UTF-8"),
    ("30 05 0002 6100 00", MalformedPacket, "U+0000"),
    ("40 02 0000", ProtocolError, "Packet Identifier of 0"),
    ("62 01 00", MalformedPacket, "ends within its Packet Identifier"),
];

const IN_3_1_1: Violations = &[
    ("f0 00", MalformedPacket, "packet of type 15"),
    ("30 02 0000", ProtocolError, "without a topic"),
    ("82 06 0000 0001 'a' 00", ProtocolError, "Packet Identifier of 0"),
    ("82 02 0001", ProtocolError, "SUBSCRIBE without a Topic Filter"),
    ("a2 02 0001", ProtocolError, "UNSUBSCRIBE without a Topic Filter"),
    ("82 06 0001 0001 'a' 03", MalformedPacket, "QoS 3"),
    ("82 06 0001 0001 'a' 04", MalformedPacket, "reserved bits"),
    ("82 05 0001 0001 'a'", MalformedPacket, "ends within its Subscription Options"),
    ("82 06 0001 0001 ff 00", MalformedPacket, "Topic Filter is not UTF-8"),
    ("a2 05 0001 0001 00", MalformedPacket, "U+0000"),
    ("e0 01 00", MalformedPacket, "1 byte too many"),
    ("40 03 0001 00", MalformedPacket, "1 byte too many"),
];

const IN_5: Violations = &[
    ("c0 80 00", MalformedPacket, "Remaining Length is longer than it need be"),
    ("30 07 0001 'a' 03 23 0000", TopicAliasInvalid, "Topic Alias of 0"),
    ("30 06 0001 'a' 02 0b 01", MalformedPacket, "Subscription Identifier, which belongs to other packets"),
    ("30 06 0001 'a' 02 01 02", ProtocolError, "must be 0 or 1"),
    ("30 08 0001 'a' 04 01 01 01 01", ProtocolError, "two Payload Format Indicator"),
    ("30 08 0001 'a' 04 08 0001 '+'", ProtocolError, "wildcard"),
    ("82 07 0001 00 0001 'a' 03", ProtocolError, "QoS 3"),
    ("82 07 0001 00 0001 'a' 40", MalformedPacket, "reserved bits"),
    ("82 07 0001 00 0001 'a' 30", ProtocolError, "Retain Handling of 3"),
    ("82 10 0001 00 000a '$share/g/a' 04", ProtocolError, "No Local on the shared subscription"),
    ("82 09 0001 02 0b 00 0001 'a' 00", ProtocolError, "Subscription Identifier of 0"),
    ("82 0b 0001 04 0b 01 0b 02 0001 'a' 00", ProtocolError, "two Subscription Identifier"),
    ("a2 08 0001 02 0b 01 0001 'a'", MalformedPacket, "belongs to other packets"),
    ("82 03 0001 00", ProtocolError, "without a Topic Filter"),
    ("82 08 0001 02 1f 0001 'a' 00", MalformedPacket, "belongs to other packets"),
    ("40 03 0001 01", ProtocolError, "cannot have"),
    ("62 03 0001 80", ProtocolError, "cannot have"),
    ("e0 01 9d", ProtocolError, "cannot have"),
    ("e0 06 00 04 1c 0001 's'", MalformedPacket, "Server Reference, which belongs to other packets"),
    ("f0 02 00 00", ProtocolError, "cannot have"),
];

/// Behind the header and the protocol's name and level.
const IN_CONNECT_3_1_1: Violations = &[
    ("03 0000 0000", MalformedPacket, "reserved flag"),
    ("1e 0000 0000 0001 'a' 0000", MalformedPacket, "Will QoS of 3"),
    ("0a 0000 0000", MalformedPacket, "without a will"),
    ("22 0000 0000", MalformedPacket, "without a will"),
    ("42 0000 0000 0001 'p'", MalformedPacket, "without a User Name"),
    ("82 0000 0000", MalformedPacket, "ends within its User Name"),
    ("06 0000 0000 0001 '#' 0000", TopicNameInvalid, "Will Topic `#`"),
    ("06 0000 0000 0000 0000", TopicNameInvalid, "Will Topic"),
    ("02 0000 0001 ff", MalformedPacket, "Client Identifier is not UTF-8"),
    ("02 0000 0000 00", MalformedPacket, "1 byte too many"),
    ("02 00", MalformedPacket, "ends within its Keep Alive"),
];

const IN_CONNECT_5: Violations = &[
    ("02 0000 03 21 0000 0000", ProtocolError, "Receive Maximum of 0"),
    ("02 0000 05 27 00000000 0000", ProtocolError, "Maximum Packet Size of 0"),
    ("02 0000 02 17 02 0000", ProtocolError, "must be 0 or 1"),
    ("02 0000 04 16 0001 'd' 0000", ProtocolError, "without an Authentication Method"),
    ("02 0000 05 18 00000001 0000", MalformedPacket, "Will Delay Interval, which belongs to other packets"),
    ("06 0000 00 0000 03 23 0001 0001 'a' 0000", MalformedPacket, "Topic Alias of the will"),
    ("02 0000 0a 11 00000000 11 00000000 0000", ProtocolError, "two Session Expiry Interval"),
];

fn assert_fault(bytes: &[u8], rules: Rules, &(packet, reason, words): &(&str, ReasonCode, &str)) {
    let violation = read_from_client(&mut BytesMut::from(bytes), rules).expect_err(packet);
    assert_eq!(violation.reason, reason, "{packet}: {violation}");
    assert!(violation.fault.contains(words), "{packet}: {violation}");
}

fn connect(name_and_level: &str, rest: &str) -> Vec<u8> {
    let body = [hex(name_and_level), hex(rest)].concat();
    [&[0x10, u8::try_from(body.len()).unwrap()], &body[..]].concat()
}

fn read(bytes: &str, rules: Rules) -> FromClient {
    let mut input = BytesMut::from(&hex(bytes)[..]);
    let packet = read_from_client(&mut input, rules).unwrap().unwrap();
    assert!(input.is_empty());
    packet
}

#[test]
fn the_faults_of_a_client_are_told_with_their_reasons() {
    for fault in IN_BOTH_VERSIONS.iter().chain(IN_3_1_1) {
        assert_fault(&hex(fault.0), rules(Version::V3_1_1), fault);
    }
    for fault in IN_BOTH_VERSIONS.iter().chain(IN_5) {
        assert_fault(&hex(fault.0), rules(Version::V5), fault);
    }
    for fault in IN_CONNECT_3_1_1 {
        assert_fault(&connect("0004 'MQTT' 04", fault.0), rules(None), fault);
    }
    for fault in IN_CONNECT_5 {
        assert_fault(&connect("0004 'MQTT' 05", fault.0), rules(None), fault);
    }
}

#[test]
fn connect_comes_first_and_names_a_version_that_there_is() {
    assert_fault(&hex("c0 00"), rules(None), &("PINGREQ", ProtocolError, "PINGREQ before CONNECT"));
    assert_fault(&hex("f0 00"), rules(None), &("AUTH", ProtocolError, "AUTH before CONNECT"));
    let other = ("HTTP", UnsupportedProtocolVersion, "`HTTP`, which is not MQTT");
    assert_fault(&connect("0004 'HTTP' 04", "02 0000 0000"), rules(None), &other);
    for (name_and_level, level) in [("0004 'MQTT' 06", 6), ("0004 'MQTT' 03", 3), ("0006 'MQIsdp' 04", 4)] {
        let mut input = BytesMut::from(&connect(name_and_level, "ff")[..]);
        let packet = read_from_client(&mut input, rules(None));
        assert_eq!(packet, Ok(Some(FromClient::UnsupportedConnect { level })));
    }
}

#[test]
fn a_packet_larger_than_the_server_allows_is_refused_at_its_header() {
    let small = Rules { maximum_packet_size: 20, ..rules(Version::V5) };
    let words = "PUBLISH of 21 bytes, though CONNACK had set a Maximum Packet Size of 20";
    assert_fault(&hex("30 13"), small, &("", PacketTooLarge, words));
    assert_eq!(read_from_client(&mut BytesMut::from(&hex("30 12")[..]), small), Ok(None));
}

#[test]
fn a_filter_that_is_not_one_is_handed_on_for_the_answer() {
    let FromClient::Subscribe(subscribe) = read("82 0e 0001 0003 'a/#' 01 0003 '#/a' 02", rules(Version::V3_1_1))
    else {
        panic!("not SUBSCRIBE");
    };
    assert_eq!(subscribe.filters[0].as_ref().unwrap().filter.as_str(), "a/#");
    assert_eq!(subscribe.filters[1], Err("#/a".into()));
    let FromClient::Unsubscribe(unsubscribe) = read("a2 09 0001 00 0000 0002 'a+'", rules(Version::V5)) else {
        panic!("not UNSUBSCRIBE");
    };
    assert_eq!(unsubscribe.filters, [Err("".into()), Err("a+".into())]);
}

#[test]
fn mqtt_3_1_may_send_requests_again_with_dup_and_leave_credentials_out() {
    assert!(matches!(read("8a 06 0001 0001 'a' 00", rules(Version::V3_1)), FromClient::Subscribe(_)));
    assert!(matches!(read("aa 05 0001 0001 'a'", rules(Version::V3_1)), FromClient::Unsubscribe(_)));
    let FromClient::Connect(connect) = read("10 0f 0006 'MQIsdp' 03 c2 003c 0001 'a'", rules(None)) else {
        panic!("not CONNECT");
    };
    assert_eq!((connect.version, connect.user_name, connect.password), (Version::V3_1, None, None));
}

#[test]
fn a_connect_shows_no_secret() {
    let bytes = connect("0004 'MQTT' 05", "c2 0000 0e 15 0001 'm' 16 0007 'sesame1' 0000 0001 'u' 0007 'sesame2'");
    let packet = read_from_client(&mut BytesMut::from(&bytes[..]), rules(None)).unwrap().unwrap();
    let text = format!("{packet:?}");
    let secret = format!("{:?}", bytes::Bytes::from("sesame"));
    assert!(!text.contains(secret.trim_start_matches('b').trim_matches('"')), "{text}");
    assert!(text.contains("***"), "{text}");
}
