//! The addresses that clients connect from, and their pace.

use std::num::NonZero;
use std::time::Duration;

use super::load::rate;
use super::scheduler;
use crate::bench::Shard;
use crate::cli::bench::TimingArgs;
use crate::error::Error;
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

pub(super) fn workers(timing: &TimingArgs) -> usize {
    let cores = std::thread::available_parallelism().map_or(1, NonZero::get);
    timing.workers.map_or(cores, |workers| usize::try_from(workers).unwrap_or(cores))
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
