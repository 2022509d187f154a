//! What a load takes of the machines that generate it: figures to plan with, from what `benches/generator_cost.sh`
//! measures. `docs/scale.md` and `bench manifest` calculate with them.

use super::plan::{ClientNumber, Plan};
use super::{Load, Role, Scenario};
use crate::payload::placeholder::Drawer;

/// Bytes of a process without connections.
pub(crate) const PROCESS: u64 = 16_000_000;
/// Bytes of our own for a connection that waits.
pub(crate) const IDLE: u64 = 1_500;
/// Bytes of our own for a connection that publishes now and then.
pub(crate) const PUBLISHER: u64 = 4_400;
/// Bytes of our own for a connection over TLS, besides.
pub(crate) const TLS: u64 = 9_700;
/// Bytes of the kernel for a connection; buffers of what is on its way come on top.
pub(crate) const KERNEL: u64 = 4_100;
/// Bytes for each second of a run and worker, of the plots over time.
const SECOND: u64 = 16_000;
/// Bytes of a worker's histograms and buffers.
const WORKER: u64 = 3_000_000;
/// CPU nanoseconds of a connect.
pub(crate) const CONNECT: u64 = 55_000;
/// CPU nanoseconds of a TLS handshake, besides.
pub(crate) const HANDSHAKE: u64 = 215_000;
/// CPU nanoseconds of a message that goes out alone and is acknowledged alone, kernel included; those that gather cost a
/// twentieth.
pub(crate) const MESSAGE: u64 = 45_000;
/// CPU nanoseconds of a message that comes in alone.
pub(crate) const DELIVERY: u64 = 17_000;
/// How much of a core is planned: what is fuller measures itself.
const FULL: f64 = 0.5;

/// What one machine, or one part of a run, takes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Takes {
    /// Connections that it has.
    pub connections: u64,
    /// Messages a second that it sends; `None`: as many as it can.
    pub sends: Option<f64>,
    /// Messages a second that it receives.
    pub receives: f64,
    /// Bytes, those of the kernel included.
    pub memory: u64,
    /// Cores.
    pub cores: u64,
    /// Seconds that connecting takes, where that is paced.
    pub ramp: f64,
    /// Seconds that the run takes behind that; `None` where it ends when everything is sent.
    pub lasts: Option<f64>,
}

impl Takes {
    /// What each of so many parts of a scenario takes.
    #[expect(clippy::cast_precision_loss, reason = "for planning")]
    pub(crate) fn of_part(scenario: &Scenario, parts: u64) -> Self {
        let share = |all: u64| all.div_ceil(parts);
        // Flows of one group are of the same clients.
        let mut of_groups: Vec<_> = scenario
            .groups
            .iter()
            .enumerate()
            .filter(|(_, group)| matches!(group.role, Role::Publish(_)))
            .map(|(place, group)| (group.flow_of.unwrap_or(place), group.clients))
            .collect();
        of_groups.dedup_by_key(|(place, _)| *place);
        let publishers: u64 = of_groups.iter().map(|(_, clients)| clients).sum();
        let (connections, publishers) = (share(scenario.clients()), share(publishers));
        let is_secured = scenario.endpoints.iter().any(|endpoint| endpoint.protocol.is_secure());
        let sends = if scenario.publishes() { scenario.planned_per_second() } else { Some(0.0) };
        // In the phase in which they do most.
        let peak = scenario.phases.iter().flat_map(|phase| &phase.acts).map(|act| act.from.max(act.to));
        let peak = peak.fold(1.0, f64::max) / parts as f64;
        let (sends, receives) = (sends.map(|all| all * peak), deliveries(scenario) * peak);
        let interval = scenario.connect_interval.as_secs_f64();
        let connects = if interval > 0.0 { 1.0 / interval / parts as f64 } else { 0.0 };
        let connect = CONNECT + if is_secured { HANDSHAKE } else { 0 };
        let running = sends.unwrap_or_default() * MESSAGE as f64 + receives * DELIVERY as f64;
        let busy = running.max(connects * connect as f64) / 1e9;
        let cores = (busy / FULL).ceil().max(if sends.is_none() { 2.0 } else { 1.0 });
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "far below 2^64, not negative")]
        let cores = cores as u64;
        let elapsed: Option<f64> =
            scenario.phases.iter().map(|phase| phase.until.elapsed.map(|elapsed| elapsed.as_secs_f64())).sum();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a run")]
        let seconds = elapsed.unwrap_or(3600.0).min(1e6) as u64;
        let each = IDLE + KERNEL + if is_secured { TLS } else { 0 };
        let memory =
            PROCESS + connections * each + publishers * (PUBLISHER - IDLE) + cores * (WORKER + seconds * SECOND);
        let ramp = interval * scenario.clients() as f64;
        Self { connections, sends, receives, memory, cores, ramp, lasts: elapsed }
    }
}

/// Messages a second that come to the scenario's own subscribers, in the phase in which most of them listen.
fn deliveries(scenario: &Scenario) -> f64 {
    let Ok(plan) = Plan::new(scenario.clone(), Vec::new(), None) else { return 0.0 };
    let mut drawer = Drawer::seeded(0);
    let mut sum = 0.0;
    for (group, settings) in scenario.groups.iter().enumerate() {
        let Role::Publish(publish) = &settings.role else { continue };
        let (Load::Even(rate) | Load::Poisson(rate)) = publish.load else { continue };
        let Ok(topic) = plan.topic(ClientNumber { group, number: 0 }, 0, &mut drawer) else { continue };
        let fan_out = (0..scenario.phases.len()).map(|phase| plan.fan_out(phase, &topic).now).max();
        sum += rate.per_second() * f64::from(fan_out.unwrap_or_default());
    }
    sum
}
