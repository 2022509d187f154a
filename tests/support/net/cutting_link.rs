//! A link that is cut at a step of the protocol.

use std::cell::Cell;
use std::collections::VecDeque;
use std::fmt;
use std::io::ErrorKind;
use std::net::{Shutdown, SocketAddr};
use std::ops::RangeInclusive;
use std::sync::{Arc, Condvar, Mutex, MutexGuard};
use std::time::{Duration, Instant};

use mqttx_rs::mqtt::Version;
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::watch;

use super::Served;
use crate::support::DEADLINE;
use crate::support::wire::{self, Packet};

/// Passes packet by packet between clients and a broker, keeps a record of them, and ends connections where a test
/// says; connections that come later pass.
#[derive(Debug)]
pub struct CuttingLink {
    served: Served,
    shared: Arc<Shared>,
}

/// Where a connection ends.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// Which way the packet goes.
    pub towards: Towards,
    /// The packet's type, by the specification's name.
    pub packet: &'static str,
    /// Counts the packets of that type and way, from 1, since the cut before this one.
    pub number: usize,
    /// Whether this packet still arrives.
    pub place: Place,
    /// How both sides learn of it.
    pub ending: Ending,
}

/// Which way a packet goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Towards {
    Broker,
    Client,
}

/// On which side of a packet the link is cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Before,
    /// Half of its bytes pass.
    Within,
    After,
}

/// What the two sides see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// RST.
    Reset,
    /// FIN; what they still send is thrown away.
    Finish,
    /// Nothing: the connection stays open and nothing passes any more.
    Hold,
}

/// A packet that reached the link.
#[derive(Debug, Clone)]
pub struct Passed {
    /// The connection's number, from 1.
    pub connection: usize,
    /// Which way it went.
    pub towards: Towards,
    /// What it is.
    pub packet: Packet,
    /// Whether it went on to the other side.
    pub is_forwarded: bool,
}

/// In short, as `before PUBLISH 7 to the broker, RST`.
impl fmt::Debug for Cut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { towards, packet, number, place, ending } = self;
        let place = match place {
            Place::Before => "before",
            Place::Within => "within",
            Place::After => "after",
        };
        let towards = if *towards == Towards::Broker { "broker" } else { "client" };
        let ending = match ending {
            Ending::Reset => "RST",
            Ending::Finish => "FIN",
            Ending::Hold => "held",
        };
        write!(f, "{place} {packet} {number} to the {towards}, {ending}")
    }
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
    /// Ends all connections that were opened under an earlier number.
    ends: watch::Sender<(u32, Ending)>,
}

#[derive(Debug, Default)]
struct State {
    plan: VecDeque<Cut>,
    /// How many packets the first cut of the plan has counted.
    counted: usize,
    /// The connections at which planned cuts were made.
    cuts: Vec<usize>,
    connections: usize,
    is_refusing: bool,
    passed: Vec<Passed>,
    /// What was no packet, for which its connection was reset.
    malformed: Vec<String>,
}

impl CuttingLink {
    /// A link to a broker.
    pub fn to(target: SocketAddr) -> Self {
        let (ends, _) = watch::channel((0, Ending::Reset));
        let shared = Arc::new(Shared { state: Mutex::default(), changed: Condvar::new(), ends });
        let served = Served::start({
            let shared = Arc::clone(&shared);
            move |client| connection(client, target, Arc::clone(&shared))
        });
        Self { served, shared }
    }

    /// Where the client connects to.
    pub fn address(&self) -> SocketAddr {
        self.served.address()
    }

    /// The port, as `-p` wants it.
    pub fn port(&self) -> u16 {
        self.address().port()
    }

    /// Cuts there, after the cuts that were planned before.
    pub fn cut(&self, cut: Cut) {
        self.shared.state().plan.push_back(cut);
    }

    /// Cuts all open connections now.
    pub fn cut_now(&self, ending: Ending) {
        self.shared.ends.send_modify(|(number, how)| (*number, *how) = (*number + 1, ending));
    }

    /// Cuts all open connections, and resets each new one until [`CuttingLink::heal`].
    pub fn refuse(&self) {
        self.shared.state().is_refusing = true;
        self.cut_now(Ending::Reset);
    }

    /// Lets new connections pass.
    pub fn heal(&self) {
        self.shared.state().is_refusing = false;
    }

    /// Cuts all open connections every so often for so long, by RST and FIN in turn, and then heals.
    pub fn flap(&self, every: Duration, duration: Duration) {
        let end = Instant::now() + duration;
        for ending in [Ending::Reset, Ending::Finish].into_iter().cycle() {
            if Instant::now() + every > end {
                return;
            }
            std::thread::sleep(every);
            self.cut_now(ending);
        }
    }

    /// How many planned cuts were made.
    pub fn cuts(&self) -> usize {
        self.shared.state().cuts.len()
    }

    /// Whether the last connection was ended by a planned cut.
    pub fn is_cut_at_last(&self) -> bool {
        let state = self.shared.state();
        state.cuts.last() == Some(&state.connections)
    }

    /// How many connections were opened.
    pub fn connections(&self) -> usize {
        self.shared.state().connections
    }

    /// Waits until so many planned cuts were made.
    #[track_caller]
    pub fn wait_for_cuts(&self, count: usize) {
        self.wait(&format!("{count} cuts"), |state| state.cuts.len() >= count);
    }

    /// Waits until so many connections were opened.
    #[track_caller]
    pub fn wait_for_connections(&self, count: usize) {
        self.wait(&format!("{count} connections"), |state| state.connections >= count);
    }

    /// Waits until a packet of this type has passed on a connection of this number or a later one.
    #[track_caller]
    pub fn wait_for_packet(&self, name: &str, connection: usize) {
        self.wait(&format!("{name} on connection {connection} or later"), |state| {
            state
                .passed
                .iter()
                .any(|passed| passed.connection >= connection && passed.is_forwarded && passed.packet.name() == name)
        });
    }

    /// Waits until so many packets of this type have passed.
    #[track_caller]
    pub fn wait_for_count(&self, name: &str, count: usize) {
        self.wait(&format!("{count} of {name}"), |state| {
            state.passed.iter().filter(|passed| passed.is_forwarded && passed.packet.name() == name).count() >= count
        });
    }

    /// Every packet so far.
    pub fn passed(&self) -> Vec<Passed> {
        self.shared.state().passed.clone()
    }

    /// The packets so far as lines, the middle of many left out.
    pub fn trace(&self) -> String {
        const SHOWN: usize = 40;
        let passed = self.passed();
        let mut lines: Vec<String> = passed.iter().map(line).collect();
        if lines.len() > 2 * SHOWN {
            let gap = format!("... {} packets ...", lines.len() - 2 * SHOWN);
            lines.splice(SHOWN..lines.len() - SHOWN, [gap]);
        }
        lines.extend(self.shared.state().malformed.iter().cloned());
        lines.join("\n")
    }

    /// All packets of some connections as lines.
    pub fn trace_of(&self, connections: RangeInclusive<usize>) -> String {
        let passed = self.passed();
        let lines = passed.iter().filter(|passed| connections.contains(&passed.connection)).map(line);
        lines.collect::<Vec<_>>().join("\n")
    }

    #[track_caller]
    fn wait(&self, what: &str, is_done: impl Fn(&State) -> bool) {
        let state = self.shared.state();
        let (state, timeout) =
            self.shared.changed.wait_timeout_while(state, DEADLINE, |state| !is_done(state)).expect("no panic");
        let is_late = timeout.timed_out();
        drop(state);
        assert!(!is_late, "expected {what} within {DEADLINE:?}, got:\n{}", self.trace());
    }
}

fn line(passed: &Passed) -> String {
    let Passed { connection, towards, packet, is_forwarded } = passed;
    let arrow = if *towards == Towards::Broker { "->" } else { "<-" };
    let lost = if *is_forwarded { "" } else { "  (cut off)" };
    format!("[{connection}] {arrow} {packet:?}{lost}")
}

impl Shared {
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("nobody panics with it")
    }

    /// The number of a new connection, or `None` when it is not to be.
    fn open(&self) -> Option<usize> {
        let mut state = self.state();
        if state.is_refusing {
            return None;
        }
        state.connections += 1;
        self.changed.notify_all();
        Some(state.connections)
    }

    /// What is to happen at a packet, and its place in the record.
    fn judge(&self, connection: usize, towards: Towards, packet: Packet) -> (Option<Cut>, usize) {
        let mut state = self.state();
        let cut = state.plan.front().copied();
        let cut = cut.filter(|cut| cut.towards == towards && cut.packet == packet.name()).filter(|cut| {
            state.counted += 1;
            state.counted == cut.number
        });
        state.passed.push(Passed { connection, towards, packet, is_forwarded: false });
        if cut.is_some() {
            state.plan.pop_front();
            state.counted = 0;
        }
        (cut, state.passed.len() - 1)
    }

    /// A packet has been written.
    fn note_passed(&self, place: usize) {
        self.state().passed[place].is_forwarded = true;
        self.changed.notify_all();
    }

    fn note_cut(&self, connection: usize) {
        self.state().cuts.push(connection);
        self.changed.notify_all();
    }
}

async fn connection(client: TcpStream, target: SocketAddr, shared: Arc<Shared>) {
    let mut ends = shared.ends.subscribe();
    let begun = ends.borrow_and_update().0;
    let Some(number) = shared.open() else { return reset(&client) };
    let Ok(server) = TcpStream::connect(target).await else { return reset(&client) };
    server.set_nodelay(true).expect("the socket takes options");
    let [up, down] = [Towards::Broker, Towards::Client].map(|towards| Way { number, towards, shared: &shared });
    let version = Cell::new(Version::V5);
    let (upwards, downwards) = (up.pass(&client, &server, &version), down.pass(&server, &client, &version));
    let ending = tokio::select! {
        ended = async { tokio::try_join!(upwards, downwards) } => match ended {
            Ok(_) => return,
            Err(ending) => ending,
        },
        end = ends.wait_for(|(number, _)| *number > begun) => end.map_or(Ending::Reset, |end| end.1),
    };
    match ending {
        Ending::Reset => {
            reset(&client);
            reset(&server);
        }
        Ending::Finish => {
            tokio::join!(finish(&client), finish(&server));
        }
        Ending::Hold => _ = ends.wait_for(|(number, _)| *number > begun).await,
    }
}

/// One direction of a connection.
struct Way<'a> {
    number: usize,
    towards: Towards,
    shared: &'a Shared,
}

impl Way<'_> {
    /// Passes packets until the sender's end, which passes too, or a cut.
    async fn pass(&self, from: &TcpStream, to: &TcpStream, version: &Cell<Version>) -> Result<(), Ending> {
        let mut buffer = Vec::new();
        loop {
            let mut chunk = [0; 16 * 1024];
            let length = read(from, &mut chunk).await.ok_or(Ending::Reset)?;
            if length == 0 {
                _ = SockRef::from(to).shutdown(Shutdown::Write);
                return Ok(());
            }
            buffer.extend_from_slice(&chunk[..length]);
            let mut done = 0;
            while let Some((packet, length)) = self.decode(version.get(), &buffer[done..])? {
                if let Packet::Connect(connect) = &packet {
                    version.set(connect.version);
                }
                let bytes = &buffer[done..done + length];
                done += length;
                let (cut, place) = self.shared.judge(self.number, self.towards, packet);
                match cut.map_or(Place::After, |cut| cut.place) {
                    Place::Before => {}
                    Place::Within => write(to, &bytes[..bytes.len() / 2]).await.ok_or(Ending::Reset)?,
                    Place::After => {
                        write(to, bytes).await.ok_or(Ending::Reset)?;
                        self.shared.note_passed(place);
                    }
                }
                if let Some(cut) = cut {
                    self.shared.note_cut(self.number);
                    return Err(cut.ending);
                }
            }
            buffer.drain(..done);
        }
    }

    fn decode(&self, version: Version, bytes: &[u8]) -> Result<Option<(Packet, usize)>, Ending> {
        wire::decode(version, bytes).map_err(|malformed| {
            let line = format!("[{}] towards {:?}: {malformed:?}", self.number, self.towards);
            self.shared.state().malformed.push(line);
            Ending::Reset
        })
    }
}

/// How many bytes came, 0 at the end; `None` when the connection is broken.
async fn read(stream: &TcpStream, buffer: &mut [u8]) -> Option<usize> {
    loop {
        stream.readable().await.ok()?;
        match stream.try_read(buffer) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            read => return read.ok(),
        }
    }
}

async fn write(stream: &TcpStream, mut bytes: &[u8]) -> Option<()> {
    while !bytes.is_empty() {
        stream.writable().await.ok()?;
        match stream.try_write(bytes) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            written => bytes = &bytes[written.ok()?..],
        }
    }
    Some(())
}

fn reset(stream: &TcpStream) {
    SockRef::from(stream).set_linger(Some(Duration::ZERO)).expect("the socket takes options");
}

/// Ends by FIN: what the peer sends is read, since a close with bytes unread would be a RST.
async fn finish(stream: &TcpStream) {
    _ = SockRef::from(stream).shutdown(Shutdown::Write);
    let mut chunk = [0; 16 * 1024];
    let drained = async { while read(stream, &mut chunk).await.is_some_and(|length| length > 0) {} };
    _ = tokio::time::timeout(DEADLINE, drained).await;
}
