//! `--trace`, `--debug` and `--log-file` from outside.

use crate::support::wire::property::{authentication_data, authentication_method, reason_string};
use crate::support::wire::{connack, puback, pubcomp, publish, pubrec, pubrel, suback};
use crate::support::{Ended, Link, Program, Running, ScriptedBroker};

fn started(arguments: &[&str]) -> (ScriptedBroker, Link, Running) {
    let broker = ScriptedBroker::start();
    let running = Program::new(arguments).port(broker.port()).start();
    let (link, _) = broker.accept_session(connack());
    (broker, link, running)
}

fn finish(mut link: Link, running: Running) -> Ended {
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0)
}

/// The lines of packets, without what changes from run to run: times, and sizes of ports and names.
fn steps(ended: &Ended) -> Vec<String> {
    let lines = ended.stderr.lines().filter(|line| line.starts_with('+'));
    let parts = lines.map(|line| {
        let (_, line) = line.split_once(" ms ").unwrap();
        let step = line.split_once('[').map(|(_, step)| step.split(" after").next().unwrap().to_owned());
        let step = step.map(|step| format!(" [{}", step.trim_end_matches(']'))).unwrap_or_default();
        let words: Vec<_> = line.split(' ').take(2).collect();
        words.join(" ") + &step
    });
    parts.collect()
}

#[test]
fn each_packet_is_a_line_with_its_direction_and_its_step() {
    let (_broker, mut link, running) = started(&["pub", "--trace", "-t", "a", "-m", "x", "-q", "2", "-i", "me"]);
    let id = link.expect_publish().id;
    link.send(pubrec(id));
    link.expect_pubrel(id);
    link.send(pubcomp(id));
    let ended = finish(link, running);
    assert_eq!(
        steps(&ended),
        [
            "-> CONNECT",
            "<- CONNACK",
            "-> PUBLISH [1/4 waits for PUBREC",
            "<- PUBREC [2/4 waits for PUBREL",
            "-> PUBREL [3/4 waits for PUBCOMP",
            "<- PUBCOMP [4/4 done",
            "-> DISCONNECT",
        ]
    );
    let line = ended.stderr.lines().find(|line| line.contains("PUBLISH")).unwrap();
    let says = r#"-> PUBLISH 9 bytes packet_id=1 qos=2 topic="a" payload_size=1 payload="x" [1/4 waits for PUBREC]"#;
    assert!(line.ends_with(says), "{line}");
}

#[test]
fn deliveries_to_us_are_told_as_well() {
    let (_broker, mut link, mut running) = started(&["sub", "--trace", "-t", "a", "-q", "2", "-C", "2"]);
    let id = link.expect_subscribe().id;
    link.send(suback(id, [2]));
    link.send(publish("a", "1").qos(1).id(7));
    link.expect_puback(7);
    link.send(publish("a", "2").qos(2).id(8));
    link.expect_pubrec(8);
    link.send(pubrel(8));
    running.wait_for_stdout("2");
    let rest = link.receive_until_end();
    let ended = running.wait().expect_code(0);
    let steps = steps(&ended);
    for step in ["<- PUBLISH [1/2 waits for PUBACK", "-> PUBACK [2/2 done", "-> PUBREC [2/4 waits for PUBREL"] {
        assert!(steps.iter().any(|other| other == step), "{step} in {steps:?}, and then {rest:?}");
    }
}

#[test]
fn a_trace_in_json_is_an_object_a_line_and_holds_no_secret() {
    let broker = ScriptedBroker::start();
    let arguments = ["pub", "--trace=json", "-t", "a", "-q", "1", "-u", "me", "-P", "open sesame"];
    let running = Program::new(arguments).port(broker.port()).start();
    let (mut link, connect) = broker.accept_session(connack());
    assert_eq!(connect.password.as_deref(), Some(&b"open sesame"[..]));
    let id = link.expect_publish().id;
    link.send(puback(id).reason(0x10));
    let ended = finish(link, running);
    assert!(!ended.stderr.contains("sesame"), "{}", ended.stderr);
    let objects: Vec<serde_json::Value> = ended
        .stderr
        .lines()
        .filter(|line| line.starts_with('{'))
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let names: Vec<_> = objects.iter().map(|object| object["packet"].as_str().unwrap()).collect();
    assert_eq!(names, ["CONNECT", "CONNACK", "PUBLISH", "PUBACK", "DISCONNECT"]);
    assert_eq!((&objects[0]["user_name"], &objects[0]["password"]), (&"me".into(), &"(hidden)".into()));
    assert_eq!((&objects[3]["direction"], &objects[3]["reason_code"]), (&"received".into(), &16.into()));
    assert!(objects[3]["handshake"].as_str().unwrap().starts_with("2/2 done"), "{}", objects[3]);
}

#[test]
fn a_packet_that_breaks_the_protocol_is_still_shown() {
    let broker = ScriptedBroker::start();
    let running = Program::new(["pub", "--trace", "-t", "a"]).port(broker.port()).start();
    let (mut link, _) =
        broker.accept_session(connack().with(authentication_method("M")).with(authentication_data(b"open sesame")));
    link.receive_until_end();
    let ended = running.wait().expect_code(9);
    let line = ended.stderr.lines().find(|line| line.contains("<- CONNACK")).unwrap();
    assert!(line.contains(r#"authentication_data="(hidden)""#) && !ended.stderr.contains("sesame"), "{line}");
}

#[test]
fn a_log_file_keeps_everything_and_frees_stderr_of_traces() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let name = path.to_str().unwrap();
    let arguments = ["pub", "--trace", "--debug", "--log-file", name, "-t", "a", "-P", "open sesame", "-u", "u"];
    let (_broker, mut link, running) = started(&arguments);
    link.expect_publish();
    let ended = finish(link, running);
    assert_eq!(ended.stderr, "✔ Connected\n✔ Message published\n");
    let log = std::fs::read_to_string(&path).unwrap();
    for part in
        ["debug: connecting to mqtt://localhost:", "-> CONNECT", "✔ Message published", "password (command line)"]
    {
        assert!(log.contains(part), "{part}\n{log}");
    }
    assert!(!log.contains("sesame"));
    assert!(log.lines().all(|line| line.starts_with("20") && line.contains("Z ")), "each line has its time: {log}");
    let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(&path).unwrap().permissions());
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn a_log_file_holds_no_line_of_the_brokers_making() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("log");
    let broker = ScriptedBroker::start();
    let running = Program::new(["pub", "-t", "a", "--log-file"]).arg(&path).port(broker.port()).start();
    let mut link = broker.accept();
    link.expect_connect();
    link.send(connack().refusing(0x87).with(reason_string("no\u{1b}[31m\n2026-01-01T00:00:00Z error: forged")));
    running.wait().expect_code(4);
    let log = std::fs::read_to_string(&path).unwrap();
    assert!(log.contains(r"no\x1b[31m\x0a2026"), "{log}");
    assert!(!log.contains('\u{1b}') && log.lines().count() == 2, "the error and its hint: {log}");
}

#[test]
fn errors_as_json_leave_no_other_line_on_stderr() {
    let broker = ScriptedBroker::start();
    let arguments = ["pub", "--trace", "--debug", "--error-format", "json", "-t", "a"];
    let running = Program::new(arguments).port(broker.port()).start();
    let mut link = broker.accept();
    link.expect_connect();
    link.send(connack().refusing(0x87));
    let ended = running.wait().expect_code(4);
    for line in ended.stderr.lines() {
        serde_json::from_str::<serde_json::Value>(line).unwrap_or_else(|error| panic!("{line}: {error}"));
    }
    assert!(ended.stderr.contains("\"packet\":\"CONNACK\""));
}
