use std::time::{Duration, Instant};

/// Seconds of the window, a bucket each.
const SECONDS: u64 = 10;

type Buckets = [(u32, u32); 10];

/// A sum over the last ten seconds, to the second.
#[derive(Debug, Clone)]
pub(super) struct Window {
    /// Messages and bytes of a second, at the second's number modulo ten.
    buckets: Buckets,
    /// The second of the newest bucket, counted from the clock's start.
    newest: u64,
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
    fn second(self, now: Instant) -> u64 {
        now.saturating_duration_since(self.0).as_secs()
    }

    /// The time that a window covers: its whole seconds but the present one, and what has passed of that.
    fn covered(self, now: Instant) -> Duration {
        let passed = now.saturating_duration_since(self.0);
        let whole = passed.as_secs().min(SECONDS - 1);
        // Right after the start a single message is not a thousand a second.
        (Duration::from_secs(whole) + Duration::from_nanos(passed.subsec_nanos().into())).max(Duration::from_secs(1))
    }
}

impl Window {
    pub(super) fn new() -> Self {
        Self { buckets: Buckets::default(), newest: 0 }
    }

    pub(super) fn push(&mut self, bytes: usize, clock: Clock, now: Instant) {
        let second = clock.second(now).max(self.newest);
        for empty in self.newest + 1..=second.min(self.newest + SECONDS) {
            *self.bucket(empty) = (0, 0);
        }
        if second > self.newest + SECONDS {
            self.buckets = Buckets::default();
        }
        self.newest = second;
        let (messages, sum) = self.bucket(second);
        *messages = messages.saturating_add(1);
        *sum = sum.saturating_add(u32::try_from(bytes).unwrap_or(u32::MAX));
    }

    pub(super) fn rate(&self, clock: Clock, now: Instant) -> Rate {
        let second = clock.second(now);
        let first = (second + 1).saturating_sub(SECONDS);
        let (mut messages, mut bytes) = (0.0, 0.0);
        for covered in first..=second.min(self.newest) {
            // A bucket of an earlier round has the same place: only the last ten up to the newest are of this one.
            if covered + SECONDS > self.newest {
                let (count, sum) = self.buckets[place(covered)];
                messages += f64::from(count);
                bytes += f64::from(sum);
            }
        }
        let seconds = clock.covered(now).as_secs_f64();
        Rate { messages: messages / seconds, bytes: bytes / seconds }
    }

    fn bucket(&mut self, second: u64) -> &mut (u32, u32) {
        &mut self.buckets[place(second)]
    }
}

fn place(second: u64) -> usize {
    (second % SECONDS) as usize
}
