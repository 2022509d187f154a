//! Finds the highest rate that meets the conditions, reproducibly.
//!
//! ```text
//! Growing ──fails──► once more ──fails──► Halving ──gap below 5 %──► Confirming ──held often enough──► found
//!    ▲ │                 │ holds            ▲                            │ fails, and once more
//!    └─┘ holds: double ◄─┘                  └────────────────────────────┘ lower
//! ```
//!
//! A single step neither fails a rate nor confirms one. A step for which this machine was too busy is not judged, but
//! repeated.

use serde::{Deserialize, Serialize};

/// The result of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
pub enum StepOutcome {
    /// Every condition holds, and the rate was reached.
    Passed,
    /// One does not, or it was not.
    Failed,
    /// This program or its machine was too busy: nothing is known about the broker.
    Starved,
}

/// Finds the highest rate that meets the conditions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Search {
    first: u64,
    /// How often the answer has to hold.
    confirmations: u32,
    /// Rates that held, ascending.
    held: Vec<u64>,
    /// The lowest rate that failed, and failed again.
    fails: Option<u64>,
    /// A rate that failed once.
    doubted: Option<u64>,
    /// The answer, and how often it held since it was found.
    confirming: Option<(u64, u32)>,
    /// Steps in a row that were not judged.
    starved: u32,
    over: bool,
}

/// This many steps in a row without a judgement end the search.
const STARVED: u32 = 3;

impl Search {
    /// Begins with a rate, messages a second.
    pub(crate) fn new(first: u64, confirmations: u32) -> Self {
        Self {
            first: first.max(1),
            confirmations: confirmations.max(1),
            held: Vec::new(),
            fails: None,
            doubted: None,
            confirming: None,
            starved: 0,
            over: false,
        }
    }

    /// The rate to try; `None` when it is found, or when not even one message a second holds.
    pub(crate) fn next_rate(&self) -> Option<u64> {
        if self.over {
            return None;
        }
        if let Some(rate) = self.doubted.or(self.confirming.map(|(rate, _)| rate)) {
            return Some(rate);
        }
        match (self.found(), self.fails) {
            (None, None) => Some(self.first),
            (Some(holds), None) => holds.checked_mul(2).filter(|rate| *rate <= 1_000_000_000),
            (None, Some(fails)) => Some(fails / 2).filter(|rate| *rate > 0),
            (Some(holds), Some(fails)) => Some(holds + (fails - holds) / 2),
        }
    }

    /// Takes the result of the rate that was tried.
    pub(crate) fn note(&mut self, rate: u64, outcome: StepOutcome) {
        if outcome == StepOutcome::Starved {
            self.starved += 1;
            self.over = self.starved >= STARVED;
            return;
        }
        self.starved = 0;
        let was_doubted = self.doubted.take().is_some();
        if outcome == StepOutcome::Passed {
            if let Some((confirmed, times)) = &mut self.confirming
                && *confirmed == rate
            {
                *times += 1;
                self.over = *times >= self.confirmations;
            } else if !self.held.contains(&rate) {
                self.held.push(rate);
                self.held.sort_unstable();
            }
        } else if was_doubted {
            self.confirming = None;
            self.held.retain(|held| *held < rate);
            self.fails = Some(self.fails.map_or(rate, |fails| fails.min(rate)));
        } else {
            self.doubted = Some(rate);
        }
        if let (Some(holds), None, None) = (self.found(), self.confirming, self.doubted)
            && self.is_narrow(holds)
        {
            // The step by which it was found counts too.
            self.confirming = Some((holds, 1));
            self.over = self.confirmations <= 1;
        }
    }

    fn is_narrow(&self, holds: u64) -> bool {
        match self.fails {
            Some(fails) => fails - holds <= (holds / 20).max(1),
            None => holds > 500_000_000,
        }
    }

    /// The highest rate that held.
    pub(crate) fn found(&self) -> Option<u64> {
        self.held.last().copied()
    }

    /// Whether it held as often as asked.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.confirming.is_some_and(|(_, times)| times >= self.confirmations)
    }

    /// Whether it ended because this machine was too busy.
    pub(crate) fn is_starved(&self) -> bool {
        self.starved >= STARVED
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use StepOutcome::{Failed, Passed, Starved};

    /// Searches where `outcome` gives the outcome of each step from its rate and its number.
    fn search(first: u64, mut outcome: impl FnMut(u64, usize) -> StepOutcome) -> (Search, usize) {
        let mut search = Search::new(first, 3);
        let mut steps = 0;
        while let Some(rate) = search.next_rate() {
            search.note(rate, outcome(rate, steps));
            steps += 1;
            assert!(steps < 200, "it ends: {search:?}");
        }
        (search, steps)
    }

    fn by_knee(knee: u64) -> impl FnMut(u64, usize) -> StepOutcome {
        move |rate, _| if rate <= knee { Passed } else { Failed }
    }

    #[test]
    fn the_knee_is_found_from_below_and_from_above_and_confirmed() {
        for first in [1, 1000, 50_000, 10_000_000] {
            let (search, steps) = search(first, by_knee(37_123));
            let found = search.found().unwrap();
            assert!(found <= 37_123 && found * 21 / 20 + 1 >= 37_123, "from {first}: {found}");
            assert!(search.is_confirmed() && steps < 50, "{steps}");
        }
    }

    #[test]
    fn nothing_holds_and_everything_holds() {
        assert_eq!(search(1000, by_knee(0)).0.found(), None);
        assert!(search(1000, by_knee(u64::MAX)).0.found().unwrap() >= 500_000_000);
    }

    #[test]
    fn one_bad_step_does_not_change_the_answer() {
        let quiet = search(1000, by_knee(37_123)).0.found();
        for bad in 0..20 {
            let noisy = search(1000, |rate, step| if rate <= 37_123 && step != bad { Passed } else { Failed });
            assert_eq!(noisy.0.found(), quiet, "step {bad} failed");
        }
    }

    #[test]
    fn an_answer_that_fails_twice_is_lowered() {
        let mut steps_at_top = 0;
        let (search, _) = search(1000, |rate, _| {
            if rate > 37_123 {
                return Failed;
            }
            // What held once at the top holds no more.
            steps_at_top += usize::from(rate > 34_000);
            if rate > 34_000 && steps_at_top > 2 { Failed } else { Passed }
        });
        assert!(search.is_confirmed() && search.found().unwrap() <= 34_000, "{search:?}");
    }

    #[test]
    fn starved_steps_are_repeated_and_not_judged() {
        let quiet = search(1000, by_knee(37_123)).0.found();
        let (found, _) = search(1000, |rate, step| match step % 2 {
            0 => Starved,
            _ if rate <= 37_123 => Passed,
            _ => Failed,
        });
        assert_eq!(found.found(), quiet);
        let (starved, steps) = search(1000, |_, _| Starved);
        assert!(starved.is_starved() && starved.found().is_none() && steps == 3);
    }
}
