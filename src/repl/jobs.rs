//! Lines that run again and again, and when. Time is an argument.

use std::time::{Duration, Instant};

/// A line that runs again and again.
#[derive(Debug)]
pub(super) struct Job {
    pub(super) number: u64,
    pub(super) period: Duration,
    due: Instant,
    pub(super) line: String,
    pub(super) runs: u64,
}

/// Those of a session.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    all: Vec<Job>,
    last: u64,
}

impl Jobs {
    /// Adds a line, which is due at once; gives its number.
    pub(super) fn add(&mut self, period: Duration, line: String, now: Instant) -> u64 {
        let number = self.next_number();
        self.all.push(Job { number, period, due: now, line, runs: 0 });
        number
    }

    /// The number of another one, which is not a line.
    pub(super) fn next_number(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Those that there are.
    pub(super) fn all(&self) -> &[Job] {
        &self.all
    }

    /// Takes one away, or all.
    pub(super) fn remove(&mut self, number: Option<u64>) -> Vec<Job> {
        self.all.extract_if(.., |job| number.is_none_or(|number| number == job.number)).collect()
    }

    /// When the next one is due.
    pub(super) fn due(&self) -> Option<Instant> {
        self.all.iter().map(|job| job.due).min()
    }

    /// The line that is due, its number, and how often it has run before; its next run is a period later, counted from now
    /// where it is late.
    pub(super) fn take_due(&mut self, now: Instant) -> Option<(u64, u64, String)> {
        let job = self.all.iter_mut().filter(|job| job.due <= now).min_by_key(|job| job.due)?;
        job.due = (job.due + job.period).max(now);
        job.runs += 1;
        Some((job.number, job.runs - 1, job.line.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_that_is_late_does_not_catch_up() {
        let start = Instant::now();
        let second = Duration::from_secs(1);
        let job = Job { number: 1, period: second, due: start, line: "subs".to_owned(), runs: 0 };
        let mut jobs = Jobs { all: vec![job], last: 1 };
        assert_eq!(jobs.take_due(start), Some((1, 0, "subs".to_owned())));
        assert_eq!((jobs.take_due(start), jobs.due()), (None, Some(start + second)));
        assert!(jobs.take_due(start + 5 * second).is_some());
        assert_eq!(jobs.due(), Some(start + 5 * second));
    }
}
