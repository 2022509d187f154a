//! What runs while the user keeps typing: `every`, `jobs`, `stop`. [`super::services`] answers and records.

use std::time::{Duration, Instant};

use super::line::quote;
use super::shell::{Shell, Stop};
use crate::error::Error;
use crate::output::Columns;
use crate::payload::plural;

/// The shortest time between two runs: a person who wants more has `mqttx-rs bench`.
const SHORTEST: Duration = Duration::from_millis(100);

impl Shell<'_> {
    /// `every`.
    pub(super) fn every(&mut self, period: Duration, words: &[String]) -> Result<(), Stop> {
        if self.screen.is_none() {
            let error = Error::usage("`every` needs a terminal: a script runs its lines one after another");
            return Err(error.with_hint("pub has --repeat and --repeat-delay").into());
        }
        if period < SHORTEST {
            let error = Error::usage(format!("every: {} s is too short: use 100ms or more", period.as_secs_f64()));
            return Err(error.with_hint("`mqttx-rs bench pub` generates load").into());
        }
        let line = words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ");
        if matches!(words.first().map(String::as_str), Some("every" | "edit" | "watch" | "plot" | "source")) {
            return Err(Error::usage(format!("every: `{line}` cannot run in the background")).into());
        }
        let number = self.jobs.add(period, line, Instant::now());
        self.talk.success(format_args!("Job {number}: `stop {number}` ends it"));
        Ok(())
    }

    /// `jobs`.
    pub(super) fn list_jobs(&mut self) -> Result<(), Stop> {
        if self.jobs.all().is_empty() && self.services.is_empty() {
            self.talk.plain("No jobs: `every 5s pub TOPIC MESSAGE` starts one");
        }
        let mut rows = Columns::default();
        for job in self.jobs.all() {
            let period = format!("every {} s", job.period.as_secs_f64());
            rows.row([job.number.to_string(), period, plural(job.runs, "run"), job.line.clone()]);
        }
        for service in &self.services {
            let (kind, done) = service.state();
            rows.row([service.number.to_string(), kind.to_owned(), done, service.line.clone()]);
        }
        self.print_rows(&rows)
    }

    /// `stop`: a job, or all.
    pub(super) fn stop_job(&mut self, number: Option<u64>) -> Result<(), Stop> {
        let was_service = self.stop_services(number)?;
        let ended = self.jobs.remove(number);
        for job in &ended {
            let runs = plural(job.runs, "run");
            self.talk.success(format_args!("Job {} ended after {runs}: {}", job.number, job.line));
        }
        let was_there = was_service || !ended.is_empty();
        if let Some(number) = number.filter(|_| !was_there) {
            return Err(Error::usage(format!("unknown job {number}")).with_hint("`jobs` lists them").into());
        }
        Ok(())
    }

    /// Runs what is due, between two lines of input. A failure is reported, and the job is tried again when it is due.
    pub(super) async fn run_jobs(&mut self) -> Result<(), Stop> {
        while let Some((number, runs, line)) = self.jobs.take_due(Instant::now()) {
            self.runs_before = Some(runs);
            let ended = Box::pin(self.run(&line)).await;
            self.runs_before = None;
            match ended {
                Err(Stop::Failed(error)) => self.talk.error(&error.with_context(&format!("job {number}"))),
                Ok(()) | Err(Stop::Told(_)) => {}
                Err(stop) => return Err(stop),
            }
        }
        Ok(())
    }
}
