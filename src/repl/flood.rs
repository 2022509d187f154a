//! How much may be drawn: at most a screenful per second; the rest is counted and reported in one line.
//!
//! A person reads no more, and a terminal that is slower than the broker would hold the whole program up. Which
//! messages are drawn does not depend on when the caller looks: once one is left out, all are, until the second is
//! over and its sum has been reported, so that every gap in the output is mentioned.

use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);

/// How long a person can read what a command has printed before a flood goes on above the prompt.
const READING: Duration = Duration::from_secs(4);

/// Decides about each message, in the order in which they come.
///
/// Before each [`Flood::offer`], and at [`Flood::poll_timeout`], [`Flood::poll_sum`] must be asked for a sum to report.
#[derive(Debug, Clone)]
pub(crate) struct Flood {
    /// Rows of the screen.
    screen: usize,
    /// When the present second began; `None` before the first message.
    since: Option<Instant>,
    /// Rows drawn in it.
    drawn: usize,
    /// Messages left out in it.
    hidden: u64,
    /// When a sum was reported last.
    told: Option<Instant>,
    /// Until when nothing is drawn.
    resting: Option<Instant>,
}

/// What may be drawn of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Share {
    /// All of it.
    Whole,
    /// Its first rows, this many: it is higher than the screen.
    Rows(usize),
    /// Nothing: it is counted.
    Nothing,
}

impl Flood {
    /// For a screen with this many rows.
    pub(crate) fn new(screen: usize) -> Self {
        Self { screen, since: None, drawn: 0, hidden: 0, told: None, resting: None }
    }

    /// The screen has another size.
    pub(crate) fn resize(&mut self, screen: usize) {
        self.screen = screen;
    }

    /// A command has printed something: in a flood, which would carry it away, nothing is drawn for a while.
    pub(crate) fn rest(&mut self, now: Instant) {
        let is_recent = |told: Instant| now.saturating_duration_since(told) < 2 * SECOND;
        if self.hidden > 0 || self.told.is_some_and(is_recent) {
            self.resting = Some(now + READING);
        }
    }

    /// Decides about a message that would take this many rows.
    pub(crate) fn offer(&mut self, rows: usize, now: Instant) -> Share {
        let is_over = self.since.is_none_or(|since| now.saturating_duration_since(since) >= SECOND);
        if is_over && self.hidden == 0 {
            self.since = Some(now);
            self.drawn = 0;
        }
        if self.resting.is_some_and(|until| now < until) {
            self.hidden += 1;
            return Share::Nothing;
        }
        let room = self.budget().saturating_sub(self.drawn);
        if self.hidden > 0 || (rows > room && self.drawn > 0) {
            self.hidden += 1;
            return Share::Nothing;
        }
        if rows > room {
            self.drawn = self.budget();
            return Share::Rows(room);
        }
        self.drawn += rows;
        Share::Whole
    }

    /// How many messages were left out, once their second is over; each is reported once.
    pub(crate) fn poll_sum(&mut self, now: Instant) -> Option<u64> {
        if self.hidden == 0 || self.poll_timeout()? > now {
            return None;
        }
        (self.since, self.resting, self.told) = (None, None, Some(now));
        Some(std::mem::take(&mut self.hidden))
    }

    /// When [`Flood::poll_sum`] will have something to report.
    pub(crate) fn poll_timeout(&self) -> Option<Instant> {
        let since = self.since.filter(|_| self.hidden > 0)?;
        Some(self.resting.unwrap_or(since).max(since + SECOND))
    }

    /// How many messages are left out and not yet reported.
    #[cfg(test)]
    pub(crate) fn hidden(&self) -> u64 {
        self.hidden
    }

    /// The rows that messages may take: one is the prompt's, one the sum's.
    fn budget(&self) -> usize {
        self.screen.saturating_sub(2).max(1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn what_exceeds_a_screenful_is_counted_and_told_when_the_second_is_over() {
        let start = Instant::now();
        let mut flood = Flood::new(5);
        let shares: Vec<Share> = (0..5).map(|_| flood.offer(1, start)).collect();
        assert_eq!(shares, [Share::Whole, Share::Whole, Share::Whole, Share::Nothing, Share::Nothing]);
        assert_eq!(flood.poll_timeout(), Some(start + SECOND));
        assert_eq!(flood.poll_sum(start + SECOND / 2), None);
        assert_eq!(flood.poll_sum(start + SECOND), Some(2));
        assert_eq!((flood.poll_sum(start + 2 * SECOND), flood.poll_timeout()), (None, None));
        assert_eq!(flood.offer(3, start + SECOND), Share::Whole);
    }

    #[test]
    fn a_message_higher_than_the_screen_is_cut_if_it_comes_first() {
        let start = Instant::now();
        let mut flood = Flood::new(12);
        assert_eq!(flood.offer(300, start), Share::Rows(10));
        assert_eq!(flood.offer(1, start), Share::Nothing);
        assert_eq!(flood.poll_sum(start + SECOND), Some(1));
        assert_eq!(flood.offer(1, start + SECOND), Share::Whole);
        assert_eq!(flood.offer(300, start + SECOND), Share::Nothing);
    }

    #[test]
    fn slow_messages_are_all_drawn_and_a_resize_counts_at_once() {
        let start = Instant::now();
        let mut flood = Flood::new(3);
        for second in 0..100 {
            assert_eq!(flood.offer(1, start + second * SECOND), Share::Whole);
        }
        flood.resize(4);
        assert_eq!(flood.offer(1, start + 99 * SECOND), Share::Whole);
        assert_eq!(flood.offer(1, start + 99 * SECOND), Share::Nothing);
    }

    #[test]
    fn after_a_hole_nothing_is_drawn_until_its_sum_is_told() {
        let start = Instant::now();
        let mut flood = Flood::new(3);
        flood.offer(1, start);
        flood.offer(1, start);
        assert_eq!(flood.offer(1, start + 5 * SECOND), Share::Nothing, "its sum is not reported yet");
        assert_eq!((flood.hidden(), flood.poll_sum(start + 5 * SECOND)), (2, Some(2)));
        assert_eq!(flood.offer(1, start + 5 * SECOND), Share::Whole);
    }

    #[test]
    fn in_a_flood_what_a_command_prints_can_be_read() {
        let start = Instant::now();
        let mut flood = Flood::new(4);
        flood.rest(start);
        assert_eq!(flood.offer(2, start), Share::Whole, "there is no flood");
        assert_eq!(flood.offer(1, start), Share::Nothing);
        flood.rest(start);
        assert_eq!((flood.poll_timeout(), flood.poll_sum(start + SECOND)), (Some(start + READING), None));
        assert_eq!(flood.offer(1, start + 3 * SECOND), Share::Nothing);
        assert_eq!(flood.poll_sum(start + READING), Some(2));
        assert_eq!(flood.offer(1, start + READING), Share::Whole);
        // The last sum was reported a moment ago.
        flood.rest(start + READING);
        assert_eq!(flood.offer(1, start + READING), Share::Nothing);
    }

    proptest! {
        #[test]
        fn each_message_is_drawn_or_told_of_and_no_second_draws_more_than_two_screenfuls(
            screen in 0_usize..30,
            messages in prop::collection::vec((0_u64..700, 1_usize..40), 1..200),
        ) {
            let mut now = Instant::now();
            let mut flood = Flood::new(screen);
            let (mut shown, mut told) = (0, 0);
            let mut drawn = Vec::new();
            for (wait, rows) in &messages {
                now += Duration::from_millis(*wait);
                told += flood.poll_sum(now).unwrap_or_default();
                match flood.offer(*rows, now) {
                    Share::Nothing => continue,
                    Share::Whole => drawn.push((now, *rows)),
                    Share::Rows(part) => drawn.push((now, part)),
                }
                shown += 1;
            }
            told += flood.hidden();
            prop_assert_eq!(shown + told, messages.len() as u64);
            // Any span of a second touches at most two of the flood's own.
            for (from, _) in &drawn {
                let within = drawn.iter().filter(|(at, _)| (*from..*from + SECOND).contains(at));
                prop_assert!(within.map(|(_, rows)| rows).sum::<usize>() <= 2 * screen.saturating_sub(2).max(1));
            }
        }
    }
}
