//! What the system has to allow for many connections, and where the user reads it: in hints before a run, and in `docs/scale.md`.

/// Local ports with [`PORT_RANGE`], for each address of the broker or each of our own.
#[cfg(test)]
pub(super) const PORTS: u64 = 64_512;
/// Open files that a process may be allowed unless `fs.nr_open` says more.
pub(super) const NR_OPEN: u64 = 1_048_576;
/// As many local ports as there can be.
pub(super) const PORT_RANGE: &str = "sudo sysctl -w net.ipv4.ip_local_port_range='1024 65535'";

/// Allows this shell, and what it starts, so many open files.
pub(super) fn open_files(needed: u64) -> String {
    let limit = format!("sudo prlimit --pid $$ --nofile={needed}:{needed}");
    // No limit of a process may be above this one.
    if needed > NR_OPEN { format!("sudo sysctl -w fs.nr_open={needed} && {limit}") } else { limit }
}

/// The same for ports, with what gives more of them than that.
pub(super) fn ports() -> String {
    format!("{PORT_RANGE}   (or give several --source-ip)")
}
