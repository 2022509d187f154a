//! A broker that stalls for two seconds: what load generators most often report wrongly.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use nix::sys::signal::Signal;

use super::{bench, read, report_file};
use crate::support::Mosquitto;
use mqttx_rs::internals::{LimitedBy, Measure, Measured, Stamp};

/// A separate subscriber, which notes when bytes came and only afterwards looks at what they say: the mean time, in
/// seconds, from the planned time of each of so many messages to its delivery.
fn observe(address: SocketAddr, messages: u32) -> JoinHandle<f64> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(b"\x10\x10\0\x04MQTT\x04\x02\0\0\0\x04eyes").unwrap();
    stream.write_all(b"\x82\x08\0\x01\0\x03b/#\0").unwrap();
    stream.read_exact(&mut [0; 9]).unwrap();
    std::thread::spawn(move || {
        // PUBLISH at QoS 0: two bytes of header, a topic of three characters, 100 bytes of payload.
        const SIZE: usize = 2 + 2 + 3 + 100;
        let (mut bytes, mut arrivals) = (Vec::new(), Vec::new());
        let mut buffer = vec![0; 1 << 16];
        while bytes.len() < messages as usize * SIZE {
            let count = stream.read(&mut buffer).unwrap();
            assert!(count > 0, "mosquitto hung up");
            bytes.extend_from_slice(&buffer[..count]);
            arrivals.push((bytes.len(), SystemTime::now()));
        }
        let seconds = bytes.chunks_exact(SIZE).enumerate().map(|(index, message)| {
            let whole = (index + 1) * SIZE;
            let (_, arrival) = arrivals[arrivals.partition_point(|(length, _)| *length < whole)];
            let planned = Stamp::read(&message[7..]).unwrap().planned;
            arrival.duration_since(UNIX_EPOCH + Duration::from_nanos(planned)).unwrap().as_secs_f64()
        });
        seconds.sum::<f64>() / f64::from(messages)
    })
}

#[test]
fn a_stall_of_the_broker_is_seen_in_full() {
    let Some(broker) = Mosquitto::start("max_queued_messages 0\nset_tcp_nodelay true") else { return };
    let observer = observe(broker.address(), 6000);
    let (_folder, path) = report_file();
    let line = "pub -c 9 -i 0 -t b/%i -q 1 --rate 1000/s -L 6000 -S 100B";
    let mut program = bench(line, broker.port(), &path).start();
    program.wait_for_stdout("Published total");
    broker.signal(Signal::SIGSTOP);
    let begin = Instant::now();
    // Two whole seconds in which nothing moves.
    program.wait_for_stdout("message rate: 0/s");
    program.wait_for_stdout("message rate: 0/s");
    let stall = begin.elapsed().as_secs_f64();
    broker.signal(Signal::SIGCONT);
    program.wait().expect_code(0);
    let observed = observer.join().unwrap();
    let report = read(&path);
    let (all, rate) = (6000.0, 1000.0);
    let theory = rate * stall * stall / 2.0 / all;
    let corrected = report.latencies[&Measure::Ack].mean() / 1e9;
    let uncorrected = report.latencies[&Measure::AckUncorrected].mean() / 1e9;
    assert!(corrected > 0.9 * theory && observed > 0.9 * theory, "{corrected}, {observed}, theory {theory}");
    // What the stall and a machine under load truly did to the messages, somebody else has seen too.
    assert!((corrected / observed - 1.0).abs() < 0.1, "corrected {corrected}, seen by the observer {observed}");
    assert!(uncorrected < theory / 2.0, "the window hides the stall from who asks only what was sent: {uncorrected}");
    assert_eq!(report.counts.acknowledged, 6000, "late is not lost: {:?}", report.counts);
    let empty = report.series.iter().filter(|row| row.acknowledged == 0 && row.second > 0).count();
    assert!(empty >= 2, "the empty seconds are there: {:?}", report.series);
    assert_ne!(report.verdict.as_ref().unwrap().limited_by, LimitedBy::Nothing, "{:?}", report.verdict);
    assert!(report.rate().unwrap() <= 1.0);
}
