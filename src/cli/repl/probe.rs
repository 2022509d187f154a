//! `probe` as a line of a session.

use clap::Args;

use crate::cli::probe::ProbeArgs;

/// `probe`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "probe [OPTIONS]",
    after_help = "\
Each row is tested with connections of its own, which have the address, version and credentials of the current one. `help
probe` of `mqttx-rs` lists the names for --require and --only.

Examples:
  probe
  probe --only qos2,retain,shared
  probe --require shared,delayed --json | jq .missing"
)]
pub(crate) struct ProbeLine {
    /// What to test.
    #[command(flatten)]
    pub probe: ProbeArgs,
}
