//! Lines that judge what is received: `wait`, `expect` and `assert`.

use std::time::Duration;

use clap::Args;
use regex_lite::Regex;

use super::options::one_value;
use crate::cli::group::PayloadArgs;
use crate::cli::value;
use crate::mqtt::TopicFilter;
use crate::payload::JsonPlace;

/// `wait`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "wait <FILTER> [OPTIONS]",
    mut_arg("schema", one_value),
    after_help = "\
A message that has already arrived counts, unless another `wait` or `expect` has taken it.
Messages that do not match are left for others.

Examples:
  wait car/ac --timeout 5s
  wait 'car/+' --match on
  wait meter/7 --json /state/kWh=12.5"
)]
pub(crate) struct WaitLine {
    /// Filter of the topics
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub filter: TopicFilter,
    /// What the messages must match.
    #[command(flatten)]
    pub waited_for: WaitedForArgs,
    /// Fail after this time, in seconds or with a unit; 0 waits forever
    #[arg(long, value_name = "SEC", default_value = "30", value_parser = value::seconds)]
    pub timeout: Duration,
}

/// `expect`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "expect <FILTER> [PAYLOAD] [OPTIONS]",
    mut_arg("schema", one_value),
    after_help = "\
Takes the oldest message on FILTER that no `wait` or `expect` has taken, and fails if it does not match.

Examples:
  expect car/ac on
  expect meter/7 --json /state/kWh=12.5
  expect car/# --none --timeout 500ms"
)]
pub(crate) struct ExpectLine {
    /// Filter of the topics
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub filter: TopicFilter,
    /// Expected payload
    #[arg(value_name = "PAYLOAD")]
    pub payload: Option<String>,
    /// What the message must match.
    #[command(flatten)]
    pub waited_for: WaitedForArgs,
    /// Expect that no message arrives
    #[arg(long, conflicts_with_all = ["payload", "pattern", "json", "property"])]
    pub none: bool,
    /// Fail, or with --none succeed, after this time, in seconds or with a unit
    #[arg(long, value_name = "SEC", default_value = "5", value_parser = value::seconds)]
    pub timeout: Duration,
}

/// `assert`.
#[derive(Debug, Clone, Args)]
#[command(
    override_usage = "assert <FILTER> [PAYLOAD] [OPTIONS]",
    mut_arg("schema", one_value),
    after_help = "\
At least one message must match, or exactly --count messages; --count 0 expects none. The messages stay available to
`wait` and `expect`.

Examples:
  assert car/ac on
  assert 'meter/+' --json /kWh --count 3
  assert error/# --count 0"
)]
pub(crate) struct AssertLine {
    /// On which topics
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub filter: TopicFilter,
    /// What the payload has to be
    #[arg(value_name = "PAYLOAD")]
    pub payload: Option<String>,
    /// Which messages.
    #[command(flatten)]
    pub waited_for: WaitedForArgs,
    /// Expect exactly N messages
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
}

/// What a message must match besides its topic.
#[derive(Debug, Clone, Args)]
pub(crate) struct WaitedForArgs {
    /// Regular expression that the payload must match
    #[arg(id = "pattern", long = "match", value_name = "REGEX", allow_hyphen_values = true, value_parser = value::pattern)]
    pub pattern: Option<Regex>,
    /// Value that a JSON payload must have, for example /state/kWh=12.5, or a jq expression that must match it, for
    /// example '.t > 20'; repeatable
    #[arg(long, value_name = "POINTER[=VALUE]|JQ", allow_hyphen_values = true, value_parser = value::json_place)]
    pub json: Vec<JsonPlace>,
    /// A property, for example content-type=text/plain, retain=true or user:site; repeat it for several
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub property: Vec<String>,
    /// How the payload is decoded first.
    #[command(flatten)]
    pub payload: PayloadArgs,
}
