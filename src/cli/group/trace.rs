use clap::Args;

use crate::output::TraceFormat;

/// How packets are logged.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Diagnosis")]
pub struct TraceArgs {
    /// Print each packet on stderr, as text or with =json as JSON
    #[arg(
        long,
        value_name = "FORMAT",
        hide_possible_values = true,
        num_args = 0..=1,
        require_equals = true,
        default_missing_value = "text",
    )]
    pub trace: Option<TraceFormat>,
}
