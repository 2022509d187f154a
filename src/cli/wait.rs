//! `mqttx-rs wait`: block until matching messages arrive.

use clap::{Arg, Args};
use regex_lite::Regex;

use super::group::ConnectArgs;
use super::subscribe::SubscribeArgs;
use super::value;
use crate::mqtt::TopicFilter;
use crate::payload::JsonPlace;

/// The options of `sub` that make no sense when waiting for a message.
pub(crate) const NOT_OF_WAIT: [&str; 5] =
    ["unsubscribe", "exit_after_suback", "retained_only", "remove_retained", "dry_run"];

const EXAMPLES: &str = "\
Exit code 0: --count messages arrived and were printed; 8: --timeout or --idle-timeout expired first.
Retained messages count too: -R leaves them out.
--json: a value that starts with / is a JSON pointer; anything else is a jq expression (jaq), which matches if one of
its outputs is neither false nor null. An expression that runs for more than a second ends the run (exit code 1).

Examples:
  mqttx-rs wait device/7/online --timeout 30
  mqttx-rs wait -t 'device/+/state' --json /battery/low=true --output-mode raw
  mqttx-rs wait 'device/+/state' --json '.battery.level < 20 and .online'
  mqttx-rs wait 'log/#' --match 'error|panic' --count 3 --timeout 5m";

/// `mqttx-rs wait`.
#[derive(Debug, Clone, Args)]
#[command(override_usage = "mqttx-rs wait <FILTER>... [OPTIONS]", after_help = EXAMPLES, mut_arg("save_options", |option| option.hide(true)), mut_arg("load_options", |option| option.hide(true)), mut_args(without_the_rest_of_sub))]
pub struct WaitCommand {
    /// Filters, like -t
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub filters: Vec<TopicFilter>,
    /// What a payload must match.
    #[command(flatten)]
    pub condition: ConditionArgs,
    /// The subscription and its output.
    #[command(flatten)]
    pub subscribe: SubscribeArgs,
    /// The connection.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// What a payload must match.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Condition")]
pub struct ConditionArgs {
    /// Only payloads that contain a match of this regular expression
    #[arg(
        id = "pattern",
        long = "match",
        value_name = "REGEX",
        allow_hyphen_values = true,
        value_parser = value::pattern
    )]
    pub pattern: Option<Regex>,
    /// Only JSON payloads with something at this pointer, or with this value, or that this jq expression matches; if
    /// repeated, all must match
    #[arg(long, value_name = "POINTER[=VALUE]|JQ", allow_hyphen_values = true, value_parser = value::json_place)]
    pub json: Vec<JsonPlace>,
}

/// Hides what `wait` has no use for.
pub(crate) fn without_the_rest_of_sub(option: Arg) -> Arg {
    match option.get_id().as_str() {
        "count" => option.help("End after N messages [default: 1]"),
        id if NOT_OF_WAIT.contains(&id) => option.hide(true),
        _ => option,
    }
}
