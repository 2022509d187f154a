//! `topic`: filters without a broker.

use crate::support::{Ended, Program};

fn topic(arguments: &[&str]) -> Ended {
    Program::new(["topic"]).arg_all(arguments).run()
}

#[test]
fn match_prints_what_matches_and_its_exit_code_says_whether_anything_did() {
    let ended = topic(&["match", "car/+", "car/1", "bus/1", "car/2", "car/1/x"]).expect_code(0);
    assert_eq!(ended.text(), "car/1\ncar/2\n");
    let ended = topic(&["match", "car/+", "bus/1"]).expect_code(1);
    assert_eq!((ended.text(), ended.stderr.as_str()), ("", ""));
}

#[test]
fn prefixes_of_filters_and_delays_of_topics_are_not_part_of_what_is_matched() {
    for filter in ["$share/g/job/#", "$queue/job/#", "$exclusive/job/1"] {
        topic(&["match", filter, "job/1"]).expect_code(0);
    }
    assert_eq!(topic(&["match", "job/+", "$delayed/5/job/1"]).expect_code(0).text(), "$delayed/5/job/1\n");
    topic(&["match", "#", "$SYS/broker/uptime"]).expect_code(1);
    topic(&["match", "$SYS/#", "$SYS/broker/uptime"]).expect_code(0);
}

#[test]
fn topics_come_from_stdin_too_and_a_line_that_is_not_one_is_reported() {
    let ended = Program::new(["topic", "match", "a/#"]).stdin("a/1\nb\na\n").run().expect_code(0);
    assert_eq!(ended.text(), "a/1\na\n");
    Program::new(["topic", "match", "a/#"]).stdin("b\n").run().expect_code(1);
    let ended = Program::new(["topic", "match", "a/#"]).stdin("a/+\na/2\n").run().expect_code(2);
    assert_eq!(ended.text(), "a/2\n");
    assert!(ended.stderr.starts_with("error: line 1 `a/+`"), "{}", ended.stderr);
}

#[test]
fn what_is_not_valid_is_a_usage_error_with_its_place() {
    let ended = topic(&["match", "a#", "a"]).expect_code(2);
    assert!(ended.stderr.starts_with("error: FILTER `a#`"), "{}", ended.stderr);
    let ended = topic(&["match", "a", "b/+"]).expect_code(2);
    assert!(ended.stderr.starts_with("error: TOPIC `b/+`"), "{}", ended.stderr);
    topic(&["explain", "$share/g"]).expect_code(2);
}

#[test]
fn explain_names_the_meaning_of_each_prefix_and_wildcard() {
    for (filter, words) in [
        ("$share/g/a", &["one subscriber of the group `g`", "Retained messages are not sent"][..]),
        ("$queue/a/+", &["one of all subscribers with $queue", "any one level"]),
        ("$exclusive/a", &["only one client", "it matches exactly one topic"]),
        ("$delayed/60/a/b", &["$delayed/60", "for 60 s", "a topic to publish to"]),
        ("$delayed/1900000000/a", &["until Unix time 1900000000"]),
        ("$SYS/broker/#", &["the statistics of the broker", "Only the broker publishes here"]),
        ("#", &["all topics", "begin with `$`"]),
        ("/a//b/", &["begins with `/`", "between two `/`", "ends with `/`"]),
        ("a/*", &["`*` is not a wildcard"]),
    ] {
        let ended = topic(&["explain", filter]).expect_code(0);
        for word in words {
            assert!(ended.text().contains(word), "{filter}: no `{word}` in\n{}", ended.text());
        }
    }
}
