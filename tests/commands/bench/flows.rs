//! Several flows of one client: each with its own topic, rate, QoS, retain flag and payload, over one connection.

use std::collections::BTreeMap;

use super::*;

/// A scenario beside the report.
pub(super) fn scenario(folder: &TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("scenario.toml");
    std::fs::write(&path, text).unwrap();
    path
}

const METERS: &str = r#"
[[groups]]
name = "meters"
role = "pub"
count = 2
qos = 1
limit = 30

[[groups.publish]]
name = "readings"
topic = "m/{client}/reading"
qos = 0
rate = "400/s"
limit = 200
payload_size = "100B"

[[groups.publish]]
name = "states"
topic = "m/{client}/state"
retain = true
rate = "100/s"
message = "on"

[[groups.publish]]
topic = "m/{client}/alarm"
qos = 2
rate = "100/s"
limit_per_client = 5
message = "fire {client}"
template = true
"#;

/// Publishes by topic, QoS, retain flag and payload, where that is a text.
type Seen = BTreeMap<(String, u8, bool, String), u64>;

/// What one connection publishes until its end.
fn publishes(link: Link) -> Seen {
    let mut seen = Seen::new();
    each_publish(link, |publish| {
        let text = if publish.payload.len() == 100 {
            "100 bytes".to_owned()
        } else {
            String::from_utf8_lossy(&publish.payload).into_owned()
        };
        *seen.entry((publish.topic.clone(), publish.qos, publish.retain, text)).or_default() += 1;
    });
    seen
}

#[test]
fn each_flow_has_its_own_topic_rate_qos_retain_flag_and_payload_and_its_counts_are_exact() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    let program = bench("run", broker.port(), &path).arg(scenario(&folder, METERS)).start();
    let links = [(); 2].map(|()| broker.accept_session(connack()).0);
    let parts = links.map(|link| std::thread::spawn(|| publishes(link)));
    let seen: Vec<Seen> = parts.into_iter().map(|part| part.join().unwrap()).collect();
    let ended = program.wait().expect_code(0);
    let mut clients: Vec<_> = seen.iter().map(|seen| seen.keys().next().unwrap().0[2..3].to_owned()).collect();
    clients.sort();
    assert_eq!(clients, ["1", "2"], "each client publishes all of its flows over its own connection");
    for seen in seen {
        let client = seen.keys().next().unwrap().0[2..3].to_owned();
        let expected = [
            (("alarm", 2, false, format!("fire {client}")), 5),
            (("reading", 0, false, "100 bytes".to_owned()), 100),
            (("state", 1, true, "on".to_owned()), 15),
        ];
        let expected = expected
            .map(|((topic, qos, retain, text), count)| ((format!("m/{client}/{topic}"), qos, retain, text), count));
        assert_eq!(seen, Seen::from(expected));
    }
    let report = read(&path);
    let counts = &report.counts;
    assert_eq!((report.clients.count, counts.connected), (2, 2), "flows have no connections of their own");
    assert_eq!((counts.scheduled, counts.sent, counts.acknowledged), (240, 240, 40));
    let groups: Vec<_> = report
        .groups
        .iter()
        .map(|group| {
            let counts = &group.counts;
            let measured = group.latency.as_ref().map_or(0, mqttx_rs::internals::Latency::count);
            (group.name.as_str(), counts.connected, counts.sent, counts.acknowledged, group.measure, measured)
        })
        .collect();
    let expected = [
        ("meters", 2, 0, 0, Measure::Connack, 2),
        ("meters/readings", 0, 200, 0, Measure::SendDelay, 200),
        ("meters/states", 0, 30, 30, Measure::Ack, 30),
        ("meters/3", 0, 10, 10, Measure::Ack, 10),
    ];
    assert_eq!(groups, expected);
    assert!(ended.text().contains("meters/states"), "{}", ended.text());
}

#[test]
fn nothing_of_any_flow_is_lost_or_taken_for_that_of_another() {
    let Some(broker) = Mosquitto::start("sys_interval 1") else { return };
    let (folder, path) = report_file();
    let flow = |name: &str, qos: u8, rate: u32| {
        format!("[[groups.publish]]\nname = \"{name}\"\nrate = \"{rate}/s\"\nqos = {qos}\nlimit = {rate}\n")
    };
    // All to one topic: only the numbers in the stamps distinguish them.
    let text = format!(
        "fail = [\"loss>0\", \"duplicates>0\"]\n\
         [[groups]]\nrole = \"sub\"\ntopic = \"one/+\"\nqos = 2\n\
         [[groups]]\nname = \"devices\"\nrole = \"pub\"\ncount = 3\ntopic = \"one/%i\"\n{}{}{}",
        flow("a", 0, 900),
        flow("b", 1, 600),
        flow("c", 2, 300)
    );
    bench("run --workers 2", broker.port(), &path).arg(scenario(&folder, &text)).run().expect_code(0);
    let counts = read(&path).counts;
    assert_eq!((counts.sent, counts.acknowledged, counts.expected, counts.delivered), (1800, 900, 1800, 1800));
    // QoS 2 is not among those that mosquitto counts.
    expect_count_of_broker(&broker, 1500);
}

#[test]
fn a_flow_whose_window_is_full_does_not_hold_up_the_others() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    let text = "drain = \"100ms\"\n[[groups]]\nrole = \"pub\"\ninflight = 1\nrate = \"1000/s\"\nlimit = 20\n\
                [[groups.publish]]\ntopic = \"slow\"\nqos = 1\n[[groups.publish]]\ntopic = \"fast\"\nqos = 0\n\
                [[phases]]\nduration = \"1s\"\n";
    let program = bench("run", broker.port(), &path).arg(scenario(&folder, text)).start();
    let (mut link, _) = broker.accept_session(connack());
    let (mut slow, mut fast) = (0, 0);
    // No acknowledgement: one at QoS 1, and all at QoS 0.
    while fast < 20 {
        let publish = link.expect_publish();
        slow += u32::from(publish.topic == "slow");
        fast += u32::from(publish.topic == "fast");
    }
    assert!(slow <= 1, "{slow}");
    while link.receive_or_end().is_some() {}
    program.wait();
    let report = read(&path);
    let of = |place: usize| report.groups[place].counts;
    assert_eq!((of(1).sent, of(1).unacknowledged, of(1).unsent), (1, 1, 19));
    assert_eq!((of(2).sent, of(2).unsent), (20, 0));
}

#[test]
fn a_phase_may_let_one_flow_act_alone() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    let phases = "[[phases]]\nname = \"calm\"\ngroups = [\"meters/readings\"]\n\
                  [[phases]]\nname = \"storm\"\ngroups = [\"meters\"]\n";
    let program = bench("run", broker.port(), &path).arg(scenario(&folder, &format!("{METERS}{phases}"))).start();
    let parts = [(); 2].map(|()| {
        let link = broker.accept_session(connack()).0;
        std::thread::spawn(|| publishes(link))
    });
    for part in parts {
        part.join().unwrap();
    }
    program.wait().expect_code(0);
    let report = read(&path);
    assert_eq!(report.phases.iter().map(|phase| phase.counts.sent).collect::<Vec<_>>(), [200, 240]);
}

#[test]
fn what_is_wrong_with_a_flow_is_told_with_its_line() {
    let (folder, path) = report_file();
    let group = "[[groups]]\nname = \"g\"\nrole = \"pub\"\n";
    for (text, fault) in [
        (format!("{group}[[groups.publish]]\nqos = 1"), "line 4: a group that publishes needs a topic"),
        (
            format!("{group}[[groups.publish]]\ntopic = \"a\"\ninflight = 3"),
            "line 6: unknown key `inflight` in [[groups.publish]]",
        ),
        (
            format!("{group}topic = \"a\"\n[[groups.publish]]\nname = \"x\"\n[[groups.publish]]\nname = \"x\""),
            "two flows are named `g/x`",
        ),
        (
            "[[groups]]\nrole = \"sub\"\ntopic = \"a\"\n[[groups.publish]]\ntopic = \"b\"".to_owned(),
            "[[groups.publish]] is not a part of a group that subscribes",
        ),
        (
            format!(
                "{group}topic = \"a\"\n[[groups.publish]]\nname = \"x\"\n[[phases]]\nduration = 1\n[[phases]]\ndrop = [\"g/x\"]"
            ),
            "the clients of this flow are those of `g`",
        ),
        (format!("{group}topic = [\"a\", \"b\"]"), "has one topic, or several [[groups.publish]]"),
    ] {
        let ended = bench("run", 1, &path).arg(scenario(&folder, &text)).run().expect_code(2);
        assert!(ended.stderr.contains(fault), "{text}: {}", ended.stderr);
    }
}

#[test]
fn a_threshold_may_be_of_one_flow() {
    let broker = ScriptedBroker::start();
    let (folder, path) = report_file();
    let run = |fail: &str| bench("run", broker.port(), &path).arg_all(&["--fail", fail]).arg(scenario(&folder, METERS));
    for (fail, fault) in [
        ("meters/nobody: sent>1", "the run has no group of this name"),
        ("meters/states: e2e.p99>1s", "only the latency that the report shows"),
        ("meters/states: loss>0", "losses are counted for the whole run only"),
        ("meters/states: rate<1", "it is measured for the whole run only"),
    ] {
        let ended = run(fail).run().expect_code(2);
        assert!(ended.stderr.contains(fault), "{fail}: {}", ended.stderr);
    }
    let program = run("meters/states: acknowledged>29").arg_all(&["--fail", "meters/3: p99>3600s", "--fail"]);
    let program = program.arg("meters/readings: sent!=200").start();
    let parts = [(); 2].map(|()| {
        let link = broker.accept_session(connack()).0;
        std::thread::spawn(|| publishes(link))
    });
    for part in parts {
        part.join().unwrap();
    }
    program.wait().expect_code(99);
    let findings: Vec<_> = read(&path).thresholds.iter().map(|finding| (finding.measured, finding.failed)).collect();
    assert_eq!(findings[0], (Some(30.0), true));
    assert_eq!((findings[1].0.is_some(), findings[1].1), (true, false));
    assert_eq!(findings[2], (Some(200.0), false));
}
