//! Whole conversations, with links that are cut at any byte, half-open links and take-overs: at QoS 1 nothing is lost,
//! at QoS 2 nothing is lost or doubled, and the messages of a publisher keep their order [MQTT-4.6.0-5].

use std::collections::BTreeSet;

use proptest::prelude::*;

use super::*;

#[derive(Debug, Clone, Copy)]
enum Move {
    Publish(usize, QoS),
    /// This many bytes go from a client to the core.
    Up(usize, usize),
    /// This many bytes go from the core to a client.
    Down(usize, usize),
    /// Both ends notice that the link is gone.
    Cut(usize),
    /// Only the client notices, so that its next CONNECT takes over.
    Vanish(usize),
    Connect(usize),
    Settle,
}

const PUBLISHERS: usize = 2;
const CLIENTS: usize = 4;

fn moves() -> impl Strategy<Value = Vec<Move>> {
    let qos = prop_oneof![Just(QoS::AtLeastOnce), Just(QoS::ExactlyOnce)];
    let step = prop_oneof![
        4 => (0..PUBLISHERS, qos).prop_map(|(client, qos)| Move::Publish(client, qos)),
        6 => (0..CLIENTS, 1..60_usize).prop_map(|(client, bytes)| Move::Up(client, bytes)),
        6 => (0..CLIENTS, 1..60_usize).prop_map(|(client, bytes)| Move::Down(client, bytes)),
        1 => (0..CLIENTS).prop_map(Move::Cut),
        1 => (0..CLIENTS).prop_map(Move::Vanish),
        3 => (0..CLIENTS).prop_map(Move::Connect),
        1 => Just(Move::Settle),
    ];
    prop::collection::vec(step, 1..150)
}

impl World {
    fn vanish(&mut self, client: usize) {
        let peer = &mut self.clients[client];
        peer.forget();
        peer.link = None;
        peer.session.handle_closed(self.now);
        peer.events.extend(std::iter::from_fn(|| peer.session.poll_event()));
    }

    fn up(&mut self, client: usize, bytes: usize) {
        let peer = &mut self.clients[client];
        let Some(link) = peer.link else { return };
        let _ = peer.session.poll_transmit(&mut peer.upstream, self.now);
        peer.session.handle_flushed();
        let bytes = bytes.min(peer.upstream.len());
        // The core keeps the beginning of a packet in the buffer that it is given.
        let arrived = peer.upstream.split_to(bytes);
        peer.pending.extend_from_slice(&arrived);
        self.core.handle_input(link, &mut peer.pending, self.now);
    }

    fn down(&mut self, client: usize, bytes: usize) {
        let peer = &mut self.clients[client];
        let Some(link) = peer.link else { return };
        let mut sent = BytesMut::new();
        let closes = self.core.poll_transmit(link, &mut sent, self.now) == Transmit::Close;
        peer.downstream.extend_from_slice(&sent);
        let bytes = bytes.min(peer.downstream.len());
        let arrived = peer.downstream.split_to(bytes);
        peer.arrived.extend_from_slice(&arrived);
        peer.session.handle_input(&mut peer.arrived, self.now);
        peer.events.extend(std::iter::from_fn(|| peer.session.poll_event()));
        if closes {
            self.cut(client);
        }
    }
}

/// The numbers in the payloads of one publisher, without repeated ones.
fn firsts(texts: &[String], publisher: usize) -> Vec<usize> {
    let mut seen = BTreeSet::new();
    let prefix = format!("{publisher} ");
    let numbers = texts.iter().filter_map(|text| text.strip_prefix(&prefix)?.parse().ok());
    numbers.filter(|number| seen.insert(*number)).collect()
}

fn hold(moves: &[Move], version: Version, receive_maximum: u16) {
    let mut world = World::with(Limits { receive_maximum, ..Limits::default() });
    for client in 0..CLIENTS {
        let mut options = lasting(version, &format!("client {client}"));
        options.keep_alive = 0;
        options.properties.receive_maximum = Some(receive_maximum);
        world.connected(options);
    }
    let subscribers = PUBLISHERS..CLIENTS;
    for client in subscribers.clone() {
        world.subscribe(client, "#", QoS::ExactlyOnce);
    }
    let mut sent: [Vec<QoS>; PUBLISHERS] = Default::default();
    for step in moves {
        match *step {
            Move::Publish(client, qos) => {
                let text = format!("{client} {}", sent[client].len());
                // Two topics, as order holds across topics too.
                let topic = ["a", "b"][sent[client].len() % 2];
                world.clients[client].session.publish(message(topic, text, qos)).unwrap();
                sent[client].push(qos);
            }
            Move::Up(client, bytes) => world.up(client, bytes),
            Move::Down(client, bytes) => world.down(client, bytes),
            Move::Cut(client) => world.cut(client),
            Move::Vanish(client) => world.vanish(client),
            Move::Connect(client) if world.clients[client].link.is_none() => world.dial(client),
            Move::Connect(_) => {}
            Move::Settle => world.settle(),
        }
    }
    for client in 0..CLIENTS {
        if world.clients[client].link.is_none() {
            world.dial(client);
        }
    }
    world.settle();
    for client in subscribers {
        let faults: Vec<_> = world.clients[client]
            .events
            .iter()
            .filter(|event| matches!(event, Event::Disconnected(Disconnected::Violation(_)) | Event::Tolerated(_)))
            .collect();
        assert!(faults.is_empty(), "{faults:?}");
        let texts = world.texts(client);
        for (publisher, sent) in sent.iter().enumerate() {
            let expected: Vec<usize> = (0..sent.len()).collect();
            assert_eq!(firsts(&texts, publisher), expected, "{texts:?}");
            for (number, _) in sent.iter().enumerate().filter(|(_, qos)| **qos == QoS::ExactlyOnce) {
                let text = format!("{publisher} {number}");
                assert_eq!(texts.iter().filter(|other| **other == text).count(), 1, "{text} in {texts:?}");
            }
        }
    }
    for client in 0..PUBLISHERS {
        assert_eq!(world.clients[client].session.outstanding(), 0);
    }
}

proptest! {
    #[test]
    fn nothing_is_lost_doubled_or_out_of_order(
        moves in moves(),
        is_v5 in any::<bool>(),
        receive_maximum in prop_oneof![Just(1_u16), Just(3), Just(65_535)],
    ) {
        hold(&moves, if is_v5 { Version::V5 } else { Version::V3_1_1 }, receive_maximum);
    }

    #[test]
    fn no_bytes_make_it_panic_and_others_go_on(
        packets in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..8),
        version in 3..6_u8,
    ) {
        let mut world = World::new();
        let connect: &[u8] = match version {
            3 => b"\x10\x0f\x00\x06MQIsdp\x03\x02\x00\x00\x00\x01p",
            4 => b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x00\x00\x01p",
            _ => b"\x10\x0e\x00\x04MQTT\x05\x02\x00\x00\x00\x00\x01p",
        };
        let link = world.raw(connect);
        for packet in packets {
            world.core.handle_input(link, &mut BytesMut::from(&packet[..]), world.now);
            let _ = world.answer(link);
        }
        world.core.handle_closed(link, world.now);
        let client = world.connected(options(Version::V5, "client"));
        world.subscribe(client, "a", QoS::ExactlyOnce);
        world.publish(client, message("a", "x", QoS::ExactlyOnce));
        prop_assert_eq!(world.texts(client), ["x"]);
    }
}
