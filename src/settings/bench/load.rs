//! When messages are published.

use std::sync::Arc;

use crate::bench::{Load, Rate, Trace};
use crate::cli::bench::LoadArgs;
use crate::error::Error;

pub(super) fn rate(flag: &str, text: &str) -> Result<Rate, Error> {
    text.parse().map_err(|error| Error::usage(format!("{flag}: {error}")))
}

pub(super) fn load(given: &LoadArgs, clients: u64) -> Result<Load, Error> {
    if given.unpaced {
        return Ok(Load::Unpaced { latency: given.latency });
    }
    if let Some(trace) = trace(given)? {
        // Its average; what is due when follows the trace.
        return Ok(Load::Even(Rate::of(trace.per_second())));
    }
    let rate = match (&given.rate, &given.rate_per_client) {
        (Some(text), _) => rate("--rate", text)?,
        (_, Some(text)) => rate("--rate-per-client", text)?.times(clients),
        // `-im 0` means "without a delay".
        _ if given.message_interval.is_zero() => return Ok(Load::Unpaced { latency: given.latency }),
        _ => match Rate::every(given.message_interval) {
            Some(rate) => rate.times(clients),
            None => return Err(Error::usage("--message-interval is too long")),
        },
    };
    Ok(if given.poisson { Load::Poisson(rate) } else { Load::Even(rate) })
}

/// The rates of `--rate-trace`.
pub(super) fn trace(given: &LoadArgs) -> Result<Option<Arc<Trace>>, Error> {
    let Some(path) = &given.rate_trace else { return Ok(None) };
    let invalid = |what: &dyn std::fmt::Display| Error::local(format!("--rate-trace: {}: {what}", path.display()));
    let text = std::fs::read_to_string(path).map_err(|error| invalid(&error))?;
    Trace::parse(&text).map(|trace| Some(Arc::new(trace))).map_err(|error| invalid(&error))
}

/// The number of messages that all clients together publish.
pub(super) fn limit(given: &LoadArgs, clients: u64) -> Option<u64> {
    given.limit.or_else(|| given.limit_per_client.map(|limit| limit.saturating_mul(clients)))
}
