//! `pub --queue`: processes that are killed at each step, and others that go on with what they left on disk.

use nix::sys::signal::Signal;

use crate::account::{Account, numbers};
use crate::broker::Broker;
use crate::cases::{self, ensure, unique};
use crate::receiver::Receiver;
use crate::support::net::CuttingLink;
use crate::support::net::cutting_link::{Cut, Ending, Place, Towards};
use crate::support::{Mosquitto, Program, Running};

/// Waits until so many more messages are on disk.
fn wait_until_stored(running: &mut Running, count: usize) {
    let mut stored = 0;
    while stored < count {
        let line = running.wait_for_stderr(" stored, ");
        stored +=
            line.split(" message").next().and_then(|text| text.rsplit(' ').next()?.parse::<usize>().ok()).unwrap();
    }
}

fn lines(payloads: &[String]) -> String {
    payloads.join("\n") + "\n"
}

/// Nothing is missing, and at `QoS` 2 nothing comes twice.
fn check(qos: u8, arrived: &Account, sent: &[String]) -> Result<(), String> {
    if qos == 2 { arrived.is_exactly(sent) } else { arrived.is_at_least(sent) }
}

#[test]
fn a_publisher_that_is_killed_at_any_step_loses_nothing_and_at_qos_2_repeats_nothing() {
    const MESSAGES: usize = 12;
    let (to, from) = (Towards::Broker, Towards::Client);
    let once = [(1, to, "PUBLISH"), (1, from, "PUBACK")];
    let exactly = [(2, to, "PUBLISH"), (2, from, "PUBREC"), (2, to, "PUBREL"), (2, from, "PUBCOMP")];
    for broker in brokers() {
        let mut all = Vec::new();
        for (qos, towards, packet) in once.into_iter().chain(exactly) {
            for version in ["5.0", "3.1.1"] {
                for (number, place) in [(1, Place::Before), (5, Place::Within), (5, Place::After), (12, Place::After)] {
                    all.push((version, qos, Cut { towards, packet, number, place, ending: Ending::Hold }));
                }
            }
        }
        cases::run_all(&all, |&(version, qos, cut)| {
            let topic = format!("queue/{}", unique());
            let receiver = Receiver::start(&broker, &topic, 2);
            let folder = tempfile::tempdir().expect("a folder");
            let queue = folder.path().join("queue");
            let queue = queue.to_str().expect("UTF-8");
            let link = CuttingLink::to(broker.address());
            link.cut(cut);
            let text = qos.to_string();
            let arguments = ["pub", "-t", &topic, "-lm", "-q", &text, "-V", version, "--queue", queue, "--debug"];
            let mut killed = Program::new(arguments).port(link.port()).start();
            killed.write(lines(&numbers(MESSAGES)));
            wait_until_stored(&mut killed, MESSAGES);
            link.wait_for_cuts(1);
            killed.signal(Signal::SIGKILL);
            killed.wait();
            let second = CuttingLink::to(broker.address());
            let drain = Program::new(["pub", "--queue", queue, "-V", version]).port(second.port());
            let ended = cases::finish(drain.start());
            let arrived = receiver.finish(&broker);
            ensure(ended.code == 0, || format!("expected exit code 0, got {}", ended.code))
                .and_then(|()| check(qos, &arrived, &numbers(MESSAGES)))
                .map_err(|wrong| {
                    let (first, then) = (link.trace(), second.trace());
                    format!("{}: {wrong}\nstderr:\n{}\ntrace:\n{first}\nthen:\n{then}", broker.name, ended.stderr)
                })
        });
    }
}

#[test]
fn lines_that_flow_while_publishers_are_killed_and_links_cut_arrive() {
    const RUNS: usize = 10;
    const LINES: usize = 40;
    for broker in brokers() {
        let all = [("5.0", 1), ("5.0", 2), ("3.1.1", 1), ("3.1.1", 2)];
        cases::run_all(&all, |&(version, qos)| {
            let topic = format!("flow/{}", unique());
            let receiver = Receiver::start(&broker, &topic, 2);
            let folder = tempfile::tempdir().expect("a folder");
            let queue = folder.path().to_str().expect("UTF-8");
            let (payloads, text) = (numbers(RUNS * LINES), qos.to_string());
            let link = CuttingLink::to(broker.address());
            for (run, payloads) in payloads.chunks(LINES).enumerate() {
                // Two cuts a run, each further into the stream than the one before.
                for number in [2 + run * 3, 5 + run] {
                    let packet = if number % 2 == 0 { "PUBLISH" } else { "PUBREC" };
                    let (towards, packet) = match (packet, qos) {
                        ("PUBREC", 2) => (Towards::Client, "PUBREC"),
                        ("PUBREC", _) => (Towards::Client, "PUBACK"),
                        _ => (Towards::Broker, "PUBLISH"),
                    };
                    link.cut(Cut { towards, packet, number, place: Place::After, ending: Ending::Reset });
                }
                let arguments = ["pub", "-t", &topic, "-lm", "-q", &text, "-V", version, "--queue", queue, "--debug"];
                let mut running = Program::new([&arguments[..], &["-rp", "20"]].concat()).port(link.port()).start();
                for part in payloads.chunks(7) {
                    running.write(lines(part));
                }
                wait_until_stored(&mut running, payloads.len());
                running.signal(Signal::SIGKILL);
                running.wait();
            }
            let drain = Program::new(["pub", "--queue", queue, "-V", version]).port(broker.port());
            let ended = cases::finish(drain.start());
            let arrived = receiver.finish(&broker);
            ensure(ended.code == 0, || format!("expected exit code 0, got {}", ended.code))
                .and_then(|()| check(qos, &arrived, &payloads))
                .map_err(|wrong| format!("{}: {wrong}\nstderr:\n{}", broker.name, ended.stderr))
        });
    }
}

#[test]
fn at_qos_0_nothing_comes_twice_and_what_was_never_sent_arrives() {
    let Some(broker) = Broker::mosquitto("") else { return };
    let receiver = Receiver::start(&broker, "queue/0", 2);
    let folder = tempfile::tempdir().expect("a folder");
    let queue = folder.path().to_str().expect("UTF-8");
    let link = CuttingLink::to(broker.address());
    link.cut(Cut {
        towards: Towards::Client,
        packet: "CONNACK",
        number: 1,
        place: Place::Before,
        ending: Ending::Hold,
    });
    let arguments = ["pub", "-t", "queue/0", "-lm", "--queue", queue, "--debug"];
    let mut killed = Program::new(arguments).port(link.port()).start();
    killed.write(lines(&numbers(20)));
    wait_until_stored(&mut killed, 20);
    killed.signal(Signal::SIGKILL);
    killed.wait();
    for _ in 0..2 {
        cases::finish(Program::new(["pub", "--queue", queue]).port(broker.port()).start()).expect_code(0);
    }
    receiver.finish(&broker).is_exactly(&numbers(20)).unwrap();
}

#[test]
fn a_broker_that_is_restarted_gets_each_message_at_qos_2_once() {
    let Some(mut mosquitto) = Mosquitto::start("persistence true\nset_tcp_nodelay true\nuser root") else { return };
    for version in ["5.0", "3.1.1"] {
        let folder = tempfile::tempdir().expect("a folder");
        let queue = folder.path().to_str().expect("UTF-8");
        let topic = format!("restart/{version}");
        let arguments = ["sub", "-t", &topic, "-q", "2", "-i", &topic, "--no-clean", "--output-mode", "raw"];
        let subscriber = || Program::new([&arguments[..], &["-C", "60"]].concat()).port(mosquitto.port());
        Program::new([&arguments[..], &["-E"]].concat()).port(mosquitto.port()).run().expect_code(0);
        let subscriber = subscriber();
        let arguments =
            ["pub", "-t", &topic, "-lm", "-q", "2", "-V", version, "--queue", queue, "--debug", "-rp", "20"];
        let mut running = Program::new(arguments).port(mosquitto.port()).start();
        running.write(lines(&numbers(30)));
        wait_until_stored(&mut running, 30);
        mosquitto.restart();
        running.write(lines(&numbers(60)[30..]));
        wait_until_stored(&mut running, 30);
        running.signal(Signal::SIGKILL);
        running.wait();
        cases::finish(Program::new(["pub", "--queue", queue, "-V", version]).port(mosquitto.port()).start())
            .expect_code(0);
        let ended = cases::finish(subscriber.start()).expect_code(0);
        Account::of_lines(&ended.stdout).is_exactly(&numbers(60)).unwrap_or_else(|wrong| panic!("{version}: {wrong}"));
    }
}

fn brokers() -> Vec<Broker> {
    let mosquitto = Broker::mosquitto("max_queued_messages 100000");
    #[cfg(feature = "broker")]
    let all = mosquitto.into_iter().chain([Broker::embedded()]).collect();
    #[cfg(not(feature = "broker"))]
    let all = mosquitto.into_iter().collect();
    all
}
