//! A link that goes down several times a second, for ten seconds.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use nix::sys::signal::Signal;

use crate::account::Account;
use crate::broker::Broker;
use crate::cases::{Session, ensure, finish, unique};
use crate::receiver::Receiver;
use crate::support::Program;
use crate::support::net::CuttingLink;

/// How often it goes down, and for how long in all.
const EVERY: Duration = Duration::from_millis(300);
const DURATION: Duration = Duration::from_secs(10);

/// A pace at which there is always something on its way.
const PACE: Duration = Duration::from_millis(5);

/// One program behind a link of its own.
#[derive(Debug, Clone, Copy)]
struct Case {
    command: &'static str,
    version: &'static str,
    session: Session,
    qos: u8,
}

const fn case(command: &'static str, version: &'static str, session: Session, qos: u8) -> Case {
    Case { command, version, session, qos }
}

const CASES: &[Case] = &[
    case("pub", "5.0", Session::Default, 1),
    case("pub", "5.0", Session::Default, 2),
    case("pub", "5.0", Session::Kept, 2),
    case("pub", "3.1.1", Session::Default, 1),
    case("pub", "3.1.1", Session::Kept, 1),
    case("pub", "3.1.1", Session::Kept, 2),
    case("sub", "5.0", Session::Default, 1),
    case("sub", "5.0", Session::Default, 2),
    case("sub", "3.1.1", Session::Kept, 1),
    case("sub", "3.1.1", Session::Kept, 2),
];

#[test]
fn a_link_that_flaps_for_ten_seconds_loses_and_doubles_nothing() {
    let Some(broker) = Broker::mosquitto("max_queued_messages 100000") else { return };
    let failures: Vec<String> = std::thread::scope(|scope| {
        let runs: Vec<_> = CASES.iter().map(|case| (case, scope.spawn(|| run(case, &broker)))).collect();
        let ended = runs.into_iter().filter_map(|(case, run)| match run.join() {
            Ok(Ok(())) => None,
            Ok(Err(wrong)) => Some(format!("=== {case:?}\n{wrong}")),
            Err(_) => Some(format!("=== {case:?}\npanicked")),
        });
        ended.collect()
    });
    assert!(failures.is_empty(), "{} of {} fail:\n{}", failures.len(), CASES.len(), failures.join("\n"));
}

fn run(case: &Case, broker: &Broker) -> Result<(), String> {
    let Case { command, version, session, qos } = case;
    let number = unique();
    let (topic, id, qos) = (format!("flapping/{number}"), format!("flapping-{number}"), qos.to_string());
    let link = CuttingLink::to(broker.address());
    let arguments = [command, "-t", &topic, "-V", version, "-q", &qos, "-rp", "10"];
    let mut program = Program::new(arguments).port(link.port());
    if *session == Session::Kept {
        program = program.arg_all(&["--no-clean", "-i", &id]);
    }
    let publishes = *command == "pub";
    let program = program.arg_all(if publishes { &["-lm"] } else { &["--output-mode", "raw"] });
    let is_over = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let flapping = || {
            link.flap(EVERY, DURATION);
            is_over.store(true, Ordering::Relaxed);
        };
        let mut running = program.start();
        let (sent, ended, arrived) = if publishes {
            let receiver = Receiver::start(broker, &topic, 2);
            running.wait_for_stderr("Connected");
            scope.spawn(flapping);
            let sent = feed(&is_over, |payload| running.try_write(format!("{payload}\n")));
            let ended = finish(running);
            (sent, ended, receiver.finish(broker))
        } else {
            running.wait_for_stderr("Subscribed to");
            let mut publisher = broker.client(&format!("{id}-publisher"));
            scope.spawn(flapping);
            let sent = feed(&is_over, |payload| {
                publisher.publish(&topic, payload, case.qos);
                true
            });
            running.wait_for_stdout(&sent.len().to_string());
            running.signal(Signal::SIGINT);
            let ended = finish(running);
            let printed = Account::of_lines(&ended.stdout);
            (sent, ended, printed)
        };
        ensure(is_over.load(Ordering::Relaxed), || "the program ended while the link was flapping".to_owned())
            .and_then(|()| ensure(ended.code == 0, || format!("expected exit code 0, got {}", ended.code)))
            .and_then(|()| if case.qos == 2 { arrived.is_exactly(&sent) } else { arrived.is_at_least(&sent) })
            .map_err(|wrong| {
                let (account, connections) = (arrived.against(&sent), link.connections());
                format!("{wrong}\n{account}\n{connections} connections\nstderr:\n{}\n{}", ended.stderr, link.trace())
            })
    })
}

/// Numbers, one after the other, while the link flaps and as long as they are taken.
fn feed(is_over: &AtomicBool, mut take: impl FnMut(&str) -> bool) -> Vec<String> {
    let mut sent = Vec::new();
    while !is_over.load(Ordering::Relaxed) {
        let payload = (sent.len() + 1).to_string();
        let is_taken = take(&payload);
        sent.push(payload);
        if !is_taken {
            break;
        }
        std::thread::sleep(PACE);
    }
    sent
}
