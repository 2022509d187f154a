//! What a run cannot do is said before it begins.

use super::*;

/// Runs a load that is refused as usage, and returns what was said.
fn refused(line: &str, condition: Option<&str>) -> String {
    let (_folder, path) = report_file();
    let program = bench(line, 1, &path);
    let program = condition.into_iter().fold(program, |program, text| program.arg("--fail").arg(text));
    program.run().expect_code(2).stderr
}

#[test]
fn a_threshold_that_could_never_fail_or_always_would() {
    for (line, condition, fault) in [
        ("pub -t b -q 1", "loss>0", "nothing is received in this run"),
        ("pub -t b -q 1", "loss>1%", "nothing is received in this run"),
        ("pub -t b -q 1", "duplicated>0", "nothing is received in this run"),
        ("pub -t b", "unacknowledged>0", "QoS 0 is not acknowledged"),
        ("pub -t b --unpaced", "rate<0.99", "an unpaced run has no planned times"),
        ("pub -t b --unpaced", "late>0", "an unpaced run has no planned times"),
        ("pub -t b -q 1 --unpaced", "ack_uncorrected.p99>1s", "no latency without --latency"),
        ("conn", "rate<0.99", "nothing is published in this run"),
        ("conn", "throughput<1", "nothing is published in this run"),
        ("sub -t $share/a/b", "lost>0", "a member of a shared subscription does not know"),
        ("e2e -m hello", "reordered>0", "the payload carries no number"),
        ("e2e -m hello", "p99.9>1s", "the payload carries no time"),
    ] {
        let said = refused(line, Some(condition));
        assert!(said.contains(fault), "{line} --fail {condition}: {said}");
    }
}

#[test]
fn more_clients_than_anybody_can_count() {
    for line in ["e2e -c 9223372036854775808", "conn -c 4294967296"] {
        let said = refused(line, None);
        assert!(said.contains("can have at most 4294967295 clients"), "{line}: {said}");
    }
}

#[test]
fn an_interval_of_centuries_is_not_a_load_without_a_pause() {
    let said = refused("pub -t b --message-interval 300000d", None);
    assert!(said.contains("--message-interval is too long"), "{said}");
}

#[test]
fn a_placeholder_that_its_place_does_not_offer() {
    for (line, said) in [
        (
            "pub -t b/{cleint}",
            "error: --topic: `{cleint}` is not a placeholder\n  b/{cleint}\n    ^\nhint: did you mean {client}? ",
        ),
        (
            "pub -t b/{scenario}",
            "error: --topic: `{scenario}` cannot be used here\n  b/{scenario}\n    ^\nhint: available: ",
        ),
        ("sub -t b/%s", "error: --topic: `%s` cannot be used here\n  b/%s\n    ^\nhint: available: "),
        ("conn -I x%c", "error: --client-id: `%c` cannot be used here\n  x%c\n   ^\nhint: available: "),
        ("conn -u {random:9..1}", "error: --username: `{random:9..1}` is not a placeholder: use {random:1000..9999}"),
        ("pub -t b --template -m {random:x}", "error: --message: `{random:x}` is not a placeholder: use "),
    ] {
        let shown = refused(line, None);
        assert!(shown.contains(said), "{line}: {shown}");
    }
}
