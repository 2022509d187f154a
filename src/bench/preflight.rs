//! Before thousands of connections: are there descriptors and ports for them?

use super::advice;

/// What a run needs, and what the system allows after we have raised what we may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Resources {
    /// Open files allowed; `None` if unknown.
    pub open_files: Option<u64>,
    /// Ports of the system's range for connections from one address to one peer.
    pub local_ports: Option<u64>,
}

/// Why a run is not possible, and the command that fixes it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub(crate) struct Shortage {
    what: String,
    command: String,
}

/// What a run takes from the system.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Demand {
    /// Connections at a time.
    pub connections: u64,
    /// Threads, each with descriptors of its runtime and its timer.
    pub workers: u64,
    /// The broker is in this process, and has the other end of each connection.
    pub broker_inside: bool,
    /// What a local port is taken once for.
    pub ports_for_each: PortsForEach,
    /// How many of these there are.
    pub port_ranges: u64,
}

/// What a local port is taken once for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum PortsForEach {
    /// The system chooses when it knows the peer.
    Broker,
    /// A port that is bound beforehand is taken for all peers.
    SourceAddress,
}

/// Files that the process has open besides its connections and its workers.
const OTHER_FILES: u64 = 32;
/// Files of a worker: four of its runtime, one of its timer, and some for the names that it looks up.
const FILES_OF_A_WORKER: u64 = 8;

impl Shortage {
    /// What to run.
    pub(crate) fn command(&self) -> &str {
        &self.command
    }
}

impl Demand {
    fn open_files(self) -> u64 {
        let ends = if self.broker_inside { 2 } else { 1 };
        let others = self.workers.saturating_mul(FILES_OF_A_WORKER).saturating_add(OTHER_FILES);
        self.connections.saturating_mul(ends).saturating_add(others)
    }
}

impl Resources {
    /// Raises the limit of open files as far as needed and as the system allows.
    pub(crate) fn prepare(demand: Demand) -> Self {
        Self { open_files: raise_open_files(demand.open_files()), local_ports: local_ports() }
    }

    /// Whether they are enough.
    pub(crate) fn check(self, demand: Demand) -> Result<(), Shortage> {
        let Demand { connections, port_ranges, .. } = demand;
        let needed = demand.open_files();
        if let Some(open_files) = self.open_files.filter(|open_files| *open_files < needed) {
            let what = format!("{connections} connections need {needed} open files, but only {open_files} are allowed");
            return Err(Shortage { what, command: advice::open_files(needed) });
        }
        if let Some(ports) = self.local_ports.filter(|ports| ports.saturating_mul(port_ranges) < connections) {
            let of_each = match demand.ports_for_each {
                PortsForEach::Broker => "broker",
                PortsForEach::SourceAddress => "--source-ip",
            };
            let what = format!(
                "{connections} connections need as many local ports, but there are only {} ({ports} for each {of_each})",
                ports.saturating_mul(port_ranges)
            );
            return Err(Shortage { what, command: advice::ports() });
        }
        Ok(())
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it is unknown")]
fn raise_open_files(needed: u64) -> Option<u64> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    let is_short = |current: Option<u64>| current.is_some_and(|current| current < needed);
    if is_short(limit.current) {
        // All of what is allowed, which costs nothing and covers what cannot be foreseen.
        let raised = rustix::process::Rlimit { current: limit.maximum, ..limit };
        if setrlimit(Resource::Nofile, raised).is_ok() {
            limit = raised;
        }
        // Root may go beyond the hard limit. macOS refuses "unlimited".
        if is_short(limit.current) {
            let maximum = limit.maximum.map(|maximum| maximum.max(needed));
            let raised = rustix::process::Rlimit { current: Some(needed), maximum };
            if setrlimit(Resource::Nofile, raised).is_ok() {
                limit = raised;
            }
        }
    }
    Some(limit.current.unwrap_or(u64::MAX))
}

#[cfg(not(unix))]
fn raise_open_files(_needed: u64) -> Option<u64> {
    None
}

fn local_ports() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/sys/net/ipv4/ip_local_port_range").ok()?;
    let mut numbers = text.split_whitespace().map(|number| number.parse::<u64>().ok());
    let (low, high) = (numbers.next()??, numbers.next()??);
    (low <= high).then(|| high - low + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn demand(connections: u64) -> Demand {
        Demand { connections, workers: 2, broker_inside: false, ports_for_each: PortsForEach::Broker, port_ranges: 1 }
    }

    #[test]
    fn a_shortage_names_the_command_that_mends_it() {
        let resources = Resources { open_files: Some(1024), local_ports: Some(28_232) };
        assert_eq!(resources.check(demand(900)), Ok(()));
        let shortage = resources.check(demand(5000)).unwrap_err();
        assert_eq!(shortage.to_string(), "5000 connections need 5048 open files, but only 1024 are allowed");
        assert_eq!(shortage.command(), "sudo prlimit --pid $$ --nofile=5048:5048");
        let many = resources.check(demand(2_000_000)).unwrap_err();
        assert!(many.command().starts_with("sudo sysctl -w fs.nr_open=2000048 && sudo prlimit"), "{many:?}");
    }

    #[test]
    fn workers_and_a_broker_inside_have_files_too() {
        let sixteen = Demand { workers: 16, ..demand(10_000) };
        // A runtime has four and the timer is a fifth, besides what the process has.
        assert!(sixteen.open_files() >= 10_000 + 16 * 5 + 9);
        assert!(Demand { broker_inside: true, ..sixteen }.open_files() >= 20_000);
        assert_eq!(demand(u64::MAX).open_files(), u64::MAX);
    }

    #[test]
    fn several_source_addresses_have_ports_of_their_own() {
        let resources = Resources { open_files: None, local_ports: Some(28_232) };
        let shortage = resources.check(demand(50_000)).unwrap_err();
        assert!(shortage.command().contains("ip_local_port_range"));
        assert!(shortage.to_string().contains("28232 for each broker"), "{shortage}");
        let bound = Demand { ports_for_each: PortsForEach::SourceAddress, ..demand(50_000) };
        assert!(resources.check(bound).unwrap_err().to_string().contains("for each --source-ip"));
        assert_eq!(resources.check(Demand { port_ranges: 2, ..bound }), Ok(()));
    }
}
