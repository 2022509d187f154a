//! Slurm: one batch job, whose step has a task for each part, and which then merges what they report.

use super::text::{figures, thresholds, word, words};
use crate::bench::Manifest;

pub(super) fn manifest(manifest: &Manifest) -> String {
    let Manifest { parts, takes, .. } = manifest;
    let run = words(&manifest.options);
    let run = if run.is_empty() { run } else { format!(" {run}") };
    format!(
        r#"#!/bin/sh
# {command}
#
#   sbatch --wait load.sh; echo $?       # 0, 99 for a threshold, 1 for a part that is missing, was interrupted or began late
#
# The reports are in bench-JOBID in the folder that it is submitted from, which all nodes must share. The program
# must be on the PATH of each. A password comes from the environment: MQTTX_PASSWORD=... sbatch load.sh
#
#SBATCH --job-name=bench
#SBATCH --ntasks={parts}                      # one process per part
#SBATCH --ntasks-per-node=1             # spread over nodes; on one machine: sbatch --ntasks-per-node={parts} load.sh
#SBATCH --cpus-per-task={cores}               # {figures} each
#SBATCH --mem-per-cpu={memory}M
#SBATCH --time={minutes}                    # minutes
#SBATCH --signal=TERM@60                # a minute before that: SIGTERM ends the load, and the reports are written
#SBATCH --output=bench-%j.out
##SBATCH --exclusive                    # for nodes without other jobs, remove one #

reports="$SLURM_SUBMIT_DIR/bench-$SLURM_JOB_ID"
mkdir -p "$reports"
# When the load begins in all parts. The nodes are allocated: this leaves enough time to start and to connect.
start=$(date -u -d '+{ahead} seconds' +%FT%TZ)

# Each task gets the number of its part, and of all parts, from Slurm. exec: SIGTERM reaches the program.
srun --ntasks={parts} --cpus-per-task="$SLURM_CPUS_PER_TASK" --kill-on-bad-exit=0 --label sh -c \
    'exec mqttx-rs --quiet bench run {scenario}{run} --workers {cores} --shard auto --run-id "$0" --start-at "$1" --report "$2/$SLURM_PROCID.json"' \
    "$SLURM_JOB_ID" "$start" "$reports"

# Whatever happened to the parts: the merge reports it, and its exit code is that of the job.
exec mqttx-rs bench merge --report "$reports/all.json" --html "$reports/all.html"{fail} $(seq -f "$reports/%g.json" 0 {last})
"#,
        command = words(&manifest.command),
        cores = takes.cores,
        memory = manifest.mebibytes().div_ceil(takes.cores).max(1),
        minutes = manifest.at_most().div_ceil(60),
        ahead = manifest.ahead(),
        figures = figures(takes),
        scenario = word(&manifest.scenario).replace('\'', "'\\''"),
        run = run.replace('\'', "'\\''"),
        fail = thresholds(manifest),
        last = parts.saturating_sub(1),
    )
}
