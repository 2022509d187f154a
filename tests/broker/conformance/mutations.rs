//! Bytes that no client should send, over TCP. The many of them are put to the core without a network.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};

use super::*;
use crate::support::DEADLINE;
use crate::support::wire::publish;

fn session(version: Version) -> Vec<Vec<u8>> {
    let will = wire::connect(version, "mutant").will("will", b"gone", 1, false).credentials("user", "secret");
    let mut connect = will.with(property::receive_maximum(3)).with(property::user_property("k", "v"));
    connect.clean = false;
    let packets: [Packet; 9] = [
        connect.into(),
        wire::subscribe(1, "a/#", 1).and("$share/g/b", 2).into(),
        publish("a/b", "x").into(),
        publish("a/b", "x").qos(1).id(2).with(property::topic_alias(1)).retain().into(),
        publish("a/c", "x").qos(2).id(3).with(property::message_expiry_interval(3)).into(),
        wire::pubrel(3).into(),
        wire::unsubscribe(4, "a/#").into(),
        Packet::Pingreq,
        wire::disconnect(0).into(),
    ];
    packets.map(|packet| packet.encode(version)).into()
}

#[test]
fn mutated_sessions_over_tcp_do_no_harm() {
    ours(|address| {
        let sessions = [session(Version::V3_1_1), session(Version::V5)];
        let mut random = fastrand::Rng::with_seed(1);
        for number in 0..3000 {
            let packets = &sessions[number % 2];
            let mut bytes = packets.concat();
            for _ in 0..=random.usize(..4) {
                let at = random.usize(..bytes.len());
                match random.u8(..4) {
                    0 => bytes[at] ^= 1 << random.u8(..8),
                    1 => bytes.insert(at, random.u8(..)),
                    2 => bytes.truncate(at + 1),
                    _ => {
                        let other = sessions[random.usize(..2)][random.usize(..packets.len())].clone();
                        _ = bytes.splice(at..at, other);
                    }
                }
            }
            let mut stream = TcpStream::connect_timeout(&address, DEADLINE).unwrap();
            stream.set_read_timeout(Some(DEADLINE)).unwrap();
            // The broker may have closed before all is written.
            if stream.write_all(&bytes).is_ok() {
                _ = stream.shutdown(Shutdown::Write);
                let mut answer = Vec::new();
                let ended = stream.read_to_end(&mut answer);
                let kind = ended.as_ref().err().map(std::io::Error::kind);
                let reset = Some(std::io::ErrorKind::ConnectionReset);
                assert!(ended.is_ok() || kind == reset, "mutation {number}: {ended:?} after {bytes:02x?}");
            }
            if number % 500 == 0 {
                still_serves(address);
            }
        }
        still_serves(address);
    });
}
