//! Brokers of other makes, where they are installed (`.ci/brokers` does it): `RabbitMQ`, ejabberd and aedes.

mod start;

use mqttx_rs::mqtt::Version;

use crate::account::numbers;
use crate::broker::Broker;
use crate::cases::{self, Session, Step, ensure, unique};
use crate::publishing::{Case, Source, check};
use crate::receiver::Receiver;
use crate::support::net::CuttingLink;
use crate::support::net::cutting_link::Towards;
use crate::support::{Ended, Program};

pub(crate) use start::Process;

/// `seq 300 | mqttx-rs pub -lm`, which has to arrive exactly.
fn three_hundred(broker: &Broker, version: &str, qos: u8) -> Result<Ended, String> {
    let sent = numbers(300);
    let topic = format!("other/{}", unique());
    let receiver = Receiver::start(broker, &topic, broker.receiving_qos());
    let link = CuttingLink::to(broker.address());
    let program = Program::new(["pub", "-t", &topic, "-lm", "-V", version, "-q", &qos.to_string()]);
    let program = program.arg_all(&broker.options()).port(link.port()).stdin(sent.join("\n") + "\n");
    let ended = cases::finish(program.start_with_stdin());
    let arrived = receiver.finish(broker);
    let outcome = ensure(ended.code == 0, || format!("expected exit code 0, got {}", ended.code))
        .and_then(|()| arrived.is_exactly(&sent))
        .map_err(|wrong| {
            let account = arrived.against(&sent);
            format!("{version} QoS {qos}: {wrong}\n{account}\nstderr:\n{}\ntrace:\n{}", ended.stderr, link.trace())
        });
    outcome.map(|()| ended)
}

/// The link cut at each step of `QoS` 1.
fn cut_at_qos_1(broker: &Broker, version: &'static str) {
    let steps = [Step(Towards::Broker, "PUBLISH"), Step(Towards::Client, "PUBACK")];
    let mut cases = Vec::new();
    for cut in steps.iter().flat_map(|step| [step.cuts(7), step.cuts(150)].concat()) {
        for session in [Session::Default, Session::Kept] {
            cases.push(Case { version, session, qos: 1, source: Source::Lines, cuts: vec![cut], resends: false });
        }
    }
    cases::run_all(&cases, |case| check(case, broker));
}

#[track_caller]
fn is_exact(broker: &Broker, version: &str, qos: u8) -> Ended {
    three_hundred(broker, version, qos).unwrap_or_else(|wrong| panic!("{}, {wrong}", broker.name))
}

#[test]
fn rabbitmq() {
    let Some(process) = start::rabbitmq() else { return };
    let broker = Broker::other("RabbitMQ", process, Version::V3_1_1, None);
    is_exact(&broker, "3.1.1", 1);
    // It answers PUBLISH at QoS 2 with PUBACK.
    let ended = is_exact(&broker, "3.1.1", 2);
    assert_eq!(ended.stderr.matches("MQTT-4.3.3-1").count(), 1, "{}", ended.stderr);
    cut_at_qos_1(&broker, "3.1.1");
    // It closes at a CONNECT of 5.0, without a word.
    let ended = Program::new(["pub", "-t", "a", "-m", "x"]).port(broker.port()).run().expect_code(3);
    assert!(ended.stderr.contains("--mqtt-version"), "{}", ended.stderr);
}

#[test]
fn ejabberd() {
    let Some(process) = start::ejabberd() else { return };
    let broker = Broker::other("ejabberd", process, Version::V5, Some(("somebody", "secret")));
    for version in ["3.1.1", "5.0"] {
        is_exact(&broker, version, 1);
        is_exact(&broker, version, 2);
        cut_at_qos_1(&broker, version);
    }
}

#[test]
fn aedes() {
    let Some(process) = start::aedes() else { return };
    let broker = Broker::other("aedes", process, Version::V3_1_1, None);
    is_exact(&broker, "3.1.1", 1);
    is_exact(&broker, "3.1.1", 2);
    // It refuses 5.0 with its own reason.
    let ended = Program::new(["pub", "-t", "a", "-m", "x"]).port(broker.port()).run().expect_code(4);
    assert!(ended.stderr.contains("--mqtt-version"), "{}", ended.stderr);
    cut_at_qos_1(&broker, "3.1.1");
    // Answers a filter that is there twice but once.
    let arguments = ["sub", "-t", "a", "-t", "a", "-E", "-V", "3.1.1"];
    Program::new(arguments).port(broker.port()).run().expect_code(0);
}
