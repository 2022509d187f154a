//! `wait`: blocks until messages fit.

use crate::support::wire::{connack, publish, suback};
use crate::support::{Link, Program, Running, ScriptedBroker};

/// Starts `wait` against a scripted broker, up to SUBACK at QoS 1.
fn waiting(arguments: &[&str]) -> (ScriptedBroker, Link, Running) {
    let broker = ScriptedBroker::start();
    let running = Program::new(["wait"]).port(broker.port()).arg_all(arguments).start();
    let (mut link, _) = broker.accept_session(connack());
    let subscribe = link.expect_subscribe();
    link.send(suback(subscribe.id, vec![1; subscribe.filters.len()]));
    (broker, link, running)
}

#[test]
fn prints_the_first_message_that_fits_and_passes_over_the_others() {
    let arguments = ["lamp/+", "-q", "1", "--match", "^o[nk]$", "-F", "%t %p", "--timeout", "60"];
    let (_broker, mut link, running) = waiting(&arguments);
    link.send(publish("lamp/1", "off").qos(1).id(1));
    link.send(publish("lamp/2", "on").qos(1).id(2));
    link.send(publish("lamp/3", "on").qos(1).id(3));
    // What was passed over is acknowledged too; what came behind the end is not.
    link.expect_puback(1);
    link.expect_puback(2);
    link.expect_goodbye();
    link.close();
    assert_eq!(running.wait().expect_code(0).text(), "lamp/2 on\n");
}

#[test]
fn every_json_place_has_to_hold_and_count_waits_for_several() {
    let arguments = ["-t", "a", "--json", "/on=true", "--json", "/level", "--count", "2", "--output-mode", "raw"];
    let (_broker, mut link, running) = waiting(&arguments);
    for payload in
        [r#"{"on":true}"#, r#"{"on":true,"level":1}"#, "no JSON", r#"{"level":2}"#, r#"{"level":3,"on":true}"#]
    {
        link.send(publish("a", payload));
    }
    link.expect_goodbye();
    link.close();
    assert_eq!(running.wait().expect_code(0).text(), "{\"on\":true,\"level\":1}\n{\"level\":3,\"on\":true}\n");
}

#[test]
fn the_timeout_is_exit_code_8() {
    let (_broker, mut link, running) = waiting(&["a", "b", "--match", "x", "--timeout", "4"]);
    link.send(publish("a", "y"));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(8);
    assert_eq!(ended.text(), "");
    assert!(ended.stderr.contains("--timeout of 4 s expired: 0 of 1 message received"), "{}", ended.stderr);
}

#[test]
fn what_cannot_be_waited_for_is_a_usage_error() {
    for (arguments, message) in [
        (&["--timeout", "1"][..], "FILTER is missing"),
        (&["a", "-E"], "--exit-after-suback is not an option of wait"),
        (
            &["a", "--json", ""],
            "--json: `` is neither a JSON pointer, such as /state/on=true, nor a jq expression: it is empty",
        ),
        (&["a", "--match", "("], "--match: `(` is not a regular expression"),
        (
            &["a", "--json", "on"],
            "--json: `on` is neither a JSON pointer, such as /state/on=true, nor a jq expression: ",
        ),
    ] {
        let ended = Program::new(["wait"]).arg_all(arguments).run().expect_code(2);
        assert!(ended.stderr.contains(message), "{}", ended.stderr);
    }
}

#[test]
#[cfg(feature = "jq")]
fn a_jq_expression_holds_if_an_output_is_neither_false_nor_null() {
    let expressions = ["--json", ".level > 7 and .on", "--json", ".tags | index(\"x\")", "--output-mode", "raw"];
    let (_broker, mut link, running) = waiting(&[&["a"][..], &expressions].concat());
    for payload in
        [r#"{"level":9}"#, "no JSON", r#"{"level":9,"on":true,"tags":[]}"#, r#"{"level":8,"on":1,"tags":["x"]}"#]
    {
        link.send(publish("a", payload));
    }
    link.expect_goodbye();
    link.close();
    assert_eq!(running.wait().expect_code(0).text(), "{\"level\":8,\"on\":1,\"tags\":[\"x\"]}\n");
}

#[test]
#[cfg(feature = "jq")]
fn a_jq_expression_without_end_ends_the_run() {
    let (_broker, mut link, running) = waiting(&["a", "--json", "last(repeat(1))"]);
    link.send(publish("a", "1"));
    link.expect_goodbye();
    link.close();
    let ended = running.wait().expect_code(1);
    assert!(
        ended.stderr.contains("--json: `last(repeat(1))` ran for more than 1 s on one payload"),
        "{}",
        ended.stderr
    );
}
