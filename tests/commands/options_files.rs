//! `-so` and `-lo` from outside: MQTTX's files of options are written and read, without passwords.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::support::wire::{connack, puback, suback};
use crate::support::{Home, ScriptedBroker};

#[test]
fn what_is_saved_is_loaded_again() {
    let (folder, broker) = (Home::new(), ScriptedBroker::start());
    let save = format!(
        "sub -h 127.0.0.1 -p {} -i desk -u me -P s3cret -k 1m -t a/# $queue/b -q 1 2 -up x=1 -so",
        broker.port()
    );
    for ending in ["", " options.yaml"] {
        let running = folder.program(&format!("{save}{ending}")).start();
        let (link, _) = broker.accept_session(connack());
        drop((link, running));
        let running = folder.program(&format!("sub -P again -lo{ending}")).start();
        let (mut link, connect) = broker.accept_session(connack());
        assert_eq!((connect.client_id.as_str(), connect.keep_alive), ("desk", 60));
        assert_eq!(connect.user_name.as_deref(), Some("me"));
        let subscribe = link.expect_subscribe();
        assert_eq!(subscribe.filters, [("a/#".to_owned(), 1), ("$queue/b".to_owned(), 2)]);
        link.send(suback(subscribe.id, [1, 2]));
        drop(running);
    }
    let json: serde_json::Value = serde_json::from_str(&folder.read("mqttx-cli-options.json")).unwrap();
    let expected = serde_json::json!({
        "topic": ["a/#", "$queue/b"], "qos": [1, 2], "userProperties": {"x": "1"}, "hostname": "127.0.0.1",
        "port": broker.port(), "clientId": "desk", "username": "me", "keepalive": 60,
    });
    assert_eq!(json["sub"], expected);
    assert!(!folder.read("options.yaml").contains("s3cret"));
    let mode = fs::metadata(folder.path().join("options.yaml")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn saving_says_what_it_leaves_out_and_the_command_runs_all_the_same() {
    let (folder, broker) = (Home::new(), ScriptedBroker::start());
    let line = format!("pub -h 127.0.0.1 -p {} -u me -P s3cret -t a -m x -q 1 -so", broker.port());
    let running = folder.program(&line).start();
    let (mut link, _) = broker.accept_session(connack());
    let publish = link.expect_publish();
    link.send(puback(publish.id));
    link.expect_goodbye();
    link.close();
    assert_eq!(
        running.wait().expect_code(0).stderr,
        "✔ Options saved to ./mqttx-cli-options.json\n\
         warning: --password is not written to ./mqttx-cli-options.json: give it again in each run\n\
         ✔ Connected\n✔ Message published\n"
    );
}

/// The Keep Alive that CONNECT has says which layer holds.
#[test]
fn a_loaded_file_stands_below_flags_and_variables_in_place_of_a_profile() {
    let (folder, broker) = (Home::new(), ScriptedBroker::start());
    folder.write(".mqttx-rs.toml", "[connection]\nkeep_alive = 1\nclient_id = \"of-project\"\n");
    folder.write(".config/mqttx-rs/profiles/p.toml", "[connection]\nkeep_alive = 2\nusername = \"of-profile\"\n");
    folder.write(".config/mqttx-rs/selected", "p\n");
    folder.write("o.json", r#"{"pub": {"hostname": "127.0.0.1", "topic": "a", "keepalive": 3, "message": "loaded"}}"#);
    let connected = |line: &str, variable: Option<&str>| {
        let program = folder.program(line).port(broker.port());
        let program =
            variable.map_or(folder.program(line).port(broker.port()), |value| program.env("MQTTX_KEEPALIVE", value));
        let running = program.start();
        let (mut link, connect) = broker.accept_session(connack());
        let publish = link.expect_publish();
        drop(link);
        drop(running);
        (connect.keep_alive, connect.client_id, connect.user_name, publish.payload)
    };
    let loaded = connected("pub -lo o.json", None);
    assert_eq!(loaded, (3, "of-project".into(), None, b"loaded"[..].into()));
    assert_eq!(connected("pub -lo o.json", Some("4")).0, 4);
    assert_eq!(connected("pub -lo o.json -k 5", Some("4")).0, 5);
    assert_eq!(connected("pub -lo o.json -m flag", None).3, b"flag"[..]);
}

#[test]
fn a_file_of_mqttx_s_own_is_read_and_what_is_not_known_is_told() {
    let (folder, broker) = (Home::new(), ScriptedBroker::start());
    let text = format!(
        r#"{{
  "benchPub": {{"hostname": "127.0.0.1"}},
  "pub": {{
    "mqttVersion": 4, "hostname": "127.0.0.1", "port": {}, "clientId": "c", "clean": true, "keepalive": 30,
    "protocol": "mqtt", "path": "/mqtt", "reconnectPeriod": 1000, "maximumReconnectTimes": 10,
    "reqProblemInfo": true, "username": "me", "password": "s3cret", "topic": "a/b", "qos": 1,
    "message": "Hello From MQTTX CLI",
    "debug": false,
    "someday": 1
  }}
}}"#,
        broker.port()
    );
    folder.write("o.json", &text);
    fs::set_permissions(folder.path().join("o.json"), fs::Permissions::from_mode(0o644)).unwrap();
    let running = folder.program("pub -lo o.json").start();
    let (mut link, connect) = broker.accept_session(connack());
    assert_eq!(connect.password.as_deref(), Some(&b"s3cret"[..]));
    let publish = link.expect_publish();
    assert_eq!((publish.topic.as_str(), publish.qos), ("a/b", 1));
    link.send(puback(publish.id));
    link.expect_disconnect();
    link.close();
    let stderr = running.wait().expect_code(0).stderr;
    assert!(
        stderr.starts_with(
            "warning: o.json, line 9: pub.someday: ignored: `pub` does not have this option\n\
         warning: the password is in plain text and other users can read o.json: chmod 600\n"
        ),
        "{stderr}"
    );
}

/// MQTTX writes its default into every file, and MQTT.js speaks TLS all the same where there is a certificate.
#[test]
fn the_plain_protocol_of_a_file_does_not_hold_beside_its_certificate() {
    let folder = Home::new();
    folder.write(
        "o.json",
        r#"{"pub": {"hostname": "127.0.0.1", "protocol": "mqtt", "port": 1, "topic": "a", "ca": "/nowhere/ca.pem"}}"#,
    );
    let ended = folder.run("pub -lo o.json").expect_code(1);
    assert!(ended.stderr.starts_with("error: ca of o.json: `/nowhere/ca.pem`: no such file"), "{}", ended.stderr);
    let ended = folder.run("pub -lo o.json -l ws").expect_code(3);
    let warning = "warning: ca of o.json needs TLS, but --protocol is ws: left out\n";
    assert!(ended.stderr.starts_with(warning), "{}", ended.stderr);
}

#[test]
fn a_file_that_will_not_do_is_named_with_what_is_wrong() {
    let folder = Home::new();
    folder.write("conn.json", r#"{"conn": {"hostname": "h"}, "sub": {}}"#);
    folder.write("bad.yaml", "pub:\n  topic: a\n  qos: 7\n");
    folder.write("text.json", "[\n");
    for (line, code, message) in [
        ("pub -t a -lo", 1, "--load-options: cannot read ./mqttx-cli-options.json: "),
        ("pub -t a -lo .", 1, "--load-options: cannot read .: "),
        ("pub -t a -lo conn.json", 2, "--load-options: conn.json has no section `pub`\nhint: it has conn, sub\n"),
        ("pub -t a -lo text.json", 2, "--load-options: text.json: line "),
        ("pub -lo bad.yaml", 2, "qos of bad.yaml: `7` is not a QoS: use 0, 1 or 2\n"),
        ("pub -t a -lo bad.yaml --profile p", 2, "--load-options and --profile cannot be used together\n"),
        ("pub -t a -m x -so text.json", 2, "--save-options: text.json is not changed: "),
        ("pub -t a -m x -so nowhere/o.json", 1, "cannot write nowhere/o.json: "),
    ] {
        let ended = folder.run(line).expect_code(code);
        assert!(ended.stderr.starts_with(&format!("error: {message}")), "{line}: {}", ended.stderr);
    }
    assert_eq!(folder.read("text.json"), "[\n");
}

#[test]
fn what_mqttx_writes_anyhow_says_nothing() {
    let (folder, broker) = (Home::new(), ScriptedBroker::start());
    folder.write("payload", "of the file");
    folder.write(
        "o.json",
        r#"{"pub": {"hostname": "127.0.0.1", "topic": "a", "message": "Hello From MQTTX CLI", "fileRead": "payload",
                    "clientId": "x{1}"},
            "benchPub": {"hostname": "127.0.0.1", "topic": "a", "count": 1, "limit": 0, "clientId": "y"}}"#,
    );
    let _running = folder.program("pub -lo o.json").port(broker.port()).start();
    let (mut link, connect) = broker.accept_session(connack());
    assert_eq!(connect.client_id, "x{1}");
    assert_eq!(link.expect_publish().payload, b"of the file"[..]);
    let _running = folder.program("bench pub -lo o.json").port(broker.port()).start();
    let (_link, connect) = broker.accept_session(connack());
    assert_eq!(connect.client_id, "y");
    folder.run("profile import o.json").expect_code(0);
}
