//! `probe`: right in every row for our broker with each of its limits and for mosquitto; it leaves nothing behind.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::support::wire::connack;
use crate::support::{Mosquitto, Program, ScriptedBroker};
use mqttx_rs::mqtt::Version;

/// The rows of a report.
fn rows(port: u16, arguments: &[&str]) -> BTreeMap<String, Value> {
    let ended = Program::new(["probe", "--json"]).port(port).arg_all(arguments).run().expect_code(0);
    let report: Value = serde_json::from_str(ended.text()).unwrap();
    let checks = report["checks"].as_array().unwrap().iter();
    checks.map(|check| (check["name"].as_str().unwrap().to_owned(), check.clone())).collect()
}

/// The names of what a broker cannot do.
fn lacking(rows: &BTreeMap<String, Value>) -> Vec<&str> {
    rows.iter().filter(|(_, row)| row["ok"] == false).map(|(name, _)| name.as_str()).collect()
}

#[cfg(feature = "broker")]
mod ours {
    use super::*;
    use crate::support::{RawClient, Running};

    fn broker(arguments: &[&str]) -> (Running, BTreeMap<String, u16>) {
        let mut broker = Program::new(["broker", "-p", "0"]).arg_all(arguments).start();
        let mut ports = BTreeMap::new();
        let listeners = 1 + arguments.iter().filter(|argument| argument.ends_with("-port")).count();
        for _ in 0..listeners {
            let line = broker.wait_for_stdout("://");
            let (scheme, rest) = line.trim().split_once("://").unwrap();
            let digits = rest.rsplit(':').next().unwrap().chars().take_while(char::is_ascii_digit).collect::<String>();
            ports.insert(scheme.to_owned(), digits.parse().unwrap());
        }
        (broker, ports)
    }

    #[test]
    fn it_can_do_everything() {
        let (_broker, ports) = broker(&["--ws-port", "0", "--tls-port", "0", "--wss-port", "0"]);
        let port = |scheme: &str| ports[scheme].to_string();
        let (tls, ws, wss) = (port("mqtts"), port("ws"), port("wss"));
        let rows = rows(ports["mqtt"], &["--tls-port", &tls, "--ws-port", &ws, "--wss-port", &wss]);
        assert_eq!(lacking(&rows), Vec::<&str>::new(), "{rows:#?}");
        assert_eq!(rows.len(), 28);
        assert!(rows["tls"]["detail"].as_str().unwrap().contains("not trusted: "), "{rows:#?}");
        assert_eq!(rows["shared"]["value"].as_array().unwrap().iter().filter_map(Value::as_u64).sum::<u64>(), 100);
        assert_eq!(rows["payload"]["value"], 4 << 20);
        assert_eq!(rows["topic-length"]["value"], 65_535);
        assert_eq!(rows["session"]["value"], 20);
    }

    #[test]
    fn each_of_its_limits_is_found() {
        let ports = ["tls", "websocket", "wss"];
        for (arguments, lacks) in [
            (&["--maximum-qos", "1"][..], &["qos2"][..]),
            (&["--maximum-qos", "0"], &["inflight", "qos1", "qos2", "session"]),
            (&["--no-retain"], &["retain"]),
            (&["--no-wildcard"], &["wildcards"]),
            (&["--no-subscription-identifiers"], &["subscription-ids"]),
            (&["--topic-alias-maximum", "0"], &["topic-alias"]),
            (&["--no-assigned-client-id"], &["assigned-client-id"]),
        ] {
            let (_broker, listening) = broker(arguments);
            let rows = rows(listening["mqtt"], &["--tls-port", "1", "--ws-port", "1", "--wss-port", "1"]);
            let mut expected = [lacks, &ports].concat();
            expected.sort_unstable();
            assert_eq!(lacking(&rows), expected, "{arguments:?}: {rows:#?}");
        }
        let (_broker, listening) = broker(&["--no-shared"]);
        assert_eq!(rows(listening["mqtt"], &["--only", "shared"])["shared"]["ok"], false);
        let (_broker, listening) = broker(&["--maximum-packet-size", "20000", "--receive-maximum", "7"]);
        let rows = rows(listening["mqtt"], &["--only", "payload,inflight"]);
        assert_eq!((&rows["payload"]["value"], &rows["inflight"]["value"]), (&16_384.into(), &7.into()), "{rows:#?}");
    }

    #[test]
    fn what_is_required_and_missing_is_exit_code_1() {
        let (_broker, ports) = broker(&["--maximum-qos", "1"]);
        let probe = |arguments: &[&str]| Program::new(["probe"]).port(ports["mqtt"]).arg_all(arguments).run();
        let ended = probe(&["--require", "qos1,qos2,retain", "--only", "qos0"]).expect_code(1);
        assert!(ended.stderr.contains("error: the broker does not support qos2\n"), "{}", ended.stderr);
        let names: Vec<_> = ended.text().lines().map(|line| line.split_whitespace().next().unwrap()).collect();
        assert_eq!(names, ["qos0", "qos1", "qos2", "retain"]);
        probe(&["--require", "qos1,retain"]).expect_code(0);
        let ended = probe(&["--require", "qos3"]).expect_code(2);
        assert!(ended.stderr.contains("`qos3` is not a feature: use mqtt5.0, "), "{}", ended.stderr);
    }

    #[test]
    fn it_stays_below_its_prefix_and_leaves_nothing_behind() {
        let (_broker, ports) = broker(&[]);
        let address = ([127, 0, 0, 1], ports["mqtt"]).into();
        let mut witness = RawClient::connect(address, Version::V5, "witness");
        witness.subscribe("#", 0);
        rows(ports["mqtt"], &["--prefix", "a/b"]);
        let mut teller = RawClient::connect(address, Version::V5, "teller");
        teller.publish("the/end", "", 1);
        let mut count = 0;
        loop {
            let message = witness.expect_message();
            if message.topic == "the/end" {
                break;
            }
            assert!(message.topic.starts_with("a/b/"), "{}", message.topic);
            count += 1;
        }
        assert!(count > 300, "{count} messages");
        // Nothing is kept for who comes now.
        let mut later = RawClient::connect(address, Version::V5, "later");
        later.subscribe("#", 0);
        teller.publish("the/end", "", 1);
        assert_eq!(later.expect_message().topic, "the/end");
    }

    #[test]
    fn credentials_are_not_sent_to_whoever_listens_on_another_port() {
        let broker = ScriptedBroker::start();
        let mut other = Program::new(["broker", "-p", "0", "--ws-port", "0", "--trace"]).start();
        let url = other.wait_for_stdout("ws://");
        let port: String = url.rsplit(':').next().unwrap().chars().take_while(char::is_ascii_digit).collect();
        let arguments = ["-u", "me", "-P", "secret", "--only", "websocket", "--ws-port", &port];
        let running = Program::new(["probe"]).port(broker.port()).arg_all(&arguments).start();
        let (mut link, first) = broker.accept_session(connack());
        assert_eq!(first.password.as_deref(), Some(&b"secret"[..]));
        link.expect_goodbye();
        link.close();
        running.wait().expect_code(0);
        let connect = other.wait_for_stderr("<- CONNECT");
        assert!(!connect.contains("user_name") && !connect.contains("password"), "{connect}");
    }

    #[test]
    fn ctrl_c_in_the_middle_removes_what_was_made() {
        let (_broker, ports) = broker(&[]);
        let mut running = Program::new(["probe"]).port(ports["mqtt"]).start();
        // In the middle of the delay of the next row.
        running.wait_for_stdout("queue");
        running.signal(nix::sys::signal::Signal::SIGINT);
        running.wait().expect_code(130);
        let address = ([127, 0, 0, 1], ports["mqtt"]).into();
        let mut later = RawClient::connect(address, Version::V5, "later");
        later.subscribe("#", 0);
        later.publish("the/end", "", 1);
        assert_eq!(later.expect_message().topic, "the/end");
    }
}

#[test]
fn mosquitto_is_known() {
    let Some(mosquitto) = Mosquitto::start("") else { return };
    let rows = rows(mosquitto.port(), &["--tls-port", "1", "--ws-port", "1", "--wss-port", "1"]);
    assert_eq!(lacking(&rows), ["delayed", "exclusive", "queue", "tls", "websocket", "wss"], "{rows:#?}");
    assert_eq!(rows["topic-levels"]["value"], 200);
    assert_eq!(rows["inflight"]["value"], 20);
}

#[test]
fn mosquitto_of_one_version_and_with_limits_is_known() {
    let Some(mosquitto) = Mosquitto::start("max_qos 0\nretain_available false\nmax_packet_size 2000") else { return };
    let rows = rows(
        mosquitto.port(),
        &["-V", "3.1.1", "--only", "qos0,qos1,qos2,retain,properties,payload", "--timeout", "2"],
    );
    assert_eq!(lacking(&rows), ["properties", "qos1", "qos2", "retain"], "{rows:#?}");
    assert_eq!(rows["payload"]["value"], 1024);
}

#[test]
fn a_broker_that_cannot_be_reached_or_refuses_has_its_exit_code() {
    Program::new(["probe"]).port(1).run().expect_code(3);
    let broker = ScriptedBroker::start();
    let running = Program::new(["probe"]).port(broker.port()).start();
    for version in [Version::V5, Version::V3_1_1, Version::V3_1] {
        let code = if version == Version::V5 { 0x87 } else { 5 };
        let (link, connect) = broker.accept_session(connack().refusing(code));
        assert_eq!(connect.version, version);
        drop(link);
    }
    running.wait().expect_code(4);
}
