//! Broker bytes with faults put into them, by the thousand: no panic, no disagreement, no way around the checks.
//!
//! The short run has a fixed seed and is always on. `MQTTX_MUTATIONS=5000000 cargo test --release --test
//! session_mutations` runs as many mutations as asked for, from a seed that it prints; `MQTTX_MUTATION_SEED` repeats
//! one.
//!
//! Held for every stream of bytes:
//! - the session does not panic, and what it sends is well-formed by the tests' own codec;
//! - what that codec calls malformed ends the connection, at that packet at the latest;
//! - it makes no difference in which pieces the bytes arrive;
//! - there are no more events than bytes.

use std::time::Instant;

use bytes::BytesMut;
use mqttx_rs::mqtt::{Message, QoS, SubscriptionOptions, TopicFilter, TopicName, Version};
use mqttx_rs::session::{ConnectOptions, Event, Session, State, SubscribeRequest, Transmit};

use crate::support::wire::{
    Packet, Property, Value, auth, connack, decode, disconnect, property, puback, pubcomp, publish, pubrec, pubrel,
    suback, unsuback,
};

const SHORT_RUN: u64 = 20_000;
const SEED: u64 = 0x4D51_5454;

/// Bytes that are likelier to hurt than others.
const SHARP: [u8; 12] = [0x00, 0x01, 0x02, 0x05, 0x7F, 0x80, 0x81, 0xFF, 0x0B, 0x23, b'#', 0xC3];

#[test]
fn mutated_bytes_of_a_broker_are_taken_or_blamed() {
    let (count, seed) = match std::env::var("MQTTX_MUTATIONS") {
        Ok(count) => (count.parse().expect("MQTTX_MUTATIONS is a number"), seed_of_a_long_run()),
        Err(_) => (SHORT_RUN, SEED),
    };
    let mut random = fastrand::Rng::with_seed(seed);
    let streams = [Version::V3_1, Version::V3_1_1, Version::V5].map(|version| (version, packets(version)));
    for round in 0..count {
        let (version, packets) = random.choice(&streams).expect("there are some");
        let bytes = mutated(packets, &mut random);
        let cuts: Vec<usize> = (0..random.usize(0..4)).map(|_| random.usize(0..=bytes.len())).collect();
        let established = random.bool();
        let context = format!("seed {seed}, round {round}, MQTT {version}, established {established}: {bytes:02x?}");
        check(*version, established, &bytes, &cuts, &context);
    }
}

#[expect(clippy::print_stdout, reason = "a failure is found again by its seed")]
fn seed_of_a_long_run() -> u64 {
    let seed = std::env::var("MQTTX_MUTATION_SEED").ok().and_then(|seed| seed.parse().ok());
    let seed = seed.unwrap_or_else(|| fastrand::u64(..));
    println!("MQTTX_MUTATION_SEED={seed}");
    seed
}

fn check(version: Version, established: bool, bytes: &[u8], cuts: &[usize], context: &str) {
    let (mut whole, whole_events) = fed(version, established, bytes, &[]);
    let (pieces, pieces_events) = fed(version, established, bytes, cuts);
    assert_eq!((whole.state(), &whole_events), (pieces.state(), &pieces_events), "in pieces {cuts:?}: {context}");
    assert!(whole_events.len() <= bytes.len() + 1, "{} events: {context}", whole_events.len());

    let mut sent = BytesMut::new();
    while whole.poll_transmit(&mut sent, Instant::now()) == Transmit::Bytes && sent.len() < 64 * 1024 {}
    let mut rest = &sent[..];
    while let Some((_, length)) = decode(version, rest).unwrap_or_else(|fault| panic!("{fault:?} sent: {context}")) {
        rest = &rest[length..];
    }
    assert!(rest.is_empty(), "{rest:02x?} sent: {context}");

    if whole.state() == State::Closing {
        let ends = |event: &&Event| matches!(event, Event::Refused(_) | Event::Disconnected(_));
        assert_eq!(whole_events.iter().filter(ends).count(), 1, "{context}");
    } else {
        let mut rest = bytes;
        loop {
            match decode(version, rest) {
                Ok(Some((_, length))) => rest = &rest[length..],
                Ok(None) => break,
                // Before 5.0 a length need not be in its shortest form, and 3.1 has reserved bits where 3.1.1 has none.
                Err(fault) if !version.is_v5() && fault.0.contains("shortest form") => break,
                Err(fault) if version == Version::V3_1 && fault.0.contains("acknowledge flags") => break,
                Err(fault) => panic!("{fault:?} was let pass: {context}"),
            }
        }
    }
}

/// A session, `established` with a little of everything outstanding or before its CONNACK, and what became of it.
fn fed(version: Version, established: bool, bytes: &[u8], cuts: &[usize]) -> (Session, Vec<Event>) {
    let mut options = ConnectOptions::new(version, "me");
    options.clean_start = false;
    options.properties.topic_alias_maximum = Some(3);
    options.properties.receive_maximum = Some(20);
    options.properties.authentication_method = Some("M".into());
    let mut session = Session::new(options).unwrap();
    let now = Instant::now();
    session.connect(now);
    let mut sent = BytesMut::new();
    let _ = session.poll_transmit(&mut sent, now);
    let filters = vec![SubscriptionOptions::new(TopicFilter::parse("a/#").unwrap(), QoS::AtLeastOnce)];
    session.subscribe(SubscribeRequest { filters, ..SubscribeRequest::default() }).unwrap();
    for qos in [QoS::AtLeastOnce, QoS::ExactlyOnce, QoS::ExactlyOnce] {
        session.publish(Message::new(TopicName::parse("a").unwrap(), "x").with_qos(qos)).unwrap();
    }

    let mut input = BytesMut::new();
    if established {
        input.extend_from_slice(&Packet::from(connack()).encode(version));
        session.handle_input(&mut input, now);
        let _ = session.poll_transmit(&mut sent, now);
        assert!(matches!(session.poll_event(), Some(Event::Connected(_))) && session.outstanding() == 3);
    }
    let mut events = Vec::new();
    let mut ends: Vec<usize> = cuts.to_vec();
    ends.push(bytes.len());
    ends.sort_unstable();
    let mut from = 0;
    for to in ends {
        input.extend_from_slice(&bytes[from..to]);
        session.handle_input(&mut input, now);
        events.extend(std::iter::from_fn(|| session.poll_event()));
        from = to;
    }
    (session, events)
}

/// What a broker may send in the life of a connection, each packet for itself.
fn packets(version: Version) -> Vec<Vec<u8>> {
    let user: Property = (property::USER_PROPERTY, Value::Pair("k".into(), "v".into()));
    let why: Property = (property::REASON_STRING, Value::Text("why".into()));
    let mut packets: Vec<Packet> = vec![
        connack()
            .with((property::RECEIVE_MAXIMUM, Value::Two(3)))
            .with((property::MAXIMUM_PACKET_SIZE, Value::Four(1_000)))
            .with((property::TOPIC_ALIAS_MAXIMUM, Value::Two(3)))
            .with((property::MAXIMUM_QOS, Value::Byte(1)))
            .with((property::ASSIGNED_CLIENT_IDENTIFIER, Value::Text("c".into())))
            .with((property::SERVER_KEEP_ALIVE, Value::Two(9)))
            .with(user.clone())
            .into(),
        publish("汽车/a", "payload").into(),
        publish("a", "payload")
            .qos(1)
            .id(7)
            .with((property::TOPIC_ALIAS, Value::Two(2)))
            .with((property::PAYLOAD_FORMAT_INDICATOR, Value::Byte(1)))
            .with((property::MESSAGE_EXPIRY_INTERVAL, Value::Four(9)))
            .into(),
        publish("b", "")
            .qos(2)
            .id(8)
            .retain()
            .with((property::SUBSCRIPTION_IDENTIFIER, Value::Variable(1)))
            .with((property::SUBSCRIPTION_IDENTIFIER, Value::Variable(300)))
            .with((property::CONTENT_TYPE, Value::Text("t".into())))
            .with((property::RESPONSE_TOPIC, Value::Text("r".into())))
            .with((property::CORRELATION_DATA, Value::Binary(vec![0, 255])))
            .with(user.clone())
            .into(),
        pubrel(8).into(),
        suback(1, [1]).with(why.clone()).into(),
        unsuback(1, [0x11]).into(),
        puback(2).reason(0x10).with(why.clone()).into(),
        pubrec(3).into(),
        pubrec(4).reason(0x97).with(user).into(),
        pubcomp(3).into(),
        Packet::Pingresp,
    ];
    if version.is_v5() {
        let method: Property = (property::AUTHENTICATION_METHOD, Value::Text("M".into()));
        packets.insert(0, auth(0x18).with(method).into());
        packets.push(disconnect(0x8B).with(why).into());
    }
    packets.iter().map(|packet| packet.encode(version)).collect()
}

/// Some of the packets in order, with one to four faults.
fn mutated(packets: &[Vec<u8>], random: &mut fastrand::Rng) -> Vec<u8> {
    let mut chosen: Vec<Vec<u8>> = packets.iter().filter(|_| random.u8(..) < 200).cloned().collect();
    for _ in 0..random.usize(1..=4) {
        if chosen.is_empty() {
            break;
        }
        let at = random.usize(0..chosen.len());
        let other = random.choice(packets).cloned().unwrap_or_default();
        let packet = &mut chosen[at];
        let place = random.usize(0..packet.len().max(1));
        match random.u8(0..10) {
            0 => packet.truncate(place),
            1 => packet.insert(place.min(packet.len()), random.u8(..)),
            2 => {
                let tail = packet.split_off(place.min(packet.len()));
                packet.extend(&other);
                packet.extend(tail);
            }
            3 => chosen.insert(at, other),
            4 => drop(chosen.remove(at)),
            5 => chosen.swap(at, 0),
            // A longer or shorter body under the right length, so that the faults lie deeper.
            6 if packet.len() > 3 && packet.len() < 100 => {
                let place = place.max(2);
                if random.bool() {
                    packet.insert(place, SHARP[random.usize(..SHARP.len())]);
                    packet[1] = packet[1].wrapping_add(1);
                } else {
                    packet.remove(place);
                    packet[1] = packet[1].wrapping_sub(1);
                }
            }
            _ => {
                if let Some(byte) = packet.get_mut(place) {
                    *byte = match random.u8(0..4) {
                        0 => *byte ^ 1 << random.u8(0..8),
                        1 => byte.wrapping_add(1),
                        2 => random.u8(..),
                        _ => SHARP[random.usize(..SHARP.len())],
                    };
                }
            }
        }
    }
    chosen.concat()
}
