//! `bench run`: scenarios of several groups and phases, and the presets.

use std::path::{Path, PathBuf};

use crate::support::wire::connack;
use crate::support::{Mosquitto, Nobody, Program, ScriptedBroker};
use mqttx_rs::internals::{Ended, Measure, Report};
use tempfile::TempDir;

const QUEUES_WITHOUT_LIMIT: &str = "max_queued_messages 0\nset_tcp_nodelay true";

fn run(scenario: &str, port: u16, report: &Path) -> Program {
    let line = format!("bench run {scenario}");
    Program::new(line.split(' ')).port(port).arg("--report").arg(report)
}

fn read(path: &Path) -> Report {
    Report::from_json(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// A folder with a scenario in it, the scenario's path, and one for its report.
fn scenario(text: &str) -> (TempDir, String, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("scenario.toml");
    std::fs::write(&path, text).unwrap();
    let report = folder.path().join("report.json");
    (folder, path.to_str().unwrap().to_owned(), report)
}

#[test]
fn every_preset_runs_and_counts_exactly() {
    let Some(broker) = Mosquitto::start(QUEUES_WITHOUT_LIMIT) else { return };
    let folder = TempDir::new().unwrap();
    let report = |name: &str| folder.path().join(format!("{name}.json"));
    let list = Program::new(["bench", "presets"]).run().expect_code(0).text().to_owned();
    let names: Vec<String> = list.lines().map(|line| line.split(' ').next().unwrap().to_owned()).collect();
    assert!(names.len() >= 7 && list.lines().all(|line| line.contains("  ")), "{list}");
    let running: Vec<_> = names
        .iter()
        .map(|name| {
            let line = format!("{name} --scale 0.02 --duration 1 --drain 30");
            (name, run(&line, broker.port(), &report(name)).start())
        })
        .collect();
    for (name, program) in running {
        program.wait().expect_code(0);
        let report = read(&report(name));
        let counts = report.counts;
        assert_eq!(report.ended, Ended::Done, "{name}");
        assert_eq!((counts.lost, counts.duplicated, counts.foreign), (0, 0, 0), "{name}: {counts:?}");
        assert_eq!((counts.connections_failed, counts.connections_lost), (0, 0), "{name}: {counts:?}");
        assert_eq!(counts.connected, counts.connections_attempted, "{name}: {counts:?}");
        let values = |measure| report.latencies.get(&measure).map_or(0, mqttx_rs::internals::Latency::count);
        match name.as_str() {
            "churn" => {
                assert_eq!((counts.connections_planned, counts.connections_missed), (2, 0), "{counts:?}");
                assert_eq!((counts.connected, values(Measure::Online)), (2, 2));
            }
            "devices" => {
                assert_eq!((counts.requests, counts.responses), (counts.replied, counts.replied), "{counts:?}");
                assert_eq!(values(Measure::Response), counts.responses);
                let names: Vec<_> = report.groups.iter().map(|group| group.name.as_str()).collect();
                assert!(names.ends_with(&["devices/readings", "devices/states", "devices/alarms", "devices/asks"]));
            }
            "reconnect-storm" => {
                assert_eq!((counts.connected, counts.connections_planned), (200, 100), "{counts:?}");
                assert_eq!((values(Measure::Online), counts.subscribed), (100, 200));
                assert!(report.phases[1].connecting > 0.0);
            }
            // Each message to its one subscriber, or to one of ten.
            "retained-flood" | "session-resume" => {
                assert_eq!((counts.expected, counts.delivered), (200, 200), "{name}: {counts:?}");
                assert_eq!(values(Measure::Backlog), 200, "{name}");
            }
            _ => {
                assert!(counts.expected > 0 && counts.delivered == counts.expected, "{name}: {counts:?}");
                assert_eq!(values(Measure::E2e), counts.expected, "{name}");
            }
        }
    }
}

#[test]
fn a_preset_is_a_file_to_copy_and_edit() {
    let Some(broker) = Mosquitto::start(QUEUES_WITHOUT_LIMIT) else { return };
    let text = Program::new(["bench", "presets", "session-resume"]).run().expect_code(0).text().to_owned();
    let text =
        text.replace("qos = 2", "qos = 1").replace("limit = 10000", "limit = 100").replace("count = 200", "count = 4");
    let (_folder, path, report) = scenario(&text);
    run(&path, broker.port(), &report).run().expect_code(0);
    let counts = read(&report).counts;
    assert_eq!((counts.acknowledged, counts.expected, counts.lost), (100, 100, 0), "{counts:?}");
    assert!(counts.delivered >= 100, "at least once");
}

#[test]
fn the_sessions_of_a_run_end_with_it() {
    let broker = ScriptedBroker::start();
    let text =
        "[[groups]]\nrole = \"conn\"\nclient_id = \"kept\"\nclean_start = false\n[[phases]]\nduration = \"100ms\"";
    let (_folder, path, report) = scenario(text);
    let program = run(&path, broker.port(), &report).start();
    let (mut link, connect) = broker.accept_session(connack());
    assert_eq!((connect.client_id.as_str(), connect.clean), ("kept", false));
    assert!(connect.properties.number(0x11) == Some(3600), "{connect:?}");
    let disconnect = link.expect_disconnect();
    assert!(disconnect.properties.number(0x11) == Some(0), "{disconnect:?}");
    link.close();
    program.wait().expect_code(0);
}

#[test]
fn groups_publish_at_their_own_rates_in_the_phases_that_name_them() {
    let Some(broker) = Mosquitto::start("sys_interval 1") else { return };
    let text = r#"
        title = "two kinds"
        [[groups]]
        name = "often"
        role = "pub"
        count = 3
        topic = "a/%i"
        rate = "300/s"
        [[groups]]
        name = "seldom"
        role = "pub"
        count = 2
        topic = "b/%i"
        qos = 1
        rate = "50/s"
        limit = 20
        [[phases]]
        name = "up"
        duration = "1s"
        rate_at_end = 3.0
        groups = ["often"]
        [[phases]]
        name = "both"
        duration = "2s"
    "#;
    let (_folder, path, report) = scenario(text);
    let ended = run(&path, broker.port(), &report).run().expect_code(0);
    assert!(ended.stderr.contains("often act from 1 to 3 of their rate; 1s"), "{}", ended.stderr);
    let report = read(&report);
    // 300/s to 900/s are 600 in a second; then 600 in two, and the 20 of the others. A machine that is busy at the end of
    // a phase schedules less in it.
    let sent: Vec<u64> = report.phases.iter().map(|phase| phase.counts.scheduled).collect();
    assert!((301..=602).contains(&sent[0]) && (21..=622).contains(&sent[1]), "{sent:?}");
    assert_eq!((report.counts.acknowledged, report.counts.scheduled), (20, report.counts.sent));
    assert_eq!(report.phases.iter().map(|phase| phase.name.as_str()).collect::<Vec<_>>(), ["up", "both"]);
    crate::bench::expect_count_of_broker(&broker, report.counts.sent);
}

#[test]
fn connects_that_a_slow_broker_holds_up_are_measured_from_their_plan_and_counted_where_they_never_began() {
    let broker = ScriptedBroker::start();
    let text = "[[groups]]\nrole = \"conn\"\nrate = \"20/s\"\nstay = \"1ms\"\n[[phases]]\nduration = \"6s\"";
    let (_folder, path, report) = scenario(text);
    let mut program = run(&format!("{path} --drain 0.2"), broker.port(), &report).start();
    let mut held = broker.accept();
    held.expect_connect();
    // A second in which twenty more become due.
    program.wait_for_stdout("Connected total: 0, rate: 0/s");
    held.send(connack());
    held.expect_disconnect();
    held.close();
    for _ in 0..3 {
        let (mut link, _) = broker.accept_session(connack());
        link.expect_disconnect();
        link.close();
    }
    let mut unanswered = broker.accept();
    unanswered.expect_connect();
    let ended = program.wait().expect_code(8);
    assert!(ended.stderr.contains("no CONNACK before the end"), "{}", ended.stderr);
    let report = read(&report);
    let counts = report.counts;
    assert_eq!((counts.connections_planned, counts.connected, counts.connections_failed), (120, 4, 1), "{counts:?}");
    assert_eq!((counts.connections_attempted, counts.connections_missed), (5, 115), "{counts:?}");
    let online = &report.latencies[&Measure::Online];
    assert_eq!(online.count(), 4);
    // Those behind the slow one waited too: the second was planned a twentieth of a second after it.
    assert!(online.min() >= 500_000_000, "the wait counts from the plan: {}", online.min());
}

#[test]
fn what_is_wrong_in_a_scenario_is_shown_with_its_line_and_a_caret() {
    for (text, shown) in [
        (
            "[[groups]]\nrole = \"pub\"\ntopci = \"a\"",
            "line 3: unknown key `topci` in a group that publishes\n  topci = \"a\"\n  ^^^^^\nhint: did you mean `topic`?",
        ),
        ("[[groups]]\nrole = \"pub\"\ntopic = \"a\"\nqos = 3", "line 4: qos: `3` is not a QoS"),
        ("[[groups]]\nrole = \"pub\"\ntopic = \"a\"\nrate = \"fast\"", "`fast` is not a rate"),
        (
            "[[groups]]\nrole = \"pub\"\ntopic = [\"a\", \"b\"]",
            "line 3: topic: a group that publishes has one topic, or several [[groups.publish]]",
        ),
        ("[[groups]]\nrole = \"sub\"\ntopic = \"a/#/b\"", "a/#/b"),
        (
            "[[groups]]\nrole = \"conn\"\nname = \"them\"\n[[phases]]\ndrop = [\"then\"]",
            "line 5: drop: unknown group `then`",
        ),
        ("[[groups]]\nrole = \"pub\"\ntopic = \"a\"\n[[phases]]\nname = \"one\"\n[[phases]]", "phase `one` never ends"),
        ("[[groups]]\nrole = \"conn\"\nrate = \"1/s\"", "needs `stay` too"),
        (
            "[[groups]]\nrole = \"sub\"\ntopic = \"{rnu}/#\"",
            "line 3: topic: `{rnu}` is not a placeholder\n  topic = \"{rnu}/#\"\n          ^^^^^^^^^\nhint: did you mean {run}?",
        ),
        ("[[groups]]\nrole = \"conn\"\nclient_id = \"%c\"", "line 3: client_id: `%c` cannot be used here"),
        (
            "[[groups]]\nrole = \"pub\"\ntopic = \"a\"\nmessage = \"{nothing}\"\ntemplate = true",
            "line 4: message: `{nothing}` is not a placeholder",
        ),
    ] {
        let (_folder, path, report) = scenario(text);
        let ended = run(&path, 1, &report).run().expect_code(2);
        assert!(ended.stderr.contains(shown), "{text}:\n{}", ended.stderr);
    }
}

#[test]
fn the_run_and_the_scenario_are_filled_in_wherever_they_stand() {
    let broker = ScriptedBroker::start();
    let text = "[[groups]]\nrole = \"pub\"\nclient_id = \"{run}-%i\"\ntopic = \"%sc/{scenario}/{run}\"\nrate = \"100/s\"\n\
                limit = 1\nmessage = \"{run} {nothing} {{x}} %i\"\ncontent_type = \"{run}\"";
    let (_folder, path, report) = scenario(text);
    let program = run(&path, broker.port(), &report).start();
    let (mut link, connect) = broker.accept_session(connack());
    let (number, client) = connect.client_id.split_once('-').unwrap();
    assert_eq!((number.len(), client), (8, "1"));
    let publish = link.expect_publish();
    let name = std::path::Path::new(&path).file_stem().unwrap().to_string_lossy().into_owned();
    assert_eq!(publish.topic, format!("{name}/{name}/{number}"));
    assert_eq!(String::from_utf8_lossy(&publish.payload), format!("{number} {{nothing}} {{{{x}}}} %i"));
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(0);
}

#[test]
fn a_preset_of_another_name_is_not_taken_for_a_file() {
    let ended = Program::new(["bench", "run", "fan_out"]).run().expect_code(2);
    assert!(
        ended.stderr.contains("unknown preset `fan_out`") && ended.stderr.contains("`fan-out`"),
        "{}",
        ended.stderr
    );
    let ended = Program::new(["bench", "run", "none.toml"]).run().expect_code(1);
    assert!(ended.stderr.contains("cannot read none.toml"), "{}", ended.stderr);
}

#[test]
fn a_storm_on_a_broker_that_is_not_there_ends_at_once() {
    let nobody = Nobody::new();
    let folder = TempDir::new().unwrap();
    let report = folder.path().join("report.json");
    run("reconnect-storm --scale 0.001", nobody.port(), &report).run().expect_code(3);
    let counts = read(&report).counts;
    assert_eq!((counts.connections_attempted, counts.connections_failed), (5, 5), "not tried again: {counts:?}");
}
