//! `--find-max`: the highest rate that holds, and how it is reported.

use super::*;

/// Acknowledges the first message of a step, and leaves the link open.
fn acknowledge_one(broker: &ScriptedBroker) -> Link {
    let (mut link, _) = broker.accept_session(connack());
    let id = link.expect_publish().id;
    link.send(puback(id));
    link
}

/// Acknowledges all messages of a step: how many. A machine that is busy at the end of the step schedules less.
fn acknowledge_all(broker: &ScriptedBroker) -> u64 {
    count_publishes(broker.accept_session(connack()).0)
}

const LINE: &str = "pub -c 1 -t b -q 1 --rate 4/s --duration 1 --drain 5 --find-max p99<20s";

#[test]
fn a_rate_at_which_the_broker_cuts_connections_twice_does_not_hold() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    let (csv, html) = (folder.path().join("steps.csv"), folder.path().join("page.html"));
    let program = bench(&format!("{LINE} --confirm 2"), broker.port(), &path);
    let mut program = program.arg("--csv").arg(&csv).arg("--html").arg(&html).start();
    acknowledge_all(&broker);
    program.wait_for_stdout("4/s: sent ");
    // Twice at 8/s, and each rate between them.
    for _ in 0..6 {
        acknowledge_one(&broker).cut();
    }
    acknowledge_all(&broker);
    let ended = program.wait().expect_code(0);
    assert!(ended.stderr.contains("The highest rate that meets the conditions is 4/s"), "{}", ended.stderr);
    let search = read(&path).search.unwrap();
    assert_eq!((search.found, search.confirmed), (Some(4), true));
    assert_eq!(search.steps.iter().map(|step| step.rate).collect::<Vec<_>>(), [4, 8, 8, 6, 6, 5, 5, 4]);
    let csv = std::fs::read_to_string(csv).unwrap();
    assert_eq!((csv.lines().count(), csv.lines().last()), (10, Some("4,,,,,,found")), "{csv}");
    let html = std::fs::read_to_string(html).unwrap();
    assert!(html.contains("highest rate that meets the conditions: 4/s, confirmed"), "{html}");
}

#[cfg(unix)]
#[test]
fn an_interrupt_reports_the_best_so_far() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let mut program = bench(LINE, broker.port(), &path).start();
    let acknowledged = acknowledge_all(&broker);
    program.wait_for_stdout("4/s: sent ");
    let mut link = acknowledge_one(&broker);
    program.signal(nix::sys::signal::Signal::SIGINT);
    link.receive_until_end();
    let ended = program.wait().expect_code(130);
    assert!(ended.stderr.contains("the highest rate so far that meets the conditions is 4/s"), "{}", ended.stderr);
    let report = read(&path);
    let search = report.search.unwrap();
    assert_eq!((search.found, search.confirmed, search.steps.len()), (Some(4), false, 1));
    assert_eq!(report.counts.acknowledged, acknowledged, "the report of the step that held");
}

#[test]
fn a_search_ends_when_its_time_is_over() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let program = bench(&format!("{LINE} --max-time 1"), broker.port(), &path).start();
    acknowledge_all(&broker);
    let ended = program.wait().expect_code(0);
    assert!(
        ended.stderr.contains("--max-time expired: the highest rate so far that meets the conditions is 4/s"),
        "{}",
        ended.stderr
    );
}

#[test]
fn parts_do_not_search() {
    let (_folder, path) = report_file();
    let ended = bench(&format!("{LINE} --shard 1/2"), 1, &path).run().expect_code(2);
    assert!(ended.stderr.contains("--find-max and --shard"), "{}", ended.stderr);
}
