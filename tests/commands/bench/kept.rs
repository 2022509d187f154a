//! Reports are whole at any time, and of this run alone.

use super::*;

#[test]
fn the_report_of_an_earlier_run_is_gone_when_this_one_begins() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    std::fs::write(&path, "of yesterday").unwrap();
    let program = bench("pub -c 1 -t b -q 1 --rate 100/s -L 1", broker.port(), &path).start();
    let (link, _) = broker.accept_session(connack());
    assert!(!path.exists());
    count_publishes(link);
    program.wait().expect_code(0);
    assert_eq!(read(&path).counts.acknowledged, 1);
}

#[cfg(unix)]
#[test]
fn a_run_that_is_killed_leaves_what_it_had_measured_marked_as_unfinished() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    let csv = folder.path().join("series.csv");
    let program = bench("pub -c 1 -t b -q 1 --rate 200/s", broker.port(), &path).arg("--csv").arg(&csv).start();
    let (mut link, _) = broker.accept_session(connack());
    while !csv.exists() {
        let id = link.expect_publish().id;
        link.send(puback(id));
    }
    program.signal(nix::sys::signal::Signal::SIGKILL);
    program.wait();
    let report = read(&path);
    assert_eq!(report.ended, Ended::Unfinished);
    assert!(report.counts.acknowledged > 0, "{:?}", report.counts);
    assert_eq!(report.latencies[&Measure::Ack].count(), report.counts.acknowledged);
    let names: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names.len(), 2, "{names:?}");
}

#[test]
fn a_report_can_go_to_stdout_which_then_holds_nothing_else() {
    let broker = ScriptedBroker::start();
    let program = Program::new("bench pub -c 1 -t b -q 1 --rate 100/s -L 2 --report -".split(' ')).port(broker.port());
    let program = program.start();
    count_publishes(broker.accept_session(connack()).0);
    let ended = program.wait().expect_code(0);
    assert_eq!(Report::from_json(ended.text()).unwrap().counts.acknowledged, 2);
    assert!(ended.stderr.contains("Verdict"), "{}", ended.stderr);
}

#[test]
fn quiet_prints_the_result_alone() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let program = bench("pub -c 1 -t b -q 1 --rate 2/s -L 4 --quiet", broker.port(), &path).start();
    count_publishes(broker.accept_session(connack()).0);
    let ended = program.wait().expect_code(0);
    assert!(!ended.text().contains("Published total") && ended.text().contains("Result"), "{}", ended.text());
}
