//! Jobs that run a scenario on several machines, with comments: to be kept in a repository and changed there.

mod kubernetes;
mod slurm;
mod text;

use crate::bench::{Manifest, Scheduler};

/// The whole of a job.
pub(crate) fn bench_manifest(manifest: &Manifest) -> String {
    match manifest.scheduler {
        Scheduler::Kubernetes => kubernetes::manifest(manifest),
        Scheduler::Slurm => slurm::manifest(manifest),
    }
}
