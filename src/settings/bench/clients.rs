//! Who connects from where, and how fast.

use std::num::NonZero;
use std::time::Duration;

use super::load::rate;
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

/// `--shard 2/5`, from 1 as people count; or the index of a Kubernetes Indexed Job and `--shard /5`.
pub(super) fn shard(timing: &TimingArgs) -> Result<Shard, Error> {
    let Some(text) = timing.shard.as_deref() else { return Ok(Shard { index: 0, count: 1 }) };
    let refused = || {
        Error::usage(format!("--shard: `{text}` is no part of a run, as in 2/5"))
            .with_hint("/5 takes the index from JOB_COMPLETION_INDEX (Kubernetes) or SLURM_PROCID")
    };
    let Some((index, count)) = text.split_once('/') else { return Err(refused()) };
    let count: u64 = count.parse().map_err(|_| refused())?;
    let index: u64 = if index.is_empty() {
        let variables = ["JOB_COMPLETION_INDEX", "SLURM_PROCID"];
        let variable = variables.iter().find_map(|name| std::env::var(name).ok());
        variable.and_then(|text| text.parse().ok()).ok_or_else(refused)?
    } else {
        index.parse::<u64>().ok().and_then(|index| index.checked_sub(1)).ok_or_else(refused)?
    };
    if index < count { Ok(Shard { index, count }) } else { Err(refused()) }
}
