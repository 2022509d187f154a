//! Each way in which load generators are known to lie, as a test that fails when it returns.

mod causes;
mod clocks;
mod comparing;
mod devices;
mod ends;
mod exit_codes;
mod find_max;
mod flows;
mod kept;
mod manifest;
mod merging;
mod migrants;
mod options;
mod passing;
mod payloads;
mod precision;
mod refused;
mod responses;
mod results;
#[cfg(unix)]
mod stall;
mod stamps;
mod unstamped;

use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::support::wire::{AckKind, Packet, Publish, connack, puback, pubcomp, pubrec, suback};
use crate::support::{Link, Mosquitto, Nobody, Program, RawClient, Running, ScriptedBroker};
use mqttx_rs::internals::{Ended, Measure, Report};
use mqttx_rs::mqtt::Version;
use tempfile::TempDir;

/// A folder for a report, and the path in it.
fn report_file() -> (TempDir, PathBuf) {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("report.json");
    (folder, path)
}

fn bench(line: &str, port: u16, report: &Path) -> Program {
    let line = format!("bench {line}");
    Program::new(line.split(' ')).port(port).arg("--report").arg(report)
}

fn read(path: &Path) -> Report {
    let report = Report::from_json(&std::fs::read_to_string(path).unwrap()).unwrap();
    let counts = &report.counts;
    // Each message that was due is in one of these; a refused one may have been sent.
    let accounted = counts.sent + counts.unsent + counts.dropped;
    assert!((accounted..=accounted + counts.refused).contains(&counts.scheduled), "{counts:?}");
    report
}

/// Waits until mosquitto itself has counted so many publishes.
pub(crate) fn expect_count_of_broker(broker: &Mosquitto, count: u64) {
    let mut client = RawClient::connect(broker.address(), Version::V3_1_1, "judge");
    client.subscribe("$SYS/broker/publish/messages/received", 0);
    while client.expect_message().text() != count.to_string() {}
}

/// The parts of one run, started together, each with its report in a file of its number.
fn shards(line: &str, count: usize, port: u16, folder: &TempDir) -> Vec<Running> {
    let start = |shard: usize| {
        bench(&format!("{line} --shard {shard}/{count}"), port, &folder.path().join(shard.to_string())).start()
    };
    (1..=count).map(start).collect()
}

fn in_seconds(seconds: i64) -> jiff::Timestamp {
    jiff::Timestamp::now() + jiff::SignedDuration::from_secs(seconds)
}

/// Plays the broker of one connection to its end: acknowledges everything, and passes on each publish.
fn each_publish(mut link: Link, mut take: impl FnMut(&Publish)) {
    loop {
        match link.receive() {
            Packet::Publish(publish) => {
                take(&publish);
                match publish.qos {
                    1 => link.send(puback(publish.id)),
                    2 => link.send(pubrec(publish.id)),
                    _ => {}
                }
            }
            Packet::Ack(ack) if ack.kind == AckKind::Pubrel => link.send(pubcomp(ack.id)),
            Packet::Disconnect(_) => break,
            other => panic!("a publisher sends no {other:?}"),
        }
    }
    link.close();
}

fn count_publishes(link: Link) -> u64 {
    let mut count = 0;
    each_publish(link, |_| count += 1);
    count
}

#[test]
fn a_limit_is_exact_at_the_broker_at_every_qos() {
    for qos in 0..3 {
        let broker = ScriptedBroker::start();
        let (_folder, path) = report_file();
        let line = format!("pub -c 2 -i 0 -t b/%i -q {qos} -S 100B --unpaced -L 20000");
        let program = bench(&line, broker.port(), &path).start();
        let links = [(); 2].map(|()| broker.accept_session(connack()).0);
        let counts = links.map(|link| std::thread::spawn(|| count_publishes(link)));
        let count: u64 = counts.into_iter().map(|count| count.join().unwrap()).sum();
        program.wait().expect_code(0);
        let counts = read(&path).counts;
        let acknowledged = if qos == 0 { 0 } else { 20_000 };
        assert_eq!((count, counts.sent, counts.acknowledged), (20_000, 20_000, acknowledged), "QoS {qos}");
    }
}

#[test]
fn a_paced_limit_is_exact_too() {
    let Some(broker) = Mosquitto::start("sys_interval 1") else { return };
    let (_folder, path) = report_file();
    bench("pub -c 3 -i 0 -t b -q 1 --rate 5000/s --poisson -L 1000", broker.port(), &path).run().expect_code(0);
    let counts = read(&path).counts;
    assert_eq!((counts.scheduled, counts.sent, counts.acknowledged), (1000, 1000, 1000));
    expect_count_of_broker(&broker, 1000);
}

#[test]
fn what_is_behind_plan_at_the_end_is_still_sent() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    // More at once than one write takes.
    let program = bench("pub -c 1 -t b -q 0 -S 1KB --rate 200000/s --duration 0.1", broker.port(), &path).start();
    let (link, _) = broker.accept_session(connack());
    let received = count_publishes(link);
    program.wait().expect_code(0);
    let counts = read(&path).counts;
    // A machine that is busy at the end of the duration schedules less; what was scheduled is sent.
    assert!(received > 0, "{counts:?}");
    assert_eq!((received, counts.sent, counts.unsent), (counts.scheduled, counts.scheduled, 0), "{counts:?}");
}

#[test]
fn a_message_is_timed_from_its_departure_though_its_batch_is_not_written_yet() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    // The run begins half a second after the program, and more is sent than the buffers of both ends take: the first
    // acknowledgement comes while the rest waits.
    let line = "pub -c 2 -i 500 -t b -q 1 -S 16KB --unpaced --latency --inflight 1000 -L 2000";
    let program = bench(line, broker.port(), &path).start();
    let (first, _) = broker.accept_session(connack());
    let mut second = broker.accept();
    second.expect_connect();
    let begun = Instant::now();
    second.send(connack());
    let links = [first, second].map(|link| std::thread::spawn(|| count_publishes(link)));
    let received: u64 = links.into_iter().map(|link| link.join().unwrap()).sum();
    let at_most = begun.elapsed().as_nanos();
    program.wait().expect_code(0);
    let report = read(&path);
    let slowest = report.latencies[&Measure::AckUncorrected].max();
    assert!(u128::from(slowest) <= at_most, "{slowest} ns of {at_most}");
    assert_eq!((received, report.counts.acknowledged), (2000, 2000));
}

#[test]
fn the_window_is_full_while_acknowledgements_are_slow() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let program = bench("pub -c 1 -t b -q 1 --unpaced --inflight 100 -L 250", broker.port(), &path).start();
    let (mut link, _) = broker.accept_session(connack());
    let mut answered = 0;
    while answered < 250 {
        let window = (250 - answered).min(100);
        let ids: Vec<u16> = (0..window).map(|_| link.expect_publish().id).collect();
        // Not one more, however long the acknowledgements take.
        link.expect_quiet();
        for id in &ids {
            link.send(puback(*id));
        }
        answered += window;
    }
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(0);
    assert_eq!(read(&path).counts.acknowledged, 250);
}

#[test]
fn the_brokers_receive_maximum_is_respected() {
    use crate::support::wire::property;
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let program = bench("pub -c 1 -t b -q 1 --rate 1000/s -L 8", broker.port(), &path).start();
    let (mut link, _) = broker.accept_session(connack().with((0x21, property::Value::Two(4))));
    for _ in 0..2 {
        let ids: Vec<u16> = (0..4).map(|_| link.expect_publish().id).collect();
        link.expect_quiet();
        for id in &ids {
            link.send(puback(*id));
        }
    }
    link.expect_disconnect();
    link.close();
    program.wait().expect_code(0);
}

#[test]
fn a_broker_that_dies_ends_the_run_with_a_report() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let program = bench("pub -c 2 -i 0 -t b -q 1 --rate 200/s", broker.port(), &path).start();
    let mut links = [broker.accept_session(connack()).0, broker.accept_session(connack()).0];
    for link in &mut links {
        let id = link.expect_publish().id;
        link.send(puback(id));
    }
    links.into_iter().for_each(Link::cut);
    let ended = program.wait().expect_code(7);
    assert!(ended.stderr.contains("all connections were lost"), "{}", ended.stderr);
    let report = read(&path);
    assert_eq!((report.ended, report.counts.connections_lost), (Ended::ConnectionsLost, 2));
    assert!(
        report.counts.acknowledged >= 1 && report.counts.sent >= 2,
        "what was measured is kept: {:?}",
        report.counts
    );
}

#[test]
fn what_is_not_connected_is_not_a_success() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let program = bench("conn -c 1 --duration 1", broker.port(), &path).start();
    let mut link = broker.accept();
    link.expect_connect();
    link.send(connack().refusing(0x87));
    let ended = program.wait().expect_code(4);
    assert!(ended.stderr.contains("Not authorized (0x87)"), "{}", ended.stderr);
    assert_eq!(read(&path).ended, Ended::NeverConnected);

    let nobody = Nobody::new();
    let ended = bench("conn -c 3 -i 0 --duration 1", nobody.port(), &path).run().expect_code(3);
    assert!(ended.stderr.contains("3 of 3 connects failed"), "{}", ended.stderr);
}

/// Plays the broker of one subscriber and one publisher: both links, in this order.
fn accept_pair(broker: &ScriptedBroker) -> (Link, Link) {
    let (mut subscriber, connect) = broker.accept_session(connack());
    assert!(connect.client_id.contains("_sub_"), "{}", connect.client_id);
    let subscribe = subscriber.expect_subscribe();
    subscriber.send(suback(subscribe.id, [0]));
    (subscriber, broker.accept_session(connack()).0)
}

#[test]
fn losses_duplicates_and_reordering_are_counted() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let line = "e2e -c 1 -i 0 --workers 1 --handshakes 1 --rate 1000/s -L 6 --drain 3";
    let program = bench(line, broker.port(), &path).arg("--fail").arg("loss>1").start();
    let (mut subscriber, mut publisher) = accept_pair(&broker);
    let messages: Vec<_> = (0..6).map(|_| publisher.expect_publish()).collect();
    // 0 as it is, 1 twice, 2 never, 4 before 3, 5.
    for index in [0, 1, 1, 4, 3, 5] {
        subscriber.send(messages[index].clone());
    }
    subscriber.expect_disconnect();
    publisher.expect_disconnect();
    subscriber.close();
    publisher.close();
    program.wait().expect_code(0);
    let counts = read(&path).counts;
    assert_eq!((counts.expected, counts.delivered), (6, 6));
    assert_eq!((counts.lost, counts.duplicated, counts.reordered), (1, 1, 1));
}

#[test]
fn messages_of_another_run_are_foreign() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let line = "e2e -c 1 -i 0 --workers 1 --handshakes 1 --rate 1000/s -L 1 --drain 3";
    let program = bench(line, broker.port(), &path).start();
    let (mut subscriber, mut publisher) = accept_pair(&broker);
    let message = publisher.expect_publish();
    let mut other = message.clone();
    other.payload = b"not stamped".into();
    subscriber.send(other);
    subscriber.send(message);
    subscriber.expect_disconnect();
    publisher.expect_disconnect();
    subscriber.close();
    publisher.close();
    program.wait().expect_code(0);
    let counts = read(&path).counts;
    assert_eq!((counts.delivered, counts.foreign, counts.lost), (2, 1, 0));
}

#[test]
fn a_threshold_decides_the_exit_code_both_ways() {
    let Some(broker) = Mosquitto::start("") else { return };
    for (condition, code) in [("e2e.p99>20s", 0), ("e2e.p50>1us", 99), ("loss>0", 0), ("delivered<201", 99)] {
        let (_folder, path) = report_file();
        let program = bench("e2e -c 2 -i 0 -q 1 --rate 1000/s -L 200", broker.port(), &path);
        let ended = program.arg("--fail").arg(condition).run().expect_code(code);
        let report = read(&path);
        assert_eq!(report.thresholds[0].failed, code == 99, "{condition}");
        assert_eq!(ended.stderr.contains(&format!("--fail `{condition}` is met")), code == 99, "{}", ended.stderr);
    }
}

#[test]
fn a_threshold_that_the_run_cannot_judge_is_refused() {
    let (_folder, path) = report_file();
    let ended = bench("pub -t b", 1, &path).arg("--fail").arg("e2e.p99>1s").run().expect_code(2);
    assert!(ended.stderr.contains("nothing is received in this run"), "{}", ended.stderr);
}

#[test]
fn three_shards_merged_equal_one_run() {
    let Some(broker) = Mosquitto::start("sys_interval 1") else { return };
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let line = "pub -c 10 -i 0 -t b/%i -q 1 --rate 4000/s -L 1000 -I load";
    bench(line, broker.port(), &path("whole")).run().expect_code(0);
    let running = shards(&format!("{line} --start-at {}", in_seconds(5)), 3, broker.port(), &folder);
    for program in running {
        program.wait().expect_code(0);
    }
    let merge = Program::new(["bench", "merge"]).arg("--report").arg(path("merged")).arg("--fail").arg("sent!=1000");
    (1..=3).fold(merge, |merge, shard| merge.arg(path(&shard.to_string()))).run().expect_code(0);
    let (whole, merged) = (read(&path("whole")), read(&path("merged")));
    assert_eq!((merged.counts.sent, merged.counts.acknowledged), (1000, 1000));
    assert_eq!(merged.counts.connected, whole.counts.connected);
    assert_eq!(merged.rates.planned, whole.rates.planned);
    let latencies = |report: &Report| report.latencies[&Measure::Ack].count();
    assert_eq!(latencies(&merged), latencies(&whole));
    expect_count_of_broker(&broker, 2000);

    let twice = Program::new(["bench", "merge"]).arg(path("1")).arg(path("1")).run().expect_code(1);
    assert!(twice.stderr.contains("two reports are for shard 1 of 3"), "{}", twice.stderr);
    let two = || Program::new(["bench", "merge"]).arg(path("1")).arg(path("2"));
    let missing = two().run().expect_code(1);
    assert!(missing.stderr.contains("the report of shard 3 of 3 is missing"), "{}", missing.stderr);
    assert!(missing.stderr.contains("hint: use --partial"), "{}", missing.stderr);
    two().arg("--partial").run().expect_code(0);
    let whole = Program::new(["bench", "merge"]).arg(path("whole")).arg(path("whole")).run().expect_code(1);
    assert!(whole.stderr.contains("not for a part of a run"), "{}", whole.stderr);
}

#[cfg(unix)]
#[test]
fn an_interrupt_ends_with_the_report_of_what_was_measured() {
    let Some(broker) = Mosquitto::start("") else { return };
    let (_folder, path) = report_file();
    let mut program = bench("pub -c 2 -i 0 -t b -q 1 --rate 500/s", broker.port(), &path).start();
    program.wait_for_stdout("Published total");
    program.signal(nix::sys::signal::Signal::SIGINT);
    program.wait().expect_code(0);
    let report = read(&path);
    assert_eq!(report.ended, Ended::Interrupted);
    assert!(report.counts.sent > 0 && report.counts.sent == report.counts.acknowledged, "{:?}", report.counts);

    let mut program = bench("pub -c 2 -i 0 -t b -q 1 --rate 100/s -L 100000", broker.port(), &path).start();
    program.wait_for_stdout("Published total");
    program.signal(nix::sys::signal::Signal::SIGTERM);
    program.wait().expect_code(143);
    assert_eq!(read(&path).ended, Ended::InterruptedEarly);
}

#[test]
fn every_second_is_in_the_series_and_the_csv() {
    let Some(broker) = Mosquitto::start("") else { return };
    let (folder, path) = report_file();
    let csv = folder.path().join("series.csv");
    // A message in three seconds.
    let program = bench("pub -c 1 -t b -q 1 --rate 20/m -L 2", broker.port(), &path).arg("--csv").arg(&csv);
    program.run().expect_code(0);
    let report = read(&path);
    assert_eq!(report.series.iter().map(|row| row.acknowledged).sum::<u64>(), 2);
    assert!(report.series.len() >= 4, "{:?}", report.series);
    let lines = std::fs::read_to_string(csv).unwrap();
    assert_eq!(lines.lines().count(), report.series.len() + 1);
    let with_messages: Vec<u64> =
        report.series.iter().filter(|row| row.acknowledged > 0).map(|row| row.second).collect();
    assert!(matches!(with_messages[..], [first, second] if second >= 3 && first < second), "{:?}", report.series);
}

#[test]
fn e2e_counts_every_delivery_of_every_shape() {
    let Some(broker) = Mosquitto::start("max_queued_messages 0") else { return };
    for (shape, expected) in [
        ("one-to-one -c 4", 400),
        ("fan-out --publishers 2 --subscribers 5", 2000),
        ("fan-in --publishers 5 --subscribers 1", 400),
        ("shared --publishers 3 --subscribers 3", 400),
    ] {
        let (_folder, path) = report_file();
        let line = format!("e2e --shape {shape} -i 0 -q 1 --rate 2000/s -L 400");
        bench(&line, broker.port(), &path).run().expect_code(0);
        let report = read(&path);
        let counts = report.counts;
        assert_eq!((counts.expected, counts.delivered, counts.lost), (expected, expected, 0), "{shape}");
        assert_eq!((counts.duplicated, counts.reordered, counts.foreign), (0, 0, 0), "{shape}");
        assert_eq!(report.latencies[&Measure::E2e].count(), expected, "{shape}");
    }
}

#[test]
fn publishers_and_subscribers_of_two_processes_share_a_clock() {
    let Some(broker) = Mosquitto::start("") else { return };
    let (folder, path) = report_file();
    let mut subscriber = bench("sub -c 1 -t b/# -q 1 -L 100", broker.port(), &path).start();
    subscriber.wait_for_stderr("Created 1 connection in");
    let published = folder.path().join("published.json");
    bench("pub -c 2 -i 0 -t b/%i -q 1 --rate 1000/s -S 64B -L 100", broker.port(), &published).run().expect_code(0);
    subscriber.wait().expect_code(0);
    let report = read(&path);
    assert_eq!((report.counts.delivered, report.counts.lost, report.counts.foreign), (100, 0, 0));
    if cfg!(target_os = "linux") {
        assert_eq!(report.latencies[&Measure::E2e].count(), 100);
    }
}
