//! `mqttx-rs wait`: block until messages arrive that fit.

use clap::{Arg, Args};
use regex_lite::Regex;

use super::group::ConnectArgs;
use super::subscribe::SubscribeArgs;
use super::value;
use crate::mqtt::TopicFilter;
use crate::payload::JsonPlace;

/// The options of `sub` that say nothing where a message is waited for.
pub(crate) const NOT_OF_WAIT: [&str; 5] =
    ["unsubscribe", "exit_after_suback", "retained_only", "remove_retained", "dry_run"];

const EXAMPLES: &str = "\
Exit code 0: so many messages came as --count says, and were printed; 8: --timeout or --idle-timeout was over.
A retained message counts too: -R leaves those out.
--json: what begins with / is a JSON pointer, anything else a jq expression (jaq), which holds if an output is neither
false nor null. One that takes longer than a second for a payload ends the run (exit code 1).

Examples:
  mqttx-rs wait device/7/online --timeout 30
  mqttx-rs wait -t 'device/+/state' --json /battery/low=true --output-mode raw
  mqttx-rs wait 'device/+/state' --json '.battery.level < 20 and .online'
  mqttx-rs wait 'log/#' --match 'error|panic' --count 3 --timeout 5m";

/// `mqttx-rs wait`.
#[derive(Debug, Clone, Args)]
#[command(override_usage = "mqttx-rs wait <FILTER>... [OPTIONS]", after_help = EXAMPLES, mut_arg("save_options", |option| option.hide(true)), mut_arg("load_options", |option| option.hide(true)), mut_args(without_the_rest_of_sub))]
pub struct WaitCommand {
    /// Filters, as with -t
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub filters: Vec<TopicFilter>,
    /// What a payload has to be.
    #[command(flatten)]
    pub condition: ConditionArgs,
    /// What is subscribed to, and how it is shown.
    #[command(flatten)]
    pub subscribe: SubscribeArgs,
    /// Where to.
    #[command(flatten)]
    pub connect: ConnectArgs,
}

/// What a payload has to be.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Condition")]
pub struct ConditionArgs {
    /// Only payloads in which this is found
    #[arg(
        id = "pattern",
        long = "match",
        value_name = "REGEX",
        allow_hyphen_values = true,
        value_parser = value::pattern
    )]
    pub pattern: Option<Regex>,
    /// Only JSON payloads that have this place, or this value there, or that a jq expression holds for; all of several
    #[arg(long, value_name = "POINTER[=VALUE]|JQ", allow_hyphen_values = true, value_parser = value::json_place)]
    pub json: Vec<JsonPlace>,
}

/// Hides what `wait` has no use for.
pub(crate) fn without_the_rest_of_sub(option: Arg) -> Arg {
    match option.get_id().as_str() {
        "count" => option.help("End after so many messages [default: 1]"),
        id if NOT_OF_WAIT.contains(&id) => option.hide(true),
        _ => option,
    }
}
