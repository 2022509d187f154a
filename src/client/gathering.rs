//! Lets incoming packets accumulate before they are read.
//!
//! Brokers send each packet by itself, and a client that is quick enough is woken for each: then most of its time goes
//! into falling asleep, waking up, and reading and writing a few bytes. A thread that sleeps for a moment instead finds
//! many at once, and answers them in one write.
//!
//! A broker whose window is full waits for us, so less than half of one gathers. For answers to our publishes the window
//! is known. For messages it is not; whether the broker waits shows in the rate, with naps and without:
//!
//! ```text
//!                  many, each by itself                 about as many
//!   Measuring ───────────────────────────► Napping ─────────────────────► Measuring
//!       ▲                                     │
//!       └─────────────── Resting ◄────────────┘ half as many
//! ```
//!
//! With Nagle's algorithm, which mosquitto has by default, a broker sends one packet, and the others when that has been
//! acknowledged by TCP. The system waits with it for what we write next, or 40 ms. So we ask for it, read again, and only
//! then answer: nearly all of a window gathers.

use std::ops::RangeInclusive;
use std::time::Duration;

use tokio::time::Instant;

/// How long answers gather. The system adds some 50 us of its own.
const ANSWERS: RangeInclusive<Duration> = Duration::from_micros(20)..=Duration::from_micros(200);
/// Bytes of an answer: 4, and 5 with a reason code.
const ANSWER: f64 = 4.5;
/// How many answers a read should bring at most.
const MOST_ANSWERS: f64 = 256.0;
/// The part of the window that a read should bring on average.
const PART: f64 = 0.4;
/// That part where the broker holds back what it has for us until it is asked for.
const PART_HELD_BACK: f64 = 0.8;
/// How many reads are not followed by asking, at most, where asking has brought nothing.
const MOST_UNASKED: u32 = 64;
/// The weight of a read in the average.
const WEIGHT: f64 = 1.0 / 16.0;

/// How long messages gather.
const MESSAGES: RangeInclusive<Duration> = Duration::from_micros(50)..=Duration::from_micros(500);
/// How many of them should: fewer than the windows of brokers, of which mosquitto's is 20 and EMQX's 32.
const GATHERED: u32 = 8;
/// How long messages are counted to know their rate.
const PERIOD: Duration = Duration::from_millis(10);
/// The number in that time that makes a fast stream: below, they are too far apart to gather.
const MANY: u32 = 100;
/// Periods with naps before the rate without them is measured again.
const PERIODS_WITH: u32 = 50;
/// Periods without naps once they have turned out to slow the broker down.
const PERIODS_WITHOUT: u32 = 30;
/// The part of the rate that is left when they do.
const SLOWED_DOWN: f64 = 0.5;

/// Decides when to sleep, for how long.
#[derive(Debug)]
pub(super) struct Gathering {
    answers: Answers,
    messages: Messages,
    asking: Asking,
    /// Bytes read since the last turn.
    bytes: usize,
    /// Bytes read since something was written.
    unanswered: usize,
    /// Messages among them that are acknowledged.
    received: u32,
    /// Something was written since.
    has_written: bool,
}

impl Gathering {
    pub(super) fn new(now: Instant) -> Self {
        let answers = Answers { wait: *ANSWERS.start(), average: 0.0 };
        let messages = Messages { phase: Phase::Measuring, began: now, count: 0, turns: 0 };
        let asking = Asking::default();
        Self { answers, messages, asking, bytes: 0, unanswered: 0, received: 0, has_written: false }
    }

    pub(super) fn read(&mut self, bytes: usize) {
        self.bytes += bytes;
        self.unanswered += bytes;
    }

    pub(super) fn received(&mut self, messages: u32) {
        self.received += messages;
    }

    pub(super) fn written(&mut self) {
        self.has_written = true;
        self.unanswered = 0;
    }

    /// Whether to ask for answers that the broker may hold back until the system acknowledges what was read: to be called
    /// after a read. If so, there is another read before anything is answered, and [`Self::asked`] follows it.
    pub(super) fn asks(&mut self, window: Option<usize>) -> bool {
        let Some(window) = window else { return false };
        #[expect(clippy::cast_precision_loss, reason = "a read and a window are small")]
        let may_be_more = (self.unanswered as f64) < (window as f64 * PART_HELD_BACK).min(MOST_ANSWERS) * ANSWER;
        may_be_more && self.asking.begin(self.unanswered)
    }

    /// Whether that read is still to come.
    pub(super) fn is_asking(&self) -> bool {
        self.asking.before.is_some()
    }

    /// The read that [`Self::asks`] asked for is over.
    pub(super) fn asked(&mut self) {
        self.asking.end(self.unanswered);
    }

    /// How long to sleep now that nothing is left to read or write; `window` is that of the publish that waits for room in
    /// it, if one does.
    pub(super) fn nap(&mut self, window: Option<usize>, now: Instant) -> Option<Duration> {
        // What was read and not answered would wait for its answer.
        if !std::mem::take(&mut self.has_written) {
            return None;
        }
        let (bytes, received) = (std::mem::take(&mut self.bytes), std::mem::take(&mut self.received));
        let part = if self.asking.brings_more { PART_HELD_BACK } else { PART };
        match window {
            _ if received > 0 => self.messages.nap(received, now),
            Some(window) if bytes > 0 => self.answers.nap(bytes, window, part),
            _ => None,
        }
    }
}

/// Whether to ask for what the broker holds back. Where asking brings little, it is left out for longer and longer.
#[derive(Debug, Default)]
struct Asking {
    /// The last time it brought much.
    brings_more: bool,
    /// Bytes that were there before, while it is under way.
    before: Option<usize>,
    /// Times to leave out, and how many these were from the beginning.
    left: u32,
    unasked: u32,
}

impl Asking {
    fn begin(&mut self, bytes: usize) -> bool {
        if self.left > 0 {
            self.left -= 1;
            return false;
        }
        self.before = Some(bytes);
        true
    }

    fn end(&mut self, bytes: usize) {
        let Some(before) = self.before.take() else { return };
        self.brings_more = 2 * bytes >= 3 * before && bytes > before;
        self.unasked = if self.brings_more { 0 } else { (2 * self.unasked + 1).min(MOST_UNASKED) };
        self.left = self.unasked;
    }
}

/// PUBACK, PUBREC and PUBCOMP.
#[derive(Debug)]
struct Answers {
    wait: Duration,
    /// How many a read brings, on average.
    average: f64,
}

impl Answers {
    fn nap(&mut self, bytes: usize, window: usize, part: f64) -> Option<Duration> {
        #[expect(clippy::cast_precision_loss, reason = "a read and a window are small")]
        let (bytes, window) = (bytes as f64, window as f64);
        self.average += (bytes / ANSWER - self.average) * WEIGHT;
        if self.average < (window * part).min(MOST_ANSWERS) {
            self.wait = (self.wait * 5 / 4).min(*ANSWERS.end());
            return Some(self.wait);
        }
        // A broker that answers in large batches by itself is not waited for.
        self.wait = (self.wait * 4 / 5).max(*ANSWERS.start());
        (self.wait > *ANSWERS.start()).then_some(self.wait)
    }
}

/// Messages that are acknowledged.
#[derive(Debug)]
struct Messages {
    phase: Phase,
    /// When the period began.
    began: Instant,
    /// Messages in it.
    count: u32,
    /// Turns that brought them.
    turns: u32,
}

#[derive(Debug, Clone, Copy, PartialEq)]
enum Phase {
    /// Without naps.
    Measuring,
    /// With them; before, so many came in a second.
    Napping { nap: Duration, rate: f64, left: u32 },
    /// They slow the broker down.
    Resting { left: u32 },
}

impl Messages {
    fn nap(&mut self, received: u32, now: Instant) -> Option<Duration> {
        self.count += received;
        self.turns += 1;
        let time = now.duration_since(self.began);
        if time >= PERIOD {
            self.phase = self.next_phase(f64::from(self.count) / time.as_secs_f64());
            (self.began, self.count, self.turns) = (now, 0, 0);
        }
        match self.phase {
            Phase::Napping { nap, .. } => Some(nap),
            Phase::Measuring | Phase::Resting { .. } => None,
        }
    }

    /// The phase after a period in which messages came at this rate.
    fn next_phase(&self, rate: f64) -> Phase {
        match self.phase {
            Phase::Measuring
                if self.count < GATHERED * self.turns && rate * PERIOD.as_secs_f64() >= f64::from(MANY) =>
            {
                let nap = Duration::from_secs_f64(f64::from(GATHERED) / rate);
                Phase::Napping { nap: nap.clamp(*MESSAGES.start(), *MESSAGES.end()), rate, left: PERIODS_WITH }
            }
            Phase::Napping { rate: before, .. } if rate < before * SLOWED_DOWN => {
                Phase::Resting { left: PERIODS_WITHOUT }
            }
            Phase::Napping { nap, rate, left: left @ 1.. } => Phase::Napping { nap, rate, left: left - 1 },
            Phase::Resting { left: left @ 1.. } => Phase::Resting { left: left - 1 },
            Phase::Measuring | Phase::Napping { .. } | Phase::Resting { .. } => Phase::Measuring,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A turn that reads and answers.
    fn turn(gathering: &mut Gathering, answers: usize, window: Option<usize>) -> Option<Duration> {
        gathering.read(answers * 4);
        gathering.written();
        gathering.nap(window, Instant::now())
    }

    fn turns(gathering: &mut Gathering, count: usize, answers: usize, window: Option<usize>) -> Vec<Option<Duration>> {
        (0..count).map(|_| turn(gathering, answers, window)).collect()
    }

    #[test]
    fn answers_gather_until_reads_bring_a_good_part_of_a_window() {
        let mut gathering = Gathering::new(Instant::now());
        let alone = turns(&mut gathering, 50, 1, Some(20));
        assert!(alone.iter().all(Option::is_some) && alone.is_sorted(), "{alone:?}");
        assert_eq!(alone[49], Some(*ANSWERS.end()));
        let together = turns(&mut gathering, 100, 12, Some(20));
        assert_eq!(together[99], None, "a broker that sends many at once is not waited for");
    }

    #[test]
    fn a_broker_that_holds_back_all_answers_but_the_first_is_not_waited_for() {
        let mut gathering = Gathering::new(Instant::now());
        let pairs = (0..100).map(|_| [1, 19].map(|answers| turn(&mut gathering, answers, Some(20))));
        assert_eq!(pairs.last(), Some([None, None]));
    }

    #[test]
    fn nothing_gathers_while_the_window_has_room_or_only_one_publish_is_allowed() {
        let mut gathering = Gathering::new(Instant::now());
        assert_eq!(turn(&mut gathering, 20, None), None);
        let naps = turns(&mut gathering, 100, 1, Some(1));
        assert_eq!(naps[99], None);
    }

    #[test]
    fn a_broker_that_sends_the_rest_when_asked_is_waited_for_until_nearly_all_are_there() {
        let mut gathering = Gathering::new(Instant::now());
        let mut naps = Vec::new();
        for _ in 0..100 {
            gathering.read(4 * 4);
            assert!(gathering.asks(Some(20)), "four of twenty");
            gathering.read(8 * 4);
            gathering.asked();
            gathering.written();
            naps.push(gathering.nap(Some(20), Instant::now()));
        }
        assert_eq!(naps[99], Some(*ANSWERS.end()), "twelve of twenty are too few");
        gathering.read(20 * 4);
        assert!(!gathering.asks(Some(20)), "nothing can be held back");
    }

    #[test]
    fn a_broker_that_holds_nothing_back_is_seldom_asked() {
        let mut gathering = Gathering::new(Instant::now());
        let mut asked = 0;
        for _ in 0..1000 {
            gathering.read(4);
            if gathering.asks(Some(20)) {
                gathering.asked();
                asked += 1;
            }
            gathering.written();
            gathering.nap(Some(20), Instant::now());
        }
        assert!((6..25).contains(&asked), "{asked}");
    }

    /// A stream of messages, each by itself, from a broker that needs `slowed` times as long after a nap: how many naps
    /// there are in 20,000, and the time at the end.
    fn stream(gathering: &mut Gathering, distance: Duration, slowed: u32) -> (u32, Instant) {
        let (mut now, mut naps, mut is_napping) = (gathering.messages.began, 0, false);
        for _ in 0..20_000 {
            now += if is_napping { distance * slowed } else { distance };
            gathering.received(1);
            assert_eq!(gathering.nap(None, now), None, "the acknowledgement has to leave first");
            gathering.written();
            is_napping = gathering.nap(None, now).is_some();
            naps += u32::from(is_napping);
        }
        (naps, now)
    }

    fn naps(distance: Duration, slowed: u32) -> u32 {
        stream(&mut Gathering::new(Instant::now()), distance, slowed).0
    }

    #[test]
    fn a_fast_stream_of_messages_gathers() {
        let naps = naps(Duration::from_micros(20), 1);
        assert!(naps > 10_000, "{naps}");
    }

    #[test]
    fn a_slow_stream_never_does() {
        assert_eq!(naps(Duration::from_micros(500), 1), 0);
    }

    #[test]
    fn a_broker_that_waits_for_each_acknowledgement_is_soon_left_alone() {
        let naps = naps(Duration::from_micros(20), 5);
        assert!(naps > 0 && naps < 2_000, "{naps}");
    }

    #[test]
    fn after_a_silence_the_first_message_is_not_held_up() {
        let mut gathering = Gathering::new(Instant::now());
        let (_, end) = stream(&mut gathering, Duration::from_micros(20), 1);
        gathering.received(1);
        gathering.written();
        assert_eq!(gathering.nap(None, end + Duration::from_mins(1)), None);
    }
}
