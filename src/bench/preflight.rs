//! Before thousands of connections: are there descriptors and ports for them?

/// What a run needs, and what the system allows after we have raised what we may.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Resources {
    /// Open files allowed; `None` where that cannot be told.
    pub open_files: Option<u64>,
    /// Ports of the system's range for connections from one address to one peer.
    pub local_ports: Option<u64>,
}

/// Why a run cannot be carried out, and the command that mends it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}")]
pub struct Shortage {
    what: String,
    command: String,
}

/// Files that the process has open besides its connections.
const OTHER_FILES: u64 = 64;

impl Shortage {
    /// What to run.
    pub fn command(&self) -> &str {
        &self.command
    }
}

impl Resources {
    /// Raises the limit of open files as far as `connections` need and the system allows.
    pub fn prepare(connections: u64) -> Self {
        Self { open_files: raise_open_files(connections + OTHER_FILES), local_ports: local_ports() }
    }

    /// Whether they are enough for so many connections over so many pairs of a local address and a peer.
    pub fn check(self, connections: u64, pairs: u64) -> Result<(), Shortage> {
        let needed = connections + OTHER_FILES;
        if let Some(open_files) = self.open_files.filter(|open_files| *open_files < needed) {
            let what = format!("{connections} connections need {needed} open files, and {open_files} are allowed");
            return Err(Shortage { what, command: format!("sudo prlimit --pid $$ --nofile={needed}:{needed}") });
        }
        if let Some(ports) = self.local_ports.filter(|ports| ports * pairs < connections) {
            let what = format!(
                "{connections} connections need as many local ports, and there are {} ({ports} for each of {pairs} \
                 source addresses)",
                ports * pairs
            );
            let command = "sudo sysctl -w net.ipv4.ip_local_port_range='1024 65535'   (or give several --source-ip)";
            return Err(Shortage { what, command: command.into() });
        }
        Ok(())
    }
}

#[cfg(unix)]
#[expect(clippy::unnecessary_wraps, reason = "elsewhere it cannot be told")]
fn raise_open_files(needed: u64) -> Option<u64> {
    use rustix::process::{Resource, getrlimit, setrlimit};
    let mut limit = getrlimit(Resource::Nofile);
    if limit.current.is_some_and(|current| current < needed) {
        let mut raised = limit;
        raised.current = Some(limit.maximum.map_or(needed, |maximum| maximum.min(needed)));
        if setrlimit(Resource::Nofile, raised).is_ok() {
            limit = raised;
        }
        // Root may go beyond the hard limit.
        if limit.current.is_some_and(|current| current < needed) {
            let mut raised = limit;
            (raised.current, raised.maximum) = (Some(needed), Some(needed));
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

    #[test]
    fn a_shortage_names_the_command_that_mends_it() {
        let resources = Resources { open_files: Some(1024), local_ports: Some(28_232) };
        assert_eq!(resources.check(900, 1), Ok(()));
        let shortage = resources.check(5000, 1).unwrap_err();
        assert_eq!(shortage.to_string(), "5000 connections need 5064 open files, and 1024 are allowed");
        assert_eq!(shortage.command(), "sudo prlimit --pid $$ --nofile=5064:5064");
    }

    #[test]
    fn several_source_addresses_have_ports_of_their_own() {
        let resources = Resources { open_files: None, local_ports: Some(28_232) };
        assert!(resources.check(50_000, 1).unwrap_err().command().contains("ip_local_port_range"));
        assert_eq!(resources.check(50_000, 2), Ok(()));
    }
}
