//! Scripts of `repl`: what they send, what they print, and how they end.

use std::fs;

use crate::support::wire::property::{
    SUBSCRIPTION_IDENTIFIER, correlation_data, response_topic, subscription_identifier, user_property,
};
use crate::support::wire::{Subscribe, connack, puback, publish, suback, subscribe, unsuback};
use crate::support::{Ended, Link, Mosquitto, Program, ScriptedBroker};

/// Expects SUBSCRIBE, whatever Subscription Identifier the session has chosen for it.
fn expect_subscribe(link: &mut Link, wanted: &Subscribe) {
    let mut asked = link.expect_subscribe();
    asked.properties.0.retain(|(id, _)| *id != SUBSCRIPTION_IDENTIFIER);
    assert_eq!(asked, *wanted);
}

/// A script on stdin, against a broker that a test plays.
fn script(broker: &ScriptedBroker, lines: &str) -> Program {
    Program::new(["repl", "-i", "me"]).port(broker.port()).stdin(lines)
}

/// A script that fails before it connects.
fn without_broker(lines: &str) -> Ended {
    Program::new(["repl"]).stdin(lines).run()
}

#[test]
fn each_line_runs_when_the_one_before_it_is_acknowledged() {
    let broker = ScriptedBroker::start();
    let running = script(&broker, "sub car/#\npub car/ac on -q 1\nwait car/ac\n").start_with_stdin();
    let (mut link, connect) = broker.accept_session(connack());
    assert_eq!(connect.client_id, "me");
    expect_subscribe(&mut link, &subscribe(1, "car/#", 0));
    link.expect_quiet();
    link.send(suback(1, [0]));
    link.expect(publish("car/ac", "on").qos(1).id(2));
    link.expect_quiet();
    link.send(puback(2));
    link.expect_quiet();
    link.send(publish("car/window", "shut"));
    link.send(publish("car/ac", "on"));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    // Before them came the broker's probes.
    assert!(ended.text().ends_with("#4 car/window: shut\n#5 car/ac: on\n"), "{}", ended.text());
    assert_eq!(ended.stderr, "✔ Connected\n✔ Subscribed to car/#\n✔ Message published\n");
}

#[test]
fn a_format_holds_for_what_is_published_and_for_what_is_shown() {
    let broker = ScriptedBroker::start();
    let lines = "set format cbor\nsub a\npub b '{\"n\": 1}' -f cbor -q 1\nwait a\n";
    let running = script(&broker, lines).start_with_stdin();
    let (mut link, _) = broker.accept_session(connack());
    expect_subscribe(&mut link, &subscribe(1, "a", 0));
    link.send(suback(1, [0]));
    link.expect(publish("b", b"\xa1\x61n\x01").qos(1).id(2));
    link.send(puback(2));
    link.send(publish("a", b"\xa1\x61n\x02"));
    link.expect_goodbye();
    link.close();
    assert_eq!(running.wait().expect_code(0).text(), "#1 a: {\"n\":2}\n");

    let ended = without_broker("set format avro\n").expect_code(2);
    assert!(
        ended.stderr.starts_with("error: stdin:1: set: avro needs a schema, which is not available here\n"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_message_that_came_before_answers_one_wait_and_no_second() {
    let broker = ScriptedBroker::start();
    let lines = "sub a\nsub b\nwait a --match 2\nwait b\nwait a\nwait a --timeout 0.05\n";
    let running = script(&broker, lines).start_with_stdin();
    let (mut link, _) = broker.accept_session(connack());
    expect_subscribe(&mut link, &subscribe(1, "a", 0));
    link.send(suback(1, [0]));
    expect_subscribe(&mut link, &subscribe(2, "b", 0));
    link.send(publish("b", "x"));
    link.send(publish("a", "1"));
    link.send(publish("a", "2"));
    link.send(suback(2, [0]));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(8);
    assert!(ended.stderr.ends_with("error: stdin:6: no message on a within 0.05 s\n"), "{}", ended.stderr);
}

#[test]
fn an_error_names_the_line_and_ends_it_with_the_commands_code() {
    let broker = ScriptedBroker::start();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("smoke.mqtt");
    fs::write(&path, "# what is refused\n\npub a \\\n  1 -q 1\npub b 2\n").unwrap();
    let running = Program::new(["repl", "--script"]).arg(&path).port(broker.port()).start();
    let (mut link, _) = broker.accept_session(connack());
    link.expect(publish("a", "1").qos(1).id(1));
    link.send(puback(1).reason(0x87));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(5);
    let place = format!("✖ {}:3: pub a", path.display());
    assert!(ended.stderr.contains("error: the broker refused the message to `a`: Not authorized"), "{}", ended.stderr);
    assert!(ended.stderr.contains(&place), "{}", ended.stderr);
}

#[test]
fn options_of_tls_are_followed_or_refused_also_here() {
    let ended = Program::new(["repl", "--ca", "/nowhere"]).stdin("").run().expect_code(1);
    assert!(ended.stderr.starts_with("error: --ca: `/nowhere`: "), "{}", ended.stderr);
    let ended = without_broker("connect --ca /nowhere\n").expect_code(1);
    assert!(ended.stderr.contains("--ca: `/nowhere`: "), "{}", ended.stderr);
    let ended = without_broker("connect --ca /nowhere -l mqtt\n").expect_code(2);
    assert!(ended.stderr.contains("--ca needs TLS, but --protocol is mqtt"), "{}", ended.stderr);
    let ended = Program::new(["bench", "conn", "--ca", "/nowhere", "-l", "ws"]).run().expect_code(2);
    assert!(ended.stderr.contains("--ca needs TLS, but --protocol is ws\nhint: use -l wss\n"), "{}", ended.stderr);
}

#[test]
fn keep_going_runs_the_rest_and_ends_with_the_first_code() {
    let ended = Program::new(["repl", "--keep-going", "-x"]).stdin("pub a 1\nnonsense\nhelp exit\n").run();
    let ended = ended.expect_code(2);
    assert!(ended.text().contains("Usage: exit"), "{}", ended.text());
    let lines: Vec<_> = ended.stderr.lines().collect();
    assert_eq!(lines[0], "+ pub a 1");
    assert_eq!(lines[1], "error: stdin:1: no connection");
    assert!(lines.contains(&"error: stdin:2: unknown command `nonsense`"), "{lines:?}");
    assert!(lines.contains(&"+ help exit"), "{lines:?}");
}

#[test]
fn a_topic_alone_is_not_guessed_at() {
    let ended = without_broker("car/ac on\n").expect_code(2);
    assert_eq!(ended.stderr, "error: stdin:1: unknown command `car/ac`\nhint: did you mean `pub car/ac on`?\n");
}

#[test]
fn options_that_have_no_meaning_inside_say_what_to_do_instead() {
    for (line, part) in
        [("pub a -h other", "unknown option `-h`"), ("connect --password -", "--password - cannot be used here")]
    {
        let ended = without_broker(&format!("{line}\n")).expect_code(2);
        assert!(ended.stderr.contains(part), "{line}: {}", ended.stderr);
    }
    let broker = ScriptedBroker::start();
    for (line, part) in [
        ("pub a --stdin", "hint: use --file-read, or <<EOF for a payload of several lines"),
        ("sub a -C 1", "hint: `wait` waits for a message"),
        ("pub a b -m c", "MESSAGE and --message cannot be used together"),
    ] {
        let running = script(&broker, &format!("{line}\n")).start_with_stdin();
        let (mut link, _) = broker.accept_session(connack());
        link.expect_goodbye();
        link.close();
        let ended = running.wait().expect_code(2);
        assert!(ended.stderr.contains(part), "{line}: {}", ended.stderr);
    }
}

#[test]
fn expect_judges_the_next_message() {
    let broker = ScriptedBroker::start();
    let lines = "sub #\nexpect a on\nexpect b --json /on=true\nexpect c --none --timeout 0.05\nexpect a off\n";
    let running = script(&broker, lines).start_with_stdin();
    let (mut link, _) = broker.accept_session(connack());
    expect_subscribe(&mut link, &subscribe(1, "#", 0));
    link.send(suback(1, [0]));
    link.send(publish("b", r#"{"on": true}"#));
    link.send(publish("a", "on"));
    link.send(publish("a", "on again"));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(1);
    assert!(ended.stderr.ends_with("error: stdin:5: expected `off` on a, got `on again`\n"), "{}", ended.stderr);
}

#[test]
#[cfg(feature = "jq")]
fn json_is_judged_by_jq_too() {
    let messages = [("meter/1", r#"{"kWh": 12.5}"#), ("meter/2", r#"{"kWh": 7}"#)];
    let folder = tempfile::tempdir().unwrap();
    let lines = "!echo begin\ncount --json '.kWh > 10'\nexpect meter/1 --json '.kWh > 10 and .kWh < 20'\n\
        wait meter/2 --json '.kWh | . == 7'\nassert 'meter/+' --json '.kWh' --count 2\nlast --json '.kWh < 10' -F %t\n";
    let ended = with_messages(&messages, lines, folder.path()).expect_code(0);
    assert_eq!(printed(&ended), ["1", "meter/2"]);
    let ended = with_messages(&messages, "expect meter/1 --json '.kWh > 13'\n", folder.path()).expect_code(1);
    let says = "expected .kWh > 13 on meter/1, got `{\"kWh\": 12.5}`";
    assert!(ended.stderr.contains(says), "{}", ended.stderr);
    let ended = with_messages(&messages, "count --json '.kWh | until(false; .)'\n", folder.path()).expect_code(1);
    assert!(ended.stderr.contains("--json: `.kWh | until(false; .)` ran for more than 1 s"), "{}", ended.stderr);
}

#[test]
fn several_connections_have_names_and_the_current_one_publishes() {
    let one = ScriptedBroker::start();
    let two = ScriptedBroker::start();
    let lines = format!(
        "connect -p {} -i i1 as one\nconnect -p {} -i i2 as two\npub a 2\nswitch one\npub a 1\nconnections\n",
        one.port(),
        two.port()
    );
    let running = Program::new(["repl"]).stdin(lines).start_with_stdin();
    let (mut first, _) = one.accept_session(connack());
    let (mut second, _) = two.accept_session(connack());
    second.expect(publish("a", "2"));
    first.expect(publish("a", "1"));
    first.expect_goodbye();
    first.close();
    second.expect_goodbye();
    second.close();
    let ended = running.wait().expect_code(0);
    let lines: Vec<_> = ended.text().lines().collect();
    assert!(lines[0].starts_with("*  one  connected  "), "{lines:?}");
    assert!(lines[1].starts_with("   two  connected  "), "{lines:?}");
}

#[test]
fn a_lost_connection_comes_back_with_its_subscriptions() {
    let broker = ScriptedBroker::start();
    let lines = "sub a\nwait a --match 1\nwait a --match 2\n";
    let running = script(&broker, lines).arg_all(&["-rp", "10"]).start_with_stdin();
    let (mut link, _) = broker.accept_session(connack());
    expect_subscribe(&mut link, &subscribe(1, "a", 0));
    link.send(suback(1, [0]));
    link.send(publish("a", "1"));
    link.cut();
    let (mut link, _) = broker.accept_session(connack());
    let again = link.expect_subscribe();
    assert_eq!(again.filters[0].0, "a");
    link.send(suback(again.id, [0]));
    link.send(publish("a", "2"));
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
}

#[test]
fn a_connection_that_was_closed_is_opened_again_with_its_subscriptions() {
    let broker = ScriptedBroker::start();
    let running = script(&broker, "sub a -q 1\nconnect\ndisconnect\nconnect\n").arg("--keep-going").start_with_stdin();
    let (mut link, _) = broker.accept_session(connack());
    expect_subscribe(&mut link, &subscribe(1, "a", 1));
    link.send(suback(1, [1]));
    link.expect_goodbye();
    link.close();
    let (mut link, connect) = broker.accept_session(connack());
    assert_eq!(connect.client_id, "me");
    expect_subscribe(&mut link, &subscribe(1, "a", 1));
    link.send(suback(1, [1]));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(2);
    assert!(ended.stderr.contains("error: stdin:2: `localhost:"), "{}", ended.stderr);
    assert!(ended.stderr.contains("is already open"), "{}", ended.stderr);
}

#[test]
fn a_profile_says_what_lines_leave_out() {
    let broker = ScriptedBroker::start();
    let folder = tempfile::tempdir().unwrap();
    let text = format!(
        "[connection]\nport = {}\nclient_id = \"of-profile\"\n[publish]\nqos = 1\n\
         [subscribe]\nfilters = [\"car/#\", {{ filter = \"order/+\", qos = 1 }}]\n",
        broker.port()
    );
    let path = folder.path().join("plant.toml");
    fs::write(&path, text).unwrap();
    let running = Program::new(["repl", "--profile"]).arg(&path).stdin("sub\npub a 1\nsub b\n").start_with_stdin();
    let (mut link, connect) = broker.accept_session(connack());
    assert_eq!(connect.client_id, "of-profile");
    expect_subscribe(&mut link, &subscribe(1, "car/#", 0).and("order/+", 1));
    link.send(suback(1, [0, 1]));
    link.expect(publish("a", "1").qos(1).id(2));
    link.send(puback(2));
    let own = link.expect_subscribe();
    assert_eq!(own.filters, [("b".to_owned(), 0)], "what pairs with the profile's filters is theirs");
    link.send(suback(own.id, [0]));
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
}

#[test]
fn a_broker_that_refuses_a_filter_is_an_error_of_that_line() {
    let broker = ScriptedBroker::start();
    let running = script(&broker, "sub a\n").start_with_stdin();
    let (mut link, _) = broker.accept_session(connack());
    expect_subscribe(&mut link, &subscribe(1, "a", 0));
    link.send(suback(1, [0x87]));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(6);
    assert!(
        ended.stderr.contains("error: stdin:1: the broker refused the subscription to `a`: Not authorized"),
        "{}",
        ended.stderr
    );
}

#[test]
fn a_request_has_a_topic_for_the_reply_and_is_done_when_it_comes() {
    let broker = ScriptedBroker::start();
    let running = script(&broker, "request car/get speed\nrequest car/get speed --timeout 0.05\n").start_with_stdin();
    let (mut link, _) = broker.accept_session(connack());
    for is_answered in [true, false] {
        let listening = link.expect_subscribe();
        link.send(suback(listening.id, [1]));
        let reply_to = listening.filters[0].0.clone();
        let request = link.expect_publish();
        assert_eq!((request.topic.as_str(), request.text()), ("car/get", "speed"));
        assert!(request.properties.0.contains(&response_topic(&reply_to)), "{:?}", request.properties);
        if is_answered {
            // Another's reply, and then the one.
            link.send(publish(&reply_to, "7").with(correlation_data(b"other")));
            let mut reply = publish(&reply_to, "52");
            reply.properties = request.properties;
            reply.properties.0.retain(|property| *property != response_topic(&reply_to));
            link.send(reply);
        }
        let ending = link.expect_unsubscribe();
        assert_eq!(ending.filters, [reply_to]);
        link.send(unsuback(ending.id, [0]));
    }
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(8);
    assert!(ended.stderr.contains("✔ Reply after "), "{}", ended.stderr);
    assert!(ended.stderr.contains("error: stdin:2: no reply on mqttx-rs/reply/"), "{}", ended.stderr);
}

#[test]
fn what_was_received_can_be_listed_shown_and_saved() {
    let broker = ScriptedBroker::start();
    let folder = tempfile::tempdir().unwrap();
    let lines = "sub car/#\nwait car/b\nlast 1\nshow 1\nsave 1 kept.json\ntopics\nmute car/#\nwait car/c\n";
    let running = script(&broker, lines).directory(folder.path()).start_with_stdin();
    let (mut link, _) = broker.accept_session(connack());
    expect_subscribe(&mut link, &subscribe(1, "car/#", 0));
    link.send(suback(1, [0]));
    link.send(publish("car/a", r#"{"on":true}"#).with(user_property("site", "plant-7")));
    link.send(publish("car/b", "x"));
    link.expect_quiet();
    link.send(publish("car/c", "hidden"));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    let text = ended.text();
    assert!(text.contains("\nuser property  site: plant-7\n"), "{text}");
    assert!(text.contains("\n\n{\n  \"on\": true\n}\ncar "), "{text}");
    let rows: Vec<_> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).collect();
    for (row, value) in [(["car", "2"], ""), (["a", "1"], "{\"on\":true}"), (["b", "1"], "x")] {
        assert!(
            rows.iter().any(|seen| seen.starts_with(&row) && (value.is_empty() || seen.ends_with(&[value]))),
            "{text}"
        );
    }
    assert_eq!(text.matches("#2 car/b: x\n").count(), 2, "as it came, and by `last`: {text}");
    assert!(!text.contains("hidden"), "{text}");
    assert_eq!(fs::read_to_string(folder.path().join("kept.json")).unwrap(), r#"{"on":true}"#);
}

#[test]
fn variables_aliases_and_files_of_lines_make_longer_scripts() {
    let broker = ScriptedBroker::start();
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("common.mqtt"), "alias on 'pub car/ac on'\nnonsense\n").unwrap();
    let lines = "var site plant-7\npub $site/a \"at $site\"\nsource common.mqtt\non -r\n";
    let running = script(&broker, lines).arg("--keep-going").directory(folder.path()).start_with_stdin();
    let (mut link, _) = broker.accept_session(connack());
    link.expect(publish("plant-7/a", "at plant-7"));
    link.expect(publish("car/ac", "on").retain());
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(2);
    let place = "error: stdin:3: common.mqtt:2: unknown command `nonsense`";
    assert!(ended.stderr.contains(place), "{}", ended.stderr);
}

#[cfg(unix)]
#[test]
fn commands_of_the_shell_run_beside_and_behind() {
    let ended = without_broker("!echo beside\nhelp exit | grep Usage | tr a-z A-Z\n!exit 3\n").expect_code(1);
    assert_eq!(ended.text(), "beside\nUSAGE: EXIT [CODE]\n");
    assert_eq!(ended.stderr, "error: stdin:3: `exit 3` ended with exit status: 3\n");
}

#[test]
fn a_trace_can_be_switched_on_and_off() {
    let broker = ScriptedBroker::start();
    let running = script(&broker, "pub a 1\ntrace on\npub a 2\ntrace off\npub a 3\n").start_with_stdin();
    let (mut link, _) = broker.accept_session(connack());
    for payload in ["1", "2", "3"] {
        link.expect(publish("a", payload));
    }
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    assert_eq!(ended.stderr.matches("-> PUBLISH").count(), 1, "{}", ended.stderr);
}

/// What a script prints that has received these messages, in their order, before its last lines run.
fn with_messages(messages: &[(&str, &str)], lines: &str, folder: &std::path::Path) -> Ended {
    let broker = ScriptedBroker::start();
    let lines = format!("sub #\nmute #\nwait end\n{lines}");
    let running = script(&broker, &lines).directory(folder).arg("--quiet").start_with_stdin();
    let (mut link, _) = broker.accept_session(connack());
    expect_subscribe(&mut link, &subscribe(1, "#", 0));
    // Behind the answer nothing is shown any more, whatever comes when.
    link.send(suback(1, [0]));
    for (topic, payload) in messages {
        link.send(publish(topic, *payload));
    }
    link.send(publish("end", ""));
    link.expect_goodbye();
    link.close();
    running.wait()
}

/// The lines that a command printed, without those of messages as they came.
fn printed(ended: &Ended) -> Vec<&str> {
    let text = ended.text().lines();
    text.skip_while(|line| *line != "begin").skip(1).collect()
}

#[test]
fn received_messages_can_be_asked_for_by_topic_pattern_and_value() {
    let folder = tempfile::tempdir().unwrap();
    let messages = [
        ("meter/1", r#"{"kWh": 12.5, "unit": "a"}"#),
        ("meter/2", r#"{"kWh": 7}"#),
        ("door", "open"),
        ("door", "shut"),
    ];
    let lines = "!echo begin\ncount --on door\nlast --match '^sh' --output-mode raw\nlast --json /kWh\n\
        last --json /kWh=7 -F '%t %l'\ncount --since 1h\ncount --on door --match x\nlast 2 --on door | sed 's/^#[0-9]* //'\n\
        export all.jsonl --on 'meter/+'\nset mode raw\nlast 1 --on door\n";
    let ended = with_messages(&messages, lines, folder.path()).expect_code(0);
    assert_eq!(
        printed(&ended),
        ["2", "shut", "#1 meter/1: 12.5", "#2 meter/2: 7", "meter/2 10", "5", "0", "door: open", "door: shut", "shut"]
    );
    let exported = fs::read_to_string(folder.path().join("all.jsonl")).unwrap();
    let topics: Vec<serde_json::Value> = exported.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(topics.iter().map(|line| line["topic"].as_str().unwrap()).collect::<Vec<_>>(), ["meter/1", "meter/2"]);
    let ended = with_messages(&[], "last --match '('\n", folder.path()).expect_code(2);
    assert!(ended.stderr.contains("--match: `(` is not a regular expression"), "{}", ended.stderr);
}

#[test]
fn two_messages_are_compared_as_json_text_or_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let messages = [
        ("car", r#"{"speed": 3, "on": true}"#),
        ("note", "one\ntwo"),
        ("car", r#"{"on": true, "speed": 5}"#),
        ("note", "one\nthree"),
    ];
    let lines = "!echo begin\ndiff 1 3\ndiff car | head -1\ndiff 4\n";
    let ended = with_messages(&messages, lines, folder.path()).expect_code(0);
    assert_eq!(
        printed(&ended),
        ["#1 -> #3", "  /on: true", "~ /speed: 3 -> 5", "#1 -> #3", "#2 -> #4", "  one", "- two", "+ three"]
    );
    let ended = with_messages(&messages[..1], "diff car\n", folder.path()).expect_code(2);
    assert!(ended.stderr.contains("there is only one message on `car`"), "{}", ended.stderr);
}

#[test]
fn topics_show_one_value_of_each_payload() {
    let folder = tempfile::tempdir().unwrap();
    let messages = [("meter/1", r#"{"kWh": 12.5}"#), ("meter/2", "off")];
    let lines = "!echo begin\ntopics meter/# --json /kWh | awk '{print $1, $2, $NF}'\ntopics nothing\n";
    let ended = with_messages(&messages, lines, folder.path()).expect_code(0);
    assert_eq!(printed(&ended), ["meter 2 2", "1 1 12.5", "2 1 -"]);
}

#[test]
fn what_a_message_changes_is_shown_below_it() {
    let broker = ScriptedBroker::start();
    let running =
        script(&broker, "set changes on\nsub car\nwait car --json /speed=5\n").arg("--quiet").start_with_stdin();
    let (mut link, _) = broker.accept_session(connack());
    expect_subscribe(&mut link, &subscribe(1, "car", 0));
    link.send(suback(1, [0]));
    link.send(publish("car", r#"{"speed": 3}"#));
    link.send(publish("car", r#"{"speed": 5}"#));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    assert!(ended.text().ends_with("car: {\"speed\": 5}\n  ~ /speed: 3 -> 5\n"), "{}", ended.text());
}

#[test]
fn each_subscription_has_its_own_output() {
    let broker = ScriptedBroker::start();
    let folder = tempfile::tempdir().unwrap();
    let lines = "sub m/#\nsub m/x --file-write rec.txt\nsub m/y --output-mode raw\nwait m/end\n";
    let running = script(&broker, lines).directory(folder.path()).arg("--quiet").start_with_stdin();
    let (mut link, _) = broker.accept_session(connack());
    for filter in ["m/#", "m/x", "m/y"] {
        let asked = link.expect_subscribe();
        assert_eq!(asked.filters[0].0, filter);
        link.send(suback(asked.id, [0]));
    }
    link.send(publish("m/x", "recorded"));
    link.send(publish("m/y", "raw"));
    link.send(publish("m/end", ""));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    let text: Vec<_> = ended.text().lines().filter(|line| !line.contains("probe")).collect();
    assert!(text.iter().any(|line| line.ends_with("m/x: recorded")), "{text:?}");
    assert!(text.iter().any(|line| line.ends_with("m/y: raw")), "{text:?}");
    assert_eq!(text.iter().filter(|line| **line == "raw").count(), 1, "{text:?}");
    assert_eq!(fs::read_to_string(folder.path().join("rec.txt")).unwrap(), "recorded\n");
}

#[test]
fn a_message_with_a_subscription_identifier_goes_where_that_was_given() {
    let broker = ScriptedBroker::start();
    let lines = "sub # --subscription-identifier 1 --output-mode raw\nsub a --subscription-identifier 2 -F 'two %p'\nwait end\n";
    let running = script(&broker, lines).arg("--quiet").start_with_stdin();
    let (mut link, _) = broker.accept_session(connack());
    for _ in 0..2 {
        let asked = link.expect_subscribe();
        link.send(suback(asked.id, [0]));
    }
    link.send(publish("a", "x").with(subscription_identifier(2)));
    link.send(publish("end", ""));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(0);
    let lines: Vec<_> = ended.text().lines().filter(|line| !line.is_empty()).collect();
    assert_eq!(lines, ["two x"]);
}

#[test]
fn each_copy_of_a_message_goes_to_the_filter_that_it_was_delivered_for() {
    let Some(mosquitto) = Mosquitto::start("") else { return };
    let folder = tempfile::tempdir().unwrap();
    let lines = "\
sub m/#
sub m/x --file-write rec.txt
sub m/+ --output-mode jsonl
reply m/x -m answered
pub m/x hello -rt m/reply -q 1
wait m/reply
pub m/end -q 1
wait m/end
assert m/reply --count 2
";
    let program = Program::new(["repl", "--quiet"]).port(mosquitto.port()).directory(folder.path()).stdin(lines);
    let ended = program.run().expect_code(0);
    assert_eq!(fs::read_to_string(folder.path().join("rec.txt")).unwrap(), "hello\n", "{}", ended.text());
    assert!(!ended.text().contains("subscription_identifier"), "{}", ended.text());
    let as_json = ended.text().lines().filter(|line| line.starts_with("{\"topic\":\"m/x\"")).count();
    assert_eq!(as_json, 1, "{}", ended.text());
    // One answer, which two filters match: a second would be two more.
    assert_eq!(ended.text().lines().filter(|line| line.ends_with("m/reply: answered")).count(), 1, "{}", ended.text());
}

#[test]
fn json_whose_quotes_would_be_taken_as_those_of_a_word_is_warned_about() {
    let ended = without_broker("pub a {\"n\":1}\n").expect_code(2);
    let warning = "warning: {\"n\":1} loses its double quotes here: write '{\"n\":1}'\n";
    assert!(ended.stderr.starts_with(warning), "{}", ended.stderr);
    let ended = Program::new(["repl", "--keep-going"])
        .stdin("pub a '{\"n\":1}'\npub a {\\\"n\\\":1}\npub a \"{x}\"\n")
        .run()
        .expect_code(2);
    assert!(!ended.stderr.contains("warning"), "{}", ended.stderr);
}

#[test]
fn blocks_have_help_as_commands_have() {
    for line in ["help repeat", "repeat --help"] {
        let ended = without_broker(&format!("{line}\n")).expect_code(0);
        assert!(ended.text().contains("Usage: repeat <N> { <COMMAND> }"), "{line}: {}", ended.text());
    }
    let ended = without_broker("help if\nhelp\n").expect_code(0);
    assert!(ended.text().contains("} else {"), "{}", ended.text());
    for row in ["  repeat ", "  if "] {
        assert!(ended.text().lines().any(|line| line.starts_with(row)), "{}", ended.text());
    }
    let ended = without_broker("repaet 3 { pub a }\n").expect_code(2);
    assert!(ended.stderr.contains("hint: did you mean `repeat`?"), "{}", ended.stderr);
}

#[test]
fn what_runs_is_shown_without_its_secrets() {
    let ended =
        Program::new(["repl", "-x", "--keep-going"]).stdin("pub a b -P hunter2\nvar pw hunter2\nvar a 1\n").run();
    let ended = ended.expect_code(2);
    assert!(!ended.stderr.contains("hunter2"), "{}", ended.stderr);
    assert!(ended.stderr.contains("+ var ... (not shown: it holds a secret)\n"), "{}", ended.stderr);
    assert!(ended.stderr.contains("+ var a 1\n"), "{}", ended.stderr);
}

#[test]
fn a_script_may_begin_with_a_byte_order_mark_and_end_with_a_code_of_its_own() {
    let ended = without_broker("\u{feff}exit 3\n").expect_code(3);
    assert_eq!(ended.stderr, "");
    let ended = without_broker("exit 300\n").expect_code(2);
    assert!(
        ended.stderr.contains("`300` is not an exit code: use a whole number between 0 and 255"),
        "{}",
        ended.stderr
    );
    let ended = without_broker("show abc\n").expect_code(2);
    assert!(ended.stderr.contains("ID: `abc` is not a whole number of at least 1"), "{}", ended.stderr);
}

#[test]
fn what_is_empty_says_so() {
    let ended = without_broker("connections\nsubs\nvar\nalias\nmute\nlast 3 --on a\n").expect_code(0);
    assert_eq!(ended.text(), "");
    let said: Vec<_> = ended.stderr.lines().collect();
    assert_eq!(
        said,
        [
            "No connections: `connect -h HOST` opens one",
            "No subscriptions: `sub FILTER` subscribes",
            "No variables: `var NAME VALUE` sets one",
            "No aliases: `alias NAME COMMAND` makes one",
            "Nothing is muted",
            "No matching message was received",
        ]
    );
}

#[test]
fn what_is_missing_is_named_with_how_the_command_is_written() {
    for (line, error, hint) in [
        ("rename one\n", "NEW is missing", "hint: usage: rename <NAME> <NEW>"),
        ("save\n", "FILE is missing", "hint: usage: save <ID> <FILE>"),
        ("show\n", "no message was received yet", "hint: `sub FILTER` subscribes"),
    ] {
        let ended = without_broker(line).expect_code(2);
        assert!(ended.stderr.contains(error) && ended.stderr.contains(hint), "{line}: {}", ended.stderr);
    }
}

#[test]
fn a_mistyped_command_is_guessed_at_as_on_the_command_line() {
    let ended = without_broker("sbu car/ac\n").expect_code(2);
    assert!(ended.stderr.contains("hint: did you mean `sub`?"), "{}", ended.stderr);
}

#[test]
fn any_character_can_be_written_with_escapes() {
    let broker = ScriptedBroker::start();
    let running = script(&broker, "pub a $'\\u{202e}x\\x1b\\'\\n'\n").start_with_stdin();
    let (mut link, _) = broker.accept_session(connack());
    link.expect(publish("a", "\u{202e}x\x1b'\n"));
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
    let ended = without_broker("pub a $'\\q'\n").expect_code(2);
    assert!(ended.stderr.contains("column 9: not an escape"), "{}", ended.stderr);
}

#[cfg(feature = "broker")]
#[test]
fn a_message_travels_in_one_command_with_a_broker_of_its_own() {
    let lines = "sub car/#\npub car/ac on -q 1\nwait car/ac --timeout 5s\n";
    let ended = Program::new(["repl", "--embedded"]).stdin(lines).run().expect_code(0);
    assert_eq!(ended.text(), "#1 car/ac: on\n");
    let lines: Vec<_> = ended.stderr.lines().collect();
    assert!(lines[0].starts_with("✔ Broker on mqtt://127.0.0.1:"), "{lines:?}");
    assert_eq!(lines[1..], ["✔ Connected", "✔ Subscribed to car/#", "✔ Message published"]);
}
