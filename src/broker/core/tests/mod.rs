//! Clients' sessions against the core, in memory: what passes between them under an artificial clock, with links that
//! are cut at any byte.

mod access;
mod basics;
mod connecting;
mod guarantees;
mod limits;
mod mutations;
mod sessions;
mod sharing;
mod wills;

use std::time::{Duration, Instant, SystemTime};

use bytes::{Bytes, BytesMut};

use super::*;
use crate::broker::access::AccessList;
use crate::mqtt::{
    Message, SharedStrategy, SubscriptionOptions, TopicFilter, TopicName, Version, Will, WillProperties,
};
use crate::session::{
    ConnectOptions, Disconnected, Event, PublishOutcome, Session, State, SubscribeRequest, UnsubscribeRequest,
};

const VERSIONS: [Version; 3] = [Version::V3_1, Version::V3_1_1, Version::V5];

/// A core, and clients whose links go straight into it.
struct World {
    core: Core,
    now: Instant,
    clients: Vec<TestClient>,
    notices: Vec<Notice>,
}

/// One client.
struct TestClient {
    session: Session,
    link: Option<LinkId>,
    /// In transit to the core.
    upstream: BytesMut,
    /// In transit to the client.
    downstream: BytesMut,
    /// What the core has been given and not taken yet: the beginning of a packet.
    pending: BytesMut,
    /// The same for the client.
    arrived: BytesMut,
    events: Vec<Event>,
}

impl TestClient {
    /// What is in transit arrives.
    fn receive(&mut self, now: Instant) {
        self.arrived.extend_from_slice(&self.downstream.split());
        self.session.handle_input(&mut self.arrived, now);
    }

    /// What is in transit is lost.
    fn forget(&mut self) {
        for buffer in [&mut self.upstream, &mut self.downstream, &mut self.pending, &mut self.arrived] {
            buffer.clear();
        }
    }
}

impl World {
    fn new() -> Self {
        Self::with(Limits::default())
    }

    fn with(limits: Limits) -> Self {
        Self::start(Settings { limits, ..Settings::default() })
    }

    fn start(settings: Settings) -> Self {
        let now = Instant::now();
        let core = Core::new(settings, (now, SystemTime::now()), 1);
        Self { core, now, clients: Vec::new(), notices: Vec::new() }
    }

    /// A client that is not connected yet.
    fn client(&mut self, options: ConnectOptions) -> usize {
        let session = Session::new(options).unwrap();
        let none = BytesMut::new;
        let (upstream, downstream, pending, arrived) = (none(), none(), none(), none());
        self.clients.push(TestClient {
            session,
            link: None,
            upstream,
            downstream,
            pending,
            arrived,
            events: Vec::new(),
        });
        self.clients.len() - 1
    }

    /// A client that has been accepted.
    fn connected(&mut self, options: ConnectOptions) -> usize {
        let client = self.client(options);
        self.connect(client);
        client
    }

    fn connect(&mut self, client: usize) {
        self.dial(client);
        self.settle();
        assert_eq!(self.clients[client].session.state(), State::Connected, "{:?}", self.clients[client].events);
    }

    /// Begins a connection, of which nothing has passed yet.
    fn dial(&mut self, client: usize) {
        let peer = Peer { address: format!("client {client}"), listener: "mqtt" };
        self.clients[client].forget();
        self.clients[client].link = Some(self.core.open(peer, self.now));
        self.clients[client].session.connect(self.now);
    }

    /// Whether anything moved.
    fn step(&mut self) -> bool {
        let mut moved = false;
        for client in &mut self.clients {
            let Some(link) = client.link else { continue };
            let before = client.upstream.len();
            let closes =
                client.session.poll_transmit(&mut client.upstream, self.now) == crate::session::Transmit::Close;
            client.session.handle_flushed();
            moved |= client.upstream.len() > before;
            if !client.upstream.is_empty() {
                client.pending.extend_from_slice(&client.upstream.split());
                self.core.handle_input(link, &mut client.pending, self.now);
                moved = true;
            }
            if closes {
                self.core.handle_closed(link, self.now);
                client.link = None;
                client.session.handle_closed(self.now);
                moved = true;
            }
        }
        while let Some(link) = self.core.poll_ready() {
            let Some(client) = self.clients.iter_mut().find(|client| client.link == Some(link)) else { continue };
            moved = true;
            let mut transmit = Transmit::More;
            while transmit == Transmit::More {
                let mut buffer = BytesMut::new();
                transmit = self.core.poll_transmit(link, &mut buffer, self.now);
                client.downstream.extend_from_slice(&buffer);
            }
            if transmit == Transmit::Close {
                client.receive(self.now);
                client.session.handle_closed(self.now);
                client.link = None;
                self.core.handle_closed(link, self.now);
            }
        }
        for client in &mut self.clients {
            if !client.downstream.is_empty() && client.link.is_some() {
                client.receive(self.now);
                moved = true;
            }
            client.events.extend(std::iter::from_fn(|| client.session.poll_event()));
        }
        self.notices.extend(std::iter::from_fn(|| self.core.poll_notice()));
        moved
    }

    /// Until nothing moves any more.
    fn settle(&mut self) {
        for _ in 0..10_000 {
            if !self.step() {
                return;
            }
        }
        panic!("it does not come to rest");
    }

    /// Lets time pass for core and clients.
    fn pass(&mut self, duration: Duration) {
        self.now += duration;
        self.core.handle_timeout(self.now);
        self.settle();
    }

    /// The link is gone, with what was in transit.
    fn cut(&mut self, client: usize) {
        let now = self.now;
        let peer = &mut self.clients[client];
        peer.forget();
        if let Some(link) = peer.link.take() {
            self.core.handle_closed(link, now);
        }
        peer.session.handle_closed(now);
        peer.events.extend(std::iter::from_fn(|| peer.session.poll_event()));
    }

    fn subscribe(&mut self, client: usize, filter: &str, qos: QoS) {
        self.subscribe_with(client, options_of(filter, qos), None);
    }

    fn subscribe_with(&mut self, client: usize, options: SubscriptionOptions, identifier: Option<u32>) -> ReasonCode {
        let request = SubscribeRequest {
            filters: vec![options],
            subscription_identifier: identifier,
            ..SubscribeRequest::default()
        };
        self.clients[client].session.subscribe(request).unwrap();
        self.settle();
        let answers = self.clients[client].events.iter().rev();
        let reasons = answers.filter_map(|event| match event {
            Event::Subscribed { ack, .. } => Some(ack.reasons[0]),
            _ => None,
        });
        reasons.into_iter().next().unwrap()
    }

    fn unsubscribe(&mut self, client: usize, filter: &str) -> ReasonCode {
        let filters = vec![TopicFilter::parse(filter).unwrap()];
        self.clients[client].session.unsubscribe(UnsubscribeRequest { filters, ..Default::default() }).unwrap();
        self.settle();
        let answers = self.clients[client].events.iter().rev();
        let reasons = answers.filter_map(|event| match event {
            Event::Unsubscribed { ack, .. } => Some(ack.reasons[0]),
            _ => None,
        });
        reasons.into_iter().next().unwrap()
    }

    fn publish(&mut self, client: usize, message: Message) {
        self.clients[client].session.publish(message).unwrap();
        self.settle();
    }

    /// Messages of a client since the last call.
    fn received(&mut self, client: usize) -> Vec<Message> {
        let events = std::mem::take(&mut self.clients[client].events);
        let messages = events.into_iter().filter_map(|event| match event {
            Event::Message(received) => Some(received.message),
            _ => None,
        });
        messages.collect()
    }

    /// The payloads of these.
    fn texts(&mut self, client: usize) -> Vec<String> {
        self.received(client)
            .into_iter()
            .map(|message| String::from_utf8_lossy(&message.payload).into_owned())
            .collect()
    }

    /// How the last connection of a client ended.
    fn end_of(&mut self, client: usize) -> Disconnected {
        let events = self.clients[client].events.iter().rev();
        let ends = events.filter_map(|event| match event {
            Event::Disconnected(how) => Some(how.clone()),
            _ => None,
        });
        ends.into_iter().next().expect("the connection has ended")
    }

    /// The reason of the broker's DISCONNECT.
    fn reason_of_end(&mut self, client: usize) -> ReasonCode {
        match self.end_of(client) {
            Disconnected::ByServer(disconnect) => disconnect.reason,
            other => panic!("not by the broker: {other:?}"),
        }
    }

    /// The outcome of the client's last publish.
    fn outcome(&mut self, client: usize) -> ReasonCode {
        let events = self.clients[client].events.iter().rev();
        let outcomes = events.filter_map(|event| match event {
            Event::Published { outcome: PublishOutcome::Acknowledged(ack) | PublishOutcome::Refused(ack), .. } => {
                Some(ack.reason)
            }
            _ => None,
        });
        outcomes.into_iter().next().expect("the publish has an outcome")
    }

    /// A link of bytes that the test writes itself.
    fn raw(&mut self, bytes: &[u8]) -> LinkId {
        let link = self.core.open(Peer::default(), self.now);
        self.core.handle_input(link, &mut BytesMut::from(bytes), self.now);
        link
    }

    /// What the core sends to a raw link, and whether it closes it.
    fn answer(&mut self, link: LinkId) -> (Vec<u8>, bool) {
        let mut buffer = BytesMut::new();
        let mut sent = Vec::new();
        loop {
            let transmit = self.core.poll_transmit(link, &mut buffer, self.now);
            sent.extend_from_slice(&buffer.split());
            if transmit != Transmit::More {
                return (sent, transmit == Transmit::Close);
            }
        }
    }
}

fn options(version: Version, client_id: &str) -> ConnectOptions {
    ConnectOptions::new(version, client_id)
}

/// A session that outlives its connections.
fn lasting(version: Version, client_id: &str) -> ConnectOptions {
    let mut options = options(version, client_id);
    options.clean_start = false;
    options.properties.session_expiry_interval = Some(3600);
    options
}

fn options_of(filter: &str, qos: QoS) -> SubscriptionOptions {
    SubscriptionOptions::new(TopicFilter::parse(filter).unwrap(), qos)
}

fn message(topic: &str, payload: impl Into<Bytes>, qos: QoS) -> Message {
    Message::new(TopicName::parse(topic).unwrap(), payload).with_qos(qos)
}

fn will(topic: &str, payload: &'static str, delay: Option<u32>) -> Box<Will> {
    Box::new(Will {
        topic: TopicName::parse(topic).unwrap(),
        payload: payload.into(),
        qos: QoS::AtLeastOnce,
        retain: false,
        properties: WillProperties { will_delay_interval: delay, ..WillProperties::default() },
    })
}

fn seconds(number: u64) -> Duration {
    Duration::from_secs(number)
}
