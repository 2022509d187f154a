use std::time::Duration;

/// How long to wait before a broker is dialled again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// The first delay; each further one is twice as long. Zero: never.
    pub first_delay: Duration,
    /// The longest delay.
    pub maximum_delay: Duration,
    /// Attempts in a row before giving up. Zero: never.
    pub maximum_attempts: u32,
}

impl Backoff {
    /// How long to wait before an attempt, counted from 1; `None` when it is to be given up.
    ///
    /// The delay doubles and then loses up to half of itself by `chance`, 0 to 1, so that thousands of clients that
    /// lost the same broker do not return in one instant.
    pub fn delay_before(&self, attempt: u32, chance: f64) -> Option<Duration> {
        if self.first_delay.is_zero() || attempt > self.maximum_attempts {
            return None;
        }
        let doublings = attempt.saturating_sub(1).min(31);
        let full = self.first_delay.saturating_mul(1 << doublings).min(self.maximum_delay.max(self.first_delay));
        Some(full.mul_f64(1.0 - chance.clamp(0.0, 1.0) / 2.0))
    }
}
