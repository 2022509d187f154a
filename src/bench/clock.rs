use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Times of a run: nanoseconds since its beginning, read from the monotonic clock and set once against Unix time.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock {
    begin: Instant,
    unix: u64,
    name: u32,
}

impl Clock {
    /// Begins now.
    pub(super) fn start() -> Self {
        let unix = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self { begin: Instant::now(), unix: nanos(unix), name: clock_name() }
    }

    /// Nanoseconds since the beginning.
    pub(super) fn now(&self) -> u64 {
        self.at(Instant::now())
    }

    /// The time of an instant.
    pub(super) fn at(&self, instant: Instant) -> u64 {
        nanos(instant.saturating_duration_since(self.begin))
    }

    /// The instant of a time.
    pub(super) fn instant(&self, time: u64) -> Instant {
        self.begin + Duration::from_nanos(time)
    }

    /// The Unix time of a time.
    pub(super) fn unix(&self, time: u64) -> u64 {
        self.unix.saturating_add(time)
    }

    /// The time of a Unix time; 0 for what lies before the beginning.
    pub(super) fn of_unix(&self, unix: u64) -> u64 {
        unix.saturating_sub(self.unix)
    }

    /// Equal in all processes of this machine since it started, containers included, and hardly anywhere else.
    pub(super) fn name(&self) -> u32 {
        self.name
    }
}

/// A duration in nanoseconds, up to 584 years.
pub(super) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

fn clock_name() -> u32 {
    // Elsewhere than on Linux nothing says it without asking for more: a random name trusts no other process.
    let Ok(boot) = std::fs::read_to_string("/proc/sys/kernel/random/boot_id") else { return fastrand::u32(..) };
    // FNV-1a.
    boot.bytes().fold(0x811c_9dc5, |hash, byte| (hash ^ u32::from(byte)).wrapping_mul(0x0100_0193))
}
