//! `sub` from outside: what a broker receives, what is printed, and the exit code.

use crate::support::wire::property::{reason_string, subscription_identifier, user_property};
use crate::support::wire::{Packet, connack, disconnect, puback, publish, suback, unsuback};
use crate::support::{Ended, Link, Mosquitto, Program, RawClient, Running, ScriptedBroker};
use mqttx_rs::mqtt::Version;
use nix::sys::signal::Signal;

/// Starts `sub` against a scripted broker, up to SUBACK; all filters are granted what they asked for.
fn subscribed(arguments: &[&str]) -> (ScriptedBroker, Link, Running) {
    let broker = ScriptedBroker::start();
    let running = Program::new(["sub"]).port(broker.port()).arg_all(arguments).start();
    let (mut link, _) = broker.accept_session(connack());
    let subscribe = link.expect_subscribe();
    let granted: Vec<u8> = subscribe.filters.iter().map(|(_, options)| options & 3).collect();
    link.send(suback(subscribe.id, granted));
    (broker, link, running)
}

fn finish(mut link: Link, running: Running) -> Ended {
    link.expect_goodbye();
    link.close();
    running.wait()
}

#[test]
fn prints_a_message_in_mqttx_shape_and_talks_on_stderr() {
    let (_broker, mut link, running) = subscribed(&["-t", "car/+", "-C", "1"]);
    link.send(publish("car/ac", "on").retain().with(user_property("k", "v")));
    let ended = finish(link, running).expect_code(0);
    assert_eq!(ended.stderr, "✔ Connected\n✔ Subscribed to car/+\n");
    assert!(ended.text().starts_with("topic: car/ac, qos: 0, size: 2B, retain: true"), "{}", ended.text());
    assert!(ended.text().ends_with("\non\n\n"), "{:?}", ended.text());
}

#[test]
fn options_pair_with_filters_by_position() {
    let broker = ScriptedBroker::start();
    let arguments = [
        "sub", "-t", "a", "-t", "b/#", "-q", "1", "-q", "2", "-nl", "true", "false", "-rap", "-rh", "2", "-si", "7",
        "-up", "k: v",
    ];
    let _running = Program::new(arguments).port(broker.port()).start();
    let (mut link, _) = broker.accept_session(connack());
    let subscribe = link.expect_subscribe();
    // Retain Handling in bits 5 and 4, Retain As Published 3, No Local 2, QoS 1 and 0.
    assert_eq!(subscribe.filters, [("a".to_owned(), 0b0010_1101), ("b/#".to_owned(), 0b0010_1010)]);
    assert_eq!(subscribe.properties.number(11), Some(7));
}

#[test]
fn count_acknowledges_exactly_what_was_printed() {
    let (_broker, mut link, running) = subscribed(&["-t", "a", "-q", "1", "-C", "2"]);
    link.send_together((1..=5).map(|id| Packet::from(publish("a", id.to_string()).qos(1).id(id))));
    link.expect_puback(1);
    link.expect_puback(2);
    let ended = finish(link, running).expect_code(0);
    assert_eq!(ended.text().matches("topic: a").count(), 2);
}

#[test]
fn count_on_a_persistent_session_leaves_the_rest_for_the_next_run() {
    let Some(mosquitto) = Mosquitto::start("") else { return };
    for qos in ["1", "2"] {
        let id = format!("reader-{qos}");
        let sub = |count: &str| {
            let fixed = ["sub", "-t", "n", "-q", qos, "--no-clean", "-i", &id, "--output-mode", "raw"];
            Program::new(fixed).port(mosquitto.port()).arg_all(&["-C", count])
        };
        Program::new(["sub", "-t", "n", "-q", qos, "--no-clean", "-i", &id, "-E"])
            .port(mosquitto.port())
            .run()
            .expect_code(0);
        let mut writer = RawClient::connect(mosquitto.address(), Version::V5, "writer");
        for number in 1..=7 {
            writer.publish("n", number.to_string(), qos.parse().unwrap());
        }
        assert_eq!(sub("2").run().expect_code(0).text(), "1\n2\n");
        assert_eq!(sub("3").run().expect_code(0).text(), "3\n4\n5\n");
        assert_eq!(sub("2").run().expect_code(0).text(), "6\n7\n");
    }
}

#[test]
fn a_lower_grant_is_a_warning_and_the_delivered_qos_is_shown() {
    let broker = ScriptedBroker::start();
    let running = Program::new(["sub", "-t", "a", "-q", "2", "-C", "1"]).port(broker.port()).start();
    let (mut link, _) = broker.accept_session(connack());
    let subscribe = link.expect_subscribe();
    link.send(suback(subscribe.id, [1]));
    link.send(publish("a", "x").qos(1).id(9));
    link.expect_puback(9);
    let ended = finish(link, running).expect_code(0);
    assert!(ended.stderr.contains("warning: `a`: the broker granted QoS 1, not 2"), "{}", ended.stderr);
    assert!(ended.text().contains("qos: 1"), "{}", ended.text());
}

#[test]
fn a_refused_filter_is_shown_and_exits_6_at_the_end() {
    let broker = ScriptedBroker::start();
    let running = Program::new(["sub", "-t", "a", "-t", "secret/#", "-C", "1"]).port(broker.port()).start();
    let (mut link, _) = broker.accept_session(connack());
    let subscribe = link.expect_subscribe();
    link.send(suback(subscribe.id, [0, 0x87]).with(reason_string("acl")));
    link.send(publish("a", "x"));
    let refused = finish(link, running).expect_code(6);
    let says = "error: the broker refused the subscription to `secret/#`: Not authorized (0x87): acl";
    assert!(refused.stderr.contains(says), "{}", refused.stderr);
    assert!(refused.text().contains("topic: a"), "it went on");

    for arguments in [&["-t", "a", "-t", "secret/#", "--strict"][..], &["-t", "secret/#"]] {
        let broker = ScriptedBroker::start();
        let running = Program::new(["sub"]).port(broker.port()).arg_all(arguments).start();
        let (mut link, _) = broker.accept_session(connack());
        let subscribe = link.expect_subscribe();
        let last = subscribe.filters.len() - 1;
        let reasons: Vec<u8> = (0..=last).map(|index| if index == last { 0x87 } else { 0 }).collect();
        link.send(suback(subscribe.id, reasons));
        finish(link, running).expect_code(6);
    }
}

#[test]
fn messages_are_selected_by_retain_flag_and_topic() {
    for (arguments, expected) in [
        (&["-R", "-C", "1"][..], "live\n"),
        (&["-T", "a/out", "-C", "2"], "kept\nlive\n"),
        (&["--retained-only"], "kept\n"),
    ] {
        let (_broker, mut link, running) =
            subscribed(&[&["-t", "a/#", "--output-mode", "raw"][..], arguments].concat());
        if arguments[0] == "-T" {
            link.send(publish("a/out", "left out"));
        }
        link.send(publish("a/1", "kept").retain());
        link.send(publish("a/1", "live"));
        assert_eq!(finish(link, running).expect_code(0).text(), expected, "{arguments:?}");
    }
}

#[test]
fn retained_only_ends_by_itself_where_nothing_is_retained() {
    let (_broker, link, running) = subscribed(&["-t", "a/#", "--retained-only"]);
    assert!(finish(link, running).expect_code(0).stdout.is_empty());
}

#[test]
fn remove_retained_empties_each_topic_and_dry_run_does_not() {
    let Some(mosquitto) = Mosquitto::start("") else { return };
    let mut writer = RawClient::connect(mosquitto.address(), Version::V5, "writer");
    for topic in ["r/1", "r/2", "other"] {
        writer.send_publish(publish(topic, "kept").qos(1).retain());
    }
    let listed = |arguments: &[&str]| {
        let fixed = ["sub", "-t", "r/#", "-F", "%t"];
        let ended = Program::new(fixed).port(mosquitto.port()).arg_all(arguments).run().expect_code(0);
        let mut topics: Vec<String> = ended.text().lines().map(String::from).collect();
        topics.sort();
        topics
    };
    assert_eq!(listed(&["--remove-retained", "--dry-run"]), ["r/1", "r/2"]);
    assert_eq!(listed(&["--remove-retained"]), ["r/1", "r/2"]);
    assert!(listed(&["--retained-only"]).is_empty());
    let other = Program::new(["sub", "-t", "other", "-C", "1", "-F", "%p"]).port(mosquitto.port()).run();
    assert_eq!(other.expect_code(0).text(), "kept\n");
}

#[test]
fn unsubscribe_comes_after_subscribe_and_exit_after_suback_ends() {
    let (_broker, mut link, running) = subscribed(&["-t", "a", "-t", "b", "-U", "b", "-E"]);
    let unsubscribe = link.expect_unsubscribe();
    assert_eq!(unsubscribe.filters, ["b"]);
    link.send(unsuback(unsubscribe.id, [0]));
    let ended = finish(link, running).expect_code(0);
    assert!(ended.stderr.ends_with("✔ Unsubscribed from b\n"), "{}", ended.stderr);
}

#[test]
fn time_limits_end_it() {
    let (_broker, link, running) = subscribed(&["-t", "a", "--timeout", "3s"]);
    finish(link, running).expect_code(8);
    let (_broker, link, running) = subscribed(&["-t", "a", "--idle-timeout", "3s"]);
    finish(link, running).expect_code(0);
    let (_broker, mut link, running) = subscribed(&["-t", "a", "-C", "2", "--idle-timeout", "3s"]);
    link.send(publish("a", "x"));
    let ended = finish(link, running).expect_code(8);
    assert!(ended.stderr.contains("1 of 2 received"), "{}", ended.stderr);
}

#[test]
fn a_broker_that_never_answers_subscribe_holds_nothing_up() {
    for signal in [None, Some(Signal::SIGINT)] {
        let limit = if signal.is_some() { "1h" } else { "3s" };
        let broker = ScriptedBroker::start();
        let mut running = Program::new(["sub", "-t", "a", "--timeout", limit]).port(broker.port()).start();
        let (mut link, _) = broker.accept_session(connack());
        link.expect_subscribe();
        running.wait_for_stderr("Connected");
        if let Some(signal) = signal {
            running.signal(signal);
        }
        finish(link, running).expect_code(if signal.is_some() { 0 } else { 8 });
    }
}

#[test]
fn a_signal_ends_it_in_order_and_is_success_only_without_a_count() {
    for (arguments, signal, code) in [
        (&["-t", "a"][..], Signal::SIGINT, 0),
        (&["-t", "a"], Signal::SIGTERM, 0),
        (&["-t", "a", "-C", "1"], Signal::SIGINT, 130),
    ] {
        let (_broker, link, mut running) = subscribed(arguments);
        running.wait_for_stderr("Subscribed");
        running.signal(signal);
        finish(link, running).expect_code(code);
    }
}

#[test]
fn a_reader_that_goes_away_is_success_and_what_nobody_read_is_not_acknowledged() {
    let broker = ScriptedBroker::start();
    let program = Program::new(["sub", "-t", "a", "-q", "1", "--output-mode", "raw"]).port(broker.port());
    let running = program.without_reader().start();
    let (mut link, _) = broker.accept_session(connack());
    let subscribe = link.expect_subscribe();
    link.send(suback(subscribe.id, [1]));
    link.send(publish("a", "x").qos(1).id(1));
    finish(link, running).expect_code(0);
}

#[test]
fn every_output_mode_is_what_it_says() {
    let message = || {
        publish("car/汽车", "{\"v\": 1.0}")
            .qos(1)
            .id(3)
            .with(user_property("k", "1"))
            .with(user_property("k", "2"))
            .with(subscription_identifier(7))
    };
    let run = |arguments: &[&str]| {
        let (_broker, mut link, running) =
            subscribed(&[&["-t", "car/#", "-q", "1", "-C", "1"][..], arguments].concat());
        link.send(message());
        link.expect(puback(3));
        finish(link, running).expect_code(0)
    };
    assert_eq!(run(&["--output-mode", "raw", "--delimiter", r"\0"]).stdout, b"{\"v\": 1.0}\0");
    assert_eq!(run(&["-F", "%t %q %l %m %S"]).text(), "car/汽车 1 10 3 7\n");
    let line = run(&["--output-mode", "jsonl"]);
    assert_eq!(line.text().lines().count(), 1);
    let object: serde_json::Value = serde_json::from_str(line.text()).unwrap();
    assert_eq!(object["topic"], "car/汽车");
    assert_eq!(object["properties"]["user_properties"], serde_json::json!([["k", "1"], ["k", "2"]]));
    let clean: serde_json::Value = serde_json::from_str(run(&["--output-mode", "clean"]).text()).unwrap();
    assert_eq!((&clean["topic"], &clean["packet"]["qos"]), (&"car/汽车".into(), &1.into()));
}

#[test]
fn two_subscription_identifiers_are_both_shown() {
    let (_broker, mut link, running) = subscribed(&["-t", "a", "-C", "1", "--output-mode", "jsonl"]);
    link.send(publish("a", "x").with(subscription_identifier(7)).with(subscription_identifier(300)));
    let object: serde_json::Value = serde_json::from_str(finish(link, running).expect_code(0).text()).unwrap();
    assert_eq!(object["properties"]["subscription_identifiers"], serde_json::json!([7, 300]));
}

#[test]
fn a_disconnect_of_the_broker_shows_its_reason_and_exits_7() {
    let (_broker, mut link, running) = subscribed(&["-t", "a"]);
    link.send(disconnect(0x98).with(reason_string("kicked by the operator")));
    let ended = running.wait().expect_code(7);
    let says = "the broker disconnected us: Administrative action (0x98): kicked by the operator";
    assert!(ended.stderr.contains(says), "{}", ended.stderr);
}

#[test]
fn a_payload_that_does_not_decode_is_shown_with_a_warning() {
    let (_broker, mut link, running) = subscribed(&["-t", "a", "-C", "1", "-f", "json", "--output-mode", "raw"]);
    link.send(publish("a", "no json"));
    let ended = finish(link, running).expect_code(0);
    assert_eq!(ended.text(), "no json\n");
    assert!(ended.stderr.contains("warning: payload on a shown as it is"), "{}", ended.stderr);
}

#[test]
fn json_lines_bridge_two_brokers_without_loss() {
    let (from, to) = (Mosquitto::start(""), Mosquitto::start(""));
    let (Some(from), Some(to)) = (from, to) else { return };
    let mut reader = RawClient::connect(to.address(), Version::V5, "reader");
    reader.subscribe("#", 2);
    let mut sub =
        Program::new(["sub", "-t", "#", "-q", "2", "-C", "3", "--output-mode", "jsonl"]).port(from.port()).start();
    sub.wait_for_stderr("Subscribed");
    let mut writer = RawClient::connect(from.address(), Version::V5, "writer");
    let sent = [
        publish("text", "text").qos(1),
        publish("汽车", [0, 255, 10]).qos(2),
        publish("json", "{\"n\": 12345678901234567890.10}").qos(0).with(user_property("k", "v")),
    ];
    for message in sent.clone() {
        writer.send_publish(message);
    }
    let lines = sub.wait().expect_code(0).stdout;
    Program::new(["pub", "--jsonl"]).port(to.port()).stdin(lines).run().expect_code(0);
    // A message at QoS 0 overtakes one at QoS 2, which takes two round trips.
    let mut received = sent.each_ref().map(|_| reader.expect_message());
    received.sort_by(|a, b| a.topic.cmp(&b.topic));
    for (received, message) in received.iter().zip([&sent[2], &sent[0], &sent[1]]) {
        assert_eq!((&received.topic, &received.payload), (&message.topic, &message.payload));
        assert_eq!(received.properties, message.properties);
    }
}

#[test]
fn a_lost_session_is_subscribed_again_and_nothing_of_it_is_fatal() {
    let broker = ScriptedBroker::start();
    let mut running = Program::new(["sub", "-t", "a", "-C", "1", "-rp", "1"]).port(broker.port()).start();
    for _ in 0..2 {
        let (mut link, _) = broker.accept_session(connack());
        let subscribe = link.expect_subscribe();
        link.send(suback(subscribe.id, [0]));
        running.wait_for_stderr("Subscribed");
        link.cut();
        running.wait_for_stderr("reconnecting [");
    }
    let (mut link, _) = broker.accept_session(connack());
    let subscribe = link.expect_subscribe();
    link.send(suback(subscribe.id, [0]));
    link.send(publish("a", "x"));
    finish(link, running).expect_code(0);
}
