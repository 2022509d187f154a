//! Each cause of late messages, injected: the verdict names it.

use std::time::Duration;

use super::*;
use mqttx_rs::internals::LimitedBy;

/// Acknowledges each message so much later than it came, however many there are at a time.
fn acknowledge_late(mut link: Link, delay: Duration) {
    let mut writer = link.writer();
    let (sender, ids) = std::sync::mpsc::channel::<(Instant, u16)>();
    let answers = std::thread::spawn(move || {
        for (due, id) in ids {
            while let Some(left) = due.checked_duration_since(Instant::now()).filter(|left| !left.is_zero()) {
                std::thread::park_timeout(left);
            }
            writer.send(puback(id));
        }
    });
    while let Packet::Publish(publish) = link.receive() {
        sender.send((Instant::now() + delay, publish.id)).unwrap();
    }
    drop(sender);
    answers.join().unwrap();
    link.close();
}

fn limited_by(report: &Report) -> LimitedBy {
    report.verdict.as_ref().unwrap().limited_by
}

/// Runs until the verdict is about something else than this machine, which other tests may have to themselves.
fn undisturbed(run: impl Fn() -> Report) -> Report {
    const ATTEMPTS: usize = 5;
    let reports = std::iter::repeat_with(run).take(ATTEMPTS);
    let mut reports = reports.skip_while(|report| limited_by(report) >= LimitedBy::Unclear);
    reports.next().expect("one of the runs had a core")
}

#[test]
fn a_small_window() {
    let report = undisturbed(|| {
        let broker = ScriptedBroker::start();
        let (_folder, path) = report_file();
        let line = "pub -c 1 -t b -q 1 --rate 100/s --inflight 1 --duration 2";
        let program = bench(line, broker.port(), &path).start();
        acknowledge_late(broker.accept_session(connack()).0, Duration::from_millis(50));
        let ended = program.wait().expect_code(0);
        let report = read(&path);
        let names_it = ended.text().contains("limited by the window (raise --inflight)");
        assert_eq!(names_it, limited_by(&report) == LimitedBy::Window, "{}", ended.text());
        report
    });
    assert!(report.counts.late_due_to_window > report.counts.sent / 2, "{:?}", report.counts);
    assert_eq!(limited_by(&report), LimitedBy::Window, "{:?}", report.verdict);
}

#[test]
fn a_broker_that_answers_one_after_another() {
    let report = undisturbed(|| {
        let broker = ScriptedBroker::start();
        let (_folder, path) = report_file();
        let line = "pub -c 1 -t b -q 1 --rate 200/s --inflight 20 --duration 1";
        let program = bench(line, broker.port(), &path).start();
        let (mut link, _) = broker.accept_session(connack());
        while let Packet::Publish(publish) = link.receive() {
            std::thread::park_timeout(Duration::from_millis(20));
            link.send(puback(publish.id));
        }
        link.close();
        program.wait().expect_code(0);
        read(&path)
    });
    assert!(report.counts.late_due_to_window > report.counts.late_due_to_core, "{:?}", report.counts);
    assert_eq!(limited_by(&report), LimitedBy::Broker, "{:?}", report.verdict);
}

#[test]
fn a_broker_that_does_not_read() {
    let report = undisturbed(|| {
        let broker = ScriptedBroker::start();
        let (_folder, path) = report_file();
        let program = bench("pub -c 1 -t b -S 64KB --rate 500/s --duration 2", broker.port(), &path).start();
        let (mut link, _) = broker.accept_session(connack());
        link.expect_publish();
        std::thread::park_timeout(Duration::from_millis(1500));
        while let Packet::Publish(_) = link.receive() {}
        link.close();
        program.wait().expect_code(0);
        read(&path)
    });
    assert!(report.counts.late_due_to_socket > report.counts.late_due_to_core, "{:?}", report.counts);
    assert_eq!(limited_by(&report), LimitedBy::Broker, "{:?}", report.verdict);
}

#[test]
fn a_broker_that_stalls() {
    let report = undisturbed(|| {
        let broker = ScriptedBroker::start();
        let (_folder, path) = report_file();
        let line = "pub -c 1 -t b -q 1 --rate 200/s --inflight 10 --duration 2";
        let program = bench(line, broker.port(), &path).start();
        let (mut link, _) = broker.accept_session(connack());
        let mut count = 0;
        while let Packet::Publish(publish) = link.receive() {
            count += 1;
            // It answers at once, but for this time.
            if count == 50 {
                std::thread::park_timeout(Duration::from_millis(700));
            }
            link.send(puback(publish.id));
        }
        link.close();
        program.wait().expect_code(0);
        read(&path)
    });
    assert!(report.counts.late_due_to_window > report.counts.late_due_to_core, "{:?}", report.counts);
    assert_eq!(limited_by(&report), LimitedBy::Broker, "{:?}", report.verdict);
}

/// Programs that do nothing but use the first core, until this is dropped.
#[cfg(target_os = "linux")]
struct BusyLoops(Vec<std::process::Child>);

#[cfg(target_os = "linux")]
impl BusyLoops {
    /// `None` without the tool that puts programs on a core.
    fn start(count: usize) -> Option<Self> {
        let busy =
            || std::process::Command::new("taskset").args(["-c", "0", "sh", "-c", "while :; do :; done"]).spawn();
        std::iter::repeat_with(busy).take(count).collect::<Result<_, _>>().ok().map(Self)
    }
}

#[cfg(target_os = "linux")]
impl Drop for BusyLoops {
    fn drop(&mut self) {
        for child in &mut self.0 {
            // One that is over already needs no end.
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// Whether the program is late for them or not: the broker is not to blame, which is on the other cores and quick.
#[cfg(target_os = "linux")]
#[test]
fn other_programs_that_keep_the_core_busy() {
    let Some(busy) = BusyLoops::start(4) else { return };
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let line = "pub -c 1 -t b -q 1 --rate 200/s --inflight 400 --duration 2 --workers 1";
    let program = bench(line, broker.port(), &path).start();
    let pinned =
        std::process::Command::new("taskset").args(["-a", "-c", "-p", "0", &program.id().to_string()]).output();
    assert!(pinned.unwrap().status.success());
    count_publishes(broker.accept_session(connack()).0);
    let ended = program.wait().expect_code(0);
    drop(busy);
    let report = read(&path);
    let counts = &report.counts;
    assert!(counts.late_due_to_core >= counts.late_due_to_window + counts.late_due_to_socket, "{counts:?}");
    let blamed = [LimitedBy::Broker, LimitedBy::Window].contains(&limited_by(&report));
    assert!(!blamed, "{:?}: {}", report.verdict, ended.text());
}

#[cfg(unix)]
#[test]
fn a_generator_that_is_given_no_core() {
    use nix::sys::signal::Signal;
    let Some(broker) = Mosquitto::start("set_tcp_nodelay true") else { return };
    let (_folder, path) = report_file();
    let line = "pub -c 4 -i 0 -t b/%i -q 1 --rate 200/s --duration 3 --workers 1";
    let mut program = bench(line, broker.port(), &path).start();
    program.wait_for_stdout("Published total");
    program.signal(Signal::SIGSTOP);
    std::thread::park_timeout(Duration::from_millis(800));
    program.signal(Signal::SIGCONT);
    let ended = program.wait().expect_code(0);
    let report = read(&path);
    assert!(report.counts.late_due_to_core >= 50, "{:?}", report.counts);
    assert_eq!(limited_by(&report), LimitedBy::Machine, "{:?}", report.verdict);
    assert!(ended.stderr.contains("not a measurement of the broker"), "{}", ended.stderr);
}

#[test]
fn messages_that_are_lost_are_in_the_verdict_and_on_stderr() {
    let broker = ScriptedBroker::start();
    let (_folder, path) = report_file();
    let line = "e2e -c 1 -i 0 --workers 1 --handshakes 1 --rate 1000/s -L 4 --drain 3";
    let program = bench(line, broker.port(), &path).start();
    let (mut subscriber, mut publisher) = accept_pair(&broker);
    let messages: Vec<_> = (0..4).map(|_| publisher.expect_publish()).collect();
    for index in [0, 1, 1, 3] {
        subscriber.send(messages[index].clone());
    }
    for mut link in [subscriber, publisher] {
        link.expect_disconnect();
        link.close();
    }
    let ended = program.wait().expect_code(0);
    assert!(ended.stderr.contains("1 message of 4 expected did not arrive"), "{}", ended.stderr);
    assert!(ended.stderr.contains("1 message arrived twice"), "{}", ended.stderr);
    let verdict = read(&path).verdict.unwrap();
    assert!(verdict.limited_by >= LimitedBy::Broker, "{verdict:?}");
    assert_eq!(verdict.reasons[0], "1 message lost, 25.00 % of those expected");
}
