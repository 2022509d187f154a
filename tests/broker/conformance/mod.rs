//! What the specifications demand of a server, by raw packets; `docs/conformance.md` lists each statement with the test
//! that shows it.
//!
//! Where mosquitto conforms too, it is put through the same test: that judges the test.

mod authentication;
mod cases;
mod connect;
mod delivery;
mod encoding;
mod flow;
mod mutations;
mod publish;
mod retained;
mod sessions;
mod shared;
mod subscribe;
mod topics;
mod websocket;
mod wills;

use std::net::SocketAddr;

use mqttx_rs::internals::{Broker, BrokerOptions, Limits};
use mqttx_rs::mqtt::Version;

use crate::support::wire::{self, Packet, property};
use crate::support::{Mosquitto, RawClient};

/// 3.1 has no numbered statements.
const BOTH: [Version; 2] = [Version::V3_1_1, Version::V5];

/// Says on which broker a test failed.
struct Judged(&'static str);

impl Drop for Judged {
    #[expect(clippy::print_stderr, reason = "the failure itself shows packets alone")]
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("the broker was {}", self.0);
        }
    }
}

/// Runs a test against our broker.
fn ours(test: impl Fn(SocketAddr)) {
    limited(Limits::default(), test);
}

/// Runs a test against our broker with these limits.
fn limited(limits: Limits, test: impl Fn(SocketAddr)) {
    let _judged = Judged("ours");
    let broker = Broker::start(BrokerOptions { limits, ..BrokerOptions::default() }).unwrap();
    test(broker.addresses().mqtt);
}

/// Runs a test against our broker, and against mosquitto where it is installed.
fn each(test: impl Fn(SocketAddr)) {
    ours(&test);
    let Some(mosquitto) = Mosquitto::start("") else { return };
    let _judged = Judged("mosquitto");
    test(mosquitto.address());
}

/// A CONNECT whose session is kept.
fn kept(version: Version, client_id: &str) -> wire::Connect {
    let connect = wire::connect(version, client_id).keep_session();
    if version.is_v5() { connect.with(property::session_expiry_interval(3600)) } else { connect }
}

/// Connects with a session that is kept; whether there was one.
fn resume(address: SocketAddr, version: Version, client_id: &str) -> (RawClient, bool) {
    let (client, connack) = RawClient::connect_with(address, kept(version, client_id));
    (client, connack.session_present)
}

/// Asserts that the broker closes the connection of a connected client, having sent nothing but DISCONNECT with a
/// fault, and that in 5.0 alone.
#[track_caller]
fn expect_closed(mut client: RawClient) {
    let packets = client.link.receive_until_end();
    match &packets[..] {
        [] => {}
        [Packet::Disconnect(disconnect)] if client.link.version().is_v5() => {
            assert!(disconnect.reason >= 0x80, "{disconnect:?}");
        }
        other => panic!("{other:?}"),
    }
}

/// Asserts that a connected client that sends these bytes is disconnected.
#[track_caller]
fn breaks(address: SocketAddr, version: Version, bytes: &[u8]) {
    let mut client = RawClient::connect(address, version, "breaker");
    client.link.remark(format!("{version:?}"));
    client.link.send_bytes(bytes);
    expect_closed(client);
}

/// Asserts that the broker serves others still.
fn still_serves(address: SocketAddr) {
    let mut client = RawClient::connect(address, Version::V5, "still");
    client.subscribe("still/served", 2);
    client.link.send(wire::publish("still/served", "x"));
    client.expect_text("still/served", "x");
}

/// A string on the wire.
fn text(text: impl AsRef<[u8]>) -> Vec<u8> {
    let bytes = text.as_ref();
    let mut encoded = u16::try_from(bytes.len()).unwrap().to_be_bytes().to_vec();
    encoded.extend_from_slice(bytes);
    encoded
}

/// Parts of a packet's body; the Property Length that 5.0 has between them is 0.
fn body(version: Version, before: &[u8], after: &[u8]) -> Vec<u8> {
    let properties: &[u8] = if version.is_v5() { &[0] } else { &[] };
    [before, properties, after].concat()
}
