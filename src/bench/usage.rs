//! What this process itself uses of its machine.

/// CPU seconds since it started.
#[cfg(target_os = "linux")]
#[expect(clippy::cast_precision_loss, reason = "seconds of a run")]
pub(super) fn process_cpu() -> f64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    time.tv_sec as f64 + time.tv_nsec as f64 / 1e9
}

#[cfg(not(target_os = "linux"))]
pub(super) fn process_cpu() -> f64 {
    0.0
}

/// The most memory that it held, bytes.
pub(super) fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}
