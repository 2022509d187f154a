//! `broker --trace`: packets as the broker sees them.

use std::net::SocketAddr;

use mqttx_rs::mqtt::Version;

use crate::support::{Program, RawClient};

#[test]
fn packets_of_clients_come_in_and_are_read_by_the_version_of_their_connect() {
    for version in [Version::V3_1_1, Version::V5] {
        let mut broker = Program::new(["broker", "-p", "0", "--trace"]).start();
        let url = broker.wait_for_stdout("mqtt://");
        let address: SocketAddr = url.trim_start_matches("mqtt://").trim().parse().unwrap();
        let mut client = RawClient::connect(address, version, "seen");
        client.subscribe("a", 1);
        client.publish("a", "x", 1);
        broker.wait_for_stderr("-> PUBACK");
        drop(client);
        broker.wait_for_stderr("disconnected");
        broker.signal(nix::sys::signal::Signal::SIGTERM);
        let log = broker.wait().expect_code(0).stderr;
        let connect = log.lines().find(|line| line.contains("<- CONNECT")).unwrap_or_else(|| panic!("{log}"));
        assert!(connect.contains("client_id=\"seen\"") && connect.contains(&format!("version=\"{version}\"")), "{log}");
        for part in ["-> CONNACK", "<- SUBSCRIBE", "-> SUBACK", "<- PUBLISH", "-> PUBLISH"] {
            assert!(log.contains(part), "{part} is missing in {log}");
        }
        assert!(!log.contains("malformed") && !log.contains("fault"), "{log}");
    }
}
