//! Detects by sequence numbers what one subscriber got twice, out of order, or not at all from one publisher.

/// How a message arrived.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// Behind all before it, whether or not some are missing in between.
    InOrder,
    /// It was overtaken by a later one.
    Reordered,
    /// It had been delivered before.
    Duplicate,
    /// It was sent before the first one that arrived: it is unknown how many of those to expect.
    Before,
}

/// Follows one publisher at one subscriber, in fixed memory: 24 bytes until the first gap.
#[derive(Debug, Clone, Default)]
pub(crate) struct Sequence {
    /// One above the highest seen.
    next: u64,
    /// The first that was heard.
    begin: u64,
    /// Which of the last `WINDOW` below `next` were seen; absent while there was no gap.
    seen: Option<Box<[u64; WORDS]>>,
}

const WORDS: usize = 64;
/// How far back a late message is still distinguished from a duplicate. Beyond, it counts as a duplicate.
const WINDOW: u64 = 64 * WORDS as u64;

impl Sequence {
    /// One that is first heard at this number.
    pub(crate) fn beginning_at(number: u64) -> Self {
        Self { next: number, begin: number, seen: None }
    }

    /// Takes the number of a message, of which the lower 32 bits are known.
    pub(crate) fn observe(&mut self, number: u32) -> Arrival {
        let number = self.widen(number);
        if number >= self.next {
            if self.seen.is_none() && number > self.next {
                // Up to here everything came, in order.
                self.seen = Some(Box::new([u64::MAX; WORDS]));
            }
            if let Some(seen) = &mut self.seen {
                let gap = (number - self.next).min(WINDOW);
                for missing in number - gap..number {
                    clear(seen, missing);
                }
                set(seen, number);
            }
            self.next = number + 1;
            return Arrival::InOrder;
        }
        if number < self.begin {
            return Arrival::Before;
        }
        match &mut self.seen {
            Some(seen) if self.next - number <= WINDOW && !is_set(seen, number) => {
                set(seen, number);
                Arrival::Reordered
            }
            _ => Arrival::Duplicate,
        }
    }

    /// One above the highest number seen: how many there would be without loss.
    pub(crate) fn span(&self) -> u64 {
        self.next
    }

    /// The number with these lower bits that is nearest to what is expected next.
    fn widen(&self, low: u32) -> u64 {
        const HALF: u32 = 1 << 31;
        #[expect(clippy::cast_possible_truncation, reason = "the lower half is what is compared")]
        let ahead = low.wrapping_sub(self.next as u32);
        let forward = self.next + u64::from(ahead);
        if ahead < HALF { forward } else { forward.checked_sub(1 << 32).unwrap_or(forward) }
    }
}

fn place(number: u64) -> (usize, u64) {
    let word = (number / 64 % WORDS as u64) as usize;
    (word, 1 << (number % 64))
}

fn set(seen: &mut [u64; WORDS], number: u64) {
    let (word, bit) = place(number);
    seen[word] |= bit;
}

fn clear(seen: &mut [u64; WORDS], number: u64) {
    let (word, bit) = place(number);
    seen[word] &= !bit;
}

fn is_set(seen: &[u64; WORDS], number: u64) -> bool {
    let (word, bit) = place(number);
    seen[word] & bit != 0
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    fn observe_all(numbers: impl IntoIterator<Item = u32>) -> Vec<Arrival> {
        let mut sequence = Sequence::default();
        numbers.into_iter().map(|number| sequence.observe(number)).collect()
    }

    #[test]
    fn tells_order_gaps_late_ones_and_duplicates() {
        use Arrival::{Duplicate, InOrder, Reordered};
        let arrivals = observe_all([0, 1, 1, 4, 2, 2, 5, 0, 3]);
        assert_eq!(
            arrivals,
            [InOrder, InOrder, Duplicate, InOrder, Reordered, Duplicate, InOrder, Duplicate, Reordered]
        );
    }

    #[test]
    fn a_run_without_gaps_needs_no_memory_for_them() {
        let mut sequence = Sequence::default();
        (0..100_000).for_each(|number| assert_eq!(sequence.observe(number), Arrival::InOrder));
        assert!(sequence.seen.is_none());
        assert_eq!(sequence.observe(7), Arrival::Duplicate, "however long ago");
    }

    #[test]
    fn numbers_wrap() {
        let mut sequence = Sequence { next: (1 << 32) - 1, ..Sequence::default() };
        assert_eq!(sequence.observe(u32::MAX), Arrival::InOrder);
        assert_eq!(sequence.observe(0), Arrival::InOrder);
        assert_eq!(sequence.span(), (1 << 32) + 1);
        assert_eq!(sequence.observe(u32::MAX), Arrival::Duplicate);
    }

    #[test]
    fn what_was_sent_before_the_first_that_was_heard_is_neither_late_nor_twice() {
        let mut sequence = Sequence::beginning_at(1);
        let arrivals = [1, 0, 1, 0].map(|number| sequence.observe(number));
        assert_eq!(arrivals, [Arrival::InOrder, Arrival::Before, Arrival::Duplicate, Arrival::Before]);
        assert_eq!(sequence.span(), 2);
    }

    /// Steps forward and back, so that thousands are passed and the window moves on.
    fn numbers() -> impl Strategy<Value = Vec<u32>> {
        let step = prop_oneof![4 => 0_i64..30, 1 => -200_i64..0, 1 => -9000_i64..2000];
        prop::collection::vec(step, 0..4000).prop_map(|steps| {
            let mut at = 0_i64;
            let walk = steps.into_iter().map(|step| {
                at = (at + step).clamp(0, 20_000);
                u32::try_from(at).unwrap()
            });
            walk.collect()
        })
    }

    proptest! {
        #[test]
        fn agrees_with_a_set_of_all_numbers(begin in 0_u32..3000, numbers in numbers()) {
            let (mut all, mut next) = (BTreeSet::new(), u64::from(begin));
            let mut sequence = Sequence::beginning_at(next);
            for number in numbers {
                let behind = next.saturating_sub(number.into());
                let is_new = all.insert(number);
                let expected = match behind {
                    _ if number < begin => Arrival::Before,
                    0 => Arrival::InOrder,
                    // Beyond the window they cannot be distinguished.
                    _ if is_new && behind <= WINDOW => Arrival::Reordered,
                    _ => Arrival::Duplicate,
                };
                next = next.max(u64::from(number) + 1);
                prop_assert_eq!(sequence.observe(number), expected, "{}", number);
            }
        }
    }
}
