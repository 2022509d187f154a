//! Every violation ends the connection with the right reason; unusual but legal packets do not.

use super::*;
use ReasonCode::{MalformedPacket, PacketTooLarge, ProtocolError, TopicNameInvalid};

/// What the broker sends, the reason, and a part of the message.
type Violations = &'static [(&'static str, ReasonCode, &'static str)];

const IN_BOTH_VERSIONS: Violations = &[
    ("00 00", MalformedPacket, "packet of type 0"),
    ("10 00", ProtocolError, "CONNECT, which only clients may send"),
    ("82 00", ProtocolError, "SUBSCRIBE, which only clients may send"),
    ("a2 00", ProtocolError, "UNSUBSCRIBE, which only clients may send"),
    ("c0 00", ProtocolError, "PINGREQ, which only clients may send"),
    ("41 02 0001", MalformedPacket, "reserved flags"),
    ("60 02 0001", MalformedPacket, "reserved flags"),
    ("6a 02 0001", MalformedPacket, "reserved flags"),
    ("d1 00", MalformedPacket, "reserved flags"),
    ("91 03 0001 00", MalformedPacket, "reserved flags"),
    ("d0 01 00", MalformedPacket, "1 byte too many"),
    ("36 06 0001 'a' 0001 00", MalformedPacket, "QoS 3"),
    ("38 04 0001 'a' 00", ProtocolError, "QoS 0 with DUP"),
    ("32 06 0001 'a' 0000 00", ProtocolError, "Packet Identifier of 0"),
    ("40 02 0000", ProtocolError, "Packet Identifier of 0"),
    ("62 02 0000", ProtocolError, "Packet Identifier of 0"),
    ("40 01 00", MalformedPacket, "ends within its Packet Identifier"),
    ("40 00", MalformedPacket, "ends within its Packet Identifier"),
    ("30 00", MalformedPacket, "ends within its Topic Name"),
    ("30 03 0002 'a'", MalformedPacket, "runs past the end"),
    ("32 04 0001 'a' 00", MalformedPacket, "ends within its Packet Identifier"),
    ("30 05 0002 c328 00", MalformedPacket, "not UTF-8"),
    // A surrogate, which UTF-8 does not have.
    ("30 06 0003 eda080 00", MalformedPacket, "not UTF-8"),
    ("30 05 0002 6100 00", MalformedPacket, "U+0000"),
    ("30 06 0003 'a/#' 00", TopicNameInvalid, "wildcard"),
    ("30 04 0001 '+' 00", TopicNameInvalid, "wildcard"),
    ("30 ff ff ff ff", MalformedPacket, "more than four bytes"),
    ("30 80 80 80 80 01", MalformedPacket, "more than four bytes"),
];

const IN_3_1_1: Violations = &[
    ("f0 00", MalformedPacket, "packet of type 15"),
    ("e0 00", ProtocolError, "DISCONNECT, which only clients may send"),
    ("40 03 0001 00", MalformedPacket, "1 byte too many"),
    ("b0 03 0001 00", MalformedPacket, "1 byte too many"),
    ("90 03 0001 03", ProtocolError, "reserved"),
    ("90 03 0001 87", ProtocolError, "reserved"),
    ("90 02 0001", ProtocolError, "without one Reason Code"),
    ("30 02 0000", ProtocolError, "without a topic"),
];

const IN_5: Violations = &[
    ("30 84 00 0001 'a' 00", MalformedPacket, "longer than it need be"),
    ("30 05 0001 'a' 80 00", MalformedPacket, "Property Length is longer than it need be"),
    ("30 03 0001 'a'", MalformedPacket, "ends within its Property Length"),
    ("30 05 0001 'a' 02 01", MalformedPacket, "runs past the end"),
    ("30 05 0001 'a' 01 01", MalformedPacket, "ends within its Payload Format Indicator"),
    ("30 06 0001 'a' 02 01 02", ProtocolError, "must be 0 or 1"),
    ("30 08 0001 'a' 04 01 01 01 01", ProtocolError, "two Payload Format Indicator"),
    ("30 0e 0001 'a' 0a 02 00000001 02 00000001", ProtocolError, "two Message Expiry Interval"),
    ("30 07 0001 'a' 03 13 0001", MalformedPacket, "Server Keep Alive, which belongs to other packets"),
    ("30 06 0001 'a' 02 05 01", MalformedPacket, "0x05, which the specification does not have"),
    ("30 06 0001 'a' 02 0b 00", ProtocolError, "Subscription Identifier of 0"),
    ("30 09 0001 'a' 05 0b ffffffff", MalformedPacket, "more than four bytes"),
    ("30 08 0001 'a' 04 08 0001 '+'", ProtocolError, "wildcard"),
    ("30 08 0001 'a' 04 03 0001 ff", MalformedPacket, "not UTF-8"),
    ("30 07 0001 'a' 03 03 0001", MalformedPacket, "runs past the end"),
    ("30 0b 0001 'a' 07 26 0001 'k' 0001 00", MalformedPacket, "U+0000"),
    ("40 03 0001 01", ProtocolError, "Reason Code Granted QoS 1 (0x01), which it cannot have"),
    ("40 03 0001 55", ProtocolError, "0x55, which the specification does not have"),
    ("40 05 0001 00 00 00", MalformedPacket, "1 byte too many"),
    ("40 06 0001 00 02 01 01", MalformedPacket, "belongs to other packets"),
    ("40 0a 0001 00 06 1f 0000 1f 0000", ProtocolError, "two Reason String"),
    ("50 03 0001 92", ProtocolError, "cannot have"),
    ("62 03 0001 80", ProtocolError, "cannot have"),
    ("70 03 0001 80", ProtocolError, "cannot have"),
    ("90 03 0001 00", ProtocolError, "without one Reason Code"),
    ("90 04 0001 00 03", ProtocolError, "does not have"),
    ("b0 04 0001 00 01", ProtocolError, "cannot have"),
    ("b0 02 0001", MalformedPacket, "ends within its Property Length"),
    ("e0 01 04", ProtocolError, "cannot have"),
    ("e0 07 00 05 11 00000001", MalformedPacket, "belongs to other packets"),
    ("e0 03 00 00 00", MalformedPacket, "1 byte too many"),
    ("f0 01 18", MalformedPacket, "ends within its Property Length"),
];

#[test]
fn violations_end_the_connection_and_are_told_in_plain_words() {
    let check = |mut wire: Wire, &(packet, reason, words): &(&str, ReasonCode, &str)| {
        let mut input = BytesMut::from(&hex(packet)[..]);
        wire.session.handle_input(&mut input, wire.now);
        assert_eq!(wire.session.state(), State::Closing, "{packet}");
        let fault = wire.assert_blamed(reason);
        assert!(fault.contains(words), "{packet}: {fault}");
    };
    IN_BOTH_VERSIONS.iter().chain(IN_3_1_1).for_each(|violation| check(Wire::v3(), violation));
    IN_BOTH_VERSIONS.iter().chain(IN_5).for_each(|violation| check(Wire::v5(), violation));
}

#[test]
fn violations_in_connack_end_the_connection() {
    let violations: [(Version, &str, ReasonCode); 16] = [
        (Version::V3_1_1, "20 02 02 00", MalformedPacket),
        (Version::V3_1_1, "20 02 00 06", ProtocolError),
        (Version::V3_1_1, "20 02 01 05", ProtocolError),
        (Version::V3_1_1, "20 03 00 00 00", MalformedPacket),
        (Version::V5, "20 03 80 00 00", MalformedPacket),
        (Version::V5, "20 03 01 87 00", ProtocolError),
        (Version::V5, "20 03 00 01 00", ProtocolError),
        (Version::V5, "20 02 00 00", MalformedPacket),
        (Version::V5, "20 06 00 00 03 21 0000", ProtocolError),
        (Version::V5, "20 08 00 00 05 27 00000000", ProtocolError),
        (Version::V5, "20 05 00 00 02 24 02", ProtocolError),
        (Version::V5, "20 05 00 00 02 25 02", ProtocolError),
        (Version::V5, "20 05 00 00 02 28 02", ProtocolError),
        (Version::V5, "20 09 00 00 06 21 0001 21 0001", ProtocolError),
        (Version::V5, "20 06 00 00 03 23 0001", MalformedPacket),
        (Version::V5, "20 05 00 00 02 17 01", MalformedPacket),
    ];
    for (version, connack, reason) in violations {
        let mut wire = Wire::new(options(version));
        wire.session.connect(wire.now);
        wire.sent();
        wire.receive(connack);
        let fault = wire.assert_blamed(reason);
        assert!(fault.contains("CONNACK"), "{connack}: {fault}");
    }
}

#[test]
fn what_connack_says_unasked_and_harms_nobody_is_told() {
    let mut wire = Wire::new(options(Version::V5));
    wire.reconnect("20 07 00 00 04 1a 0001 'i'");
    let events = wire.events();
    assert!(matches!(&events[..], [Event::Tolerated(violation), Event::Connected(_)]
        if violation.fault.contains("Response Information")));
}

#[test]
fn oddities_that_are_legal_change_nothing() {
    for packet in [
        // PINGRESP without PINGREQ, an empty payload, control characters and a BOM in a topic.
        "d0 00",
        "30 04 0001 'a' 00",
        "30 04 0001 01 00",
        "30 06 0003 efbbbf 00",
        // Payload Format Indicator 1 with bytes that are not text.
        "30 07 0001 'a' 02 01 01 ff",
        "30 06 0001 'a' 02 01 00",
        // An unknown user property many times; a subscription identifier of four bytes, the same twice.
        "30 17 0001 'a' 13 26 0001 'k' 0000 26 0001 'k' 0000 26 0000 0000 0b 01",
        "30 0e 0001 'a' 0a 0b ffffff7f 0b ffffff7f",
        // Acknowledgements for nothing, long and short.
        "40 02 0001",
        "40 03 0001 10",
        "40 04 0001 83 00",
        "70 02 0001",
        "90 04 0001 00 00",
        "b0 04 0001 00 11",
    ] {
        let mut wire = Wire::v5();
        wire.receive(packet);
        assert_eq!(wire.session.state(), State::Connected, "{packet}: {:?}", wire.events());
    }
    // Only 5.0 requires the shortest form of a length.
    for packet in ["30 84 00 0001 'a' '!'", "d0 80 80 00"] {
        let mut wire = Wire::v3();
        wire.receive(packet);
        assert_eq!(wire.session.state(), State::Connected, "{packet}: {:?}", wire.events());
    }
}

#[test]
fn mqtt_3_1_may_set_dup_in_pubrel_and_reserved_bits_in_connack() {
    let mut wire = Wire::connected(options(Version::V3_1), "20 02 7f 00");
    wire.receive("34 05 0001 'a' 0003 6a 02 0003");
    assert_eq!(wire.sent(), hex("50 02 0003 70 02 0003"));
}

#[test]
fn explanations_that_connect_declined_are_a_violation_where_they_are_forbidden() {
    let mut terse = options(Version::V5);
    terse.properties.request_problem_information = Some(false);
    let connack = "20 09 00 00 06 1f 0003 'why'";
    let mut wire = Wire::connected(terse.clone(), connack);
    wire.receive("30 0b 0001 'a' 07 26 0001 'k' 0001 'v'");
    assert_eq!(wire.session.state(), State::Connected);
    wire.receive("40 0a 0001 00 06 1f 0003 'why'");
    wire.assert_blamed(ProtocolError);
    let mut wire = Wire::connected(terse, connack);
    wire.receive("e0 08 8b 06 1f 0003 'why'");
    assert!(matches!(wire.event(), Event::Disconnected(Disconnected::ByServer(_))));
}

#[test]
fn a_packet_larger_than_we_allowed_is_refused_at_its_header() {
    let mut small = options(Version::V5);
    small.properties.maximum_packet_size = Some(20);
    let mut wire = Wire::connected(small.clone(), ACCEPTED_V5);
    wire.receive("30 12 0001 'a' 00 'fourteen_bytes'");
    assert_eq!(wire.session.state(), State::Connected);
    wire.events();
    let mut input = BytesMut::from(&hex("30 13")[..]);
    wire.session.handle_input(&mut input, wire.now);
    let fault = wire.assert_blamed(PacketTooLarge);
    assert_eq!(fault, "PUBLISH of 21 bytes, though CONNECT had set a Maximum Packet Size of 20");
}

#[test]
fn a_headers_promise_takes_no_memory() {
    let mut wire = Wire::v3();
    let mut input = BytesMut::from(&hex("30 ffffff7f 0001 'a'")[..]);
    wire.session.handle_input(&mut input, wire.now);
    assert_eq!((input.len(), wire.session.state()), (8, State::Connected));
    assert!(input.capacity() < 1_000);
}
