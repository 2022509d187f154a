//! `request` and `reply`, against each other on the embedded broker, and alone.

#[cfg(feature = "broker")]
use crate::support::Running;
use crate::support::wire::property::{correlation_data, response_topic};
use crate::support::wire::{connack, publish, suback};
use crate::support::{Program, ScriptedBroker};

#[cfg(feature = "broker")]
fn broker() -> (Running, u16) {
    let mut broker = Program::new(["broker", "-p", "0"]).start();
    let line = broker.wait_for_stdout("mqtt://127.0.0.1:");
    let port = line.trim().rsplit(':').next().unwrap().parse().unwrap();
    (broker, port)
}

#[cfg(feature = "broker")]
fn replier(port: u16, arguments: &[&str]) -> Running {
    let mut replier = Program::new(["reply"]).port(port).arg_all(arguments).start();
    replier.wait_for_stderr("Subscribed to");
    replier
}

#[test]
#[cfg(feature = "broker")]
fn a_request_is_answered_in_each_version_and_way() {
    let (_broker, port) = broker();
    for version in ["3.1.1", "5"] {
        for (answer, expected) in [
            (&["-m", "fixed"][..], "fixed\n"),
            (&["--echo"], "hello\n"),
            (&["--exec", "printf '%s ' $MQTT_TOPIC; tr a-z A-Z"], "job/1 HELLO\n"),
        ] {
            let arguments = [&["job/#", "-V", version, "-q", "1", "-C", "1"], answer].concat();
            let replier = replier(port, &arguments);
            let arguments = ["-V", version, "-t", "job/1", "-m", "hello", "-q", "1", "--output-mode", "raw"];
            let ended = Program::new(["request"]).port(port).arg_all(&arguments).run().expect_code(0);
            assert_eq!(ended.text(), expected, "{version} {answer:?}");
            assert!(ended.stderr.contains("Reply 1 of 1 after "), "{}", ended.stderr);
            replier.wait().expect_code(0);
        }
    }
}

#[test]
fn only_messages_with_the_correlation_data_of_the_request_are_replies() {
    let broker = ScriptedBroker::start();
    let arguments = ["-t", "a", "-m", "x", "-rt", "answers", "-cd", "7", "-C", "2", "--output-mode", "raw"];
    let running = Program::new(["rr"]).port(broker.port()).arg_all(&arguments).start();
    let (mut link, _) = broker.accept_session(connack());
    let subscribe = link.expect_subscribe();
    assert_eq!(subscribe.filters[0].0, "answers");
    link.send(suback(subscribe.id, vec![2]));
    link.expect(publish("a", "x").with(response_topic("answers")).with(correlation_data(b"7")));
    link.send(publish("answers", "of nobody"));
    link.send(publish("answers", "of another").with(correlation_data(b"8")));
    link.send(publish("answers", "one").with(correlation_data(b"7")));
    link.send(publish("answers", "two").with(correlation_data(b"7")));
    link.expect_goodbye();
    link.close();
    assert_eq!(running.wait().expect_code(0).text(), "one\ntwo\n");
}

#[test]
#[cfg(feature = "broker")]
fn no_reply_is_exit_code_8_and_a_command_that_fails_gives_none() {
    let (_broker, port) = broker();
    let mut replier = replier(port, &["a", "--exec", "exit 3"]);
    let arguments = ["request", "-t", "a", "-m", "x", "--timeout", "5"];
    let ended = Program::new(arguments).port(port).run().expect_code(8);
    assert!(ended.stderr.contains("error: no reply on mqttx-rs/reply/"), "{}", ended.stderr);
    replier.wait_for_stderr("warning: the request on a is not answered: `exit 3` ended with exit status: 3");
    Program::new(["pub", "-t", "a", "-m", "x"]).port(port).run().expect_code(0);
    replier.wait_for_stderr("warning: the request on a has no Response Topic");
}

#[test]
fn what_cannot_be_asked_or_answered_is_a_usage_error() {
    for (arguments, message) in [
        (&["reply", "a"][..], "no answer: give"),
        (&["reply", "-m", "x"], "FILTER is missing"),
        (&["reply", "a", "-m", "x", "--echo"], "cannot be used together"),
        (&["request", "-t", "a", "--jsonl"], "--jsonl is not an option of request"),
        (&["request", "-t", "a", "-rt", "b", "--reply-topic", "c"], "cannot be used together"),
    ] {
        let ended = Program::new(arguments).run().expect_code(2);
        assert!(ended.stderr.contains(message), "{}", ended.stderr);
    }
}

#[test]
fn a_subscription_that_is_refused_after_a_lost_session_ends_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("a.jsonl");
    for arguments in [
        &["reply", "a", "-m", "x"][..],
        &["request", "-t", "a", "-m", "x", "-rt", "a"],
        &["record", file.to_str().unwrap(), "-t", "a"],
    ] {
        let broker = ScriptedBroker::start();
        let running = Program::new(arguments).port(broker.port()).arg_all(&["-rp", "20"]).start();
        let (mut link, _) = broker.accept_session(connack());
        let id = link.expect_subscribe().id;
        link.send(suback(id, [0]));
        if arguments[0] == "request" {
            link.expect_publish();
        }
        link.close();
        let (mut link, _) = broker.accept_session(connack());
        let id = link.expect_subscribe().id;
        link.send(suback(id, [0x87]));
        link.receive_until_end();
        link.close();
        let ended = running.wait().expect_code(6);
        assert!(ended.stderr.contains("the broker refused the subscription to `a`"), "{}", ended.stderr);
    }
}
