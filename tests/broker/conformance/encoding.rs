//! Data types, fixed headers and packet identifiers: chapters 1 and 2.

use super::*;
use crate::support::wire::{frame, publish};

/// Not UTF-8: an unpaired surrogate, an overlong slash, a byte that never is, and a sequence without its end.
const ILL_FORMED: [&[u8]; 4] = [b"a\xED\xA0\x80", b"a\xC0\xAF", b"a\xFF", b"a\xE2\x82"];

#[test]
fn ill_formed_utf_8_ends_the_connection() {
    each(|address| {
        for version in BOTH {
            for string in ILL_FORMED {
                breaks(address, version, &frame(0x30, &body(version, &text(string), b"")));
                let filter = [&text(string)[..], &[0]].concat();
                breaks(address, version, &frame(0x82, &body(version, &[0, 1], &filter)));
                breaks(address, version, &frame(0xA2, &body(version, &[0, 1], &text(string))));
            }
        }
        still_serves(address);
    });
}

#[test]
fn ill_formed_utf_8_in_connect_is_not_accepted() {
    ours(|address| {
        for version in BOTH {
            for string in ILL_FORMED {
                let name = text("MQTT");
                // Client identifier, user name, and Will Topic.
                let fields = [
                    (0x02, text(string)),
                    (0x82, [text("id"), text(string)].concat()),
                    (0x06, [text("id"), body(version, b"", &text(string)), text("will")].concat()),
                ];
                for (flags, payload) in fields {
                    let head = [&name[..], &[version.level(), flags, 0, 0]].concat();
                    let mut client = RawClient::open(address, version);
                    client.link.send_bytes(&frame(0x10, &body(version, &head, &payload)));
                    let answer = client.link.receive_until_end();
                    assert!(
                        answer.iter().all(|packet| matches!(packet, Packet::Connack(connack) if connack.code >= 0x80)),
                        "{answer:?}"
                    );
                }
            }
        }
        still_serves(address);
    });
}

#[test]
fn the_null_character_ends_the_connection() {
    each(|address| {
        for version in BOTH {
            breaks(address, version, &frame(0x30, &body(version, &text("a\0b"), b"")));
            breaks(address, version, &frame(0x82, &body(version, &[0, 1], b"\0\x03a\0b\0")));
        }
        still_serves(address);
    });
}

#[test]
fn a_byte_order_mark_is_a_character_of_the_topic() {
    each(|address| {
        for version in BOTH {
            let mut client = RawClient::connect(address, version, "client");
            client.subscribe("\u{FEFF}a", 0);
            client.publish("a", "without", 0);
            client.publish("\u{FEFF}a", "with", 0);
            client.expect_text("\u{FEFF}a", "with");
        }
    });
}

#[test]
fn both_strings_of_a_user_property_are_utf_8() {
    each(|address| {
        for pair in [[text(b"a\xFF"), text(b"b")], [text(b"a"), text(b"b\xFF")]] {
            let property = [&[property::USER_PROPERTY][..], &pair.concat()].concat();
            let properties = [&[u8::try_from(property.len()).unwrap()][..], &property].concat();
            breaks(address, Version::V5, &frame(0x30, &[text("a"), properties].concat()));
        }
        still_serves(address);
    });
}

#[test]
fn a_length_that_is_too_long_ends_the_connection() {
    each(|address| {
        for version in BOTH {
            // Five bytes.
            breaks(address, version, &[0x30, 0xFF, 0xFF, 0xFF, 0xFF, 0x01]);
        }
        still_serves(address);
    });
}

#[test]
fn a_length_has_its_shortest_form() {
    ours(|address| {
        // Of the packet, of the properties, and of the identifier of a subscription.
        breaks(address, Version::V5, &[0x30, 0x84, 0x00, 0x00, 0x01, b'a', 0x00]);
        breaks(address, Version::V5, &frame(0x30, b"\0\x01a\x80\0"));
        breaks(address, Version::V5, &frame(0x82, b"\0\x01\x03\x0B\x81\0\0\x01a\0"));
        still_serves(address);
    });
}

#[test]
fn reserved_flags_end_the_connection() {
    ours(|address| {
        for version in BOTH {
            let one_filter = body(version, &[0, 1], b"\0\x01a\0");
            let from_one = body(version, &[0, 1], b"\0\x01a");
            for flags in 0..16 {
                let packets = [
                    (0x40, 0, &b"\0\x01"[..]),
                    (0x50, 0, b"\0\x01"),
                    (0x60, 2, b"\0\x01"),
                    (0x70, 0, b"\0\x01"),
                    (0x80, 2, &one_filter),
                    (0xA0, 2, &from_one),
                    (0xC0, 0, b""),
                    (0xE0, 0, b""),
                ];
                for (kind, right, body) in packets {
                    if flags != right {
                        breaks(address, version, &frame(kind | flags, body));
                    }
                }
            }
        }
        still_serves(address);
    });
}

#[test]
fn packet_types_that_no_client_sends_end_the_connection() {
    // mosquitto 2.0 takes SUBACK from a client.
    ours(|address| {
        for version in BOTH {
            let types: [(u8, &[u8]); 5] =
                [(0x00, b""), (0x20, b"\0\0"), (0x90, b"\0\x01\0"), (0xB0, b"\0\x01"), (0xD0, b"")];
            for (kind, body) in types {
                breaks(address, version, &frame(kind, body));
            }
        }
        // AUTH does not exist in 3.1.1.
        breaks(address, Version::V3_1_1, &frame(0xF0, b""));
        still_serves(address);
    });
}

#[test]
fn a_packet_identifier_of_zero_ends_the_connection() {
    each(|address| {
        for version in BOTH {
            for qos in [1, 2] {
                breaks(address, version, &wire::Packet::from(publish("a", "x").qos(qos).id(0)).encode(version));
            }
            breaks(address, version, &wire::Packet::from(wire::subscribe(0, "a", 0)).encode(version));
            breaks(address, version, &wire::Packet::from(wire::unsubscribe(0, "a")).encode(version));
        }
        still_serves(address);
    });
}

#[test]
fn acknowledgements_bear_the_identifier_of_what_they_answer() {
    each(|address| {
        for version in BOTH {
            let mut client = RawClient::connect(address, version, "client");
            for id in [1, 0x1234, 0xFFFF] {
                client.link.send(wire::subscribe(id, "a", 0));
                assert_eq!(client.link.expect_suback().id, id);
                client.link.send(wire::unsubscribe(id, "a"));
                assert_eq!(client.link.expect_unsuback().id, id);
                client.link.send(publish("a", "x").qos(1).id(id));
                client.link.expect_puback(id);
                client.link.send(publish("a", "x").qos(2).id(id));
                client.link.expect_pubrec(id);
                client.link.send(wire::pubrel(id));
                client.link.expect_pubcomp(id);
            }
        }
    });
}

#[test]
fn packets_may_come_byte_by_byte_and_many_at_once() {
    each(|address| {
        for version in BOTH {
            let mut client = RawClient::open(address, version);
            client.link.send_bytewise(wire::connect(version, "client"));
            assert_eq!(client.link.expect_connack().code, 0);
            client.link.send_bytewise(wire::subscribe(1, "a", 2));
            client.link.expect_suback();
            client.link.send_bytewise(publish("a", "slowly"));
            client.expect_text("a", "slowly");
            client.link.send_together((0..100).map(|number: u32| publish("a", number.to_string()).into()));
            for number in 0..100 {
                client.expect_text("a", &number.to_string());
            }
        }
    });
}

#[test]
fn a_property_that_is_repeated_unknown_or_of_another_packet_ends_the_connection() {
    // mosquitto 2.0 accepts a Subscription Identifier from a client.
    ours(|address| {
        let wrong: [&[u8]; 5] = [
            // Payload Format Indicator twice.
            b"\0\x01a\x04\x01\x00\x01\x00",
            // 0x7E.
            b"\0\x01a\x02\x7E\x00",
            // Receive Maximum in PUBLISH.
            b"\0\x01a\x03\x21\x00\x01",
            // Topic Alias 0.
            b"\0\x01a\x03\x23\x00\x00",
            // A Subscription Identifier from a client.
            b"\0\x01a\x02\x0B\x01",
        ];
        for publish in wrong {
            breaks(address, Version::V5, &frame(0x30, publish));
        }
        still_serves(address);
    });
}
