//! What a mosquitto with limits, a password file and an ACL makes of us.

use std::process::Command;

use crate::support::{Mosquitto, Program, RawClient};
use mqttx_rs::mqtt::Version;

#[test]
fn announced_limits_are_told_and_kept() {
    let configuration = "max_packet_size 200\nmax_qos 1\nretain_available false\nmax_keepalive 20\n\
                         max_topic_alias 3\nmax_inflight_messages 5";
    let Some(mosquitto) = Mosquitto::start(configuration) else { return };
    let check = Program::new(["conn", "--check", "--output-mode", "jsonl", "-k", "60"]).port(mosquitto.port());
    let ended = check.run().expect_code(0);
    let object: serde_json::Value = serde_json::from_str(ended.text()).unwrap();
    for (name, value) in [
        ("maximum_packet_size", serde_json::json!(200)),
        ("maximum_qos", 1.into()),
        ("retain_available", false.into()),
        ("keep_alive", 20.into()),
        ("topic_alias_maximum", 3.into()),
        ("receive_maximum", 5.into()),
    ] {
        assert_eq!(object[name], value, "{name} in {object}");
    }
    for (arguments, code, says) in [
        (&["-S", "1KB"][..], 1, "Maximum Packet Size is 200"),
        (&["-q", "2"], 5, "Maximum QoS 1"),
        (&["-r"], 5, "publish without --retain"),
        (&["-ta", "4"], 5, "publish without --topic-alias"),
        (&["-q", "1", "-ta", "3"], 0, "published"),
    ] {
        let ended = Program::new(["pub", "-t", "a"]).port(mosquitto.port()).arg_all(arguments).run().expect_code(code);
        assert!(ended.stderr.contains(says), "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn a_small_window_of_the_broker_holds_up_and_loses_nothing() {
    const LINES: usize = 500;
    let Some(mosquitto) = Mosquitto::start("max_inflight_messages 2\nmax_queued_messages 0\nset_tcp_nodelay true")
    else {
        return;
    };
    let mut reader = RawClient::connect(mosquitto.address(), Version::V5, "reader");
    reader.subscribe("lines", 0);
    let text = (0..LINES).map(|number| number.to_string()).collect::<Vec<_>>().join("\n");
    let pub_lines = Program::new(["pub", "-t", "lines", "-lm", "-q", "2"]).port(mosquitto.port());
    let ended = pub_lines.stdin(text).run().expect_code(0);
    assert!(ended.stderr.ends_with("500 messages published, 500 acknowledged\n"), "{}", ended.stderr);
    for number in 0..LINES {
        assert_eq!(reader.expect_message().text(), number.to_string());
    }
    reader.expect_quiet();
}

#[test]
fn a_small_window_towards_a_subscriber_delivers_all_that_has_queued_up() {
    const LINES: usize = 300;
    let Some(mosquitto) = Mosquitto::start("max_inflight_messages 2\nmax_queued_messages 0\nset_tcp_nodelay true")
    else {
        return;
    };
    for qos in ["1", "2"] {
        let session = ["-t", "lines", "-q", qos, "--no-clean", "-i", "reader"];
        Program::new(["sub", "-E"]).port(mosquitto.port()).arg_all(&session).run().expect_code(0);
        let text = (0..LINES).fold(String::new(), |all, number| all + &number.to_string() + "\n");
        let publisher = Program::new(["pub", "-t", "lines", "-lm", "-q", qos]).port(mosquitto.port());
        publisher.stdin(&text).run().expect_code(0);
        let all = LINES.to_string();
        let subscriber = Program::new(["sub", "-C", &all, "--output-mode", "raw"]).port(mosquitto.port());
        assert_eq!(subscriber.arg_all(&session).run().expect_code(0).text(), text, "QoS {qos}");
    }
}

#[test]
fn passwords_and_access_rules_have_their_exit_codes() {
    let folder = tempfile::tempdir().unwrap();
    let (passwords, rules) = (folder.path().join("passwords"), folder.path().join("rules"));
    std::fs::write(&passwords, "").unwrap();
    let hashed = Command::new("mosquitto_passwd").arg("-b").arg(&passwords).args(["alice", "sesame"]).status();
    let Ok(true) = hashed.map(|status| status.success()) else { return };
    std::fs::write(&rules, "user alice\ntopic readwrite own/#\n").unwrap();
    // A broker that was started by root gives its rights up.
    for path in [folder.path(), &passwords, &rules] {
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(path, mode).unwrap();
    }
    let configuration =
        format!("allow_anonymous false\npassword_file {}\nacl_file {}", passwords.display(), rules.display());
    let Some(mosquitto) = Mosquitto::start(&configuration) else { return };
    for (arguments, stdin, code) in [
        (&["pub", "-t", "own/x", "-q", "1", "-u", "alice", "-P", "-"][..], "sesame\n", 0),
        (&["pub", "-t", "own/x", "-q", "1", "-u", "alice", "-P", "-"], "wrong\n", 4),
        (&["pub", "-t", "own/x", "-q", "1"], "", 4),
        (&["pub", "-t", "other", "-q", "1", "-u", "alice", "-P", "sesame"], "", 5),
        (&["sub", "-t", "own/#", "-E", "-u", "alice", "-P", "sesame"], "", 0),
    ] {
        let ended = Program::new(arguments).port(mosquitto.port()).stdin(stdin).run();
        assert_eq!(ended.code, code, "{arguments:?}: {}", ended.stderr);
    }
}
