//! One connection that speaks MQTT by [`wire`](super::wire), from either side.

use std::collections::VecDeque;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

use mqttx_rs::mqtt::Version;
use socket2::SockRef;

use super::DEADLINE;
use super::wire::{
    self, Ack, AckKind, Auth, Connack, Connect, Disconnect, Packet, Publish, Suback, Subscribe, Unsuback, Unsubscribe,
};

/// A connection; dropping it closes it (FIN, or RST when something was left unread).
#[derive(Debug)]
pub struct Link {
    stream: TcpStream,
    version: Version,
    received: Vec<u8>,
    /// How much of `received` has been decoded.
    decoded: usize,
    /// Received while something else was waited for.
    set_aside: VecDeque<Packet>,
    transcript: VecDeque<String>,
}

/// How many packets a failure shows besides the one that it is about.
const TRANSCRIPT: usize = 24;

impl Link {
    /// Over a connected stream; the version counts until a CONNECT says another.
    pub fn new(stream: TcpStream, version: Version) -> Self {
        stream.set_nodelay(true).expect("the socket takes options");
        stream.set_write_timeout(Some(DEADLINE)).expect("the socket takes options");
        Self {
            stream,
            version,
            received: Vec::new(),
            decoded: 0,
            set_aside: VecDeque::new(),
            transcript: VecDeque::new(),
        }
    }

    /// The version spoken.
    pub fn version(&self) -> Version {
        self.version
    }

    /// Sends one packet.
    pub fn send(&mut self, packet: impl Into<Packet>) {
        let packet = packet.into();
        self.note("sent", &packet);
        self.write(&packet.encode(self.version));
    }

    /// Sends several packets in one write, so that the peer reads them together.
    pub fn send_together(&mut self, packets: impl IntoIterator<Item = Packet>) {
        let mut bytes = Vec::new();
        for packet in packets {
            self.note("sent", &packet);
            bytes.extend(packet.encode(self.version));
        }
        self.write(&bytes);
    }

    /// Sends bytes, whatever they are.
    pub fn send_bytes(&mut self, bytes: &[u8]) {
        self.transcribe(format!("sent {} bytes: {}", bytes.len(), hex(bytes)));
        self.write(bytes);
    }

    /// Sends one packet in segments of one byte.
    pub fn send_bytewise(&mut self, packet: impl Into<Packet>) {
        let packet = packet.into();
        self.note("sent bytewise", &packet);
        for byte in packet.encode(self.version) {
            self.write(&[byte]);
        }
    }

    /// Writes the same bytes again and again, until all are written, the peer has not read for a second, or it is gone;
    /// the number of times that they went out in whole. A part of the next may be out too.
    pub fn send_until_stuck(&mut self, bytes: &[u8], times: usize) -> usize {
        self.stream.set_write_timeout(Some(Duration::from_secs(1))).expect("the socket takes options");
        let (mut whole, mut rest) = (0, bytes);
        while whole < times {
            match self.stream.write(rest) {
                Ok(length) if length < rest.len() => rest = &rest[length..],
                Ok(_) => (whole, rest) = (whole + 1, bytes),
                Err(_) => break,
            }
        }
        whole
    }

    /// Adds a line to what a failure shows.
    pub fn remark(&mut self, line: impl Into<String>) {
        self.transcribe(line.into());
    }

    /// The next packet, whichever.
    pub fn receive(&mut self) -> Packet {
        self.next("a packet").unwrap_or_else(|| self.fail("a packet", "the end of the connection"))
    }

    /// The next packet, or `None` at the end of the connection.
    pub fn receive_or_end(&mut self) -> Option<Packet> {
        self.next("a packet or the end")
    }

    /// The next packet, which is exactly this one.
    pub fn expect(&mut self, packet: impl Into<Packet>) {
        let expected = packet.into();
        let received = self.next(&format!("{expected:?}"));
        if received.as_ref() != Some(&expected) {
            self.fail(&format!("{expected:?}"), &received.map_or("the end".into(), |packet| format!("{packet:?}")));
        }
    }

    /// Waits for this packet, with which others may cross; they are received afterwards, in their order.
    pub fn expect_eventually(&mut self, packet: impl Into<Packet>) {
        let expected = packet.into();
        let mut crossed = VecDeque::new();
        while let Some(packet) = self.next(&format!("{expected:?}")) {
            if packet == expected {
                crossed.append(&mut self.set_aside);
                self.set_aside = crossed;
                return;
            }
            crossed.push_back(packet);
        }
        self.fail(&format!("{expected:?}"), "the end of the connection");
    }

    /// The next packet, which is DISCONNECT without a fault, and ends the session if that would outlive the connection.
    pub fn expect_goodbye(&mut self) {
        let goodbye = self.expect_disconnect();
        let ends_session = wire::disconnect(0).with(wire::property::session_expiry_interval(0));
        if goodbye != wire::disconnect(0) && goodbye != ends_session {
            self.fail("DISCONNECT with Success", &format!("{goodbye:?}"));
        }
    }

    /// Waits for the peer to close, without another packet before, and closes too; a reset counts.
    pub fn expect_end(mut self) {
        if let Some(packet) = self.next("the end of the connection") {
            self.fail("the end of the connection", &format!("{packet:?}"));
        }
    }

    /// Everything up to the end of the connection.
    pub fn receive_until_end(&mut self) -> Vec<Packet> {
        std::iter::from_fn(|| self.next("a packet or the end")).collect()
    }

    /// Reads to the end of the connection, as fast as bytes come, and looks at none of them.
    pub fn swallow(self) {
        _ = std::io::copy(&mut &self.stream, &mut std::io::sink());
    }

    /// Proves that the peer has nothing to send: it answers a PUBLISH at `QoS` 1, and that answer comes first.
    ///
    /// Only for a peer that has been sent nothing since its last packet, for example a client whose broker we are.
    pub fn expect_quiet(&mut self) {
        const PROBE: u16 = 0xFFFE;
        self.send(wire::publish("probe", "").qos(1).id(PROBE));
        self.expect_puback(PROBE);
    }

    /// Closes as a crash would: a TCP reset, at once.
    pub fn cut(self) {
        SockRef::from(&self.stream).set_linger(Some(Duration::ZERO)).expect("the socket takes options");
    }

    /// Closes in order: everything sent arrives, then the end (FIN); returns what the peer had still to say.
    pub fn close(mut self) -> Vec<Packet> {
        // Not at once: with bytes unread, close() would reset the connection instead.
        _ = self.stream.shutdown(std::net::Shutdown::Write);
        self.receive_until_end()
    }

    /// A second handle on the same connection, to write on while the first reads.
    pub fn writer(&self) -> Self {
        Self::new(self.stream.try_clone().expect("the socket can be cloned"), self.version)
    }

    /// Makes the kernel hold little at this end, so that a peer that is not read from soon feels it.
    pub fn shrink_buffers(&self) {
        const LITTLE: usize = 128 * 1024;
        let socket = SockRef::from(&self.stream);
        socket.set_recv_buffer_size(LITTLE).expect("the socket takes options");
        socket.set_send_buffer_size(LITTLE).expect("the socket takes options");
    }

    /// The packet decoded next, or `None` at the end of the connection.
    fn next(&mut self, expected: &str) -> Option<Packet> {
        if let Some(packet) = self.set_aside.pop_front() {
            return Some(packet);
        }
        let deadline = Instant::now() + DEADLINE;
        loop {
            match wire::decode(self.version, &self.received[self.decoded..]) {
                Ok(Some((packet, length))) => {
                    self.decoded += length;
                    if let Packet::Connect(connect) = &packet {
                        self.version = connect.version;
                    }
                    self.note("received", &packet);
                    return Some(packet);
                }
                Ok(None) => {}
                Err(malformed) => {
                    let bytes = hex(&self.received[self.decoded..]);
                    self.fail(expected, &format!("a malformed packet, {malformed:?}: {bytes}"));
                }
            }
            self.received.drain(..self.decoded);
            self.decoded = 0;
            let left = deadline.saturating_duration_since(Instant::now()).max(Duration::from_millis(1));
            self.stream.set_read_timeout(Some(left)).expect("the socket takes options");
            let mut chunk = [0; 16 * 1024];
            match self.stream.read(&mut chunk) {
                Ok(0) => return self.end(expected),
                Ok(length) => self.received.extend_from_slice(&chunk[..length]),
                Err(error) if error.kind() == ErrorKind::Interrupted => {}
                Err(error) if error.kind() == ErrorKind::ConnectionReset => return self.end(expected),
                Err(error) => self.fail(expected, &format!("{error} after {DEADLINE:?}")),
            }
        }
    }

    /// The end of the connection, which must not come within a packet.
    fn end(&mut self, expected: &str) -> Option<Packet> {
        if !self.received.is_empty() {
            let bytes = hex(&self.received);
            self.fail(expected, &format!("the end of the connection within a packet: {bytes}"));
        }
        self.transcribe("received the end".into());
        None
    }

    fn write(&mut self, bytes: &[u8]) {
        if let Err(error) = self.stream.write_all(bytes) {
            self.fail(&format!("{} bytes to be written", bytes.len()), &error.to_string());
        }
    }

    fn note(&mut self, verb: &str, packet: &Packet) {
        self.transcribe(format!("{verb} {packet:?}"));
    }

    fn transcribe(&mut self, line: String) {
        if self.transcript.len() == TRANSCRIPT {
            self.transcript.pop_front();
        }
        self.transcript.push_back(line);
    }

    #[track_caller]
    fn fail(&self, expected: &str, received: &str) -> ! {
        let transcript = self.transcript.iter().fold(String::new(), |all, line| all + "\n    " + line);
        panic!("\n  expected: {expected}\n  received: {received}\n  on this connection:{transcript}");
    }
}

macro_rules! expect_packets {
    ($($function:ident $packet:ident),+ $(,)?) => {
        impl Link {
            $(/// The next packet, which is of this type.
            pub fn $function(&mut self) -> $packet {
                let expected = stringify!($packet);
                match self.next(expected) {
                    Some(Packet::$packet(packet)) => packet,
                    Some(other) => self.fail(expected, &format!("{other:?}")),
                    None => self.fail(expected, "the end of the connection"),
                }
            })+
        }
    };
}
expect_packets! {
    expect_connect Connect,
    expect_connack Connack,
    expect_publish Publish,
    expect_subscribe Subscribe,
    expect_suback Suback,
    expect_unsubscribe Unsubscribe,
    expect_unsuback Unsuback,
    expect_disconnect Disconnect,
    expect_auth Auth,
}

macro_rules! expect_acks {
    ($($function:ident $kind:ident),+ $(,)?) => {
        impl Link {
            $(/// The next packet, which is of this type, for this identifier, and a success.
            pub fn $function(&mut self, id: u16) -> Ack {
                let expected = format!("{} for id {id} with a reason below 0x80", AckKind::$kind.name());
                match self.next(&expected) {
                    Some(Packet::Ack(ack)) if ack.kind == AckKind::$kind && ack.id == id && ack.reason < 0x80 => ack,
                    Some(other) => self.fail(&expected, &format!("{other:?}")),
                    None => self.fail(&expected, "the end of the connection"),
                }
            })+
        }
    };
}
expect_acks! {
    expect_puback Puback,
    expect_pubrec Pubrec,
    expect_pubrel Pubrel,
    expect_pubcomp Pubcomp,
}

/// The first bytes in hexadecimal.
fn hex(bytes: &[u8]) -> String {
    let shown: Vec<String> = bytes.iter().take(64).map(|byte| format!("{byte:02x}")).collect();
    format!("{}{}", shown.join(" "), if bytes.len() > 64 { " ..." } else { "" })
}
