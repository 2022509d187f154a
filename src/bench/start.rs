//! From a scenario to its report: checks the machine, resolves addresses, and hands over to the conductor.

use std::sync::Arc;

use super::conductor::Conductor;
use super::plan::Plan;
use super::preflight::{Demand, PortsForEach, Resources};
use super::run::{Observer, RunError, RunOptions};
use super::{Group, Report, Scenario};
use crate::transport::Address;

/// Runs a scenario to its end. `interrupt` says when the user wants it to end; the second time at once.
///
/// # Errors
///
/// What keeps it from beginning. Once it has begun there is always a report.
pub(crate) async fn run(
    scenario: Scenario,
    options: &RunOptions,
    observer: &mut dyn Observer,
    mut interrupt: impl AsyncFnMut() -> u8,
) -> Result<(Report, Option<u8>), RunError> {
    let demand = demand(&scenario, options);
    let resources = Resources::prepare(demand);
    let has_ports = scenario.endpoints.iter().all(|endpoint| matches!(endpoint.address, Address::Host { .. }));
    Resources { local_ports: resources.local_ports.filter(|_| has_ports), ..resources }.check(demand)?;
    let mut resolved = Vec::new();
    for (number, dialer) in scenario.dialers.iter().enumerate() {
        let mut of_dialer = Vec::new();
        for (place, endpoint) in scenario.endpoints.iter().enumerate() {
            let reaches =
                |group: &Group| group.way == number / scenario.sources.max(1) && group.endpoints.contains(&place);
            let is_reached = scenario.groups.iter().any(reaches);
            let looked_up = if is_reached { Some(dialer.resolve(endpoint).await) } else { None };
            of_dialer.push(looked_up.transpose().map_err(|error| RunError::Dial(Box::new(error)))?.map(Arc::new));
        }
        resolved.push(of_dialer);
    }
    let plan = Arc::new(Plan::new(scenario, resolved, options.taps.clone())?);
    let mut conductor = Conductor::start(plan, resources, options)?;
    let signal = conductor.conduct(observer, &mut interrupt).await;
    let report = conductor.report(observer, &mut interrupt).await;
    Ok((report, signal))
}

fn demand(scenario: &Scenario, options: &RunOptions) -> Demand {
    let connections = scenario.own_clients();
    // A port that is bound before the peer is known is taken for all of them.
    let is_bound = scenario.dialers.iter().any(|dialer| dialer.bind_address.is_some());
    let (ports_for_each, port_ranges) = if is_bound {
        (PortsForEach::SourceAddress, scenario.sources)
    } else {
        (PortsForEach::Broker, scenario.endpoints.len())
    };
    Demand {
        connections,
        workers: (scenario.workers as u64).min(connections),
        broker_inside: options.broker_inside,
        ports_for_each,
        port_ranges: port_ranges as u64,
    }
}
