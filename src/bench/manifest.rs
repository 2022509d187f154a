//! A run on several machines as a job of a scheduler: the data needed to write one.

use super::Takes;

/// Who starts the parts of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheduler {
    /// An Indexed Job, and one that merges.
    Kubernetes,
    /// A batch job with a step of as many tasks as there are parts.
    Slurm,
}

/// A scenario that is not a preset.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ScenarioFile {
    /// Without its folder.
    pub name: String,
    /// What is in it.
    pub text: String,
}

/// A job for a scheduler.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Manifest {
    /// For whom.
    pub scheduler: Scheduler,
    /// As it is on the command line.
    pub scenario: String,
    /// Its text, where it is a file.
    pub file: Option<ScenarioFile>,
    /// How many parts.
    pub parts: u64,
    /// The container image that has the program.
    pub image: String,
    /// Options of `bench run` that every part is given.
    pub options: Vec<String>,
    /// What makes the whole a failure.
    pub fail: Vec<String>,
    /// What each part takes.
    pub takes: Takes,
    /// The command line that wrote it.
    pub command: Vec<String>,
}

/// Seconds that machines are given to pull the image and to start.
const STARTING: u64 = 120;
/// Seconds that tasks of machines that are there already are given to start.
const STARTING_THERE: u64 = 30;
/// Seconds that parts may take longer than planned before the wait for them ends.
const SLACK: u64 = 600;
/// Seconds that a run is given whose end no duration says.
const UNKNOWN: u64 = 3600;

impl Manifest {
    /// Seconds from the start of the job to that of the load: to start, and to connect at the rate of the scenario.
    pub(crate) fn ahead(&self) -> u64 {
        let starting = match self.scheduler {
            Scheduler::Kubernetes => STARTING,
            Scheduler::Slurm => STARTING_THERE,
        };
        // Whole tens read better.
        (starting + whole(self.takes.ramp * 1.2)).next_multiple_of(10)
    }

    /// Seconds after which the job is over at the latest.
    pub(crate) fn at_most(&self) -> u64 {
        (self.ahead() + self.takes.lasts.map_or(UNKNOWN, whole) + SLACK).next_multiple_of(60)
    }

    /// Mebibytes that a part is given.
    pub(crate) fn mebibytes(&self) -> u64 {
        // A quarter more than it takes, in steps of 32.
        (self.takes.memory.saturating_mul(5) / 4).div_ceil(1 << 20).next_multiple_of(32)
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "seconds of a run, not negative")]
fn whole(seconds: f64) -> u64 {
    seconds.ceil().min(1e9) as u64
}
