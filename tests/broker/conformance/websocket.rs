//! MQTT over WebSocket: chapter 6.

use std::io::{Read, Write};
use std::net::TcpStream;

use super::*;
use crate::support::DEADLINE;
use crate::support::wire::publish;

/// A WebSocket to our broker, and what the server answered to the request for it.
fn open(test: impl Fn(SocketAddr)) {
    let _judged = Judged("ours");
    let options = BrokerOptions { websocket_port: Some(0), ..BrokerOptions::default() };
    let broker = Broker::start(options).unwrap();
    test(broker.addresses().websocket.unwrap());
}

fn handshake(address: SocketAddr) -> (TcpStream, String) {
    let mut stream = TcpStream::connect_timeout(&address, DEADLINE).unwrap();
    stream.set_read_timeout(Some(DEADLINE)).unwrap();
    let request = "GET /mqtt HTTP/1.1\r\nHost: broker\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Protocol: other, mqtt\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte).unwrap();
        answer.push(byte[0]);
    }
    (stream, String::from_utf8(answer).unwrap())
}

/// A frame of a client, masked by zeros.
fn frame(opcode: u8, payload: &[u8]) -> Vec<u8> {
    let length = u8::try_from(payload.len()).unwrap();
    assert!(length < 126);
    [&[0x80 | opcode, 0x80 | length, 0, 0, 0, 0][..], payload].concat()
}

/// The payload of the next frame, which is short.
fn receive(stream: &mut TcpStream) -> (u8, Vec<u8>) {
    let mut head = [0; 2];
    stream.read_exact(&mut head).unwrap();
    let mut payload = vec![0; head[1].into()];
    stream.read_exact(&mut payload).unwrap();
    (head[0], payload)
}

#[test]
fn the_subprotocol_mqtt_is_selected() {
    open(|address| {
        let (_, answer) = handshake(address);
        assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
        assert!(answer.to_lowercase().contains("sec-websocket-protocol: mqtt\r\n"), "{answer}");
    });
}

#[test]
fn a_text_frame_ends_the_connection() {
    open(|address| {
        let (mut stream, _) = handshake(address);
        let connect = Packet::from(wire::connect(Version::V5, "client")).encode(Version::V5);
        stream.write_all(&frame(1, &connect)).unwrap();
        let mut rest = Vec::new();
        // A Close frame at most (opcode 8), and the end.
        _ = stream.read_to_end(&mut rest);
        assert!(rest.is_empty() || rest[0] == 0x88, "{rest:x?}");
    });
}

#[test]
fn frames_and_packets_need_not_be_aligned() {
    open(|address| {
        let (mut stream, _) = handshake(address);
        let packets: [Packet; 3] =
            [wire::connect(Version::V5, "client").into(), wire::subscribe(1, "a", 0).into(), publish("a", "x").into()];
        let bytes: Vec<u8> = packets.iter().flat_map(|packet| packet.encode(Version::V5)).collect();
        // A part of CONNECT; the rest of it with a part of SUBSCRIBE; all else.
        for part in [&bytes[..5], &bytes[5..25], &bytes[25..]] {
            stream.write_all(&frame(2, part)).unwrap();
        }
        let mut received = Vec::new();
        let mut types = Vec::new();
        while types.len() < 3 {
            let (head, payload) = receive(&mut stream);
            assert_eq!(head, 0x82);
            received.extend(payload);
            while let Some((packet, length)) = wire::decode(Version::V5, &received).unwrap() {
                types.push(packet.name());
                received.drain(..length);
            }
        }
        assert_eq!(types, ["CONNACK", "SUBACK", "PUBLISH"]);
    });
}
