//! What CONNECT carries, where passwords come from, and where a broker may send us.

use crate::support::wire::property::{
    Properties, Property, Value, content_type, correlation_data, message_expiry_interval, payload_format_indicator,
    receive_maximum, response_topic, server_reference, session_expiry_interval, topic_alias_maximum, user_property,
};
use crate::support::wire::{Connect, connack, disconnect};
use crate::support::{Program, ScriptedBroker};

/// The CONNECT that these options make, with this on stdin.
fn connect_with(arguments: &[&str], stdin: &str) -> Connect {
    let broker = ScriptedBroker::start();
    let mut running = Program::new(["conn", "--check"]).port(broker.port()).arg_all(arguments).start();
    running.write(stdin);
    running.close_stdin();
    let (mut link, connect) = broker.accept_session(connack());
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
    connect
}

/// In the order of their numbers: the order on the wire means nothing, but for user properties.
fn sorted(properties: &Properties) -> Vec<Property> {
    let mut sorted = properties.0.clone();
    sorted.sort_by_key(|(number, _)| *number);
    sorted
}

#[test]
fn every_property_of_connect_is_on_the_wire() {
    let line = "-i me -k 17 -u name -se 60 --receive-maximum 9 --maximum-packet-size 4096 --topic-alias-maximum 5 \
                --req-response-info --no-req-problem-info";
    let mut arguments: Vec<_> = line.split_whitespace().collect();
    arguments.extend(["-up", "a: b: c=d", "-up", "e=f: g"]);
    let connect = connect_with(&arguments, "");
    assert_eq!((connect.client_id.as_str(), connect.keep_alive, connect.clean), ("me", 17, true));
    assert_eq!(connect.user_name.as_deref(), Some("name"));
    assert_eq!(
        sorted(&connect.properties),
        [
            session_expiry_interval(60),
            (0x17, Value::Byte(0)),
            (0x19, Value::Byte(1)),
            receive_maximum(9),
            topic_alias_maximum(5),
            user_property("a", "b: c=d"),
            user_property("e", "f: g"),
            (0x27, Value::Four(4096)),
        ]
    );
}

#[test]
fn a_will_has_everything_that_a_message_has() {
    let line = "-Wt gone/汽车 -Wm bye -Wq 2 -Wr -Wd 5 -Wpf -We 10 -Wct text/plain -Wrt reply -Wcd tie";
    let mut arguments: Vec<_> = line.split_whitespace().collect();
    arguments.extend(["-Wup", "url: http://x/?a=b", "-Wup", "k=v"]);
    let will = connect_with(&arguments, "").will.unwrap();
    assert_eq!((will.topic.as_str(), will.payload.as_slice()), ("gone/汽车", &b"bye"[..]));
    assert_eq!((will.qos, will.retain), (2, true));
    assert_eq!(
        sorted(&will.properties),
        [
            payload_format_indicator(1),
            message_expiry_interval(10),
            content_type("text/plain"),
            response_topic("reply"),
            correlation_data(b"tie"),
            (0x18, Value::Four(5)),
            user_property("url", "http://x/?a=b"),
            user_property("k", "v"),
        ]
    );
}

#[test]
fn no_clean_keeps_the_session_as_long_as_it_is_told_to() {
    let kept = connect_with(&["--no-clean", "-i", "me"], "");
    assert_eq!((kept.clean, kept.properties.0), (false, vec![session_expiry_interval(u32::MAX)]));
    let kept = connect_with(&["--no-clean", "-i", "me", "-se", "1m"], "");
    assert_eq!((kept.clean, kept.properties.0), (false, vec![session_expiry_interval(60)]));
}

#[test]
fn a_password_need_not_stand_on_the_command_line() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "of the file\n").unwrap();
    let file = file.to_str().unwrap();
    for (arguments, stdin, password) in [
        (&["-u", "u", "-P", "-"][..], "of stdin\r\nnot this\n", "of stdin"),
        (&["-u", "u", "--password-file", file], "", "of the file"),
        (&["-u", "u", "-P", "plain"], "", "plain"),
    ] {
        let connect = connect_with(arguments, stdin);
        assert_eq!(connect.password.as_deref(), Some(password.as_bytes()), "{arguments:?}");
    }
    let broker = ScriptedBroker::start();
    let program = Program::new(["pub", "-t", "a", "-u", "u"]).port(broker.port());
    let running = program.env("MQTTX_PASSWORD", "-").start();
    let mut link = broker.accept();
    assert_eq!(link.expect_connect().password.as_deref(), Some(&b"-"[..]), "a variable is the password itself");
    drop(running);
}

#[test]
fn two_things_cannot_come_from_one_stdin_and_two_passwords_contradict() {
    for (arguments, says) in [
        (&["pub", "-t", "a", "-s", "-P", "-"][..], "--password - and the messages"),
        (&["pub", "-t", "a", "-lm", "-P", "-"], "--password - and the messages"),
        (&["pub", "-t", "a", "-P", "x", "--ask-password"], "cannot be used together"),
        (&["pub", "-t", "a", "-P", "-"], "stdin is empty"),
    ] {
        let ended = Program::new(arguments).run().expect_code(2);
        assert!(ended.stderr.contains(says), "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
fn a_broker_that_points_elsewhere_is_shown_and_followed_only_if_asked() {
    // In CONNACK.
    let (old, new) = (ScriptedBroker::start(), ScriptedBroker::start());
    let reference = format!("127.0.0.1:{}", new.port());
    let running = Program::new(["pub", "-t", "a", "-m", "x"]).port(old.port()).start();
    old.accept_session(connack().refusing(0x9C).with(server_reference(&reference)));
    let ended = running.wait().expect_code(4);
    assert!(ended.stderr.contains("Use another server (0x9C)"), "{}", ended.stderr);
    assert!(ended.stderr.contains(&format!("it refers to {reference}")), "{}", ended.stderr);
    assert!(ended.stderr.contains("hint: --follow-redirect connects to it"), "{}", ended.stderr);

    let running = Program::new(["pub", "-t", "a", "-m", "x", "--follow-redirect"]).port(old.port()).start();
    old.accept_session(connack().refusing(0x9C).with(server_reference(&reference)));
    let (mut link, _) = new.accept_session(connack());
    assert_eq!(link.expect_publish().text(), "x");
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    assert!(ended.stderr.contains(&format!("Connecting to mqtt://{reference}")), "{}", ended.stderr);

    // In DISCONNECT, with a subscription that moves along.
    let mut running = Program::new(["sub", "-t", "a", "-C", "1", "--follow-redirect"]).port(old.port()).start();
    let (mut link, _) = old.accept_session(connack());
    let id = link.expect_subscribe().id;
    link.send(crate::support::wire::suback(id, [0]));
    running.wait_for_stderr("Subscribed to a");
    link.send(disconnect(0x9D).with(server_reference(&reference)));
    let (mut link, _) = new.accept_session(connack());
    let id = link.expect_subscribe().id;
    link.send(crate::support::wire::suback(id, [0]));
    link.send(crate::support::wire::publish("a", "moved"));
    running.wait_for_stdout("moved");
    link.close();
    running.wait().expect_code(0);
}

#[test]
fn brokers_that_point_to_one_another_are_left_after_five_hops() {
    let broker = ScriptedBroker::start();
    let reference = format!("127.0.0.1:{}", broker.port());
    let running = Program::new(["pub", "-t", "a", "--follow-redirect"]).port(broker.port()).start();
    for _ in 0..6 {
        broker.accept_session(connack().refusing(0x9D).with(server_reference(&reference)));
    }
    running.wait().expect_code(4);
}

#[test]
fn the_user_is_known_without_a_variable() {
    let name = std::process::Command::new("id").arg("-un").output().unwrap();
    let name = String::from_utf8(name.stdout).unwrap();
    let broker = ScriptedBroker::start();
    let mut program = Program::new(["pub", "-t", "a", "-m", "x", "-i", "of-{user}"]).port(broker.port());
    for variable in ["USER", "LOGNAME", "USERNAME"] {
        program = program.env(variable, "");
    }
    let running = program.start();
    let (mut link, connect) = broker.accept_session(connack());
    assert_eq!(connect.client_id, format!("of-{}", name.trim()));
    link.expect_publish();
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
}
