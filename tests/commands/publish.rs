//! `pub` from outside: what a broker receives, what the user sees, and the exit code.

use crate::support::wire::property::{maximum_packet_size, maximum_qos, reason_string};
use crate::support::wire::{Packet, connack, puback, pubcomp, pubrec};
use crate::support::{Ended, Link, Mosquitto, Nobody, Program, RawClient, Running, ScriptedBroker};
use mqttx_rs::mqtt::Version;
use nix::sys::signal::Signal;

/// Starts `pub` against a scripted broker, up to its CONNACK.
fn publishing(arguments: &[&str]) -> (ScriptedBroker, Link, Running) {
    publishing_to(connack(), arguments)
}

fn publishing_to(connack: crate::support::wire::Connack, arguments: &[&str]) -> (ScriptedBroker, Link, Running) {
    let broker = ScriptedBroker::start();
    let running = Program::new(["pub"]).port(broker.port()).arg_all(arguments).start();
    let (link, _) = broker.accept_session(connack);
    (broker, link, running)
}

/// Lets the program close, and it has.
fn finish(mut link: Link, running: Running) -> Ended {
    link.expect_goodbye();
    link.close();
    running.wait()
}

#[test]
fn qos_0_is_done_when_it_is_sent() {
    let (_broker, mut link, running) = publishing(&["-t", "car/ac", "-m", "on"]);
    let publish = link.expect_publish();
    assert_eq!((publish.topic.as_str(), publish.text(), publish.qos, publish.retain), ("car/ac", "on", 0, false));
    let ended = finish(link, running).expect_code(0);
    assert_eq!(ended.stderr, "✔ Connected\n✔ Message published\n");
    assert!(ended.stdout.is_empty(), "stdout is for data");
}

#[test]
fn qos_1_is_done_at_puback_and_qos_2_at_pubcomp() {
    let (_broker, mut link, running) = publishing(&["-t", "a", "-m", "1", "-q", "1", "-r"]);
    let publish = link.expect_publish();
    assert_eq!((publish.qos, publish.retain), (1, true));
    link.expect_quiet();
    link.send(puback(publish.id));
    finish(link, running).expect_code(0);

    let (_broker, mut link, running) = publishing(&["-t", "a", "-m", "2", "-q", "2"]);
    let publish = link.expect_publish();
    link.send(pubrec(publish.id));
    link.expect_pubrel(publish.id);
    link.expect_quiet();
    link.send(pubcomp(publish.id));
    finish(link, running).expect_code(0);
}

#[test]
fn a_refusal_shows_name_number_and_string_and_exits_5() {
    for (qos, refusal) in [("1", puback(1)), ("2", pubrec(1))] {
        let (_broker, mut link, running) = publishing(&["-t", "a", "-m", "x", "-q", qos]);
        let publish = link.expect_publish();
        link.send(crate::support::wire::Ack {
            id: publish.id,
            ..refusal.reason(0x87).with(reason_string("no such right"))
        });
        let ended = finish(link, running).expect_code(5);
        let expected = "error: the broker refused the message to `a`: Not authorized (0x87): no such right\n";
        assert!(ended.stderr.contains(expected), "{}", ended.stderr);
    }
}

#[test]
fn no_matching_subscribers_is_success_and_is_said() {
    let (_broker, mut link, running) = publishing(&["-t", "a", "-m", "x", "-q", "1"]);
    let publish = link.expect_publish();
    link.send(puback(publish.id).reason(0x10));
    let ended = finish(link, running).expect_code(0);
    assert!(ended.stderr.ends_with("✔ Message published (no matching subscribers)\n"), "{}", ended.stderr);
}

#[test]
fn each_source_of_a_payload_is_published_as_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("payload.bin");
    std::fs::write(&file, b"\x00\xff\n").unwrap();
    let file = file.to_str().unwrap();
    for (arguments, stdin, payloads) in [
        (&["-m", "text"][..], "", &[&b"text"[..]][..]),
        (&["-m", "00ff", "-f", "hex"], "", &[b"\x00\xff"]),
        (&["-m", "AP8=", "-f", "base64"], "", &[b"\x00\xff"]),
        (&["-n"], "", &[b""]),
        (&["-s"], "all\nof it\n", &[b"all\nof it\n"]),
        (&["-M"], "a\n\nb", &[b"a", b"", b"b"]),
        (&["-s", "-M"], "a\nb\n", &[b"a", b"b"]),
        (&["-lm"], "a\r\nb\n", &[b"a", b"b"]),
        (&["--file-read", file], "", &[b"\x00\xff\n"]),
        (&["-m", "again", "--repeat", "3"], "", &[b"again", b"again", b"again"]),
        (&[], "", &[b"Hello From MQTTX CLI"]),
    ] {
        let broker = ScriptedBroker::start();
        let program = Program::new(["pub", "-t", "a"]).port(broker.port()).arg_all(arguments);
        let mut running = program.start();
        running.write(stdin);
        running.close_stdin();
        let (mut link, _) = broker.accept_session(connack());
        for payload in payloads {
            let received = link.expect_publish().payload;
            assert_eq!(received, *payload, "{arguments:?}");
        }
        finish(link, running).expect_code(0);
    }
}

#[test]
fn a_payload_size_gives_that_many_bytes_and_several_topics_each_get_the_message() {
    let (_broker, mut link, running) = publishing(&["-t", "a", "-t", "b", "-S", "1KB"]);
    let (first, second) = (link.expect_publish(), link.expect_publish());
    assert_eq!((first.topic.as_str(), second.topic.as_str()), ("a", "b"));
    assert_eq!((first.payload.len(), second.payload.len()), (1024, 1024));
    let ended = finish(link, running).expect_code(0);
    assert!(ended.stderr.ends_with("✔ 2 messages published\n"), "{}", ended.stderr);
}

#[test]
fn a_delay_writes_the_delayed_prefix() {
    let (_broker, mut link, running) = publishing(&["-t", "order/42", "-m", "check", "--delay", "15m"]);
    assert_eq!(link.expect_publish().topic, "$delayed/900/order/42");
    finish(link, running).expect_code(0);
}

#[test]
fn a_payload_that_mqtt_cannot_carry_is_refused_without_reading_it_all() {
    let file = tempfile::NamedTempFile::new().unwrap();
    file.as_file().set_len(3 << 30).unwrap();
    for path in [file.path(), std::path::Path::new("/dev/zero")] {
        let ended = Program::new(["pub", "-t", "a", "--file-read"]).arg(path).run().expect_code(1);
        let expected = format!(
            "error: --file-read {}: an MQTT packet holds at most 268435455 bytes, including the topic\n",
            path.display()
        );
        assert_eq!(ended.stderr, expected);
    }
    let ended = Program::new(["pub", "-t", "a", "-S", "268435455"]).run().expect_code(1);
    assert!(ended.stderr.contains("an MQTT packet holds at most 268435455 bytes"), "{}", ended.stderr);
}

#[test]
fn a_byte_order_mark_is_no_part_of_what_is_read_as_text() {
    for (arguments, stdin, payload) in [
        (&["-t", "a", "-f", "json", "-s"][..], &b"\xEF\xBB\xBF{\"a\": 1}"[..], &b"{\"a\":1}"[..]),
        (&["-t", "a", "-f", "hex", "-s"], b"\xEF\xBB\xBF00ff", b"\x00\xff"),
        (&["--jsonl"], b"\xEF\xBB\xBF{\"topic\":\"a\",\"payload\":\"x\"}\n", b"x"),
        // What is not read is sent as it is.
        (&["-t", "a", "-s"], b"\xEF\xBB\xBFx", b"\xEF\xBB\xBFx"),
    ] {
        let broker = ScriptedBroker::start();
        let running = Program::new(["pub"]).port(broker.port()).arg_all(arguments).stdin(stdin);
        let running = std::thread::spawn(|| running.run());
        let (mut link, _) = broker.accept_session(connack());
        assert_eq!(link.expect_publish().payload, payload, "{arguments:?}");
        link.expect_goodbye();
        link.close();
        running.join().unwrap().expect_code(0);
    }
}

#[test]
fn a_line_whose_delay_no_broker_keeps_is_refused() {
    let ended =
        Program::new(["pub", "--embedded", "--jsonl"]).stdin("{\"topic\":\"$delayed/99999999999/x\",\"payload\":1}\n");
    let ended = ended.run().expect_code(1);
    assert!(ended.stderr.contains("line 1: topic: the Unix time of a delayed message"), "{}", ended.stderr);
}

#[test]
fn json_lines_carry_topic_payload_and_properties() {
    let object = concat!(
        r#"{"topic":"a/1","payload":"AP8=","payload_encoding":"base64","qos":1,"retain":true,"#,
        r#""properties":{"content_type":"x","user_properties":[["k","1"],["k","2"]]}}"#,
        "\n",
    );
    let broker = ScriptedBroker::start();
    let mut running = Program::new(["pub", "--jsonl"]).port(broker.port()).start();
    running.write(object);
    running.close_stdin();
    let (mut link, _) = broker.accept_session(connack());
    let publish = link.expect_publish();
    assert_eq!((publish.topic.as_str(), publish.payload.as_slice()), ("a/1", &b"\x00\xff"[..]));
    assert_eq!((publish.qos, publish.retain), (1, true));
    assert_eq!(publish.properties.text(3), Some("x"));
    link.send(puback(publish.id));
    finish(link, running).expect_code(0);
}

#[test]
fn a_payload_that_cannot_be_encoded_is_an_error_and_nothing_is_sent() {
    let ended = Program::new(["pub", "-t", "a", "-f", "hex", "-m", "zz"]).run().expect_code(1);
    assert!(ended.stderr.starts_with("error: the payload is not hex"), "{}", ended.stderr);
}

#[test]
fn a_bad_line_is_reported_and_the_others_go_on() {
    let broker = ScriptedBroker::start();
    let mut running = Program::new(["pub", "-t", "a", "-M", "-f", "hex"]).port(broker.port()).start();
    running.write("01\nzz\n02\n");
    running.close_stdin();
    let (mut link, _) = broker.accept_session(connack());
    assert_eq!(link.expect_publish().payload, [1]);
    assert_eq!(link.expect_publish().payload, [2]);
    let ended = finish(link, running).expect_code(1);
    assert!(ended.stderr.contains("error: line 2 is not hex"), "{}", ended.stderr);
    assert!(ended.stderr.ends_with("2 of 3 messages done\n"), "{}", ended.stderr);
}

#[test]
fn what_the_broker_said_it_would_not_take_is_an_error_here_and_the_link_stays() {
    let (_broker, mut link, running) =
        publishing_to(connack().with(maximum_packet_size(100)), &["-t", "a", "-S", "200B", "--connect-timeout", "1h"]);
    assert!(matches!(link.receive(), Packet::Disconnect(_)));
    link.close();
    let ended = running.wait().expect_code(1);
    assert!(ended.stderr.contains("the broker's Maximum Packet Size is 100"), "{}", ended.stderr);

    let (_broker, mut link, running) =
        publishing_to(connack().with(maximum_qos(0)), &["-t", "a", "-m", "x", "-q", "2"]);
    assert!(matches!(link.receive(), Packet::Disconnect(_)));
    link.close();
    let ended = running.wait().expect_code(5);
    assert!(ended.stderr.contains("QoS 2 is above the broker's Maximum QoS 0"), "{}", ended.stderr);
}

#[test]
fn every_way_to_fail_has_its_exit_code() {
    // Nothing listens.
    let nobody = Nobody::new();
    let ended = Program::new(["pub", "-t", "a", "-m", "x"]).port(nobody.port()).run().expect_code(3);
    assert!(ended.stderr.contains("hint: is a broker running on"), "{}", ended.stderr);

    // CONNACK refuses, in both versions.
    for (version, code, number) in [(Version::V5, 0x86, "(0x86)"), (Version::V3_1_1, 4, "(0x86)")] {
        let broker = ScriptedBroker::start();
        let running =
            Program::new(["pub", "-t", "a", "-m", "x", "-V", &version.to_string()]).port(broker.port()).start();
        let mut link = broker.accept();
        link.expect_connect();
        link.send(connack().refusing(code));
        let ended = running.wait().expect_code(4);
        assert!(ended.stderr.contains(number), "{}", ended.stderr);
    }

    // The link is lost before PUBACK, and reconnecting is off.
    let (_broker, mut link, running) = publishing(&["-t", "a", "-m", "x", "-q", "1", "-rp", "0"]);
    link.expect_publish();
    link.cut();
    running.wait().expect_code(7);

    // No PUBACK in time.
    let (_broker, mut link, running) = publishing(&["-t", "a", "-m", "x", "-q", "1", "--timeout", "3s"]);
    link.expect_publish();
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(8);
    assert!(ended.stderr.contains("--timeout"), "{}", ended.stderr);

    // No CONNACK in time.
    let broker = ScriptedBroker::start();
    let running = Program::new(["pub", "-t", "a", "-m", "x", "--connect-timeout", "3s"]).port(broker.port()).start();
    let mut link = broker.accept();
    link.expect_connect();
    running.wait().expect_code(8);

    // A frame that no broker may send.
    let (_broker, mut link, running) = publishing(&["-t", "a", "-m", "x", "-q", "1"]);
    link.expect_publish();
    link.send_bytes(&[0xF1, 0x00]);
    let ended = running.wait().expect_code(9);
    assert!(ended.stderr.contains("broke the protocol"), "{}", ended.stderr);
}

#[test]
fn usage_errors_name_the_flag_and_exit_2() {
    for (arguments, says) in [
        (&["pub", "-t", "car/#", "-m", "x"][..], "--topic `car/#`: `+` and `#` are wildcards"),
        (&["pub", "-t", "$delayed/abc/x", "-m", "x"], "$delayed/"),
        (&["pub", "-t", "$delayed/4294967/x", "-m", "x"], "0 to 4294966 whole seconds"),
        (&["pub", "-t", "$delayed/99999999999/x", "-m", "x"], "between now and 4294966 seconds"),
        (&["pub", "-t", "a", "-q", "5"], "--qos"),
        (&["pub", "-t", "a", "-p", "99999"], "--port"),
        (&["pub", "-m", "x"], "--topic is missing"),
        (&["sub", "-t", "love/#/you"], "`#` can only be the last level"),
        (&["sub", "-t", "a#"], "`#` must be a whole level"),
    ] {
        let ended = Program::new(arguments).run().expect_code(2);
        assert!(ended.stderr.starts_with("error: ") && ended.stderr.contains(says), "{arguments:?}: {}", ended.stderr);
        assert!(ended.stdout.is_empty());
    }
}

#[test]
fn errors_are_one_json_object_where_asked_for() {
    let ended = Program::new(["pub", "-t", "a/#", "--error-format", "json"]).run().expect_code(2);
    let object: serde_json::Value = serde_json::from_str(ended.stderr.trim_end()).unwrap();
    assert_eq!((object["code"].as_u64(), object["name"].as_str()), (Some(2), Some("usage")));

    let (_broker, mut link, running) = publishing(&["-t", "a", "-q", "1", "--error-format", "json"]);
    let publish = link.expect_publish();
    link.send(puback(publish.id).reason(0x97));
    let ended = finish(link, running).expect_code(5);
    let object: serde_json::Value = serde_json::from_str(ended.stderr.trim_end()).unwrap();
    assert_eq!((object["code"].as_u64(), object["reason_code"].as_u64()), (Some(5), Some(0x97)));
}

#[test]
fn a_signal_sends_disconnect_so_that_the_will_does_not_fire() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        let (_broker, mut link, running) = publishing(&["-t", "a", "-m", "x", "-q", "1"]);
        link.expect_publish();
        running.signal(signal);
        let ended = finish(link, running).expect_code(code);
        assert!(ended.stderr.contains("0 of 1 message acknowledged"), "{}", ended.stderr);
    }
}

#[test]
fn a_lost_connection_is_reconnected_and_the_publish_resent() {
    let broker = ScriptedBroker::start();
    let arguments = ["pub", "-t", "a", "-m", "x", "-q", "1", "-rp", "1", "--no-clean", "-i", "p"];
    let mut running = Program::new(arguments).port(broker.port()).start();
    let (mut link, _) = broker.accept_session(connack());
    let first = link.expect_publish();
    link.cut();
    running.wait_for_stderr("reconnecting [1/10] in ");
    let (mut link, _) = broker.accept_session(connack().session_present());
    let second = link.expect_publish();
    assert_eq!((second.id, second.dup), (first.id, true));
    link.send(puback(second.id));
    finish(link, running).expect_code(0);
}

#[test]
fn a_hundred_thousand_piped_lines_arrive_exactly_at_every_qos() {
    const LINES: usize = 100_000;
    let Some(mosquitto) = Mosquitto::start("max_queued_messages 0\nmax_inflight_messages 0") else { return };
    // Every tenth line is empty, and the last has no end.
    let line = |number: usize| if number % 10 == 3 { String::new() } else { format!("line {number}") };
    let text = (0..LINES).map(line).collect::<Vec<_>>().join("\n");
    for qos in ["0", "1", "2"] {
        let mut reader = RawClient::connect(mosquitto.address(), Version::V5, "reader");
        reader.subscribe("lines", 0);
        let reading = std::thread::spawn(move || {
            for number in 0..LINES {
                let expected = if number % 10 == 3 { String::new() } else { format!("line {number}") };
                assert_eq!(reader.expect_message().text(), expected);
            }
            reader.expect_quiet();
        });
        let program = Program::new(["pub", "-t", "lines", "-lm", "-q", qos]).port(mosquitto.port());
        let ended = program.stdin(&text).run().expect_code(0);
        reading.join().unwrap();
        let said = if qos == "0" { "100000 messages published\n" } else { "published, 100000 acknowledged\n" };
        assert!(ended.stderr.ends_with(said), "{}", ended.stderr);
    }
}
