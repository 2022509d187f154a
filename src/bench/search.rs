/// Finds the highest rate that holds: doubles until one does not, then halves the gap to 5 per cent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Search {
    holds: Option<u64>,
    fails: Option<u64>,
    first: u64,
}

impl Search {
    /// Begins with a rate, messages a second.
    pub(crate) fn beginning_at(rate: u64) -> Self {
        Self { holds: None, fails: None, first: rate.max(1) }
    }

    /// The rate to try; `None` when it is found, or when not even one message a second holds.
    pub(crate) fn next_rate(&self) -> Option<u64> {
        match (self.holds, self.fails) {
            (None, None) => Some(self.first),
            (Some(holds), None) => holds.checked_mul(2).filter(|rate| *rate <= 1_000_000_000),
            (None, Some(fails)) => Some(fails / 2).filter(|rate| *rate > 0),
            (Some(holds), Some(fails)) => {
                let middle = holds + (fails - holds) / 2;
                (fails - holds > (holds / 20).max(1)).then_some(middle)
            }
        }
    }

    /// What came of a rate.
    pub(crate) fn note(&mut self, rate: u64, holds: bool) {
        if holds {
            self.holds = self.holds.max(Some(rate));
        } else {
            self.fails = Some(self.fails.map_or(rate, |fails| fails.min(rate)));
        }
    }

    /// The highest rate that held.
    pub(crate) fn found(&self) -> Option<u64> {
        self.holds
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn search(first: u64, knee: u64) -> (Option<u64>, usize) {
        let mut search = Search::beginning_at(first);
        let mut steps = 0;
        while let Some(rate) = search.next_rate() {
            search.note(rate, rate <= knee);
            steps += 1;
        }
        (search.found(), steps)
    }

    #[test]
    fn the_knee_is_found_from_below_and_from_above() {
        for first in [1, 1000, 50_000, 10_000_000] {
            let (found, steps) = search(first, 37_123);
            let found = found.unwrap();
            assert!(found <= 37_123 && found * 21 / 20 + 1 >= 37_123, "from {first}: {found}");
            assert!(steps < 30, "{steps}");
        }
    }

    #[test]
    fn nothing_holds_and_everything_holds() {
        assert_eq!(search(1000, 0).0, None);
        assert!(search(1000, u64::MAX).0.unwrap() >= 500_000_000);
    }
}
