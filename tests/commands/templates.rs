//! Payload templates of `pub` and `reply`, and the rules of `reply`, against a scripted broker.

use std::path::Path;

use crate::support::wire::property::{correlation_data, response_topic};
use crate::support::wire::{Packet, connack, puback, publish, suback};
use crate::support::{Link, Program, Running, ScriptedBroker};

/// All payloads that `pub` sends before it leaves.
fn published(arguments: &[&str], stdin: &str) -> Vec<(String, String)> {
    let broker = ScriptedBroker::start();
    let program = Program::new(["pub"]).port(broker.port()).arg_all(arguments).stdin(stdin).start_with_stdin();
    let (mut link, _) = broker.accept_session(connack());
    let mut payloads = Vec::new();
    while let Packet::Publish(publish) = link.receive() {
        payloads.push((publish.topic.clone(), publish.text().to_owned()));
    }
    link.close();
    program.wait().expect_code(0);
    payloads
}

fn texts(arguments: &[&str], stdin: &str) -> Vec<String> {
    published(arguments, stdin).into_iter().map(|(_, text)| text).collect()
}

#[test]
fn each_message_of_a_template_is_filled_in() {
    let template = r#"{"n":{sequence},"c":{counter:10:5},"me":"{client_id}","of":"%i","at":"{topic}"}"#;
    let sent = published(&["-t", "a", "-t", "b", "-i", "me", "--template", "-m", template, "--repeat", "2"], "");
    let text = |n, c, topic| format!(r#"{{"n":{n},"c":{c},"me":"me","of":"1","at":"{topic}"}}"#);
    let expected = [(0, 10, "a"), (0, 10, "b"), (1, 15, "a"), (1, 15, "b")];
    assert_eq!(sent, expected.map(|(n, c, topic)| (topic.to_owned(), text(n, c, topic))));
}

#[test]
fn lines_and_stdin_are_templates_too() {
    assert_eq!(
        texts(&["-t", "a", "--template", "-lm"], "{counter} {topic}\n{{counter}} {counter}\n"),
        ["1 a", "{counter} 2"]
    );
    assert_eq!(texts(&["-t", "a", "--template", "-s"], "{counter:7}"), ["7"]);
}

#[test]
fn a_seed_makes_messages_repeatable() {
    let of_seed = |seed: &str| {
        let template = "{random:1..1000000} {walk:0..1000:1} {string:9}";
        texts(&["-t", "a", "--template", "--seed", seed, "-m", template, "--repeat", "5"], "")
    };
    assert_eq!(of_seed("7"), of_seed("7"));
    assert_ne!(of_seed("7"), of_seed("8"));
}

#[test]
fn what_is_filled_in_is_encoded_by_the_format() {
    let sent = texts(&["-t", "a", "--template", "-f", "hex", "-m", "4{random:1..1}4{random:2..2}"], "");
    assert_eq!(sent, ["AB"]);
    let ended = Program::new(["pub", "-t", "a", "--template", "-f", "json", "-m", "{counter} x"]).run();
    assert!(ended.expect_code(1).stderr.contains("error: the payload is not json"));
}

#[test]
fn what_is_wrong_with_a_template_is_known_before_anything_is_sent() {
    for (arguments, code, message) in [
        (&["-m", "a {countr}"][..], 2, "error: --message: `{countr}` is not a placeholder"),
        (&["-m", "{env:MQTTX_NOTHING}"], 2, "error: --message: the environment variable `MQTTX_NOTHING` is not set"),
        (&["-m", "{line:/nothing/there}"], 1, "error: --message: /nothing/there: No such file"),
        (&["-n"], 2, "--template and --null-message cannot be used together"),
        (&["-S", "9"], 2, "--template and --payload-size cannot be used together"),
    ] {
        let ended = Program::new(["pub", "-t", "a", "--template"]).arg_all(arguments).run().expect_code(code);
        assert!(ended.stderr.contains(message), "{arguments:?}: {}", ended.stderr);
    }
}

#[test]
#[cfg(feature = "jinja")]
fn a_file_that_ends_in_j2_is_a_template_of_jinja() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("payload.json.j2");
    let text = "{\"n\": {{ sequence + 1 }}, \"list\": [{% for i in range(3) %}{{ i }}{% if not loop.last %},{% endif %}{% endfor %}]}";
    std::fs::write(&path, text).unwrap();
    let file = path.to_str().unwrap();
    let sent = texts(&["-t", "a", "--template", "--file-read", file, "--repeat", "2"], "");
    assert_eq!(sent, [r#"{"n": 1, "list": [0,1,2]}"#, r#"{"n": 2, "list": [0,1,2]}"#]);
    std::fs::write(&path, "a\n{{ nothing.here }}").unwrap();
    let ended = Program::new(["pub", "-t", "a", "--template", "--file-read", file]).run().expect_code(1);
    assert!(ended.stderr.contains("payload.json.j2: line 2: "), "{}", ended.stderr);
}

/// A `reply` with its subscription acknowledged.
fn replying(arguments: &[&str], subscriptions: usize) -> (ScriptedBroker, Link, Running) {
    let broker = ScriptedBroker::start();
    let running = Program::new(["reply"]).port(broker.port()).arg_all(arguments).start();
    let (mut link, _) = broker.accept_session(connack());
    let subscribe = link.expect_subscribe();
    assert_eq!(subscribe.filters.len(), subscriptions);
    link.send(suback(subscribe.id, vec![1; subscriptions]));
    (broker, link, running)
}

/// What is answered to a request that wants its answer on `answers`.
fn answer(link: &mut Link, topic: &str, payload: &str) -> String {
    link.send(publish(topic, payload).with(response_topic("answers")).with(correlation_data(b"7")));
    let answer = link.expect_publish();
    assert_eq!(answer.topic, "answers");
    answer.text().to_owned()
}

#[test]
fn an_answer_has_the_topic_and_the_payload_of_the_request() {
    let template = r#"{"was":{/state},"name":"{/who/name}","n":{counter},"on":"{topic}","all":{payload}}"#;
    let (_broker, mut link, mut running) = replying(&["lamp/#", "--template", "-m", template, "-C", "2"], 1);
    let request = r#"{"state":[1,2],"who":{"name":"Ann"}}"#;
    let text = |n| format!(r#"{{"was":[1,2],"name":"Ann","n":{n},"on":"lamp/1","all":{request}}}"#);
    assert_eq!(answer(&mut link, "lamp/1", request), text(1));
    link.send(publish("lamp/1", "ping").with(response_topic("answers")));
    running.wait_for_stderr("warning: the request on lamp/1 is not answered: its payload has no /state");
    assert_eq!(answer(&mut link, "lamp/1", request), text(2));
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
}

fn rules(folder: &Path, text: &str) -> String {
    let path = folder.join("rules.toml");
    std::fs::write(&path, text).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn the_first_rule_that_fits_answers() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("state.json"), r#"{"on":{/on}}"#).unwrap();
    let file = rules(
        folder.path(),
        r#"
[[rules]]
filter = "lamp/+/set"
json = ["/on=true"]
answer = "on {topic}"

[[rules]]
filter = "lamp/+/set"
match = "^off"
answer = "off"

[[rules]]
filter = "lamp/+/set"
file = "state.json"

[[rules]]
filter = "echo/#"
echo = true

[[rules]]
filter = "shell"
exec = "tr a-z A-Z"
"#,
    );
    let (_broker, mut link, mut running) = replying(&["--rules", &file], 3);
    for (topic, payload, expected) in [
        ("lamp/1/set", r#"{"on":true}"#, "on lamp/1/set"),
        ("lamp/2/set", "off now", "off"),
        ("lamp/3/set", r#"{"on":7}"#, r#"{"on":7}"#),
        ("echo/a", "hello", "hello"),
        ("shell", "hello", "HELLO"),
    ] {
        assert_eq!(answer(&mut link, topic, payload), expected, "{topic} {payload}");
    }
    running.wait_for_stderr("Answered the request on shell on answers");
}

#[test]
fn a_rule_says_where_and_how_it_answers() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[[rules]]\nfilter = \"car/#\"\nanswer = \"{payload}!\"\ntopic = \"state/{/id}\"\nqos = 1\nretain = true\n\
                delay = \"50ms\"\n[[rules]]\nfilter = \"now\"\nanswer = \"now\"\ntopic = \"b\"\n";
    let file = rules(folder.path(), text);
    let (_broker, mut link, running) = replying(&["--rules", &file, "-C", "2"], 2);
    link.send(publish("car/1", r#"{"id":7}"#));
    let answer = link.expect_publish();
    assert_eq!((answer.topic.as_str(), answer.text()), ("state/7", r#"{"id":7}!"#));
    assert_eq!((answer.qos, answer.retain), (1, true));
    link.send(puback(answer.id));
    link.send(publish("now", ""));
    assert_eq!(link.expect_publish().topic, "b");
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
}

#[test]
fn an_answer_is_not_kept_on_the_topic_that_a_request_chose() {
    let folder = tempfile::tempdir().unwrap();
    let text = "[[rules]]\nfilter = \"car/#\"\nanswer = \"x\"\ntopic = \"state\"\nretain = true\n";
    let file = rules(folder.path(), text);
    let (_broker, mut link, running) = replying(&["--rules", &file, "-C", "2"], 1);
    link.send(publish("car/1", "?").with(response_topic("random/7f3a")));
    link.expect(publish("random/7f3a", "x"));
    link.send(publish("car/1", "?"));
    link.expect(publish("state", "x").retain());
    link.expect_goodbye();
    link.close();
    running.wait().expect_code(0);
}

#[test]
fn what_is_wrong_with_rules_is_shown_with_its_line() {
    let folder = tempfile::tempdir().unwrap();
    for (text, message) in [
        ("", "it has no [[rules]]"),
        ("rule = 1", "line 1: unknown key `rule`"),
        ("[[rules]]\nanswer = \"x\"", "line 2: this rule has no filter"),
        ("[[rules]]\nfilter = \"a\"", "line 2: this rule has no answer"),
        ("[[rules]]\nfilter = \"a\"\necho = true\nexec = \"x\"", "line 2: this rule has more than one of answer"),
        ("[[rules]]\nfilter = \"a/#/b\"\necho = true", "line 2: filter: "),
        ("[[rules]]\nfilter = \"a\"\nanswr = \"x\"", "line 3: unknown key `answr` in a rule"),
        ("[[rules]]\nfilter = \"a\"\nanswer = \"{nothing}\"", "line 3: answer: `{nothing}` is not a placeholder"),
        ("[[rules]]\nfilter = \"a\"\necho = true\nqos = 3", "line 4: qos must be 0, 1 or 2"),
        ("[[rules]]\nfilter = \"a\"\necho = true\ndelay = \"soon\"", "line 4: delay: "),
        ("[[rules]]\nfilter = \"a\"\necho = true\nmatch = \"(\"", "line 4: match: "),
    ] {
        let file = rules(folder.path(), text);
        let ended = Program::new(["reply", "--rules", &file]).run().expect_code(2);
        assert!(ended.stderr.contains(message), "{text}\n{}", ended.stderr);
    }
    let ended = Program::new(["reply", "a", "--rules", "x"]).run().expect_code(2);
    assert!(ended.stderr.contains("--rules"), "{}", ended.stderr);
}
