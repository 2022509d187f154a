//! `mqttx-rs broker`, alone and around a command, and `--embedded`.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

use mqttx_rs::mqtt::Version;
use nix::sys::signal::Signal;

use crate::support::{Program, RawClient, free_port, wire};

fn address_in(url: &str) -> SocketAddr {
    let address = url.split_once("://").and_then(|(_, rest)| rest.split('/').next()).unwrap();
    address.parse().unwrap()
}

/// A shell around which the broker runs.
fn around(script: &str) -> Program {
    Program::new(["broker", "--", "sh", "-c", script])
}

#[test]
fn its_addresses_are_on_stdout_and_a_signal_ends_it_with_success() {
    for signal in [Signal::SIGTERM, Signal::SIGINT] {
        let mut broker = Program::new(["broker", "-p", "0", "--ws-port", "0"]).start();
        let mqtt = broker.wait_for_stdout("mqtt://127.0.0.1:");
        let websocket = broker.wait_for_stdout("ws://127.0.0.1:");

        let mut client = RawClient::connect(address_in(&mqtt), Version::V5, "client");
        client.subscribe("a", 0);
        client.publish("a", "x", 0);
        client.expect_text("a", "x");

        broker.signal(signal);
        let ended = broker.wait().expect_code(0);
        assert_eq!(ended.text(), format!("{mqtt}\n{websocket}\n"));
        client.link.receive_until_end();
    }
}

#[test]
fn the_program_reaches_it_over_websocket() {
    let mut broker = Program::new(["broker", "-p", "0", "--ws-port", "0"]).start();
    let port = address_in(&broker.wait_for_stdout("ws://")).port();
    let arguments = ["sub", "-l", "ws", "-t", "a", "-q", "2", "-C", "1", "--output-mode", "raw"];
    let mut subscriber = Program::new(arguments).port(port).start();
    subscriber.wait_for_stderr("Subscribed to a");
    let url = format!("ws://127.0.0.1:{port}/mqtt");
    Program::new(["pub", "--url", &url, "-t", "a", "-q", "2", "-m", "over frames"]).run().expect_code(0);
    assert_eq!(subscriber.wait().expect_code(0).text(), "over frames\n");
}

#[test]
fn it_speaks_mqtt_over_websocket() {
    let mut broker = Program::new(["broker", "-p", "0", "--ws-port", "0"]).start();
    let websocket = broker.wait_for_stdout("ws://");
    let mut stream = TcpStream::connect(address_in(&websocket)).unwrap();
    let request = "GET /mqtt HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
                   Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
                   Sec-WebSocket-Protocol: mqtt\r\n\r\n";
    stream.write_all(request.as_bytes()).unwrap();
    let lines = BufReader::new(stream.try_clone().unwrap()).lines();
    let head: Vec<String> = lines.map_while(Result::ok).take_while(|line| !line.is_empty()).collect();
    assert!(head[0].starts_with("HTTP/1.1 101 "), "{head:?}");
    assert!(head.iter().any(|line| line.eq_ignore_ascii_case("sec-websocket-protocol: mqtt")), "{head:?}");

    // A masked binary frame with a CONNECT in it; the mask of zeros leaves it as it is.
    let connect = wire::Packet::from(wire::connect(Version::V5, "client")).encode(Version::V5);
    let length = u8::try_from(connect.len()).unwrap();
    stream.write_all(&[&[0x82, 0x80 | length, 0, 0, 0, 0], connect.as_slice()].concat()).unwrap();
    let mut frame = [0; 4];
    stream.read_exact(&mut frame).unwrap();
    assert_eq!((frame[0], frame[2]), (0x82, 0x20), "no CONNACK in {frame:?}");
}

#[test]
fn only_its_users_are_let_in() {
    let mut broker = Program::new(["broker", "-p", "0", "--user", "alice:a:b", "--user", "bob:c"]).start();
    let address = address_in(&broker.wait_for_stdout("mqtt://"));
    for (name, password, code) in [("alice", "a:b", 0), ("bob", "c", 0), ("bob", "a:b", 0x86)] {
        let mut client = RawClient::open(address, Version::V5);
        client.link.send(wire::connect(Version::V5, name).credentials(name, password));
        assert_eq!(client.link.expect_connack().code, code, "{name}");
    }
}

#[test]
fn it_warns_of_being_open_to_the_network() {
    let warning = "warning: anyone on the network can connect";
    for (arguments, warns) in [
        (["--bind", "0.0.0.0"].as_slice(), true),
        (&["--bind", "0.0.0.0", "--user", "alice:secret"], false),
        (&["--bind", "127.0.0.2"], false),
    ] {
        let command = ["--", "true"];
        let ended = Program::new(["broker"].iter().chain(arguments).chain(&command)).run().expect_code(0);
        assert_eq!(ended.stderr.contains(warning), warns, "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn what_cannot_be_listened_on_is_quoted_and_what_can_be_is_said() {
    for (arguments, parts) in [
        (["--bind", "example.org"], ["`example.org`", "127.0.0.1"]),
        (["--prometheus", "9464x"], ["`9464x`", "127.0.0.1:9464"]),
        (["--user", "a:b"], ["--user: `a`", "twice"]),
        (["--trace=xml", "--control"], ["error: --trace: `xml`", "text or json"]),
    ] {
        let all = ["broker", "-p", "0", "--user", "a:c"].into_iter().chain(arguments);
        let ended = Program::new(all).run().expect_code(2);
        assert!(parts.iter().all(|part| ended.stderr.contains(part)), "{}", ended.stderr);
    }
    Program::new(["broker", "--bind", "localhost", "--", "true"]).run().expect_code(0);
}

#[test]
fn one_port_for_two_things_is_blamed_on_the_second() {
    let port = free_port().to_string();
    let address = format!("127.0.0.1:{port}");
    let ended = Program::new(["broker", "-p", &port, "--prometheus", &address]).run();
    assert!(ended.stderr.contains("--prometheus: cannot listen on"), "{}", ended.stderr);
}

#[test]
fn a_user_without_a_password_is_a_usage_error_that_shows_no_password() {
    let ended = Program::new(["broker", "-p", "0", "--user", "hunter2"]).run().expect_code(2);
    assert!(ended.stderr.contains("--user") && !ended.stderr.contains("hunter2"), "{}", ended.stderr);
}

#[test]
fn a_port_in_use_ends_it_with_a_hint() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let ended = Program::new(["broker"]).port(address.port()).run().expect_code(1);
    assert!(ended.stderr.contains(&format!("{address} is already in use")), "{}", ended.stderr);
    assert!(ended.stderr.contains("hint: "), "{}", ended.stderr);
}

#[test]
fn a_command_finds_the_broker_in_its_environment_and_has_stdout_to_itself() {
    let script = "echo \"$MQTTX_HOST $MQTTX_PORT ${MQTTX_URL-none} ${MQTTX_UNIX-none} ${MQTTX_PROTOCOL-none}\"";
    let ended = around(script)
        .env("MQTTX_HOST", "elsewhere")
        .env("MQTTX_URL", "mqtts://elsewhere")
        .env("MQTTX_UNIX", "/elsewhere")
        .env("MQTTX_PROTOCOL", "ws")
        .run()
        .expect_code(0);
    let words: Vec<&str> = ended.text().split_whitespace().collect();
    assert_eq!((words[0], &words[2..]), ("127.0.0.1", ["none", "none", "mqtt"].as_slice()));
    assert!(words[1].parse::<u16>().unwrap() > 0);
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_client_inside_a_command_reaches_the_broker() {
    let program = env!("CARGO_BIN_EXE_mqttx-rs");
    let script = format!("'{program}' pub -t a -m kept -r -q 1 && '{program}' sub -t a -C 1 --output-mode raw");
    assert_eq!(around(&script).run().expect_code(0).text(), "kept\n");
}

#[test]
fn neither_a_proxy_nor_a_selected_profile_leads_away_from_it() {
    let home = tempfile::TempDir::new().unwrap();
    let program = |line: &str| {
        let program = Program::new(line.split(' ')).env("HOME", home.path().to_str().unwrap());
        program.env("XDG_CONFIG_HOME", home.path().to_str().unwrap()).env("ALL_PROXY", "socks5://127.0.0.1:9")
    };
    program("profile add elsewhere --url mqtts://broker.example").run().expect_code(0);
    program("profile use elsewhere").run().expect_code(0);
    let own = env!("CARGO_BIN_EXE_mqttx-rs");
    let script = format!("'{own}' pub -t a -m kept");
    program("broker --").arg("sh").arg("-c").arg(script).run().expect_code(0);
    let port = free_port();
    program("pub --no-profile --embedded -t a -m kept").port(port).run().expect_code(0);
}

#[test]
fn it_ends_with_the_commands_exit_code() {
    around("exit 0").run().expect_code(0);
    around("exit 42").run().expect_code(42);
    around("kill -KILL $$").run().expect_code(128 + 9);
    let ended = Program::new(["broker", "--", "no-such-command-anywhere"]).run().expect_code(2);
    assert!(ended.stderr.contains("no-such-command-anywhere"), "{}", ended.stderr);
}

/// Says when it is ready, and what signal it got.
const TRAPS: &str =
    "trap 'echo got INT; exit 3' INT; trap 'echo got TERM; exit 4' TERM; trap 'echo got HUP; exit 5' HUP
    echo ready; while :; do sleep 0.05; done";

#[test]
fn signals_go_on_to_the_command() {
    for (signal, name, code) in [(Signal::SIGINT, "INT", 3), (Signal::SIGTERM, "TERM", 4), (Signal::SIGHUP, "HUP", 5)] {
        // In a process group of its own: to one in the foreground of a terminal, Ctrl-C would come from there.
        let mut broker = around(TRAPS).in_own_group().start();
        broker.wait_for_stdout("ready");
        broker.signal(signal);
        assert_eq!(broker.wait().expect_code(code).text(), format!("ready\ngot {name}\n"));
    }
}

#[test]
fn a_subscriber_with_a_broker_of_its_own_hears_what_others_publish() {
    let port = free_port();
    let mut subscriber =
        Program::new(["sub", "-t", "car/#", "--embedded", "-C", "1", "--output-mode", "raw"]).port(port).start();
    subscriber.wait_for_stderr("Subscribed");
    let mut publisher = RawClient::connect(([127, 0, 0, 1], port).into(), Version::V3_1_1, "publisher");
    publisher.publish("car/1", "87 km/h", 1);
    assert_eq!(subscriber.wait().expect_code(0).text(), "87 km/h\n");
    publisher.link.receive_until_end();
}

#[test]
fn an_embedded_broker_on_a_port_in_use_is_an_error_with_a_hint() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port();
    let ended = Program::new(["pub", "-t", "a", "-m", "x", "--embedded"]).port(port).run().expect_code(1);
    assert!(ended.stderr.contains("is already in use") && ended.stderr.contains("hint: "), "{}", ended.stderr);
}
