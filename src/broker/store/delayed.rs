use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use super::limits::{Full, Limits, Usage};
use crate::mqtt::{Delay, MAXIMUM_DELAY_SECONDS};

/// How far the clocks may drift apart before the system's time of day is read again.
const DRIFT: Duration = Duration::from_millis(500);

/// Messages that wait for their time: those to `$delayed/{seconds}/{topic}`.
///
/// Messages that are due together leave in the order in which they came.
#[derive(Debug)]
pub(crate) struct Delayed<T> {
    /// By due time and order of coming, with their sizes.
    waiting: BTreeMap<(Instant, u64), (T, usize)>,
    came: u64,
    usage: Usage,
    /// An instant and the time since 1970 then. Taken once, as two readings of two clocks for two messages would
    /// differ by nanoseconds, and messages to the same second would change places.
    anchor: Option<(Instant, Duration)>,
}

impl<T> Delayed<T> {
    pub(crate) fn new(limits: Limits) -> Self {
        Self { waiting: BTreeMap::new(), came: 0, usage: Usage::new(limits), anchor: None }
    }

    /// How many wait.
    pub(crate) fn count(&self) -> usize {
        self.usage.messages()
    }

    /// The sum of the `bytes` of all.
    pub(crate) fn bytes(&self) -> usize {
        self.usage.bytes()
    }

    /// When a message is due that comes `now`, `since_1970` by the time of day; now, if its time is over, as EMQX has it.
    /// `None`: the time is more than [`MAXIMUM_DELAY_SECONDS`] away.
    pub(crate) fn due(&mut self, delay: Delay, now: Instant, since_1970: Duration) -> Option<Instant> {
        let time = match delay {
            Delay::After(seconds) => return now.checked_add(Duration::from_secs(seconds.into())),
            Delay::At(time) => Duration::from_secs(time),
        };
        if time > since_1970.saturating_add(Duration::from_secs(MAXIMUM_DELAY_SECONDS.into())) {
            return None;
        }
        let anchor = self.anchor.filter(|(then, time_then)| {
            let expected = time_then.saturating_add(now.saturating_duration_since(*then));
            expected.abs_diff(since_1970) <= DRIFT
        });
        let (then, time_then) = *self.anchor.insert(anchor.unwrap_or((now, since_1970)));
        Some(then.checked_add(time.saturating_sub(time_then)).unwrap_or(now).max(now))
    }

    /// Keeps a message until it is due.
    ///
    /// # Errors
    ///
    /// A limit is reached; those that wait stay.
    pub(crate) fn push(&mut self, due: Instant, message: T, bytes: usize) -> Result<(), Full> {
        self.usage.add(bytes, None)?;
        self.came += 1;
        self.waiting.insert((due, self.came), (message, bytes));
        Ok(())
    }

    /// When the next one is due.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        self.waiting.first_key_value().map(|((due, _), _)| *due)
    }

    /// Takes a message that is due. Called until there is none.
    pub(crate) fn pop_due(&mut self, now: Instant) -> Option<T> {
        let first = self.waiting.first_entry().filter(|first| first.key().0 <= now)?;
        let (message, bytes) = first.remove();
        self.usage.take(bytes);
        Some(message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMITS: Limits = Limits { messages: 1000, bytes: 1000 };
    const TODAY: Duration = Duration::from_secs(1_900_000_000);

    fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn due(delayed: &mut Delayed<u32>, now: Instant) -> Vec<u32> {
        std::iter::from_fn(|| delayed.pop_due(now)).collect()
    }

    #[test]
    fn messages_leave_when_they_are_due_in_the_order_they_came() {
        let (mut delayed, start) = (Delayed::new(LIMITS), Instant::now());
        for (message, after) in [(1, 5), (2, 3), (3, 5), (4, 3), (5, 0)] {
            let at = delayed.due(Delay::After(after), start, TODAY).unwrap();
            delayed.push(at, message, 1).unwrap();
        }
        assert_eq!(delayed.poll_timeout(), Some(start));
        assert_eq!(due(&mut delayed, start), [5]);
        assert_eq!(delayed.poll_timeout(), Some(start + seconds(3)));
        assert_eq!(due(&mut delayed, start + seconds(2)), [0; 0]);
        assert_eq!(due(&mut delayed, start + seconds(7)), [2, 4, 1, 3]);
        assert_eq!((delayed.poll_timeout(), delayed.count(), delayed.bytes()), (None, 0, 0));
    }

    #[test]
    fn messages_to_the_same_second_keep_their_order_however_the_clocks_are_read() {
        let (mut delayed, start) = (Delayed::new(LIMITS), Instant::now());
        for message in 0..100 {
            // Later, and read with another delay between the two clocks.
            let (at, jitter) = (Duration::from_micros(u64::from(message) * 10), u64::from(message * 7919 % 100));
            let since_1970 = (TODAY + at).saturating_sub(Duration::from_micros(jitter));
            let at = delayed.due(Delay::At(TODAY.as_secs() + 2), start + at, since_1970).unwrap();
            delayed.push(at, message, 1).unwrap();
        }
        assert_eq!(due(&mut delayed, start + seconds(2)), (0..100).collect::<Vec<_>>());
    }

    #[test]
    fn a_time_of_day_that_was_set_counts_from_then_on() {
        let (mut delayed, start) = (Delayed::<u32>::new(LIMITS), Instant::now());
        let at = Delay::At(TODAY.as_secs() + 10);
        assert_eq!(delayed.due(at, start, TODAY), Some(start + seconds(10)));
        assert_eq!(delayed.due(at, start + seconds(1), TODAY + seconds(1)), Some(start + seconds(10)));
        assert_eq!(delayed.due(at, start + seconds(1), TODAY + seconds(6)), Some(start + seconds(5)));
        assert_eq!(delayed.due(at, start + seconds(2), TODAY), Some(start + seconds(12)));
    }

    #[test]
    fn a_time_that_is_over_is_now_and_one_too_far_away_is_none() {
        let (mut delayed, now) = (Delayed::<u32>::new(LIMITS), Instant::now());
        assert_eq!(delayed.due(Delay::At(TODAY.as_secs() - 1), now, TODAY), Some(now));
        let latest = TODAY.as_secs() + u64::from(MAXIMUM_DELAY_SECONDS);
        assert_eq!(delayed.due(Delay::At(latest), now, TODAY), Some(now + seconds(MAXIMUM_DELAY_SECONDS.into())));
        assert_eq!(delayed.due(Delay::At(latest + 1), now, TODAY), None);
        assert_eq!(delayed.due(Delay::At(u64::MAX), now, TODAY), None);
    }

    #[test]
    fn limits_hold_until_something_leaves() {
        let (mut delayed, now) = (Delayed::new(Limits { messages: 2, bytes: 10 }), Instant::now());
        delayed.push(now, 1, 6).unwrap();
        assert_eq!(delayed.push(now, 2, 5), Err(Full::Bytes(10)));
        delayed.push(now, 3, 4).unwrap();
        assert_eq!(delayed.push(now, 4, 0), Err(Full::Messages(2)));
        assert_eq!(due(&mut delayed, now), [1, 3]);
        delayed.push(now, 5, 10).unwrap();
    }
}
