//! The environment of a run: a broker that answers everything by itself and keeps what it received, and servers of TLS
//! in front of it.

use std::fmt::Write as _;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, SystemTime};

use mqttx_rs::internals::Stamp;
use mqttx_rs::mqtt::Version;
use socket2::SockRef;
use tokio_rustls::rustls::version::TLS12;

use crate::support::net::{Authority, TlsServer};
use crate::support::wire::property::{reason_string, server_reference, user_property};
use crate::support::wire::{
    self, AckKind, Connack, Packet, Publish, connack, puback, pubcomp, publish, pubrec, suback, unsuback,
};

/// How the broker behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum World {
    /// Accepts and acknowledges; a subscriber gets a retained message and three others.
    Plain,
    /// Sends no messages and acknowledges none.
    Mute,
    /// The same, with a profile selected.
    Selected,
    /// Acknowledges late.
    Late,
    /// A subscriber gets messages of a bench on a machine with another clock.
    Stamped,
    /// Cuts the first connection behind CONNACK and refuses the second.
    Cut,
    /// Cuts the first connection behind CONNACK and serves the second.
    CutOnce,
    /// Sends the client to another broker.
    Redirecting,
    /// TLS.
    Tls,
    /// TLS 1.2 and nothing newer.
    OldTls,
    /// TLS for clients with a certificate.
    MutualTls,
}

/// By how much an acknowledgement is late.
const LATE: Duration = Duration::from_millis(400);

/// A broker, and what is in front of it, until it is dropped.
pub(super) struct Surroundings {
    broker: Broker,
    other: Option<Broker>,
    tls: Option<TlsServer>,
}

/// The authority of all servers and clients here.
pub(super) static AUTHORITY: LazyLock<Authority> = LazyLock::new(Authority::new);

impl Surroundings {
    pub(super) fn new(world: World) -> Self {
        let other = (world == World::Redirecting).then(|| Broker::start(World::Plain, None));
        let broker = Broker::start(world, other.as_ref().map(|other| other.address));
        let names = ["127.0.0.1", "localhost"];
        let config = match world {
            World::Tls => {
                let mut config = AUTHORITY.server(&names);
                config.alpn_protocols = vec![b"mqtt".to_vec()];
                Some(config)
            }
            World::OldTls => Some(AUTHORITY.certify(&names).server_with(&[&TLS12])),
            World::MutualTls => Some(AUTHORITY.server_for_known_clients(&names, &[&TLS12])),
            _ => None,
        };
        let tls = config.map(|config| TlsServer::before(broker.address, config));
        Self { broker, other, tls }
    }

    /// Where a client is to connect to.
    pub(super) fn port(&self) -> u16 {
        self.tls.as_ref().map_or(self.broker.address.port(), TlsServer::port)
    }

    /// Every port that may be named in an output.
    pub(super) fn ports(&self) -> Vec<u16> {
        let other = self.other.as_ref().map(|other| other.address.port());
        [Some(self.port()), Some(self.broker.address.port()), other].into_iter().flatten().collect()
    }

    /// What was received, by connection; handshakes of TLS too.
    pub(super) fn received(self) -> Vec<String> {
        let mut all: Vec<String> =
            self.tls.iter().flat_map(TlsServer::handshakes).map(|it| format!("{it:?}")).collect();
        // First what is in front, so that no connection is held open by it.
        drop(self.tls);
        let mut connections = self.broker.finish();
        connections.extend(self.other.into_iter().flat_map(Broker::finish));
        connections.sort();
        all.extend(connections);
        all
    }
}

struct Broker {
    address: SocketAddr,
    state: Arc<State>,
    acceptor: JoinHandle<()>,
}

struct State {
    world: World,
    redirected_to: Option<SocketAddr>,
    is_over: AtomicBool,
    accepted: AtomicUsize,
    connections: Mutex<Vec<JoinHandle<String>>>,
    subscribers: Mutex<Vec<(usize, Version, TcpStream)>>,
}

impl Broker {
    fn start(world: World, redirected_to: Option<SocketAddr>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port on the loopback");
        let address = listener.local_addr().expect("a bound socket has an address");
        let state = Arc::new(State {
            world,
            redirected_to,
            is_over: AtomicBool::new(false),
            accepted: AtomicUsize::new(0),
            connections: Mutex::default(),
            subscribers: Mutex::default(),
        });
        let serving = state.clone();
        let acceptor = std::thread::spawn(move || {
            while let Ok((stream, from)) = listener.accept() {
                if serving.is_over.load(Ordering::Acquire) {
                    return;
                }
                let number = serving.accepted.fetch_add(1, Ordering::AcqRel);
                let state = serving.clone();
                let connection = std::thread::spawn(move || Connection::new(number, stream, from, &state).serve());
                serving.connections.lock().unwrap().push(connection);
            }
        });
        Self { address, state, acceptor }
    }

    fn finish(self) -> Vec<String> {
        self.state.is_over.store(true, Ordering::Release);
        _ = TcpStream::connect(self.address);
        self.acceptor.join().unwrap();
        let connections = std::mem::take(&mut *self.state.connections.lock().unwrap());
        connections.into_iter().map(|connection| connection.join().unwrap()).filter(|text| !text.is_empty()).collect()
    }
}

struct Connection<'a> {
    number: usize,
    stream: TcpStream,
    state: &'a State,
    version: Version,
    transcript: String,
}

/// What becomes of the connection behind a packet.
#[derive(PartialEq, Eq)]
enum Then {
    GoOn,
    Close,
    Cut,
}

impl<'a> Connection<'a> {
    fn new(number: usize, stream: TcpStream, from: SocketAddr, state: &'a State) -> Self {
        stream.set_nodelay(true).expect("the socket takes options");
        stream.set_read_timeout(Some(Duration::from_millis(100))).expect("the socket takes options");
        let is_usual = from.ip().to_string() == "127.0.0.1";
        let transcript = if is_usual { String::new() } else { format!("from {}\n", from.ip()) };
        Self { number, stream, state, version: Version::V5, transcript }
    }

    fn serve(mut self) -> String {
        let mut received = Vec::new();
        let mut chunk = [0; 16 * 1024];
        loop {
            match self.stream.read(&mut chunk) {
                Ok(0) => return self.transcript,
                Ok(length) => received.extend_from_slice(&chunk[..length]),
                Err(error) if matches!(error.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut) => {
                    if self.state.is_over.load(Ordering::Acquire) {
                        return self.transcript;
                    }
                }
                Err(_) => return self.transcript,
            }
            if self.transcript.lines().all(|line| line.starts_with("from"))
                && let Some(other) = other_protocol(&received)
            {
                return self.transcript + &other;
            }
            while let Ok(Some((packet, length))) = wire::decode(self.version, &received) {
                received.drain(..length);
                self.note(&packet);
                match self.answer(packet) {
                    Then::GoOn => {}
                    Then::Close => {
                        _ = self.stream.shutdown(Shutdown::Write);
                    }
                    Then::Cut => {
                        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).expect("the socket takes options");
                        return self.transcript;
                    }
                }
            }
        }
    }

    fn answer(&mut self, packet: Packet) -> Then {
        let is_mute = self.state.world == World::Mute;
        match packet {
            Packet::Connect(connect) => {
                self.version = connect.version;
                return self.connack();
            }
            Packet::Publish(message) => {
                if self.state.world == World::Late {
                    std::thread::sleep(LATE);
                }
                self.forward(&message);
                match message.qos {
                    _ if is_mute => {}
                    1 => self.send(puback(message.id).reason(if message.topic.starts_with("no") { 0x87 } else { 0 })),
                    2 => self.send(pubrec(message.id)),
                    _ => {}
                }
            }
            Packet::Ack(ack) if ack.kind == AckKind::Pubrel => self.send(pubcomp(ack.id)),
            Packet::Subscribe(subscribe) => {
                let reason =
                    |(filter, options): &(String, u8)| if filter.starts_with("no") { 0x87 } else { options & 3 };
                self.send(suback(subscribe.id, subscribe.filters.iter().map(reason).collect::<Vec<_>>()));
                let stream = self.stream.try_clone().expect("the socket can be cloned");
                self.state.subscribers.lock().unwrap().push((self.number, self.version, stream));
                if !is_mute && ["a/#", "a/reply"].contains(&subscribe.filters[0].0.as_str()) {
                    self.deliver();
                }
            }
            Packet::Unsubscribe(unsubscribe) => self.send(unsuback(unsubscribe.id, vec![0; unsubscribe.filters.len()])),
            Packet::Pingreq => self.send(Packet::Pingresp),
            Packet::Disconnect(_) => return Then::Close,
            _ => {}
        }
        Then::GoOn
    }

    fn connack(&mut self) -> Then {
        let refused: Connack = connack().refusing(if self.version == Version::V5 { 0x87 } else { 5 });
        match (self.state.world, self.number) {
            (World::Late, _) => {
                std::thread::sleep(LATE);
                self.send(connack());
                Then::GoOn
            }
            (World::Cut | World::CutOnce, 0) => {
                self.send(connack());
                // Until the client has taken that in: it subscribes or publishes, or says nothing for a while.
                _ = self.stream.read(&mut [0; 1024]);
                Then::Cut
            }
            (World::Cut, _) => {
                self.send(refused.with(reason_string("not twice")));
                Then::Close
            }
            (World::Redirecting, _) => {
                let server = self.state.redirected_to.expect("another broker").to_string();
                self.send(connack().refusing(0x9C).with(server_reference(&server)));
                Then::Close
            }
            _ => {
                self.send(connack());
                Then::GoOn
            }
        }
    }

    fn deliver(&mut self) {
        if self.state.world == World::Stamped {
            // What was to be sent before all had subscribed is not measured.
            std::thread::sleep(LATE);
            for sequence in 0..4 {
                let mut payload = [0; Stamp::SIZE];
                let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
                let planned = u64::try_from(now.as_nanos()).unwrap();
                let (clock, run, publisher) = (1, 2, 3);
                assert!(Stamp { clock, run, publisher, sequence, delay_micros: 0, planned }.write(&mut payload));
                self.send(publish("a/1", payload));
            }
            return;
        }
        self.send(publish("a/1", "kept").retain());
        let live = publish("a/2", r#"{"n": 1}"#).qos(1).id(1).with(user_property("k", "v"));
        self.send(live);
        self.send(publish("a/3", "live"));
        self.send(publish("a/4", "live"));
    }

    /// To the subscribers among the other connections.
    fn forward(&self, message: &Publish) {
        for (number, version, stream) in self.state.subscribers.lock().unwrap().iter_mut() {
            if *number != self.number {
                let copy = Publish { qos: 0, id: 0, retain: false, ..message.clone() };
                _ = stream.write_all(&Packet::from(copy).encode(*version));
            }
        }
    }

    fn send(&mut self, packet: impl Into<Packet>) {
        _ = self.stream.write_all(&packet.into().encode(self.version));
    }

    /// Keeps a packet, without its identifier and without bytes that are drawn at random.
    fn note(&mut self, packet: &Packet) {
        let mut packet = packet.clone();
        match &mut packet {
            Packet::Publish(publish) => {
                publish.id = 0;
                if std::str::from_utf8(&publish.payload).is_err() {
                    publish.payload = format!("({} bytes)", publish.payload.len()).into_bytes();
                }
            }
            Packet::Ack(ack) => ack.id = 0,
            Packet::Subscribe(subscribe) => subscribe.id = 0,
            Packet::Unsubscribe(unsubscribe) => unsubscribe.id = 0,
            _ => {}
        }
        _ = writeln!(self.transcript, "{packet:?}");
    }
}

/// What is spoken instead of MQTT, which begins with a CONNECT.
fn other_protocol(received: &[u8]) -> Option<String> {
    match received {
        [] | [0x10, ..] => None,
        [0x16, ..] => Some("TLS".to_owned()),
        [5, ..] => Some("SOCKS".to_owned()),
        _ => {
            let head = String::from_utf8_lossy(received);
            let known = head.lines().filter(|line| !line.to_ascii_lowercase().starts_with("sec-websocket-key"));
            Some(known.collect::<Vec<_>>().join("\n"))
        }
    }
}
