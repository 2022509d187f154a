//! Bytes that no client should send: valid sessions with flipped bits, missing, repeated, inserted and exchanged parts.
//! Whatever arrives, nothing panics and other clients are served.
//!
//! 20,000 of them by default, or as many as `MQTTX_RS_MUTATIONS` sets.

use std::panic::{AssertUnwindSafe, catch_unwind};

use super::*;

/// How many mutated sessions one core lives through.
const A_CORE: usize = 2_000;

/// A packet: its first byte and its body.
type Packet = (u8, Vec<u8>);

fn string(text: &str) -> Vec<u8> {
    let length = u16::try_from(text.len()).unwrap();
    [&length.to_be_bytes()[..], text.as_bytes()].concat()
}

fn connect(name: &str, level: u8, flags: u8, rest: &[u8]) -> Packet {
    (0x10, [&string(name)[..], &[level, flags, 0, 60], rest].concat())
}

/// A valid session of each kind.
fn sessions() -> Vec<Vec<Packet>> {
    let older = |name, level| {
        let will = [string("id"), string("will/topic"), string("gone"), string("user"), string("secret")].concat();
        vec![
            connect(name, level, 0xEE, &will),
            (0x82, [&[0, 1][..], &string("a/#"), &[1], &string("$share/g/+/b"), &[2]].concat()),
            (0x30, [string("a/b"), b"payload".to_vec()].concat()),
            (0x33, [&string("a/b")[..], &[0, 2], b"kept"].concat()),
            (0x34, [&string("$delayed/1/a")[..], &[0, 3], b"later"].concat()),
            (0x40, vec![0, 1]),
            (0x50, vec![0, 2]),
            (0x62, vec![0, 3]),
            (0x70, vec![0, 2]),
            (0xA2, [&[0, 4][..], &string("a/#")].concat()),
            (0xC0, Vec::new()),
            (0xE0, Vec::new()),
        ]
    };
    // Session Expiry, Receive Maximum, Maximum Packet Size, Topic Alias Maximum, a User Property.
    let properties = b"\x17\x11\0\0\0\x0a\x21\0\x02\x27\0\0\x02\0\x22\0\x02\x26\0\x01k\0\x01v";
    let id = string("id5");
    // Will Delay, Payload Format Indicator, Message Expiry.
    let will = [&b"\x0c\x18\0\0\0\x01\x01\x01\x02\0\0\0\x05"[..], &string("will/topic"), &string("gone")].concat();
    let newer = vec![
        connect("MQTT", 5, 0x0C, &[&properties[..], &id, &will].concat()),
        (0x82, [&b"\0\x01\x02\x0b\x07"[..], &string("a/#"), &[0x2A], &string("$share/g/a/+"), &[1]].concat()),
        (0x32, [&string("a/b")[..], b"\0\x02\x08\x23\0\x01\x02\0\0\0\x09", b"x"].concat()),
        (0x30, [&string("")[..], b"\x03\x23\0\x01", b"by alias"].concat()),
        (0x35, [&string("a/c")[..], b"\0\x03\x0a\x08\0\x01r\x09\0\x03abc", b"request"].concat()),
        (0x30, [&string("$exclusive/a")[..], b"\0", b"x"].concat()),
        (0x40, vec![0, 1]),
        (0x50, vec![0, 2, 0x97, 0]),
        (0x62, vec![0, 3, 0]),
        (0x70, vec![0, 2]),
        (0xA2, [&b"\0\x04\0"[..], &string("a/#"), &string("$share/g/a/+")].concat()),
        (0xC0, Vec::new()),
        (0xE0, b"\x04\x05\x11\0\0\0\x05".to_vec()),
    ];
    // Authentication Method, then Authentication Data.
    let scram = [&b"\x15"[..], &string("SCRAM-SHA-256"), b"\x16", &string("n,,n=user,r=abc")].concat();
    let length = [u8::try_from(scram.len()).unwrap()];
    let riddle = vec![
        connect("MQTT", 5, 0x02, &[&length[..], &scram, &string("riddle")].concat()),
        (0xF0, [&[0x18][..], &length, &scram].concat()),
        (0xF0, [&[0x19][..], &length, &scram].concat()),
        (0x30, [&string("a/b")[..], b"\0", b"x"].concat()),
    ];
    vec![older("MQTT", 4), older("MQIsdp", 3), newer, riddle]
}

/// One session, mutated, as bytes.
fn mutated(sessions: &[Vec<Packet>], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut packets = sessions[random.usize(..sessions.len())].clone();
    // Within and among packets, whose lengths are right afterwards: this goes deeper than what follows.
    for _ in 0..random.usize(..4) {
        let at = random.usize(..packets.len());
        match random.u8(..8) {
            0 => {
                let other = &sessions[random.usize(..sessions.len())];
                packets.insert(at, other[random.usize(..other.len())].clone());
            }
            1 => packets.insert(at, packets[random.usize(..packets.len())].clone()),
            2 if packets.len() > 1 => _ = packets.remove(at),
            3 => {
                let other = random.usize(..packets.len());
                packets.swap(at, other);
            }
            4 => packets[at].0 ^= 1 << random.u8(..8),
            _ => mutate(&mut packets[at].1, random),
        }
    }
    let mut bytes = Vec::new();
    for (first, body) in packets {
        bytes.push(first);
        let mut length = body.len();
        while length > 127 {
            bytes.push(u8::try_from(length % 128).unwrap() | 0x80);
            length /= 128;
        }
        bytes.push(u8::try_from(length).unwrap());
        bytes.extend(body);
    }
    for _ in 0..random.usize(..3) {
        mutate(&mut bytes, random);
    }
    bytes
}

fn mutate(bytes: &mut Vec<u8>, random: &mut fastrand::Rng) {
    let at = random.usize(..=bytes.len());
    match random.u8(..6) {
        0 | 1 if at < bytes.len() => bytes[at] ^= 1 << random.u8(..8),
        2 => bytes.truncate(at),
        3 => bytes.insert(at, random.u8(..)),
        4 => {
            let end = random.usize(at..=bytes.len());
            let part = bytes[at..end].to_vec();
            let to = random.usize(..=bytes.len());
            bytes.splice(to..to, part);
        }
        _ => {
            let end = random.usize(at..=bytes.len());
            bytes.drain(at..end);
        }
    }
}

/// Hands bytes to a core in parts, as a stream would, and takes all its output.
fn feed(world: &mut World, bytes: &[u8], random: &mut fastrand::Rng) {
    let link = world.core.open(Peer::default(), world.now);
    let mut input = BytesMut::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let (part, left) = rest.split_at(random.usize(1..=rest.len()));
        input.extend_from_slice(part);
        rest = left;
        world.core.handle_input(link, &mut input, world.now);
        if world.answer(link).1 {
            break;
        }
    }
    if random.u8(..8) == 0 {
        world.now += Duration::from_millis(random.u64(..3000));
        world.core.handle_timeout(world.now);
    }
    world.answer(link);
    world.core.handle_closed(link, world.now);
    // Other clients may have received something too: a will, or that they are taken over.
    world.settle();
}

#[test]
fn mutated_sessions_do_no_harm() {
    let count = std::env::var("MQTTX_RS_MUTATIONS").map_or(20_000, |count| count.parse().unwrap());
    let sessions = sessions();
    let mut world = None;
    for number in 0..count {
        let world = world.get_or_insert_with(World::new);
        let mut random = fastrand::Rng::with_seed(number as u64);
        let bytes = mutated(&sessions, &mut random);
        let fed = catch_unwind(AssertUnwindSafe(|| feed(world, &bytes, &mut random)));
        assert!(fed.is_ok(), "mutation {number}: {bytes:02x?}");
        if number % A_CORE == A_CORE - 1 {
            still_serves(world);
            *world = World::new();
        }
    }
}

fn still_serves(world: &mut World) {
    let client = world.connected(options(Version::V5, "judge"));
    world.subscribe(client, "judge/#", QoS::ExactlyOnce);
    world.publish(client, message("judge/a", "x", QoS::ExactlyOnce));
    assert_eq!(world.texts(client), ["x"]);
}

#[test]
fn the_sessions_to_be_mutated_are_valid() {
    for session in &sessions()[..3] {
        let mut world = World::new();
        let link = world.core.open(Peer::default(), world.now);
        // Up to the acknowledgements, which answer what may not have been sent.
        for (first, body) in &session[..5] {
            let mut bytes = vec![*first, u8::try_from(body.len()).unwrap()];
            bytes.extend(body);
            world.core.handle_input(link, &mut BytesMut::from(&bytes[..]), world.now);
            let (_, closes) = world.answer(link);
            assert!(!closes, "{bytes:02x?}");
        }
    }
}
