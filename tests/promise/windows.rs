//! How many messages may be in flight, with brokers that say it and brokers that do not.

use crate::account::numbers;
use crate::broker::Broker;
use crate::cases::{self, ensure, unique};
use crate::receiver::Receiver;
use crate::support::Program;
use crate::support::net::CuttingLink;

/// `seq 1000 | mqttx-rs pub -lm`, in the version, at the `QoS`.
fn thousand(broker: &Broker, version: &str, qos: u8) -> Result<(), String> {
    let sent = numbers(1000);
    let topic = format!("window/{}", unique());
    let receiver = Receiver::start(broker, &topic, 2);
    let link = CuttingLink::to(broker.address());
    let arguments = ["pub", "-t", &topic, "-lm", "-V", version, "-rp", "20", "-q", &qos.to_string()];
    let program = Program::new(arguments).port(link.port()).stdin(sent.join("\n") + "\n");
    let ended = cases::finish(program.start_with_stdin());
    let arrived = receiver.finish(broker);
    ensure(ended.code == 0, || format!("expected exit code 0, got {}", ended.code))
        .and_then(|()| arrived.is_exactly(&sent))
        .map_err(|wrong| {
            format!("{wrong}\n{}\nstderr:\n{}\ntrace:\n{}", arrived.against(&sent), ended.stderr, link.trace())
        })
}

/// A mosquitto with these limits.
fn limited(in_flight: usize, queued: usize) -> Option<Broker> {
    Broker::mosquitto(&format!("max_inflight_messages {in_flight}\nmax_queued_messages {queued}"))
}

#[test]
fn a_thousand_lines_arrive_whatever_mosquitto_takes() {
    let limits: Vec<(usize, usize)> =
        [20, 1000].into_iter().flat_map(|in_flight| [0, 1000].map(|queued| (in_flight, queued))).collect();
    let mut cases = Vec::new();
    for (in_flight, queued) in limits {
        for version in ["3.1.1", "5.0"] {
            cases.extend([1, 2].map(|qos| (in_flight, queued, version, qos)));
        }
    }
    // In 3.1.1 a broker that takes one message and says nothing needs `--inflight 1`.
    cases.extend([1, 2].map(|qos| (1, 1000, "5.0", qos)));
    cases::run_all(&cases, |&(in_flight, queued, version, qos)| {
        let Some(broker) = limited(in_flight, queued) else { return Ok(()) };
        thousand(&broker, version, qos)
    });
}

#[test]
fn a_thousand_lines_arrive_at_mosquitto_as_it_comes() {
    let Some(broker) = Broker::mosquitto("") else { return };
    let cases = [("3.1.1", 1), ("3.1.1", 2), ("5.0", 1), ("5.0", 2)];
    cases::run_all(&cases, |&(version, qos)| thousand(&broker, version, qos));
}

#[cfg(feature = "broker")]
#[test]
fn a_thousand_lines_arrive_at_the_embedded_broker() {
    let broker = Broker::embedded();
    let cases = [("3.1.1", 1), ("3.1.1", 2), ("5.0", 1), ("5.0", 2)];
    cases::run_all(&cases, |&(version, qos)| thousand(&broker, version, qos));
}
