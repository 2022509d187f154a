//! Small programs that `compare.sh` measures ours against: a loop around rumqttc, and the floor, which is a loop over a
//! socket that does what the protocol asks for and nothing else.
//!
//!     peers rumqttc|floor pub PORT QOS            publishes each line of stdin to `compare`, retained
//!     peers rumqttc|floor sub PORT QOS COUNT      prints the payloads of so many messages to `compare`

use std::error::Error;
use std::io::{self, BufRead, BufWriter, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::thread;
use std::time::Duration;

use rumqttc::{Client, Connection, Event, MqttOptions, Outgoing, Packet, QoS};

/// How many publishes may be unanswered: what mosquitto allows.
const WINDOW: u16 = 20;
const TOPIC: &str = "compare";

fn main() -> Result<(), Box<dyn Error>> {
    // `cargo bench` adds an option of its own.
    let arguments: Vec<_> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words[..] {
        ["rumqttc", "pub", port, qos] => rumqttc_publish(port.parse()?, qos_of(qos.parse()?)),
        ["rumqttc", "sub", port, qos, count] => rumqttc_subscribe(port.parse()?, qos_of(qos.parse()?), count.parse()?),
        ["floor", "pub", port, qos] => Floor::connect(port.parse()?)?.publish(qos.parse()?),
        ["floor", "sub", port, qos, count] => Floor::connect(port.parse()?)?.subscribe(qos.parse()?, count.parse()?),
        // Without arguments it is one of all benches, and measures nothing by itself.
        _ => Ok(()),
    }
}

fn qos_of(number: u8) -> QoS {
    match number {
        0 => QoS::AtMostOnce,
        1 => QoS::AtLeastOnce,
        _ => QoS::ExactlyOnce,
    }
}

fn rumqttc(port: u16) -> (Client, Connection) {
    let mut options = MqttOptions::new("compare-rumqttc", "127.0.0.1", port);
    options.set_keep_alive(Duration::from_mins(1)).set_inflight(WINDOW);
    Client::new(options, 1024)
}

fn rumqttc_publish(port: u16, qos: QoS) -> Result<(), Box<dyn Error>> {
    let (client, mut connection) = rumqttc(port);
    let reader = thread::spawn(move || {
        let mut count = 0_u64;
        for line in io::stdin().lock().split(b'\n').map_while(Result::ok) {
            if client.publish(TOPIC, qos, true, line).is_err() {
                break;
            }
            count += 1;
        }
        (client, count)
    });
    let (mut done, mut reader, mut lines) = (0_u64, Some(reader), None);
    let mut is_closing = false;
    for event in connection.iter() {
        // What is sent is written only when the broker closes: the events of sending come before that.
        if is_closing && event.is_err() {
            break;
        }
        done += u64::from(match event? {
            Event::Outgoing(Outgoing::Publish(_)) => qos == QoS::AtMostOnce,
            Event::Incoming(Packet::PubAck(_)) => qos == QoS::AtLeastOnce,
            Event::Incoming(Packet::PubComp(_)) => qos == QoS::ExactlyOnce,
            _ => false,
        });
        if lines.is_none()
            && let Some(finished) = reader.take_if(|reader| reader.is_finished())
        {
            lines = finished.join().ok();
        }
        if let Some((client, count)) = &lines
            && done == *count
            && !is_closing
        {
            client.disconnect()?;
            is_closing = true;
        }
    }
    Ok(())
}

fn rumqttc_subscribe(port: u16, qos: QoS, count: u64) -> Result<(), Box<dyn Error>> {
    let (client, mut connection) = rumqttc(port);
    client.subscribe(TOPIC, qos)?;
    let mut out = BufWriter::new(io::stdout().lock());
    let mut left = count;
    for event in connection.iter() {
        match event? {
            Event::Incoming(Packet::Publish(publish)) if left > 0 => {
                out.write_all(&publish.payload)?;
                out.write_all(b"\n")?;
                left -= 1;
                if left == 0 {
                    out.flush()?;
                    client.disconnect()?;
                }
            }
            Event::Outgoing(Outgoing::Disconnect) => break,
            _ => {}
        }
    }
    Ok(())
}

/// A connection with MQTT 3.1.1, whose packets are written and read in large pieces.
struct Floor {
    stream: TcpStream,
    chunk: Vec<u8>,
    input: Vec<u8>,
    output: Vec<u8>,
}

impl Floor {
    fn connect(port: u16) -> Result<Self, Box<dyn Error>> {
        let stream = TcpStream::connect(("127.0.0.1", port))?;
        stream.set_nodelay(true)?;
        let mut floor = Self { stream, chunk: vec![0; 64 * 1024], input: Vec::new(), output: Vec::new() };
        floor.output.extend_from_slice(&[0x10, 17, 0, 4, b'M', b'Q', b'T', b'T', 4, 2, 0, 60, 0, 5]);
        floor.output.extend_from_slice(b"floor");
        floor.write()?;
        floor.read()?;
        floor.input.clear();
        Ok(floor)
    }

    fn publish(mut self, qos: u8) -> Result<(), Box<dyn Error>> {
        let (mut free, mut packet_id) = (WINDOW, 0_u16);
        let mut stdin = io::BufReader::with_capacity(64 * 1024, io::stdin().lock());
        let mut line = Vec::new();
        while stdin.read_until(b'\n', &mut line)? > 0 {
            let payload = line.strip_suffix(b"\n").unwrap_or(&line);
            let length = 2 + TOPIC.len() + usize::from(qos > 0) * 2 + payload.len();
            self.output.push(0x31 | qos << 1);
            self.push_length(length);
            self.output.extend_from_slice(&[0, u8::try_from(TOPIC.len())?]);
            self.output.extend_from_slice(TOPIC.as_bytes());
            if qos > 0 {
                packet_id = packet_id.checked_add(1).unwrap_or(1);
                self.output.extend_from_slice(&packet_id.to_be_bytes());
                free -= 1;
            }
            self.output.extend_from_slice(payload);
            line.clear();
            while qos > 0 && free == 0 {
                free += self.answers()?;
            }
            if self.output.len() >= 64 * 1024 {
                self.write()?;
            }
        }
        while qos > 0 && free < WINDOW {
            free += self.answers()?;
        }
        self.close()
    }

    /// Writes what is there, reads answers, and returns how many publishes they complete.
    fn answers(&mut self) -> Result<u16, Box<dyn Error>> {
        self.write()?;
        self.read()?;
        let mut completed = 0;
        let whole = self.input.len() / 4 * 4;
        for answer in self.input[..whole].chunks_exact(4) {
            match answer[0] {
                0x50 => self.output.extend_from_slice(&[0x62, 2, answer[2], answer[3]]),
                _ => completed += 1,
            }
        }
        self.input.drain(..whole);
        Ok(completed)
    }

    fn subscribe(mut self, qos: u8, count: u64) -> Result<(), Box<dyn Error>> {
        let length = u8::try_from(5 + TOPIC.len())?;
        self.output.extend_from_slice(&[0x82, length, 0, 1, 0, length - 5]);
        self.output.extend_from_slice(TOPIC.as_bytes());
        self.output.push(qos);
        self.write()?;
        let (mut stdout, mut text) = (io::stdout().lock(), Vec::new());
        let mut left = count;
        while left > 0 {
            self.read()?;
            let mut at = 0;
            while let Some((body, end)) = packet(&self.input[at..]) {
                let (first, body) = (self.input[at], &self.input[at + body..at + end]);
                at += end;
                if first >> 4 == 3 && left > 0 {
                    let mut payload = &body[2 + usize::from(body[1])..];
                    if first & 6 != 0 {
                        self.output.extend_from_slice(&[0x40, 2, payload[0], payload[1]]);
                        payload = &payload[2..];
                    }
                    text.extend_from_slice(payload);
                    text.push(b'\n');
                    left -= 1;
                }
            }
            self.input.drain(..at);
            stdout.write_all(&text)?;
            text.clear();
            self.write()?;
        }
        self.close()
    }

    /// Waits for the broker to close, which it does when it has read everything.
    fn close(mut self) -> Result<(), Box<dyn Error>> {
        self.output.extend_from_slice(&[0xE0, 0]);
        self.write()?;
        self.stream.shutdown(Shutdown::Write)?;
        while self.stream.read(&mut self.chunk)? > 0 {}
        Ok(())
    }

    fn push_length(&mut self, mut length: usize) {
        while length > 127 {
            self.output.push((length & 0x7F).to_le_bytes()[0] | 0x80);
            length >>= 7;
        }
        self.output.push((length & 0x7F).to_le_bytes()[0]);
    }

    fn write(&mut self) -> Result<(), Box<dyn Error>> {
        if !self.output.is_empty() {
            self.stream.write_all(&self.output)?;
            self.output.clear();
        }
        Ok(())
    }

    fn read(&mut self) -> Result<(), Box<dyn Error>> {
        let length = self.stream.read(&mut self.chunk)?;
        self.input.extend_from_slice(&self.chunk[..length]);
        if length == 0 { Err("the broker closed the connection".into()) } else { Ok(()) }
    }
}

/// Where the body of the first packet begins and ends, once all of it is there.
fn packet(bytes: &[u8]) -> Option<(usize, usize)> {
    let (mut length, mut at) = (0, 1);
    loop {
        let byte = *bytes.get(at)?;
        length |= usize::from(byte & 0x7F) << (7 * (at - 1));
        at += 1;
        if byte < 0x80 {
            break;
        }
    }
    (bytes.len() >= at + length).then_some((at, at + length))
}
