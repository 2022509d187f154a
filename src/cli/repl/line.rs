use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction, Args, CommandFactory, Parser, Subcommand, ValueEnum};
use regex_lite::Regex;

use super::keep::{NoteLine, RecordLine, ReplyLine, RetainedLine, TeeLine};
use crate::cli::group::{ConnectArgs, DeliveryArgs, PayloadArgs, TemplateArgs};
use crate::cli::publish::PublishArgs;
use crate::cli::subscribe::SubscribeArgs;
use crate::cli::{finished, value};
use crate::mqtt::{TopicFilter, TopicName};
use crate::output::MessageShape;
use crate::payload::{JsonPlace, PayloadFormat};

/// The help of all commands, and of syntax that is not a command.
const HELP: &str = "\
{subcommands}

  !CMD         Run a shell command
  ... | CMD    Pipe the output of a command into a shell command

  repeat N { .. }                Run lines N times; $round counts
  if COMMAND { .. } else { .. }  Run lines if a command succeeds, else others

Quote with '..' or \"..\"; $name is a variable; <<EOF takes the lines up to EOF
as one word.
`help COMMAND` shows the options of a command, with examples.";

/// A line of `repl`, cut into words.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "repl",
    about = None,
    help_template = HELP,
    disable_help_flag = true,
    disable_help_subcommand = true,
    args_override_self = true,
    subcommand_required = true,
    max_term_width = 100
)]
pub(crate) struct ReplLine {
    /// Print help
    #[arg(long, global = true, action = ArgAction::HelpShort, help_heading = "General")]
    help: Option<bool>,
    /// The command.
    #[command(subcommand)]
    pub command: ReplCommand,
}

/// The commands of a session.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ReplCommand {
    /// Open a connection, or reopen the current one
    #[command(
        name = "connect",
        alias = "con",
        override_usage = "connect [--profile NAME] [OPTIONS] [as NAME]",
        after_help = "\
Examples:
  connect -h broker.example
  connect --profile plant as plant
  connect --url mqtts://me@broker.example --ask-password

Options not given here come from the environment, the profile and the defaults, not from the command line of the
program. Without any, the current connection is opened again."
    )]
    Connect(Box<ConnectLine>),
    /// Close a connection with DISCONNECT
    #[command(name = "disconnect", alias = "dis", override_usage = "disconnect [NAME]")]
    Disconnect {
        /// Name of the connection [default: the current one]
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
    /// Switch to another connection
    #[command(name = "switch", override_usage = "switch <NAME>")]
    Switch {
        /// Name of the connection
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Close a connection and remove it from the list
    #[command(name = "forget", override_usage = "forget <NAME>")]
    Forget {
        /// Name of the connection
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Rename a connection
    #[command(name = "rename", override_usage = "rename <NAME> <NEW>")]
    Rename {
        /// Name of the connection
        #[arg(value_name = "NAME")]
        name: String,
        /// New name
        #[arg(value_name = "NEW")]
        new: String,
    },
    /// List the connections
    #[command(name = "connections", alias = "ls", override_usage = "connections")]
    Connections,
    /// Publish a message
    #[command(
        name = "pub",
        override_usage = "pub <TOPIC> [MESSAGE] [OPTIONS]",
        mut_arg("user_properties", one_value),
        after_help = "\
Examples:
  pub car/ac on -q 1
  pub car/ac --file-read state.json -r
  pub car/ac -f hex 'de ad be ef'"
    )]
    Publish(Box<PublishLine>),
    /// Subscribe, and show messages as they arrive
    #[command(
        name = "sub",
        override_usage = "sub <FILTER>... [OPTIONS]",
        mut_arg("qos", one_value),
        mut_arg("no_local", switch),
        mut_arg("retain_as_published", switch),
        mut_arg("retain_handling", one_value),
        mut_arg("user_properties", one_value),
        mut_arg("filter_out", one_value),
        after_help = "\
Examples:
  sub car/#
  sub 'car/+/speed' order/# -q 1
  sub $share/workers/job/# --output-mode jsonl"
    )]
    Subscribe(Box<SubscribeLine>),
    /// Unsubscribe from filters
    #[command(name = "unsub", override_usage = "unsub <FILTER>... | --all")]
    Unsubscribe {
        /// Filters, as given to `sub`
        #[arg(value_name = "FILTER", value_parser = value::topic_filter, required_unless_present = "all")]
        filters: Vec<TopicFilter>,
        /// All filters of the current connection
        #[arg(long, conflicts_with = "filters")]
        all: bool,
    },
    /// List the subscriptions
    #[command(name = "subs", override_usage = "subs")]
    Subscriptions,
    /// Publish a request and wait for the reply (MQTT 5.0)
    #[command(
        name = "request",
        override_usage = "request <TOPIC> [MESSAGE] [OPTIONS]",
        mut_arg("user_properties", one_value),
        after_help = "\
The request has Correlation Data and a Response Topic, which is subscribed to until the reply arrives.
The default --timeout is 10 s.

Examples:
  request car/1/get speed
  request car/1/get speed --response-topic desk/7 --timeout 2s"
    )]
    Request(Box<PublishLine>),
    /// Wait for a message
    #[command(
        name = "wait",
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
    Wait(WaitLine),
    /// Check the next message, or that none arrives
    #[command(
        name = "expect",
        override_usage = "expect <FILTER> [PAYLOAD] [OPTIONS]",
        mut_arg("schema", one_value),
        after_help = "\
Takes the oldest message on FILTER that no `wait` or `expect` has taken, and fails if it does not match.

Examples:
  expect car/ac on
  expect meter/7 --json /state/kWh=12.5
  expect car/# --none --timeout 500ms"
    )]
    Expect(ExpectLine),
    /// Check the messages received so far, without waiting
    #[command(
        name = "assert",
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
    Assert(AssertLine),
    /// Pause for a time
    #[command(name = "sleep", override_usage = "sleep <DURATION>")]
    Sleep {
        /// Time in seconds, or with a unit, for example 200ms
        #[arg(value_name = "DURATION", value_parser = value::seconds)]
        time: Duration,
    },
    /// Show the last messages again
    #[command(
        name = "last",
        override_usage = "last [N] [OPTIONS]",
        after_help = "\
Examples:
  last 20 --on 'car/+/speed' --since 5m
  last --match 'error|warn'
  last 100 --json /temperature
  last 5 -F '%I %t %p' | sort"
    )]
    Last(LastLine),
    /// Count the received messages
    #[command(name = "count", override_usage = "count [OPTIONS]")]
    Count {
        /// Which.
        #[command(flatten)]
        selection: SelectionArgs,
    },
    /// Write messages to a new file as JSON lines, which `mqttx-rs pub --jsonl` can publish
    #[command(name = "export", override_usage = "export <FILE> [OPTIONS]")]
    Export {
        /// File to write
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Which.
        #[command(flatten)]
        selection: SelectionArgs,
    },
    /// Compare two messages: JSON by members, text by lines, anything else by bytes
    #[command(
        name = "diff",
        override_usage = "diff <ID> [ID] | diff <TOPIC>",
        after_help = "\
Examples:
  diff 3 7
  diff 7
  diff car/state

With one number, the message is compared with the one before it on its topic; with a topic, its last two messages
are compared."
    )]
    Diff {
        /// Number of a message, or a topic
        #[arg(value_name = "ID|TOPIC")]
        first: String,
        /// Number of the other message
        #[arg(value_name = "ID", value_parser = value::count)]
        second: Option<u64>,
    },
    /// Show a message in full: properties, payload, bytes
    #[command(name = "show", override_usage = "show <ID>")]
    Show {
        /// Number of the message, as shown by `last`
        #[arg(value_name = "ID", value_parser = value::count)]
        id: u64,
    },
    /// Write the payload of a message to a file
    #[command(name = "save", override_usage = "save <ID> <FILE>")]
    Save {
        /// Number of the message, as shown by `last`
        #[arg(value_name = "ID", value_parser = value::count)]
        id: u64,
        /// File to write
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Stop showing messages, which are still kept; or list the muted filters
    #[command(name = "mute", override_usage = "mute [FILTER]...")]
    Mute {
        /// Filters of the topics
        #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
        filters: Vec<TopicFilter>,
    },
    /// Show muted messages again, by default all
    #[command(name = "unmute", override_usage = "unmute [FILTER]...")]
    Unmute {
        /// Filters, as given to `mute`
        #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
        filters: Vec<TopicFilter>,
    },
    /// Show how much arrives, and the busiest topics
    #[command(name = "stats", override_usage = "stats [N]")]
    Stats {
        /// Number of topics [default: 20]
        #[arg(value_name = "N", value_parser = value::count)]
        count: Option<u64>,
    },
    /// Show the topics seen as a tree, with messages, rate, age and latest value of each
    #[command(
        name = "topics",
        override_usage = "topics [FILTER] [OPTIONS]",
        after_help = "\
Examples:
  topics car/# --depth 3
  topics 'meter/+' --json /kWh | sort"
    )]
    Topics(TopicsLine),
    /// Watch topics on the full screen: values, ages, rates, details, a plot; q leaves
    #[command(
        name = "watch",
        override_usage = "watch [FILTER]...",
        after_help = "\
Keys:
  arrows, j, k  choose a topic           s, Tab  sort by name, or newest first
  Enter         its payload and history  space   pause or resume the display
  g             plot its numbers         p       publish to it
  /             filter topics by text    x       remove its retained message
  c             connect again            q, Esc  back to the prompt

In a script or a pipe it prints the latest values once. It shows only topics that are subscribed to."
    )]
    Watch {
        /// Filter of the topics
        #[arg(value_name = "FILTER", default_value = "#", value_parser = value::topic_filter)]
        filters: Vec<TopicFilter>,
    },
    /// Plot the numbers of a topic on the full screen; q leaves
    #[command(
        name = "plot",
        override_usage = "plot <TOPIC> [OPTIONS]",
        after_help = "\
Example:
  plot meter/7 --json /state/kWh

In a script or a pipe it prints one line of blocks."
    )]
    Plot {
        /// Topic to plot
        #[arg(value_name = "TOPIC", value_parser = value::topic_name)]
        topic: TopicName,
        /// JSON pointer to the number [default: the first number]
        #[arg(long, value_name = "POINTER")]
        json: Option<String>,
    },
    /// List or remove the retained messages of a broker
    #[command(
        name = "retained",
        override_usage = "retained [FILTER] | retained clear <FILTER> [--dry-run|--yes]",
        after_help = "\
It subscribes for a moment. The messages are listed and not kept as received. `clear` asks before it removes them.

Examples:
  retained
  retained 'car/+/state'
  retained clear car/# --dry-run"
    )]
    Retained(RetainedLine),
    /// Run, save or list named lines
    #[command(
        name = "note",
        override_usage = "note [NAME [WORDS]] | note save <NAME> <LINE> | note remove <NAME> | note file [FILE]",
        after_help = "\
Words after NAME are appended to its line. Notes are kept in a TOML file, which a team can share; `note file FILE` uses
another file in this session. Variables of a line in single quotes are replaced when it runs.

Examples:
  note save on pub lamp/1/set on -q 1
  note save dim 'pub lamp/1/level $level'
  note on
  note file team.toml"
    )]
    Note(NoteLine),
    /// Log the session to a file: what is typed and shown
    #[command(
        name = "tee",
        override_usage = "tee <FILE>|off",
        after_help = "\
`tee off` ends it. Colours, lines with secrets and the output of shell commands are left out."
    )]
    Tee(TeeLine),
    /// Save the values of `set`, `alias` and `var` for later sessions, without secrets
    #[command(
        name = "save-settings",
        override_usage = "save-settings",
        after_help = "\
They are written to `repl-settings` in the configuration folder, usually ~/.config/mqttx-rs. A session begins with these
lines and with those of `replrc` in the same folder, which is yours to edit. `mqttx-rs repl --no-rc` reads neither."
    )]
    SaveSettings,
    /// Run a command repeatedly in the background
    #[command(
        name = "every",
        override_usage = "every <DURATION> <COMMAND>",
        after_help = "\
Example:
  every 5s pub car/ac on

`jobs` lists the commands that run, `stop N` ends one."
    )]
    Every {
        /// Time in seconds, or with a unit, for example 200ms
        #[arg(value_name = "DURATION", value_parser = value::seconds)]
        time: Duration,
        /// Command to run
        #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Answer requests in the background
    #[command(
        name = "reply",
        override_usage = "reply <FILTER>... <--message|--file-read|--echo|--exec|--rules> [OPTIONS]",
        mut_arg("topic", |option| option.hide(true)),
        mut_arg("count", |option| option.hide(true)),
        after_help = "\
Answers go to the Response Topic of the request (MQTT 3.1.1: to TOPIC/reply), as with `mqttx-rs reply`.

Examples:
  reply 'lamp/+/get' -m on
  reply 'upper/#' --exec 'tr a-z A-Z'

`jobs` lists the jobs, `stop N` ends one."
    )]
    Reply(Box<ReplyLine>),
    /// Record received messages to a new file in the background
    #[command(
        name = "record",
        override_usage = "record <FILE> [FILTER]...",
        after_help = "\
The file has one JSON object per message, like `export` and `sub --output-mode jsonl`. Only messages of this session's
subscriptions are recorded.

Example:
  record trip.jsonl car/#

`jobs` lists the jobs, `stop N` ends one."
    )]
    Record(RecordLine),
    /// List the background jobs
    #[command(name = "jobs", override_usage = "jobs")]
    Jobs,
    /// End background jobs
    #[command(name = "stop", override_usage = "stop <N> | --all")]
    Stop {
        /// Number of the job, as shown by `jobs`
        #[arg(value_name = "N", value_parser = value::count, required_unless_present = "all")]
        number: Option<u64>,
        /// All jobs
        #[arg(long, conflicts_with = "number")]
        all: bool,
    },
    /// Set how messages are shown and sent, or list the settings
    #[command(
        name = "set",
        override_usage = "set [NAME [VALUE]]",
        after_help = "\
Without VALUE, the default is restored.

Examples:
  set format hex
  set template '%I %t %p'
  set mode jsonl
  set qos 1
  set timestamps on
  set changes on
  set max-lines 5
  set keys vi
  set prompt '{client_id}@{name}> '"
    )]
    Set {
        /// Setting to change
        #[arg(value_name = "NAME")]
        name: Option<Preference>,
        /// New value
        #[arg(value_name = "VALUE", requires = "name")]
        value: Option<String>,
    },
    /// Set a variable, used as `$name` or `${name}`; or list all
    #[command(name = "var", override_usage = "var [NAME [VALUE]]")]
    Variable {
        /// Name of the variable
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// Value; without one, the variable is removed
        #[arg(value_name = "VALUE")]
        value: Option<String>,
    },
    /// Define a name for a command, or list all
    #[command(
        name = "alias",
        override_usage = "alias [NAME [COMMAND]]",
        after_help = "\
Examples:
  alias on 'pub car/ac on -q 1'
  alias on"
    )]
    Alias {
        /// Name of the alias
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// Command to run; without one, the alias is removed
        #[arg(value_name = "COMMAND")]
        command: Option<String>,
    },
    /// Run the lines of a file
    #[command(name = "source", override_usage = "source <FILE>")]
    Source {
        /// File to run
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Write commands in $EDITOR and run them; the editor opens with the last one
    #[command(name = "edit", override_usage = "edit")]
    Edit,
    /// Print each packet sent and received
    #[command(name = "trace", override_usage = "trace on|off")]
    Trace {
        /// On or off
        #[arg(value_name = "on|off")]
        switch: Switch,
    },
    /// Clear the screen
    #[command(name = "clear", alias = "cls", override_usage = "clear")]
    Clear,
    /// List the commands, or show the help of one
    #[command(name = "help", alias = "?", override_usage = "help [COMMAND]")]
    Help {
        /// Command to show
        #[arg(value_name = "COMMAND")]
        command: Option<String>,
    },
    /// Close all connections and leave
    #[command(name = "exit", alias = "quit", override_usage = "exit [CODE]")]
    Exit {
        /// Exit code of the program
        #[arg(value_name = "CODE", value_parser = exit_code)]
        code: Option<u8>,
    },
}

/// What `set` sets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Preference {
    /// line, default, clean, jsonl or raw.
    Mode,
    /// A custom shape, in the letters of `mosquitto_sub`.
    Template,
    /// How payloads are shown: plain, hex, base64, json or binary.
    Format,
    /// The QoS of `pub` and `sub` lines that name none.
    Qos,
    /// The time of receipt before each message: on or off.
    Timestamps,
    /// The changes from the message before it, below each message: on or off.
    Changes,
    /// Most lines to show of a payload; 0 shows all.
    MaxLines,
    /// Keys that edit a line: emacs or vi.
    Keys,
    /// The prompt; {name} and `{client_id}` are those of the connection.
    Prompt,
}

/// On or off.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Switch {
    /// On.
    On,
    /// Off.
    Off,
}

/// A selection of the received messages.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SelectionArgs {
    /// Only messages whose topic matches this filter
    #[arg(long, value_name = "FILTER", value_parser = value::topic_filter)]
    pub on: Option<TopicFilter>,
    /// Only messages whose payload matches this regular expression
    #[arg(id = "pattern", long = "match", value_name = "REGEX", allow_hyphen_values = true, value_parser = value::pattern)]
    pub pattern: Option<Regex>,
    /// Only messages with this value in their JSON, for example /state/on=true (without a value, `last` shows that part),
    /// or that a jq expression matches, for example '.t > 20'
    #[arg(long, value_name = "POINTER[=VALUE]|JQ", allow_hyphen_values = true, value_parser = value::json_place)]
    pub json: Vec<JsonPlace>,
    /// Only messages of the last SEC seconds, or with a unit, for example 5m
    #[arg(long, value_name = "SEC", value_parser = value::seconds)]
    pub since: Option<Duration>,
}

/// `last`.
#[derive(Debug, Clone, Args)]
pub(crate) struct LastLine {
    /// Number of messages
    #[arg(value_name = "N", default_value = "10", value_parser = value::count)]
    pub count: u64,
    /// Which.
    #[command(flatten)]
    pub selection: SelectionArgs,
    /// Shape of the output
    #[arg(long, value_enum, value_name = "MODE", conflicts_with = "template")]
    pub output_mode: Option<MessageShape>,
    /// Shape of a line
    #[arg(
        short = 'F',
        long,
        help = "Shape of a line in the letters of mosquitto_sub, for example \"%I %t %p\"",
        value_name = "TEMPLATE",
        allow_hyphen_values = true
    )]
    pub template: Option<String>,
    /// How payloads are shown
    #[arg(short = 'f', long, value_name = "FORMAT", value_parser = value::payload_format())]
    pub format: Option<PayloadFormat>,
}

/// `topics`.
#[derive(Debug, Clone, Args)]
pub(crate) struct TopicsLine {
    /// Only topics that match this filter
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub on: Option<TopicFilter>,
    /// Depth of the tree, in levels
    #[arg(long, value_name = "N", default_value = "8", value_parser = value::count)]
    pub depth: u64,
    /// Only the value at this pointer of JSON payloads, for example /state/on
    #[arg(long, value_name = "POINTER")]
    pub json: Option<String>,
}

/// `connect`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ConnectLine {
    /// Name of the connection [default: its host and port]
    #[arg(value_name = "as NAME", num_args = 0..=2)]
    pub name: Vec<String>,
    /// Profile to use: its name, or the path of a file
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// Use no profile, not even the selected one
    #[arg(long, conflicts_with = "profile")]
    pub no_profile: bool,
    /// The connection.
    #[command(flatten)]
    pub connect: ConnectArgs,
    /// How messages are delivered.
    #[command(flatten)]
    pub delivery: DeliveryArgs,
}

/// `pub`.
#[derive(Debug, Clone, Args)]
pub struct PublishLine {
    /// Topic to publish to
    #[arg(value_name = "TOPIC", value_parser = value::topic_name)]
    pub to: Option<TopicName>,
    /// Payload
    #[arg(value_name = "MESSAGE")]
    pub body: Option<String>,
    /// The messages.
    #[command(flatten)]
    pub publish: PublishArgs,
    /// Whether placeholders in payloads are filled.
    #[command(flatten)]
    pub template: TemplateArgs,
}

/// `sub`.
#[derive(Debug, Clone, Args)]
pub(crate) struct SubscribeLine {
    /// Filters to subscribe to
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub filters: Vec<TopicFilter>,
    /// The subscription and its output.
    #[command(flatten)]
    pub subscribe: SubscribeArgs,
}

/// `wait`.
#[derive(Debug, Clone, Args)]
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

/// The definition of a line: for parsing, help and completion.
pub(crate) fn line_command() -> clap::Command {
    finished(ReplLine::command())
}

/// An exit code.
fn exit_code(text: &str) -> Result<u8, String> {
    text.parse().map_err(|_| format!("`{text}` is not an exit code: use a whole number between 0 and 255"))
}

/// An option of one value, so that what follows it is an argument; it can be repeated.
fn one_value(argument: Arg) -> Arg {
    argument.num_args(1)
}

/// A switch whose value, if there is one, is behind `=`: what follows is an argument.
fn switch(argument: Arg) -> Arg {
    argument.num_args(0..=1).require_equals(true)
}
