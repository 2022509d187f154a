//! `repeat` and `if`: their help. The lines in their braces are not words, so that they are read elsewhere.

use clap::Args;

/// `repeat`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "repeat <N> { <COMMAND> }",
    after_help = "\
$round is the number of the round, from 1. Several commands take a line each, and `}` one of its own. An error ends it.

Examples:
  repeat 3 { pub car/ac on }
  repeat 10 {
    pub count/$round $round -q 1
    sleep 200ms
  }"
)]
pub(crate) struct RepeatLine {
    /// Number of rounds
    #[arg(value_name = "N")]
    pub count: Option<String>,
    /// What to run
    #[arg(value_name = "{ COMMAND }", trailing_var_arg = true, allow_hyphen_values = true)]
    pub body: Vec<String>,
}

/// `if`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "if <COMMAND> { <COMMAND> } [else { <COMMAND> }]",
    after_help = "\
A command succeeds if it has no error: `wait`, `expect` and `assert` decide about messages. Several commands take a line
each, and `}` and `} else {` one of their own.

Examples:
  if wait car/ac --timeout 2s { pub log seen } else { pub log missing }
  if assert error/# --count 0 {
    pub test passed
  } else {
    exit 1
  }"
)]
pub(crate) struct IfLine {
    /// Command that decides
    #[arg(value_name = "COMMAND", trailing_var_arg = true, allow_hyphen_values = true)]
    pub words: Vec<String>,
}
