use std::time::Duration;

use tokio::time::Instant;

/// The most that a pause delays a message.
const NAP: Duration = Duration::from_micros(500);
/// How long messages are counted to detect a fast stream.
const WINDOW: Duration = Duration::from_millis(10);
/// The number of messages in that time that makes a fast stream: below, they are too far apart to gather in a pause.
const MANY: usize = 100;
/// A batch of this size needs no pause.
const WORTH_IT: usize = 64;

/// Lets the messages of a fast stream gather.
///
/// Most brokers send each message by itself, and a subscriber that is quick enough is woken for each: then nearly all
/// of its time goes into falling asleep and waking up. A nap of the thread, which no new segment ends, turns hundreds
/// of wake-ups into one. It is for messages at QoS 0 only: those that the broker wants acknowledged come no faster
/// than they are.
#[derive(Debug)]
pub(super) struct Pace {
    window_began: Instant,
    messages: usize,
    is_fast: bool,
}

impl Pace {
    pub(super) fn new() -> Self {
        Self { window_began: Instant::now(), messages: 0, is_fast: false }
    }

    /// After a batch: the nap to take before the next.
    pub(super) fn nap_after(&mut self, messages: usize, now: Instant) -> Option<Duration> {
        self.messages += messages;
        if now - self.window_began >= WINDOW {
            self.is_fast = self.messages >= MANY;
            self.window_began = now;
            self.messages = 0;
        }
        (self.is_fast && messages < WORTH_IT).then_some(NAP)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many of `batches`, which come at this distance, are followed by a nap.
    fn naps(pace: &mut Pace, batches: usize, messages: usize, distance: Duration) -> usize {
        let begin = Instant::now();
        let times = (1..=batches).map(|number| begin + distance * u32::try_from(number).unwrap());
        times.filter(|&now| pace.nap_after(messages, now).is_some()).count()
    }

    #[test]
    fn messages_now_and_then_are_never_held_up() {
        assert_eq!(naps(&mut Pace::new(), 1000, 1, Duration::from_millis(1)), 0);
    }

    #[test]
    fn a_fast_stream_of_single_messages_is_gathered() {
        let naps = naps(&mut Pace::new(), 10_000, 1, Duration::from_micros(10));
        assert!(naps > 8_000, "{naps}");
    }

    #[test]
    fn batches_that_are_large_by_themselves_need_no_nap() {
        assert_eq!(naps(&mut Pace::new(), 1000, 100, Duration::from_micros(100)), 0);
    }

    #[test]
    fn after_a_fast_stream_the_next_message_on_its_own_is_not_held_up() {
        let mut pace = Pace::new();
        naps(&mut pace, 10_000, 1, Duration::from_micros(10));
        assert_eq!(pace.nap_after(1, Instant::now() + Duration::from_secs(5)), None);
    }
}
