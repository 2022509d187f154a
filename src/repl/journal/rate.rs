use std::time::{Duration, Instant};

/// Seconds of the window, a bucket each.
const SECONDS: u32 = 10;

/// Messages and bytes of each second, at the second's number modulo ten. A hundred thousand topics have a window each, so
/// that most of them, whose numbers are small, have it in less than half the memory.
#[derive(Debug, Clone)]
enum Buckets {
    Small([(u16, u16); 10]),
    Large(Box<[(u32, u32); 10]>),
}

/// A sum over the last ten seconds, to the second.
#[derive(Debug, Clone)]
pub(super) struct Window {
    buckets: Buckets,
    /// The second of the newest bucket, counted from the clock's start.
    newest: u32,
}

/// How much came, a second.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(crate) struct Rate {
    /// Messages a second.
    pub messages: f64,
    /// Bytes of payload a second.
    pub bytes: f64,
}

/// Where the seconds of all windows are counted from.
#[derive(Debug, Clone, Copy)]
pub(super) struct Clock(pub(super) Instant);

impl Clock {
    fn second(self, now: Instant) -> u32 {
        u32::try_from(now.saturating_duration_since(self.0).as_secs()).unwrap_or(u32::MAX)
    }

    /// The time that a window covers: its whole seconds but the present one, and what has passed of that.
    fn covered(self, now: Instant) -> Duration {
        let passed = now.saturating_duration_since(self.0);
        let whole = passed.as_secs().min(u64::from(SECONDS) - 1);
        // Right after the start a single message is not a thousand a second.
        (Duration::from_secs(whole) + Duration::from_nanos(passed.subsec_nanos().into())).max(Duration::from_secs(1))
    }
}

impl Window {
    pub(super) fn new() -> Self {
        Self { buckets: Buckets::EMPTY, newest: 0 }
    }

    pub(super) fn push(&mut self, bytes: usize, clock: Clock, now: Instant) {
        let second = clock.second(now).max(self.newest);
        if second - self.newest >= SECONDS {
            self.buckets = Buckets::EMPTY;
        } else {
            (self.newest + 1..=second).for_each(|empty| self.buckets.set(empty, (0, 0)));
        }
        self.newest = second;
        let (messages, sum) = self.buckets.get(second);
        let bytes = u32::try_from(bytes).unwrap_or(u32::MAX);
        self.buckets.set(second, (messages.saturating_add(1), sum.saturating_add(bytes)));
    }

    pub(super) fn rate(&self, clock: Clock, now: Instant) -> Rate {
        let second = clock.second(now);
        let first = (second + 1).saturating_sub(SECONDS);
        let (mut messages, mut bytes) = (0.0, 0.0);
        for covered in first..=second.min(self.newest) {
            // A bucket of an earlier round has the same place: only the last ten up to the newest are of this one.
            if covered.saturating_add(SECONDS) > self.newest {
                let (count, sum) = self.buckets.get(covered);
                messages += f64::from(count);
                bytes += f64::from(sum);
            }
        }
        let seconds = clock.covered(now).as_secs_f64();
        Rate { messages: messages / seconds, bytes: bytes / seconds }
    }
}

impl Buckets {
    const EMPTY: Self = Self::Small([(0, 0); 10]);

    fn get(&self, second: u32) -> (u32, u32) {
        match self {
            Self::Small(buckets) => {
                let (messages, bytes) = buckets[place(second)];
                (messages.into(), bytes.into())
            }
            Self::Large(buckets) => buckets[place(second)],
        }
    }

    fn set(&mut self, second: u32, (messages, bytes): (u32, u32)) {
        match self {
            Self::Large(buckets) => buckets[place(second)] = (messages, bytes),
            Self::Small(buckets) => {
                if let (Ok(messages), Ok(bytes)) = (messages.try_into(), bytes.try_into()) {
                    buckets[place(second)] = (messages, bytes);
                    return;
                }
                let mut large = Box::new(buckets.map(|(messages, bytes)| (messages.into(), bytes.into())));
                large[place(second)] = (messages, bytes);
                *self = Self::Large(large);
            }
        }
    }
}

fn place(second: u32) -> usize {
    (second % SECONDS) as usize
}
