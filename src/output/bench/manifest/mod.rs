//! Jobs that run a scenario on several machines, with comments: to be kept in a repository and changed there.

mod kubernetes;
mod slurm;

use super::number;
use crate::bench::{Manifest, Scheduler, Takes};

/// The whole of a job.
pub(crate) fn bench_manifest(manifest: &Manifest) -> String {
    match manifest.scheduler {
        Scheduler::Kubernetes => kubernetes::manifest(manifest),
        Scheduler::Slurm => slurm::manifest(manifest),
    }
}

/// A word for a shell, in quotes if it needs them.
fn word(text: &str) -> String {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_./:,=+@%".contains(c);
    if !text.is_empty() && text.chars().all(is_plain) {
        text.to_owned()
    } else {
        format!("'{}'", text.replace('\'', "'\\''"))
    }
}

fn words(texts: &[String]) -> String {
    texts.iter().map(|text| word(text)).collect::<Vec<_>>().join(" ")
}

/// The options for the merge, each with a blank before it.
fn thresholds(manifest: &Manifest) -> String {
    manifest.fail.iter().map(|condition| format!(" --fail {}", word(condition))).collect()
}

/// By which figures a part is given what it is given.
fn figures(takes: &Takes) -> String {
    let rate = |per_second: f64| super::rate(per_second);
    let sends = takes.sends.map_or_else(|| "as much as it can".to_owned(), rate);
    format!("{} connections, sends {sends}, receives {}", number(takes.connections), rate(takes.receives))
}
