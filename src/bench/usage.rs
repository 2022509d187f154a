//! What this process itself uses of its machine.

/// CPU seconds since it started; `None` where the system does not say.
#[expect(clippy::cast_precision_loss, reason = "seconds of a run")]
pub(super) fn process_cpu() -> Option<f64> {
    clock(Clock::Process).map(|nanos| nanos as f64 / 1e9)
}

/// CPU nanoseconds of this thread; `None` where the system does not say.
pub(super) fn thread_cpu() -> Option<u64> {
    clock(Clock::Thread)
}

/// Nanoseconds for which this thread was ready and had no core, as far as the system says.
pub(super) fn thread_wait() -> u64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap_or_default();
    text.split_whitespace().nth(1).and_then(|nanos| nanos.parse().ok()).unwrap_or_default()
}

/// The most memory that it held, bytes.
pub(super) fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse::<u64>().ok().map(|kibibytes| kibibytes * 1024)
}

#[derive(Debug, Clone, Copy)]
enum Clock {
    Process,
    Thread,
}

#[cfg(any(target_os = "linux", target_vendor = "apple"))]
fn clock(of: Clock) -> Option<u64> {
    use rustix::time::{ClockId, clock_gettime};
    let time = clock_gettime(match of {
        Clock::Process => ClockId::ProcessCPUTime,
        Clock::Thread => ClockId::ThreadCPUTime,
    });
    let seconds = u64::try_from(time.tv_sec).ok()?;
    Some(seconds * 1_000_000_000 + u64::try_from(time.tv_nsec).ok()?)
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn clock(_of: Clock) -> Option<u64> {
    None
}
