//! The addresses that clients connect from, and their pace.

use std::num::NonZero;
use std::time::Duration;

use bytes::Bytes;

use super::load::rate;
use super::scheduler;
use crate::bench::{Load, Payload, Publish, Role, Scenario, Shard};
use crate::cli::bench::TimingArgs;
use crate::error::Error;
use crate::mqtt::QoS;
use crate::transport::{Address, Endpoint};

/// `-h a,b`: several brokers, in turn.
pub(super) fn endpoints(endpoint: &Endpoint) -> Vec<Endpoint> {
    match &endpoint.address {
        Address::Host { host, port } if host.contains(',') => {
            let hosts = host.split(',').map(str::trim).filter(|host| !host.is_empty());
            hosts.map(|host| Endpoint::new(endpoint.protocol, host, *port)).collect()
        }
        _ => vec![endpoint.clone()],
    }
}

pub(super) fn connect_interval(timing: &TimingArgs) -> Result<Duration, Error> {
    match timing.ramp.as_deref() {
        None => Ok(timing.interval),
        Some("max" | "0") => Ok(Duration::ZERO),
        Some(text) => Ok(Duration::from_nanos(rate("--ramp", text)?.planned(1))),
    }
}

/// Packets a second that one worker sends and receives with half of a core.
const PACKETS_OF_A_WORKER: f64 = 100_000.0;
/// Bytes that cost as much as another packet.
const BYTES_OF_A_PACKET: usize = 16 * 1024;
/// Clients whose connects one worker can make, and whose memory it can look at.
const CLIENTS_OF_A_WORKER: u64 = 10_000;

/// `--workers`, or as many as the load needs: each one more wakes up a thousand times a second. `has_known_rate`: it is
/// not searched for.
pub(super) fn workers(timing: &TimingArgs, scenario: &Scenario, has_known_rate: bool) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    match timing.workers {
        Some(workers) => usize::try_from(workers).unwrap_or(cores),
        None if has_known_rate && is_light(scenario) => 1,
        // One that drives no client would be idle.
        None => usize::try_from(scenario.clients()).map_or(cores, |clients| cores.min(clients)).max(1),
    }
}

/// Whether one worker is enough for it: a plan, without encryption, of which all that arrives are acknowledgements.
fn is_light(scenario: &Scenario) -> bool {
    let factor = scenario.phases.iter().flat_map(|phase| &phase.acts).map(|act| act.from.max(act.to));
    let factor = factor.fold(1.0, f64::max);
    let publishes_only = scenario.groups.iter().all(|group| matches!(group.role, Role::Publish(_) | Role::Idle));
    let is_secure = scenario.endpoints.iter().any(|endpoint| endpoint.protocol.is_secure());
    let packets = scenario.publishers().map(|(_, publish)| match publish.load {
        // Whose highest rate may be far above its mean.
        _ if publish.trace.is_some() => f64::INFINITY,
        Load::Even(rate) | Load::Poisson(rate) => rate.per_second() * factor * packets(publish),
        Load::Unpaced { .. } => f64::INFINITY,
    });
    scenario.publishes()
        && publishes_only
        && !is_secure
        && scenario.clients() <= CLIENTS_OF_A_WORKER
        && packets.sum::<f64>() <= PACKETS_OF_A_WORKER
}

/// Packets, or as much work, of one message.
#[expect(clippy::cast_precision_loss, reason = "an estimate")]
fn packets(publish: &Publish) -> f64 {
    let bytes = match &publish.payload {
        Payload::Fixed(payloads) => payloads.iter().map(Bytes::len).max().unwrap_or_default(),
        Payload::Stamped(bytes) => bytes.len(),
        // Filling one in is work of its own.
        Payload::Template(_) => BYTES_OF_A_PACKET,
    };
    let packets = match publish.qos {
        QoS::AtMostOnce => 1.0,
        QoS::AtLeastOnce => 2.0,
        QoS::ExactlyOnce => 4.0,
    };
    packets + bytes as f64 / BYTES_OF_A_PACKET as f64
}

/// `--shard`, or the whole of a run.
pub(super) fn shard(timing: &TimingArgs) -> Result<Shard, Error> {
    match timing.shard.as_deref() {
        Some(text) => scheduler::shard(text, |name| std::env::var(name).ok()),
        None => Ok(Shard { index: 0, count: 1 }),
    }
}

/// Each part of a run shares among its own clients, as it knows only its own messages.
pub(super) fn share_name(shard: Shard) -> String {
    if shard.count > 1 { format!("mqttx-bench-{}", shard.index + 1) } else { "mqttx-bench".to_owned() }
}
