//! Scripts as tests: blocks, `assert`, properties, several files and their report.

use std::fs;

use crate::support::{Ended, Program};

fn embedded(lines: &str) -> Ended {
    Program::new(["repl", "--embedded", "--quiet"]).stdin(lines).run()
}

#[test]
fn a_block_repeats_its_lines_and_one_decides_by_what_succeeds() {
    let lines = "\
sub a
repeat 3 {
  pub a $round
}
if wait a --match 3 --timeout 5s {
  pub a found
} else {
  pub a missed
}
if expect b --timeout 0.1 { pub a yes } else { pub a no }
repeat 2 { pub a $round }
sleep 0.2
";
    let ended = embedded(lines).expect_code(0);
    let payloads: Vec<_> =
        ended.text().lines().filter_map(|line| line.split_once(": ")).map(|(_, text)| text).collect();
    assert_eq!(payloads, ["1", "2", "3", "found", "no", "1", "2"]);
}

#[test]
fn an_error_in_a_block_has_its_own_line() {
    for (lines, wanted, code) in [
        (
            "sub a\nrepeat 2 {\n  pub a\n\n  repeat 2 {\n    nonsense\n  }\n}\n",
            "stdin:6: unknown command `nonsense`",
            2,
        ),
        (
            "if pub a {\n} else {\n}\nsub a\nif wait a --timeout 0.1 {\n} else {\n  expect a --timeout 0.1\n}\n",
            "stdin:7: no message",
            8,
        ),
        ("repeat three {\n}\n", "stdin:1: repeat: `three` is not a number", 2),
        ("sub a\nrepeat 3 {\npub a\n", "stdin:2: ", 2),
        ("}\n", "stdin:1: unknown command `}`", 2),
        ("if nonsense { pub a } else { pub b }\n", "stdin:1: unknown command `nonsense`", 2),
    ] {
        let ended = embedded(lines).expect_code(code);
        assert!(ended.stderr.contains(wanted), "{lines}\n{}", ended.stderr);
    }
}

#[test]
fn assert_counts_what_was_received_and_takes_none_of_it() {
    let before = "sub a/#\npub a/1 on\npub a/2 on\npub a/3 off\nwait a/3\n";
    for line in ["assert a/# on --count 2", "assert a/3", "assert b --count 0", "assert a/# --match o --count 3"] {
        embedded(&format!("{before}{line}\n{line}\nexpect a/1 on\n")).expect_code(0);
    }
    for (line, wanted) in [
        ("assert a/# on --count 3", "stdin:6: expected 3 on a/# with `on`, got 2 messages"),
        ("assert b", "stdin:6: expected at least 1 on b, got 0 messages"),
        ("assert a/1 off", "a/1: on"),
    ] {
        let ended = embedded(&format!("{before}{line}\n")).expect_code(1);
        assert!(ended.stderr.contains(wanted), "{line}: {}", ended.stderr);
    }
}

#[test]
fn a_property_is_expected_by_its_name() {
    let before = "sub a\npub a x -ct text/plain -up 'site: 7'\n";
    embedded(&format!("{before}expect a x --property content-type=text/plain --property user:site=7\n")).expect_code(0);
    let ended = embedded(&format!("{before}expect a --property content-type=text/html\n")).expect_code(1);
    assert!(ended.stderr.contains("expected content-type=text/html on a, got `x`"), "{}", ended.stderr);
    let ended = embedded(&format!("{before}wait a --property colour\n")).expect_code(2);
    assert!(ended.stderr.contains("`colour` is not a property"), "{}", ended.stderr);
}

#[test]
fn several_scripts_are_a_suite_with_a_report() {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("a.mqtt", "sub a\npub a on\nexpect a on\n"),
        ("b.mqtt", "# wrong\nsub a\npub a on\nexpect a off\npub a never\n"),
        // What one leaves behind is none of the next one's.
        ("c.mqtt", "connections\nsub a\nexpect a --none --timeout 0.1\n"),
    ] {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let suite = |files: &[&str]| {
        let program = Program::new(["repl", "--embedded", "--junit", "report.xml", "--script"]).arg_all(files);
        program.directory(folder.path()).run()
    };
    let ended = suite(&["a.mqtt", "b.mqtt", "c.mqtt"]).expect_code(1);
    for line in [
        "error: b.mqtt:4: expected `off` on a, got `on`",
        "✔ a.mqtt: ",
        "✖ b.mqtt: ",
        "✔ c.mqtt: ",
        "✖ 2 of 3 scripts passed",
    ] {
        assert!(ended.stderr.lines().any(|seen| seen.starts_with(line)), "{line}: {}", ended.stderr);
    }
    let report = fs::read_to_string(folder.path().join("report.xml")).unwrap();
    assert!(report.contains("tests=\"3\" failures=\"1\""), "{report}");
    assert!(report.contains("<failure message=\"b.mqtt:4: expected `off` on a, got `on`\""), "{report}");
    suite(&["a.mqtt", "c.mqtt"]).expect_code(0);
    let one = suite(&["b.mqtt"]).expect_code(1);
    assert!(!one.stderr.contains("scripts passed"), "{}", one.stderr);
    let report = fs::read_to_string(folder.path().join("report.xml")).unwrap();
    assert!(report.contains("tests=\"1\" failures=\"1\""), "{report}");
    let twice = suite(&["a.mqtt", "-"]).expect_code(2);
    assert!(twice.stderr.contains("cannot be one of several"), "{}", twice.stderr);
}

#[test]
fn requests_are_answered_and_messages_recorded_in_the_background() {
    let folder = tempfile::tempdir().unwrap();
    let lines = "\
reply lamp/+/get -m on
record trip.jsonl lamp/#
connect --embedded -i two as two
request lamp/7/get state
jobs
stop 1
stop 2
";
    let program = Program::new(["repl", "--embedded"]).directory(folder.path()).stdin(lines);
    let ended = program.run().expect_code(0);
    assert!(ended.stderr.contains("✔ Answered the request on lamp/7/get"), "{}", ended.stderr);
    assert!(ended.stderr.contains("✔ 1 message recorded in trip.jsonl"), "{}", ended.stderr);
    let rows: Vec<_> = ended.text().lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
    for row in ["1 reply 1 answer reply lamp/+/get", "2 record 1 message record trip.jsonl lamp/#"] {
        assert!(rows.iter().any(|seen| seen == row), "{row}: {rows:?}");
    }
    let recorded = fs::read_to_string(folder.path().join("trip.jsonl")).unwrap();
    assert_eq!(recorded.lines().count(), 1);
    assert!(recorded.starts_with("{\"topic\":\"lamp/7/get\",\"payload\":\"state\""), "{recorded}");
}

#[test]
fn the_broker_of_the_session_is_probed_while_the_session_goes_on() {
    let lines = "\
probe --only qos1,retain | grep -c yes
probe --only qos2 --json | grep -c '\"ok\":true'
sub a
pub a still-here
wait a
";
    let ended = embedded(lines).expect_code(0);
    assert_eq!(ended.text(), "2\n1\n#1 a: still-here\n");
    let ended = embedded("probe --require tls --tls-port 1 --only qos0\n").expect_code(1);
    assert!(ended.stderr.contains("stdin:1: the broker does not support tls"), "{}", ended.stderr);
    let ended = Program::new(["repl"]).stdin("probe\n").run().expect_code(2);
    assert!(ended.stderr.contains("stdin:1: "), "{}", ended.stderr);
}

#[test]
fn no_file_is_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("kept.jsonl"), "mine").unwrap();
    for line in ["record kept.jsonl", "export kept.jsonl"] {
        let program = Program::new(["repl"]).directory(folder.path()).stdin(format!("{line}\n"));
        let ended = program.run().expect_code(1);
        assert!(ended.stderr.contains("`kept.jsonl` already exists\nhint: nothing is overwritten"), "{}", ended.stderr);
    }
    assert_eq!(fs::read_to_string(folder.path().join("kept.jsonl")).unwrap(), "mine");
}

#[test]
fn a_plot_of_nothing_says_so() {
    let ended = Program::new(["repl", "--embedded"]).stdin("sub a\npub a on\nwait a\nplot a\nplot a --json /x\n").run();
    let ended = ended.expect_code(0);
    assert!(ended.stderr.contains("\nNo numbers on a\nNo numbers at /x on a\n"), "{}", ended.stderr);
}

#[test]
fn a_payload_is_decoded_by_a_format_or_a_schema_before_it_is_judged() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(
        folder.path().join("reading.avsc"),
        r#"{"type": "record", "name": "R", "fields": [{"name": "kWh", "type": "int"}]}"#,
    )
    .unwrap();
    let run = |line: &str| {
        let before = "sub m/#\npub m/1 '{\"kWh\": 7}' -f cbor\npub m/2 '{\"kWh\": 8}' -Ap reading.avsc\n";
        let program = Program::new(["repl", "--embedded", "--quiet"]).directory(folder.path());
        program.stdin(format!("{before}{line}\n")).run()
    };
    run("expect m/1 -f cbor --json /kWh=7").expect_code(0);
    run("wait m/2 --schema m/2=reading.avsc --json /kWh=8").expect_code(0);
    run("wait m/2\nassert m/+ -Ap reading.avsc --json /kWh=8 --count 1").expect_code(0);
    let ended = run("expect m/1 -Ap reading.avsc --json /kWh=7").expect_code(1);
    assert!(ended.stderr.contains("stdin:4: expected /kWh=7"), "{}", ended.stderr);
}
