use std::time::Duration;

use crate::transport::Backoff;

/// When a lost connection is tried again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reconnect {
    /// The first delay; each further one is twice as long. Zero: never reconnect.
    pub first_delay: Duration,
    /// The longest delay.
    pub maximum_delay: Duration,
    /// Attempts in a row before giving up. Zero: never reconnect.
    pub maximum_attempts: u32,
    /// A connection that lasted this long ends the outage, like one on which the broker has acknowledged something or
    /// delivered a message: the next loss counts attempts from 1 again. After any other, counting continues.
    pub stable_after: Duration,
    /// Whether the very first connect is tried again too; if not, a script learns at once that nothing is listening.
    pub also_first: bool,
    /// How often in a row a broker's Server Reference is followed. Zero: never.
    pub maximum_redirects: u32,
}

/// The session is not kept for longer outages.
const LONGEST_OUTAGE: Duration = Duration::from_hours(24);

fn as_whole_seconds(time: Duration) -> u32 {
    u32::try_from(time.as_secs() + 1).unwrap_or(u32::MAX)
}

impl Default for Reconnect {
    fn default() -> Self {
        Self {
            first_delay: Duration::from_secs(1),
            maximum_delay: Duration::from_secs(30),
            maximum_attempts: 10,
            stable_after: Duration::from_secs(10),
            also_first: false,
            maximum_redirects: 0,
        }
    }
}

impl Reconnect {
    /// Never: the first loss ends the client.
    pub fn off() -> Self {
        Self { maximum_attempts: 0, ..Self::default() }
    }

    /// How long to wait before an attempt, counted from 1; `None` when it is to be given up.
    pub fn delay_before(&self, attempt: u32, chance: f64) -> Option<Duration> {
        self.backoff().delay_before(attempt, chance)
    }

    /// The longest that an outage can take until it is over or given up, in whole seconds, with a margin: the
    /// broker may notice it up to one and a half `keep_alive` (seconds) before we do. At most a day, as a session that
    /// is never resumed should not be kept forever.
    pub fn longest_outage(&self, attempt_timeout: Duration, keep_alive: u16) -> u32 {
        let mut outage = Duration::from_secs(u64::from(keep_alive) * 2);
        for attempt in 1..=self.maximum_attempts {
            let delay = self.delay_before(attempt, 0.0).unwrap_or_default();
            outage = outage.saturating_add(delay).saturating_add(attempt_timeout);
            if outage >= LONGEST_OUTAGE {
                return as_whole_seconds(LONGEST_OUTAGE);
            }
        }
        as_whole_seconds(outage)
    }

    /// The rule of its delays.
    pub fn backoff(&self) -> Backoff {
        let Self { first_delay, maximum_delay, maximum_attempts, .. } = *self;
        Backoff { first_delay, maximum_delay, maximum_attempts }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy(first_delay: u64, maximum_attempts: u32) -> Reconnect {
        Reconnect { first_delay: Duration::from_millis(first_delay), maximum_attempts, ..Reconnect::default() }
    }

    #[test]
    fn the_delay_doubles_up_to_the_maximum_until_it_is_given_up() {
        let delays: Vec<_> = (1..=8).map(|attempt| policy(1000, 7).delay_before(attempt, 0.0)).collect();
        let seconds = [Some(1), Some(2), Some(4), Some(8), Some(16), Some(30), Some(30), None];
        assert_eq!(delays, seconds.map(|seconds| seconds.map(Duration::from_secs)));
    }

    #[test]
    fn an_outage_takes_all_delays_and_all_attempts() {
        // 1 + 2 + 4 s of delays, 3 attempts of 10 s, and 2 * 30 s.
        assert_eq!(policy(1000, 3).longest_outage(Duration::from_secs(10), 30), 7 + 30 + 60 + 1);
        assert_eq!(policy(1000, u32::MAX).longest_outage(Duration::from_secs(10), 30), 86_401);
        assert_eq!(policy(1000, 3).longest_outage(Duration::MAX, u16::MAX), 86_401);
    }

    #[test]
    fn chance_takes_up_to_half() {
        assert_eq!(policy(1000, 3).delay_before(2, 0.5), Some(Duration::from_millis(1500)));
        assert_eq!(policy(1000, 3).delay_before(2, 1.0), Some(Duration::from_secs(1)));
    }

    #[test]
    fn no_period_or_no_times_is_never() {
        assert_eq!(policy(0, 10).delay_before(1, 0.0), None);
        assert_eq!(policy(1000, 0).delay_before(1, 0.0), None);
    }

    #[test]
    fn a_period_over_the_maximum_holds_and_large_counts_do_not_overflow() {
        assert_eq!(policy(60_000, 1).delay_before(1, 0.0), Some(Duration::from_mins(1)));
        assert_eq!(policy(1, u32::MAX).delay_before(u32::MAX, 0.0), Some(Duration::from_secs(30)));
    }
}
