//! `conn` from outside: it stays and disconnects properly, or reports what the broker announced.

use crate::support::wire::property::{
    assigned_client_identifier, maximum_packet_size, maximum_qos, reason_string, receive_maximum, retain_available,
    server_keep_alive, server_reference, user_property,
};
use crate::support::wire::{connack, publish};
use crate::support::{Mosquitto, Nobody, Program, ScriptedBroker};
use mqttx_rs::mqtt::Version;
use nix::sys::signal::Signal;

#[test]
fn it_stays_until_a_signal_and_leaves_in_order() {
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let broker = ScriptedBroker::start();
        let arguments = ["conn", "-i", "me", "-Wt", "gone", "-up", "site: plant=7: a", "desk=4"];
        let mut running = Program::new(arguments).port(broker.port()).start();
        let (mut link, connect) = broker.accept_session(connack());
        assert_eq!((connect.client_id.as_str(), connect.will.is_some()), ("me", true));
        assert_eq!(connect.properties.0, [user_property("site", "plant=7: a"), user_property("desk", "4")]);
        running.wait_for_stderr("✔ Connected");
        running.signal(signal);
        link.expect_goodbye();
        link.close();
        let ended = running.wait().expect_code(0);
        assert_eq!((ended.stderr.as_str(), ended.text()), ("✔ Connected\n", ""));
    }
}

#[test]
fn a_check_tells_what_the_broker_announced_and_ends() {
    let broker = ScriptedBroker::start();
    let running = Program::new(["conn", "--check", "-i", "", "-se", "60"]).port(broker.port()).start();
    let announced = connack()
        .with(assigned_client_identifier("auto-1"))
        .with(receive_maximum(20))
        .with(maximum_qos(1))
        .with(retain_available(false))
        .with(maximum_packet_size(1000))
        .with(server_keep_alive(17))
        .with(user_property("region", "eu"));
    let (mut link, _) = broker.accept_session(announced);
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    let mut lines = ended.text().lines();
    let time = ended.text().lines().find(|line| line.starts_with("time")).unwrap();
    let steps: Vec<_> =
        time.split("  ").last().unwrap().split(", ").map(|step| step.split(' ').next().unwrap()).collect();
    assert_eq!(steps, ["DNS", "TCP", "CONNACK", "in"], "{time}");
    assert!(lines.next().unwrap().ends_with(&format!("mqtt://localhost:{}", broker.port())));
    for line in [
        "version               MQTT 5.0",
        "session               new",
        "client id             auto-1, assigned by the broker",
        "keep alive            17 s",
        "session expiry        60 s",
        "receive maximum       20",
        "maximum QoS           1",
        "maximum packet size   1000 bytes",
        "topic alias maximum   0",
        "retained messages     no",
        "shared subscriptions  yes",
        "user property         region: eu",
    ] {
        assert!(ended.text().lines().any(|other| other == line), "{line}\n{}", ended.text());
    }
    assert_eq!(ended.stderr, "");
}

#[test]
fn a_check_in_json_is_one_object_with_effective_limits() {
    let broker = ScriptedBroker::start();
    let arguments = ["conn", "--check", "--output-mode", "jsonl", "-i", "me", "--no-clean"];
    let running = Program::new(arguments).port(broker.port()).start();
    let (mut link, _) = broker.accept_session(connack().session_present().with(reason_string("\u{9b}2J")));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    assert!(!ended.text().contains('\u{9b}'), "nothing that a terminal obeys");
    let object: serde_json::Value = serde_json::from_str(ended.text()).unwrap();
    assert_eq!(object["session_present"], true);
    assert_eq!((&object["client_id"], &object["client_id_assigned"]), (&"me".into(), &false.into()));
    assert_eq!((&object["receive_maximum"], &object["maximum_qos"]), (&65_535.into(), &2.into()));
    assert_eq!((&object["maximum_packet_size"], &object["session_expiry_interval"]), (&().into(), &u32::MAX.into()));
    assert_eq!(object["reason_string"], "\u{9b}2J");
    assert!(object["milliseconds"]["connack"].is_f64() && object["milliseconds"]["tls"].is_null());
}

#[test]
fn a_broker_before_5_0_announces_nothing_and_is_told_so() {
    let Some(mosquitto) = Mosquitto::start("") else { return };
    let ended = Program::new(["conn", "--check", "-V", "3.1.1"]).port(mosquitto.port()).run().expect_code(0);
    assert!(ended.text().contains("MQTT 3.1.1") && !ended.text().contains("maximum"), "{}", ended.text());
}

#[test]
fn a_check_that_fails_has_the_exit_code_of_its_cause() {
    let nobody = Nobody::new();
    Program::new(["conn", "--check"]).port(nobody.port()).run().expect_code(3);
    let broker = ScriptedBroker::start();
    let running = Program::new(["conn", "--check"]).port(broker.port()).start();
    let mut link = broker.accept();
    link.expect_connect();
    link.send(connack().refusing(0x87));
    let ended = running.wait().expect_code(4);
    assert_eq!(ended.text(), "");
}

#[test]
fn every_connection_is_an_object_where_json_is_asked_for() {
    let broker = ScriptedBroker::start();
    let mut running =
        Program::new(["conn", "--output-mode", "jsonl", "-rp", "1", "-i", "me"]).port(broker.port()).start();
    broker.accept_session(connack()).0.cut();
    let (mut link, _) = broker.accept_session(connack());
    running.wait_for_stdout("\"client_id\":\"me\"");
    running.wait_for_stdout("\"client_id\":\"me\"");
    running.signal(Signal::SIGTERM);
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
}

#[test]
fn messages_of_a_resumed_session_are_left_for_a_subscriber() {
    let broker = ScriptedBroker::start();
    let mut running = Program::new(["conn", "--no-clean", "-i", "me"]).port(broker.port()).start();
    let (mut link, _) = broker.accept_session(connack().session_present());
    link.send(publish("a", "x").qos(1).id(1));
    running.wait_for_stderr("Connected, session resumed");
    running.signal(Signal::SIGINT);
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
}

#[test]
fn an_assigned_client_identifier_is_shown_by_every_command() {
    for (arguments, end) in [(&["pub", "-t", "a", "-i", ""][..], false), (&["sub", "-t", "a", "-i", ""], true)] {
        let broker = ScriptedBroker::start();
        let mut running = Program::new(arguments).port(broker.port()).start();
        let (mut link, connect) =
            broker.accept_session(connack().with(assigned_client_identifier("auto-1")).with(server_reference("b:1")));
        assert_eq!((connect.client_id.as_str(), connect.version), ("", Version::V5));
        running.wait_for_stderr("✔ Client identifier: auto-1, assigned by the broker");
        running.wait_for_stderr("The broker refers to b:1");
        link.receive();
        if end {
            running.signal(Signal::SIGINT);
        }
        link.close();
        drop(running);
    }
}
