//! When each message of a recording is due.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep_until};

use crate::settings::Speed;

/// A little more than tokio's timer can be late: its resolution is a millisecond.
const COARSE: Duration = Duration::from_millis(2);

/// Keeps the recorded time between messages.
#[derive(Debug)]
pub(super) struct Schedule {
    /// Recorded seconds per second; `None` without pauses.
    factor: Option<f64>,
    /// A recorded time, and the time at which it is played.
    anchor: Option<(Timestamp, Instant)>,
    last: Option<Timestamp>,
}

impl Schedule {
    pub(super) fn new(speed: Speed) -> Self {
        let factor = match speed {
            Speed::Times(factor) => Some(factor),
            Speed::Maximum => None,
        };
        Self { factor, anchor: None, last: None }
    }

    /// Waits until a message is due. A message without a time, or a late one, is due at once.
    pub(super) async fn wait(&mut self, at: Option<Timestamp>) {
        let Some(due) = at.and_then(|at| self.due(at, Instant::now())) else { return };
        if let Some(coarse) = due.checked_sub(COARSE)
            && coarse > Instant::now()
        {
            sleep_until(coarse).await;
        }
        if due > Instant::now() {
            // Let the client write the messages that it has.
            tokio::task::yield_now().await;
            // Blocks the thread: more precise than tokio's timer, and too short to delay anything else.
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
    }

    /// Where time goes back, for example between two rounds, counting restarts there.
    fn due(&mut self, at: Timestamp, now: Instant) -> Option<Instant> {
        let factor = self.factor?;
        let goes_back = self.last.is_some_and(|last| at < last);
        self.last = Some(at);
        match self.anchor {
            Some((start, begin)) if !goes_back => {
                let recorded = Duration::try_from(at.duration_since(start)).unwrap_or_default();
                let played = Duration::try_from_secs_f64(recorded.as_secs_f64() / factor).unwrap_or(Duration::MAX);
                begin.checked_add(played)
            }
            _ => {
                self.anchor = Some((at, now));
                Some(now)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn dues(speed: Speed, milliseconds: &[i64]) -> Vec<Option<u128>> {
        let mut schedule = Schedule::new(speed);
        let now = Instant::now();
        let times = milliseconds.iter().map(|time| Timestamp::from_millisecond(*time).unwrap());
        times.map(|at| schedule.due(at, now).map(|due| (due - now).as_millis())).collect()
    }

    #[test]
    fn pauses_are_those_of_the_recording_divided_by_the_speed() {
        assert_eq!(dues(Speed::Times(1.0), &[5000, 5100, 6000]), [Some(0), Some(100), Some(1000)]);
        assert_eq!(dues(Speed::Times(2.0), &[5000, 5100, 6000]), [Some(0), Some(50), Some(500)]);
        assert_eq!(dues(Speed::Times(0.5), &[5000, 5100]), [Some(0), Some(200)]);
        assert_eq!(dues(Speed::Maximum, &[5000, 9000]), [None, None]);
    }

    #[test]
    fn a_step_back_begins_anew() {
        assert_eq!(dues(Speed::Times(1.0), &[5000, 9000, 1000, 1500]), [Some(0), Some(4000), Some(0), Some(500)]);
    }
}
