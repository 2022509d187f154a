//! Where the broker listens: TLS, WebSocket, Unix sockets, many clients; and what it says of them.

use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use mqttx_rs::internals::{Broker, BrokerOptions, Limits};
use mqttx_rs::mqtt::Version;
use nix::sys::resource::{Resource, getrlimit, setrlimit};
use nix::sys::signal::Signal;

use crate::support::net::Authority;
use crate::support::wire::{self, property};
use crate::support::{Program, RawClient, Running};

/// A broker of the command line, on free ports.
fn start(options: &[&str]) -> Running {
    Program::new(["broker", "-p", "0"]).arg_all(options).start()
}

/// The address in a line that the broker prints.
fn address(broker: &mut Running, scheme: &str) -> SocketAddr {
    let line = broker.wait_for_stdout(scheme);
    let start = line.find("://").map(|at| at + 3).unwrap();
    line[start..].split('/').next().unwrap().parse().unwrap()
}

fn authority(broker: &mut Running) -> String {
    broker.wait_for_stdout("ca: ").trim_start_matches("ca: ").trim().to_owned()
}

/// Publishes a retained message by one URL and takes it by another.
fn passes(from: &[&str], to: &[&str]) {
    Program::new(["pub", "-t", "a", "-m", "hello", "-r", "-q", "1"]).arg_all(from).run().expect_code(0);
    let ended = Program::new(["sub", "-t", "a", "-C", "1", "--output-mode", "raw"]).arg_all(to).run().expect_code(0);
    assert_eq!(ended.text(), "hello\n");
}

#[test]
fn tls_works_in_two_commands_and_the_authority_goes_with_the_broker() {
    let mut broker = start(&["--tls-port", "0", "--wss-port", "0"]);
    let tls = address(&mut broker, "mqtts://").port().to_string();
    let wss = address(&mut broker, "wss://").port().to_string();
    let ca = authority(&mut broker);
    let tls = ["-l", "mqtts", "-h", "127.0.0.1", "-p", &tls, "--ca", &ca];
    let wss = ["-l", "wss", "-h", "localhost", "-p", &wss, "--ca", &ca];
    passes(&tls, &wss);
    passes(&wss, &tls);
    // Nobody else's authority signed it.
    let ended = Program::new(["conn", "--check"]).arg_all(&tls[..6]).run().expect_code(3);
    assert!(ended.stderr.contains("hint: name the authority with --ca"), "{}", ended.stderr);
    broker.signal(Signal::SIGTERM);
    broker.wait().expect_code(0);
    assert!(!fs::exists(&ca).unwrap(), "{ca} is left behind");
}

#[test]
fn its_own_certificate_is_shown_and_clients_may_have_to_show_theirs() {
    let authority = Authority::new();
    let (server, client) = (authority.certify(&["127.0.0.1"]), authority.certify(&["client"]));
    let (ca, cert, key) = (authority.ca(), server.certificate_path, server.key_path);
    let path = |path: &std::path::PathBuf| path.to_str().unwrap().to_owned();
    let (ca, cert, key) = (path(&ca), path(&cert), path(&key));
    let mut broker = start(&["--tls-port", "0", "--cert", &cert, "--key", &key, "--client-ca", &ca]);
    let port = address(&mut broker, "mqtts://").port().to_string();
    let anybody = ["-l", "mqtts", "-h", "127.0.0.1", "-p", &port, "--ca", &ca];
    let refused = Program::new(["conn", "--check"]).arg_all(&anybody).run().expect_code(3);
    assert!(refused.stderr.contains("--cert and --key"), "{}", refused.stderr);
    broker.wait_for_stderr("TLS: ");
    let (own, own_key) = (path(&client.certificate_path), path(&client.key_path));
    let known = [&anybody[..], &["--cert", &own, "--key", &own_key]].concat();
    passes(&known, &known);
}

#[test]
fn certificates_that_cannot_be_used_are_named_by_their_option() {
    let authority = Authority::new();
    let (one, other) = (authority.certify(&["a"]), authority.certify(&["b"]));
    let (cert, key, wrong) = (one.certificate_path, one.key_path, other.key_path);
    let (cert, key, wrong) = (cert.to_str().unwrap(), key.to_str().unwrap(), wrong.to_str().unwrap());
    for (options, code, part) in [
        (
            vec!["--tls-port", "0", "--cert", cert, "--key", wrong],
            1,
            "--key: the key does not belong to the certificate",
        ),
        (vec!["--tls-port", "0", "--cert", "/nowhere", "--key", key], 1, "--cert: `/nowhere`"),
        (vec!["--tls-port", "0", "--client-ca", key], 1, "--client-ca: "),
        (vec!["--client-ca", key], 2, "--client-ca is for TLS"),
        (vec!["--cert", cert, "--key", key], 2, "--cert is for TLS"),
    ] {
        let ended = Program::new(["broker", "-p", "0"]).arg_all(&options).run().expect_code(code);
        assert!(ended.stderr.contains(part), "{options:?}: {}", ended.stderr);
    }
}

#[test]
fn another_path_than_its_own_is_refused() {
    let mut broker = start(&["--ws-port", "0", "--ws-path", "/broker"]);
    let websocket = address(&mut broker, "ws://");
    let own = format!("ws://{websocket}/broker");
    passes(&["--url", &own], &["--url", &own]);
    let other = format!("ws://{websocket}/mqtt");
    let ended = Program::new(["conn", "--check", "--url", &other]).run().expect_code(3);
    assert!(ended.stderr.contains("HTTP 404"), "{}", ended.stderr);
    broker.wait_for_stderr("404 Not Found");
    let ended = Program::new(["broker", "--ws-path", "mqtt"]).run().expect_code(2);
    assert!(ended.stderr.contains("--ws-path: `mqtt`"), "{}", ended.stderr);
}

#[test]
fn a_unix_socket_is_made_taken_over_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("broker.sock");
    // Left behind by a broker that was killed.
    drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
    let socket = path.to_str().unwrap();
    let mut broker = start(&["--unix", socket]);
    broker.wait_for_stdout(&format!("unix:{socket}"));
    passes(&["--unix", socket], &["--unix", socket]);
    let ended = Program::new(["broker", "-p", "0", "--unix", socket]).run().expect_code(1);
    assert!(ended.stderr.contains(&format!("{socket} is already in use")), "{}", ended.stderr);
    broker.signal(Signal::SIGTERM);
    broker.wait().expect_code(0);
    assert!(!path.exists());
}

#[test]
fn a_file_that_is_not_a_socket_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes");
    fs::write(&path, "mine").unwrap();
    Program::new(["broker", "-p", "0", "--unix"]).arg(&path).run().expect_code(1);
    assert_eq!(fs::read_to_string(&path).unwrap(), "mine");
}

#[test]
fn a_link_without_connect_is_closed() {
    let limits = Limits { connect_timeout: Duration::from_millis(50), ..Limits::default() };
    let broker = Broker::start(BrokerOptions { limits, ..BrokerOptions::default() }).unwrap();
    RawClient::open(broker.addresses().mqtt, Version::V5).link.expect_end();
}

#[test]
fn clients_that_come_and_go_are_on_stderr() {
    let mut broker = start(&[]);
    let address = address(&mut broker, "mqtt://");
    let client = RawClient::connect(address, Version::V5, "meter-7");
    let line = broker.wait_for_stderr("client `meter-7` connected");
    assert!(line.contains("127.0.0.1:") && line.contains("MQTT 5.0"), "{line}");
    client.disconnect();
    broker.wait_for_stderr("client `meter-7` disconnected");

    let mut quiet = start(&["--quiet"]);
    RawClient::connect(self::address(&mut quiet, "mqtt://"), Version::V5, "meter-7").disconnect();
    quiet.signal(Signal::SIGTERM);
    assert_eq!(quiet.wait().expect_code(0).stderr, "");
}

#[test]
fn a_log_file_has_what_stderr_has_and_traces_alone() {
    let folder = tempfile::tempdir().unwrap();
    let log = folder.path().join("log");
    let mut broker = start(&["--quiet", "--trace", "--log-file", log.to_str().unwrap()]);
    let mut client = RawClient::connect(address(&mut broker, "mqtt://"), Version::V5, "meter-7");
    client.publish("a", "21.5", 1);
    client.disconnect();
    broker.signal(Signal::SIGTERM);
    assert_eq!(broker.wait().expect_code(0).stderr, "");
    let log = fs::read_to_string(log).unwrap();
    for part in ["client `meter-7` connected", "<- CONNECT", "-> CONNACK", "<- PUBLISH", "-> PUBACK"] {
        assert!(log.contains(part), "no {part} in {log}");
    }
}

#[test]
fn a_thousand_clients_hear_one_another() {
    let limit = getrlimit(Resource::RLIMIT_NOFILE).unwrap().1;
    setrlimit(Resource::RLIMIT_NOFILE, limit.min(10_000), limit).unwrap();
    let mut broker = start(&["--quiet"]);
    let address = address(&mut broker, "mqtt://");
    let mut clients: Vec<_> = (0..1000)
        .map(|number| {
            let mut client = RawClient::connect(address, Version::V5, &format!("client-{number}"));
            client.subscribe("all", 1);
            client
        })
        .collect();
    RawClient::connect(address, Version::V5, "publisher").publish("all", "hello", 1);
    for client in &mut clients {
        client.expect_text("all", "hello");
    }
}

#[test]
fn a_subscriber_that_does_not_read_stops_nobody() {
    let mut broker = start(&["--max-queued", "100"]);
    let address = address(&mut broker, "mqtt://");
    let mut deaf = RawClient::connect(address, Version::V5, "deaf");
    deaf.link.shrink_buffers();
    deaf.subscribe("a", 0);
    let mut listening = RawClient::connect(address, Version::V5, "listening");
    listening.subscribe("end", 0);
    let mut publisher = RawClient::connect(address, Version::V5, "publisher");
    // More than the system keeps on its way to somebody who does not read.
    let payload = vec![0; 1 << 20];
    for _ in 0..150 {
        publisher.publish("a", &payload, 0);
    }
    publisher.publish("end", "", 1);
    listening.expect_text("end", "");
    broker.wait_for_stderr("messages for client `deaf` are dropped");
}

#[test]
fn a_client_that_closes_after_its_last_word_is_heard_out() {
    let broker = Broker::start(BrokerOptions::default()).unwrap();
    let address = broker.addresses().mqtt;
    let mut witness = RawClient::connect(address, Version::V5, "witness");
    witness.subscribe("#", 0);
    let packets = [
        wire::Packet::from(wire::connect(Version::V5, "hasty")).encode(Version::V5),
        wire::Packet::from(wire::publish("a", "last word")).encode(Version::V5),
        wire::Packet::from(wire::disconnect(0)).encode(Version::V5),
    ];
    let mut stream = TcpStream::connect(address).unwrap();
    stream.write_all(&packets.concat()).unwrap();
    drop(stream);
    witness.expect_text("a", "last word");
}

#[test]
fn figures_are_offered_to_prometheus() {
    let mut broker = start(&["--prometheus", "127.0.0.1:0"]);
    let page = broker.wait_for_stderr("Metrics at http://");
    let page: SocketAddr = page.split("http://").nth(1).unwrap().split('/').next().unwrap().parse().unwrap();
    let mut client = RawClient::connect(address(&mut broker, "mqtt://"), Version::V5, "meter-7");
    client.subscribe("a", 0);
    client.publish("a", "x", 1);
    let mut stream = TcpStream::connect(page).unwrap();
    stream.write_all(b"GET /metrics HTTP/1.1\r\nHost: h\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    for line in ["mqttx_broker_clients_connected 1", "mqttx_broker_subscriptions 1", "# EOF"] {
        assert!(answer.contains(line), "no `{line}` in {answer}");
    }
}

#[test]
fn a_broker_that_ends_says_good_bye() {
    let broker = Broker::start(BrokerOptions::default()).unwrap();
    let connect = wire::connect(Version::V5, "client").with(property::session_expiry_interval(9));
    let (mut client, _) = RawClient::connect_with(broker.addresses().mqtt, connect);
    broker.stop();
    assert_eq!(client.link.expect_disconnect().reason, 0x8B);
    client.link.expect_end();
}

#[test]
fn users_and_rights_are_read_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path.to_str().unwrap().to_owned()
    };
    // Bob's is a hash of `secret` that mosquitto_passwd made.
    let hash = "$7$101$gMUHNKHnh6eCwVAL$86aIze3OLVvyjNW5kFLKUaatTYiXMJsQNppexDAE12891NK1WOosskP4jSMhYJQq+oJituWa27C98HsgSFBnEg==";
    let users = file("users", &format!("alice:wonder\nbob:{hash}\n"));
    let rights = file("acl", "user alice\ntopic read a/#\npattern readwrite own/%u/#\n");
    let mut broker = start(&["--user-file", &users, "--acl-file", &rights, "--user", "carol:christmas"]);
    let address = address(&mut broker, "mqtt://");
    let connected = |name: &str, password: &str| {
        let mut client = RawClient::open(address, Version::V5);
        client.link.send(wire::connect(Version::V5, name).credentials(name, password));
        (client.link.expect_connack().code, client)
    };
    for (name, password, code) in
        [("alice", "wonder", 0), ("bob", "secret", 0), ("carol", "christmas", 0), ("bob", "wonder", 0x86)]
    {
        assert_eq!(connected(name, password).0, code, "{name}");
    }
    let (mut alice, mut bob) = (connected("alice", "wonder").1, connected("bob", "secret").1);
    alice.subscribe("a/#", 0);
    let refused = |client: &mut RawClient, topic: &str| {
        client.link.send(wire::publish(topic, "x").qos(1).id(9));
        match client.link.receive() {
            wire::Packet::Ack(ack) => ack.reason == 0x87,
            other => panic!("not PUBACK: {other:?}"),
        }
    };
    assert!(refused(&mut alice, "a/1") && refused(&mut bob, "own/alice/1") && !refused(&mut bob, "own/bob/1"));

    for (flag, text, part) in [
        ("--user-file", "nobody\n", "users:1: expected `NAME:PASSWORD`"),
        ("--acl-file", "topic write\ntopic maybe x\n", "acl:2: unknown access"),
    ] {
        let path = if flag == "--user-file" { file("users", text) } else { file("acl", text) };
        let ended = Program::new(["broker", "-p", "0", flag, &path]).run().expect_code(1);
        assert!(ended.stderr.contains(flag) && ended.stderr.contains(part), "{}", ended.stderr);
    }
    Program::new(["broker", "-p", "0", "--user-file", "/nowhere"]).run().expect_code(1);
}

#[test]
fn nobody_without_a_name_gets_in_with_no_anonymous() {
    let mut broker = start(&["--no-anonymous"]);
    let mut client = RawClient::open(address(&mut broker, "mqtt://"), Version::V5);
    client.link.send(wire::connect(Version::V5, "client"));
    assert_eq!(client.link.expect_connack().code, 0x87);
}
