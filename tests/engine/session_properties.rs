//! Properties of the session under everything that a network may do: acknowledgements in any order, refusals, links
//! lost at any byte, servers that keep the session and servers that forget it, a window that changes, and frames that
//! come in pieces. The broker is a model of the specification's receiver and sender, on the tests' own codec.
//!
//! Held: nothing is lost without being reported, nothing is completed twice, nothing at QoS 2 arrives twice, the window
//! is never exceeded, order is kept, DUP is set on resends and on nothing else, and after PUBREC no PUBLISH follows.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::time::Instant;

use bytes::BytesMut;
use mqttx_rs::mqtt::{Message, QoS, SubscriptionOptions, TopicFilter, TopicName, Version};
use mqttx_rs::session::{
    AckToken, Acknowledge, ConnectOptions, DeliveryId, Disconnected, Event, PublishOutcome, RequestId, Session, State,
    SubscribeRequest, Transmit,
};
use proptest::prelude::*;

use crate::support::wire::{
    AckKind, Packet, Publish, Value, connack, decode, property, puback, pubcomp, publish, pubrec, pubrel, suback,
};

/// The Receive Maximum of our CONNECT.
const OUR_RECEIVE_MAXIMUM: u16 = 5;
const QUOTA_EXCEEDED: u8 = 0x97;

/// What happens next.
#[derive(Debug, Clone)]
enum Step {
    /// The application publishes.
    Publish(u8),
    /// The application subscribes.
    Subscribe,
    /// The application acknowledges one of the messages that it holds (manual acknowledgement).
    Acknowledge(usize),
    /// Another client publishes, so the broker has a message for us.
    BrokerPublish(u8),
    /// The broker sends one of the answers that it owes.
    Answer { which: usize, refuse: bool },
    /// So many bytes reach the broker.
    Up(usize),
    /// So many bytes reach the session.
    Down(usize),
    /// The link is lost with all bytes under way; the broker keeps the session or not, and may change its window.
    Lose { keep: bool, receive_maximum: u16 },
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        6 => (0..3_u8).prop_map(Step::Publish),
        1 => Just(Step::Subscribe),
        3 => any::<usize>().prop_map(Step::Acknowledge),
        4 => (0..3_u8).prop_map(Step::BrokerPublish),
        8 => (any::<usize>(), prop::bool::weighted(0.1)).prop_map(|(which, refuse)| Step::Answer { which, refuse }),
        8 => prop_oneof![Just(1), 1..40_usize, Just(10_000)].prop_map(Step::Up),
        8 => prop_oneof![Just(1), 1..40_usize, Just(10_000)].prop_map(Step::Down),
        1 => (prop::bool::weighted(0.7), 1..6_u16)
            .prop_map(|(keep, receive_maximum)| Step::Lose { keep, receive_maximum }),
    ]
}

/// Bytes under way, and which packets they are.
#[derive(Default)]
struct Pipe {
    bytes: VecDeque<u8>,
    packets: VecDeque<(usize, Packet)>,
}

impl Pipe {
    fn put(&mut self, packet: Packet, version: Version) {
        let bytes = packet.encode(version);
        self.packets.push_back((bytes.len(), packet));
        self.bytes.extend(bytes);
    }

    /// So many bytes, and the packets that they complete.
    fn take(&mut self, mut count: usize) -> (Vec<u8>, Vec<Packet>) {
        count = count.min(self.bytes.len());
        let bytes = self.bytes.drain(..count).collect();
        let mut whole = Vec::new();
        while let Some((left, _)) = self.packets.front_mut() {
            if *left > count {
                *left -= count;
                break;
            }
            count -= *left;
            whole.extend(self.packets.pop_front().map(|(_, packet)| packet));
        }
        (bytes, whole)
    }
}

/// A publish of ours, as the wire has shown it so far.
#[derive(Default)]
struct OnWire {
    packet_id: u16,
    /// PUBREC for it has reached the session.
    recorded: bool,
}

/// A message on its way from the broker to us.
struct Outbound {
    number: u32,
    qos: u8,
    released: bool,
}

struct World {
    version: Version,
    session: Session,
    now: Instant,
    input: BytesMut,

    // The application.
    last_number: u32,
    qos_of: HashMap<u32, u8>,
    number_of: HashMap<DeliveryId, u32>,
    outcomes: HashMap<DeliveryId, PublishOutcome>,
    requests: HashMap<RequestId, bool>,
    tokens: Vec<AckToken>,
    delivered: HashMap<u32, usize>,

    // The wire.
    up: Vec<u8>,
    down: Pipe,
    shown: HashMap<u32, OnWire>,
    last_shown: u32,

    // The broker's session.
    keeps_session: bool,
    /// QoS 2, by packet id: PUBLISH came, PUBREL did not.
    recorded: HashMap<u16, u32>,
    arrived: HashMap<u32, usize>,
    outbound: BTreeMap<u16, Outbound>,
    lost_sessions: usize,

    // The broker's connection.
    broker_input: Vec<u8>,
    receive_maximum: u16,
    open: HashSet<u16>,
    owed: Vec<(AckKindOrSuback, u16)>,
    waiting: VecDeque<(u32, u8)>,
    sent_here: BTreeSet<u16>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum AckKindOrSuback {
    Ack(AckKind),
    Suback,
}

impl World {
    fn new(version: Version, acknowledge: Acknowledge, automatic_topic_aliases: bool) -> Self {
        let mut options = ConnectOptions::new(version, "me");
        options.clean_start = false;
        options.keep_alive = 0;
        options.acknowledge = acknowledge;
        options.automatic_topic_aliases = automatic_topic_aliases;
        options.properties.session_expiry_interval = Some(1_000);
        options.properties.receive_maximum = Some(OUR_RECEIVE_MAXIMUM);
        let mut world = Self {
            version,
            session: Session::new(options).unwrap(),
            now: Instant::now(),
            input: BytesMut::new(),
            last_number: 0,
            qos_of: HashMap::new(),
            number_of: HashMap::new(),
            outcomes: HashMap::new(),
            requests: HashMap::new(),
            tokens: Vec::new(),
            delivered: HashMap::new(),
            up: Vec::new(),
            down: Pipe::default(),
            shown: HashMap::new(),
            last_shown: 0,
            keeps_session: false,
            recorded: HashMap::new(),
            arrived: HashMap::new(),
            outbound: BTreeMap::new(),
            lost_sessions: 0,
            broker_input: Vec::new(),
            receive_maximum: 5,
            open: HashSet::new(),
            owed: Vec::new(),
            waiting: VecDeque::new(),
            sent_here: BTreeSet::new(),
        };
        world.connect();
        world
    }

    fn step(&mut self, step: &Step) {
        match *step {
            Step::Publish(qos) => {
                self.last_number += 1;
                let qos = QoS::try_from(qos).unwrap();
                let topic = TopicName::parse(["a", "b/c", "d"][self.last_number as usize % 3]).unwrap();
                let message = Message::new(topic, self.last_number.to_be_bytes().to_vec()).with_qos(qos);
                let id = self.session.publish(message).unwrap();
                self.number_of.insert(id, self.last_number);
                self.qos_of.insert(self.last_number, qos.number());
            }
            Step::Subscribe => {
                let filters = vec![SubscriptionOptions::new(TopicFilter::parse("a").unwrap(), QoS::AtMostOnce)];
                let id = self.session.subscribe(SubscribeRequest { filters, ..Default::default() }).unwrap();
                self.requests.insert(id, false);
            }
            Step::Acknowledge(which) if !self.tokens.is_empty() => {
                let token = self.tokens.swap_remove(which % self.tokens.len());
                self.session.acknowledge(token);
            }
            Step::BrokerPublish(qos) => {
                self.last_number += 1;
                self.qos_of.insert(self.last_number, qos);
                self.waiting.push_back((self.last_number, qos));
                self.broker_sends();
            }
            Step::Answer { which, refuse } if !self.owed.is_empty() => {
                let (kind, packet_id) = self.owed.remove(which % self.owed.len());
                self.answer(kind, packet_id, refuse && self.version.is_v5());
            }
            // Nothing to acknowledge, nothing to answer.
            Step::Acknowledge(_) | Step::Answer { .. } => {}
            Step::Up(count) => {
                self.transmit();
                let arriving = self.up.drain(..count.min(self.up.len())).collect();
                self.broker_reads(arriving);
            }
            Step::Down(count) => {
                let (bytes, packets) = self.down.take(count);
                self.input.extend_from_slice(&bytes);
                self.session.handle_input(&mut self.input, self.now);
                for packet in &packets {
                    self.session_has_read(packet);
                }
            }
            Step::Lose { keep, receive_maximum } => {
                self.session.handle_closed(self.now);
                self.keeps_session &= keep;
                self.receive_maximum = receive_maximum;
                self.connect();
            }
        }
        self.take_events();
    }

    /// A new link: everything under way is gone.
    fn connect(&mut self) {
        self.up.clear();
        self.broker_input.clear();
        self.down = Pipe::default();
        self.input.clear();
        self.last_shown = 0;
        self.open.clear();
        self.owed.clear();
        self.sent_here.clear();
        self.session.connect(self.now);
        self.transmit();
        let connect = std::mem::take(&mut self.up);
        let Ok(Some((Packet::Connect(connect), _))) = decode(self.version, &connect) else { panic!("no CONNECT") };
        assert!(!connect.clean);
        let mut connack = connack().with((property::RECEIVE_MAXIMUM, Value::Two(self.receive_maximum)));
        connack.properties.0.push((property::TOPIC_ALIAS_MAXIMUM, Value::Two(2)));
        connack.session_present = self.keeps_session;
        if !self.keeps_session {
            self.lost_sessions += 1;
            self.recorded.clear();
            self.outbound.clear();
        }
        self.down.put(connack.into(), self.version);
    }

    // The session's end of the wire.

    fn transmit(&mut self) {
        let start = self.up.len();
        let mut buffer = BytesMut::new();
        while self.session.poll_transmit(&mut buffer, self.now) == Transmit::Bytes {
            self.up.extend_from_slice(&buffer.split());
        }
        let mut sent = &self.up[start..];
        let mut publishes = Vec::new();
        while let Some((packet, length)) = decode(self.version, sent).expect("what we send is well-formed") {
            if let Packet::Publish(publish) = packet {
                publishes.push(publish);
            }
            sent = &sent[length..];
        }
        assert!(sent.is_empty());
        for publish in &publishes {
            self.check_sent(publish);
        }
    }

    fn check_sent(&mut self, publish: &Publish) {
        let number = number_of(publish);
        assert_eq!(publish.qos, self.qos_of[&number]);
        assert!(number > self.last_shown, "{number} after {}", self.last_shown);
        self.last_shown = number;
        if publish.qos == 0 {
            assert!(!publish.dup && self.shown.insert(number, OnWire::default()).is_none());
            return;
        }
        let before = self.shown.get(&number);
        assert_eq!(publish.dup, before.is_some(), "DUP of {publish:?}");
        if let Some(before) = before {
            assert_eq!((before.packet_id, before.recorded), (publish.id, false), "{publish:?}");
        }
        self.shown.insert(number, OnWire { packet_id: publish.id, recorded: false });
    }

    fn session_has_read(&mut self, packet: &Packet) {
        match packet {
            Packet::Connack(connack) => {
                if !connack.session_present {
                    self.shown.clear();
                }
                self.keeps_session = true;
                self.broker_sends();
            }
            Packet::Ack(ack) if ack.kind == AckKind::Pubrec => {
                for on_wire in self.shown.values_mut().filter(|on_wire| on_wire.packet_id == ack.id) {
                    on_wire.recorded = true;
                }
            }
            _ => {}
        }
    }

    fn take_events(&mut self) {
        while let Some(event) = self.session.poll_event() {
            match event {
                Event::Published { id, outcome } => {
                    let number = self.number_of[&id];
                    if matches!(outcome, PublishOutcome::Uncertain) {
                        assert!(self.lost_sessions > 1, "{number} was lost though the session was kept");
                    }
                    let before = self.outcomes.insert(id, outcome);
                    assert_eq!(before, None, "{number} had two outcomes");
                }
                Event::Message(received) => {
                    let payload = received.message.payload[..].try_into().unwrap();
                    let deliveries = self.delivered.entry(u32::from_be_bytes(payload)).or_default();
                    *deliveries += 1;
                    assert!(*deliveries == 1 || received.message.qos == QoS::AtLeastOnce, "{received:?} again");
                    self.tokens.extend(received.token);
                }
                Event::Subscribed { id, .. } => assert_eq!(self.requests.insert(id, true), Some(false)),
                Event::Connected(_) | Event::Disconnected(Disconnected::Lost) => {}
                other => panic!("{other:?}"),
            }
        }
    }

    // The broker's end of the wire.

    fn broker_reads(&mut self, bytes: Vec<u8>) {
        self.broker_input.extend(bytes);
        let mut packets = Vec::new();
        while let Some((packet, length)) = decode(self.version, &self.broker_input).unwrap() {
            packets.push(packet);
            self.broker_input.drain(..length);
        }
        for packet in packets {
            match packet {
                Packet::Publish(publish) => self.broker_receives(&publish),
                Packet::Subscribe(subscribe) => self.owed.push((AckKindOrSuback::Suback, subscribe.id)),
                Packet::Ack(ack) => match ack.kind {
                    AckKind::Pubrel => self.owed.push((AckKindOrSuback::Ack(AckKind::Pubcomp), ack.id)),
                    AckKind::Pubrec => {
                        let outbound = self.outbound.get_mut(&ack.id).expect("PUBREC for what was sent");
                        assert_eq!(outbound.qos, 2);
                        outbound.released = true;
                        self.down.put(pubrel(ack.id).into(), self.version);
                    }
                    AckKind::Puback | AckKind::Pubcomp => {
                        let outbound = self.outbound.remove(&ack.id).expect("an answer to what was sent");
                        assert_eq!(outbound.qos == 2, ack.kind == AckKind::Pubcomp);
                        assert!(self.delivered.contains_key(&outbound.number), "completed before it was delivered");
                        self.sent_here.remove(&ack.id);
                        self.broker_sends();
                    }
                },
                other => panic!("{other:?}"),
            }
        }
    }

    fn broker_receives(&mut self, publish: &Publish) {
        let number = number_of(publish);
        if publish.qos == 0 {
            *self.arrived.entry(number).or_default() += 1;
            return;
        }
        assert!(self.open.insert(publish.id), "the id of {publish:?} is in use");
        assert!(self.open.len() <= usize::from(self.window()), "the window is exceeded");
        let kind = if publish.qos == 1 { AckKind::Puback } else { AckKind::Pubrec };
        self.owed.push((AckKindOrSuback::Ack(kind), publish.id));
        if publish.qos == 1 || self.recorded.insert(publish.id, number).is_none() {
            *self.arrived.entry(number).or_default() += 1;
        }
    }

    fn window(&self) -> u16 {
        if self.version.is_v5() { self.receive_maximum } else { u16::MAX }
    }

    fn answer(&mut self, kind: AckKindOrSuback, packet_id: u16, refuse: bool) {
        let refuse = refuse && matches!(kind, AckKindOrSuback::Ack(AckKind::Puback | AckKind::Pubrec));
        let reason = if refuse { QUOTA_EXCEEDED } else { 0 };
        let answer: Packet = match kind {
            AckKindOrSuback::Suback => suback(packet_id, [0]).into(),
            AckKindOrSuback::Ack(AckKind::Puback) => puback(packet_id).reason(reason).into(),
            AckKindOrSuback::Ack(AckKind::Pubrec) => pubrec(packet_id).reason(reason).into(),
            AckKindOrSuback::Ack(_) => {
                let known = self.recorded.remove(&packet_id).is_some();
                pubcomp(packet_id).reason(if known { 0 } else { 0x92 }).into()
            }
        };
        if refuse && let Some(number) = self.recorded.remove(&packet_id) {
            // What is refused has not arrived.
            self.arrived.insert(number, 0);
        }
        if refuse || !matches!(kind, AckKindOrSuback::Suback | AckKindOrSuback::Ack(AckKind::Pubrec)) {
            self.open.remove(&packet_id);
        }
        self.down.put(answer, self.version);
    }

    /// Sends what the session's Receive Maximum allows: first again what the last link left open, then what waits.
    fn broker_sends(&mut self) {
        if !self.keeps_session {
            return;
        }
        let unsent: Vec<u16> =
            self.outbound.keys().copied().filter(|packet_id| !self.sent_here.contains(packet_id)).collect();
        for packet_id in unsent {
            let outbound = &self.outbound[&packet_id];
            if outbound.released {
                self.sent_here.insert(packet_id);
                self.down.put(pubrel(packet_id).into(), self.version);
            } else if self.sent_here.len() < usize::from(OUR_RECEIVE_MAXIMUM) {
                self.sent_here.insert(packet_id);
                let again = outgoing(outbound.number, outbound.qos).id(packet_id).dup();
                self.down.put(again.into(), self.version);
            }
        }
        while let Some(&(number, qos)) = self.waiting.front() {
            if qos > 0 && self.outbound.len() >= usize::from(OUR_RECEIVE_MAXIMUM) {
                return;
            }
            self.waiting.pop_front();
            let publish = outgoing(number, qos);
            if qos == 0 {
                self.down.put(publish.into(), self.version);
                continue;
            }
            let packet_id = (1..=u16::MAX).find(|packet_id| !self.outbound.contains_key(packet_id)).unwrap();
            self.outbound.insert(packet_id, Outbound { number, qos, released: false });
            self.sent_here.insert(packet_id);
            self.down.put(publish.id(packet_id).into(), self.version);
        }
    }

    /// No more mishaps: everything must come to its end.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            self.step(&Step::Down(usize::MAX));
            self.step(&Step::Up(usize::MAX));
            while !self.owed.is_empty() {
                self.step(&Step::Answer { which: 0, refuse: false });
            }
            while !self.tokens.is_empty() {
                self.step(&Step::Acknowledge(0));
            }
            self.transmit();
            if self.up.is_empty() && self.down.bytes.is_empty() {
                return;
            }
        }
        panic!("it never comes to rest");
    }

    fn check(&self) {
        assert_eq!(self.session.state(), State::Connected);
        assert_eq!((self.session.outstanding(), self.session.queued(), self.session.unsolicited()), (0, 0, 0));
        assert!(self.outbound.is_empty() && self.waiting.is_empty());
        assert!(self.requests.values().all(|answered| *answered), "a request was not answered");
        for (id, number) in &self.number_of {
            let arrived = self.arrived.get(number).copied().unwrap_or(0);
            match (self.qos_of[number], self.outcomes.get(id)) {
                (0, None) => assert!(arrived <= 1 && self.session.transmitted() >= Some(*id)),
                (1, Some(PublishOutcome::Acknowledged(_))) => assert!(arrived >= 1, "{number} was lost"),
                (2, Some(PublishOutcome::Acknowledged(_))) => assert_eq!(arrived, 1, "{number}"),
                (1, Some(_)) => {}
                (2, Some(_)) => assert!(arrived <= 1, "{number} arrived {arrived} times"),
                (qos, outcome) => panic!("{number} at QoS {qos} has the outcome {outcome:?}"),
            }
        }
    }
}

fn outgoing(number: u32, qos: u8) -> Publish {
    publish("t", number.to_be_bytes()).qos(qos)
}

fn number_of(publish: &Publish) -> u32 {
    u32::from_be_bytes(publish.payload[..].try_into().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_or_done_twice(
        version in prop::sample::select(vec![Version::V3_1_1, Version::V5]),
        acknowledge in prop::sample::select(vec![Acknowledge::OnReceipt, Acknowledge::Manual]),
        automatic_topic_aliases in any::<bool>(),
        steps in prop::collection::vec(step(), 0..250),
    ) {
        let mut world = World::new(version, acknowledge, automatic_topic_aliases);
        for step in &steps {
            world.step(step);
        }
        world.settle();
        world.check();
    }

    #[test]
    fn a_message_survives_the_wire_in_pieces_of_any_size(
        payload in prop::collection::vec(any::<u8>(), 0..3_000),
        pieces in prop::collection::vec(1..700_usize, 1..40),
        version in prop::sample::select(vec![Version::V3_1_1, Version::V5]),
    ) {
        let mut world = World::new(version, Acknowledge::OnReceipt, false);
        world.step(&Step::Down(usize::MAX));
        let packet = Packet::from(publish("汽车/开空调", &payload).qos(1).id(7).retain()).encode(version);
        let mut rest = packet.as_slice();
        for piece in pieces.iter().cycle() {
            let (now, later) = rest.split_at((*piece).min(rest.len()));
            world.input.extend_from_slice(now);
            world.session.handle_input(&mut world.input, world.now);
            rest = later;
            if rest.is_empty() { break; }
        }
        let Some(Event::Message(received)) = world.session.poll_event() else { panic!("no message") };
        prop_assert_eq!(received.message.topic.as_str(), "汽车/开空调");
        prop_assert_eq!(&received.message.payload[..], payload);
        prop_assert!(received.message.retain && received.packet_id == 7);
    }
}
