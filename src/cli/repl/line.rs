use std::path::PathBuf;
use std::time::Duration;

use clap::{Arg, ArgAction, Args, CommandFactory, Parser, Subcommand, ValueEnum};

use super::keep::{NoteLine, RecordLine, ReplyLine, RetainedLine, TeeLine};
use crate::cli::group::{ConnectArgs, DeliveryArgs, TemplateArgs};
use crate::cli::publish::PublishArgs;
use crate::cli::subscribe::SubscribeArgs;
use crate::cli::{finished, value};
use crate::mqtt::{TopicFilter, TopicName};
use crate::output::MessageShape;
use crate::payload::PayloadFormat;

/// The help of all commands, and of what is no command.
const HELP: &str = "\
{subcommands}

  !CMD         Run a command of the shell
  ... | CMD    Pipe what a command prints into a command of the shell

  repeat N { .. }                Run lines N times; $round counts
  if COMMAND { .. } else { .. }  Run lines if a command succeeds, or others if it fails

'..' and \"..\" quote, $name is a variable, <<EOF takes the lines up to EOF as a word.
`help COMMAND` tells more, with examples.";

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
    /// What to do.
    #[command(subcommand)]
    pub command: ReplCommand,
}

/// What can be typed.
#[derive(Debug, Clone, Subcommand)]
pub(crate) enum ReplCommand {
    /// Open a connection, or the current one again
    #[command(
        name = "connect",
        alias = "con",
        override_usage = "connect [--profile NAME] [OPTIONS] [as NAME]",
        after_help = "\
Examples:
  connect -h broker.example
  connect --profile plant as plant
  connect --url mqtts://me@broker.example --ask-password

What is not said here comes from the environment, the profile and the defaults, not from the command line of the
program. Without anything said, the current connection is opened again."
    )]
    Connect(Box<ConnectLine>),
    /// Close a connection, in order
    #[command(name = "disconnect", alias = "dis", override_usage = "disconnect [NAME]")]
    Disconnect {
        /// Its name [default: the current one]
        #[arg(value_name = "NAME")]
        name: Option<String>,
    },
    /// Make another connection the current one
    #[command(name = "switch", override_usage = "switch <NAME>")]
    Switch {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Close a connection, and take it off the list
    #[command(name = "forget", override_usage = "forget <NAME>")]
    Forget {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
    },
    /// Give a connection another name
    #[command(name = "rename", override_usage = "rename <NAME> <NEW>")]
    Rename {
        /// Its name
        #[arg(value_name = "NAME")]
        name: String,
        /// Its new name
        #[arg(value_name = "NEW")]
        new: String,
    },
    /// List the connections
    #[command(name = "connections", alias = "ls", override_usage = "connections")]
    Connections,
    /// Publish
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
    /// Subscribe; messages are shown as they come
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
    /// End subscriptions
    #[command(name = "unsub", override_usage = "unsub <FILTER>... | --all")]
    Unsubscribe {
        /// Filters, as they were subscribed to
        #[arg(value_name = "FILTER", value_parser = value::topic_filter, required_unless_present = "all")]
        filters: Vec<TopicFilter>,
        /// All of the current connection
        #[arg(long, conflicts_with = "filters")]
        all: bool,
    },
    /// List the subscriptions
    #[command(name = "subs", override_usage = "subs")]
    Subscriptions,
    /// Publish, and wait for the reply (MQTT 5.0)
    #[command(
        name = "request",
        override_usage = "request <TOPIC> [MESSAGE] [OPTIONS]",
        mut_arg("user_properties", one_value),
        after_help = "\
The message has a Response Topic, which is subscribed to until the reply comes, and Correlation Data.
Without --timeout it waits for 10 s.

Examples:
  request car/1/get speed
  request car/1/get speed --response-topic desk/7 --timeout 2s"
    )]
    Request(Box<PublishLine>),
    /// Wait for a message
    #[command(
        name = "wait",
        override_usage = "wait <FILTER> [OPTIONS]",
        after_help = "\
A message that came before counts, if no other `wait` or `expect` has taken it.
Messages that do not match are left for others.

Examples:
  wait car/ac --timeout 5s
  wait 'car/+' --match on
  wait meter/7 --json /state/kWh=12.5"
    )]
    Wait(WaitLine),
    /// Check the next message, or that there is none
    #[command(
        name = "expect",
        override_usage = "expect <FILTER> [PAYLOAD] [OPTIONS]",
        after_help = "\
It takes the oldest message on FILTER that no `wait` or `expect` has taken, and fails if that is another one.

Examples:
  expect car/ac on
  expect meter/7 --json /state/kWh=12.5
  expect car/# --none --timeout 500ms"
    )]
    Expect(ExpectLine),
    /// Check what was received so far, without waiting and without taking it
    #[command(
        name = "assert",
        override_usage = "assert <FILTER> [PAYLOAD] [OPTIONS]",
        after_help = "\
At least one message has to fit, or just as many as --count says; --count 0 is none.

Examples:
  assert car/ac on
  assert 'meter/+' --json /kWh --count 3
  assert error/# --count 0"
    )]
    Assert(AssertLine),
    /// Do nothing for a time
    #[command(name = "sleep", override_usage = "sleep <DURATION>")]
    Sleep {
        /// Seconds, or with a unit, as in 200ms
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
    /// Count the messages that are kept
    #[command(name = "count", override_usage = "count [OPTIONS]")]
    Count {
        /// Which.
        #[command(flatten)]
        selection: SelectionArgs,
    },
    /// Write messages to a new file as JSON lines, which `mqttx-rs pub --jsonl` publishes again
    #[command(name = "export", override_usage = "export <FILE> [OPTIONS]")]
    Export {
        /// Where to
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Which.
        #[command(flatten)]
        selection: SelectionArgs,
    },
    /// Compare two messages: JSON by its members, text by lines, else bytes
    #[command(
        name = "diff",
        override_usage = "diff <ID> [ID] | diff <TOPIC>",
        after_help = "\
Examples:
  diff 3 7
  diff 7
  diff car/state

One number: with the message before it on its topic. A topic: its last two messages."
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
        /// Its number, as `last` shows it
        #[arg(value_name = "ID", value_parser = value::count)]
        id: u64,
    },
    /// Write the payload of a message to a file
    #[command(name = "save", override_usage = "save <ID> <FILE>")]
    Save {
        /// Its number, as `last` shows it
        #[arg(value_name = "ID", value_parser = value::count)]
        id: u64,
        /// Where to
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Keep messages, and do not show them; or list what is muted
    #[command(name = "mute", override_usage = "mute [FILTER]...")]
    Mute {
        /// Of which topics
        #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
        filters: Vec<TopicFilter>,
    },
    /// Show messages again, all unless some are named
    #[command(name = "unmute", override_usage = "unmute [FILTER]...")]
    Unmute {
        /// As it was muted
        #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
        filters: Vec<TopicFilter>,
    },
    /// Tell how much comes, and which topics send most
    #[command(name = "stats", override_usage = "stats [N]")]
    Stats {
        /// How many topics [default: 20]
        #[arg(value_name = "N", value_parser = value::count)]
        count: Option<u64>,
    },
    /// Show the topics that were seen as a tree: messages, rate, age and latest value of each
    #[command(
        name = "topics",
        override_usage = "topics [FILTER] [OPTIONS]",
        after_help = "\
Examples:
  topics car/# --depth 3
  topics 'meter/+' --json /kWh | sort"
    )]
    Topics(TopicsLine),
    /// Watch the topics on the whole screen: values, ages, rates, details, a plot; q leaves
    #[command(
        name = "watch",
        override_usage = "watch [FILTER]...",
        after_help = "\
Keys:
  arrows, j, k  choose a topic           s, Tab  by name, or the newest first
  Enter         its payload and history  space   stop the picture, and go on
  g             plot its numbers         p       publish to it
  /             only topics with a text  x       remove what is retained on it
  c             connect again            q, Esc  back to the prompt

In a script or a pipe it prints the latest values once. It shows what is subscribed to."
    )]
    Watch {
        /// Of which topics
        #[arg(value_name = "FILTER", default_value = "#", value_parser = value::topic_filter)]
        filters: Vec<TopicFilter>,
    },
    /// Plot the numbers of a topic on the whole screen; q leaves
    #[command(
        name = "plot",
        override_usage = "plot <TOPIC> [OPTIONS]",
        after_help = "\
Example:
  plot meter/7 --json /state/kWh

In a script or a pipe it prints one line of blocks."
    )]
    Plot {
        /// Which topic
        #[arg(value_name = "TOPIC", value_parser = value::topic_name)]
        topic: TopicName,
        /// Where the number is in JSON [default: the first number]
        #[arg(long, value_name = "POINTER")]
        json: Option<String>,
    },
    /// List the retained messages of a broker, or remove them
    #[command(
        name = "retained",
        override_usage = "retained [FILTER] | retained clear <FILTER> [--dry-run|--yes]",
        after_help = "\
It subscribes for a moment; what is retained is shown and not kept as received. `clear` asks before it removes.

Examples:
  retained
  retained 'car/+/state'
  retained clear car/# --dry-run"
    )]
    Retained(RetainedLine),
    /// Run a line that has a name, save one, or list them
    #[command(
        name = "note",
        override_usage = "note [NAME [WORDS]] | note save <NAME> <LINE> | note remove <NAME> | note file [FILE]",
        after_help = "\
Words behind NAME are added to its line. Notes are in a TOML file, which a team can share: `note file` names another one
for this session. In single quotes, a line may have variables, which are replaced when it runs.

Examples:
  note save on pub lamp/1/set on -q 1
  note save dim 'pub lamp/1/level $level'
  note on
  note file team.toml"
    )]
    Note(NoteLine),
    /// Append what is shown and typed to a file, until `tee off`
    #[command(
        name = "tee",
        override_usage = "tee <FILE>|off",
        after_help = "\
Colours and lines with secrets are left out, and so is what programs of the shell print themselves."
    )]
    Tee(TeeLine),
    /// Keep what `set`, `alias` and `var` say for the next sessions, except for secrets
    #[command(
        name = "save-settings",
        override_usage = "save-settings",
        after_help = "\
They go to `repl-settings` in the folder of the configuration, mostly ~/.config/mqttx-rs. A session begins with them and
with the lines of `replrc` beside it, which is yours; `mqttx-rs repl --no-rc` leaves both out."
    )]
    SaveSettings,
    /// Run a command again and again while you go on typing
    #[command(
        name = "every",
        override_usage = "every <DURATION> <COMMAND>",
        after_help = "\
Example:
  every 5s pub car/ac on

`jobs` lists what runs, `stop N` ends it."
    )]
    Every {
        /// Seconds, or with a unit, as in 200ms
        #[arg(value_name = "DURATION", value_parser = value::seconds)]
        time: Duration,
        /// What to run
        #[arg(value_name = "COMMAND", required = true, trailing_var_arg = true, allow_hyphen_values = true)]
        command: Vec<String>,
    },
    /// Answer requests while you go on typing
    #[command(
        name = "reply",
        override_usage = "reply <FILTER>... <--message|--file-read|--echo|--exec|--rules> [OPTIONS]",
        mut_arg("topic", |option| option.hide(true)),
        mut_arg("count", |option| option.hide(true)),
        after_help = "\
An answer goes to the Response Topic of its request (MQTT 3.1.1: to TOPIC/reply), as by `mqttx-rs reply`.

Examples:
  reply 'lamp/+/get' -m on
  reply 'upper/#' --exec 'tr a-z A-Z'

`jobs` lists what runs, `stop N` ends it."
    )]
    Reply(Box<ReplyLine>),
    /// Write the messages that come to a new file while you go on typing
    #[command(
        name = "record",
        override_usage = "record <FILE> [FILTER]...",
        after_help = "\
They are JSON lines, as `export` and `sub --output-mode jsonl` write them, of all that this session subscribes to.

Example:
  record trip.jsonl car/#

`jobs` lists what runs, `stop N` ends it."
    )]
    Record(RecordLine),
    /// List what runs in the background
    #[command(name = "jobs", override_usage = "jobs")]
    Jobs,
    /// End what runs in the background
    #[command(name = "stop", override_usage = "stop <N> | --all")]
    Stop {
        /// Its number, as `jobs` shows it
        #[arg(value_name = "N", value_parser = value::count, required_unless_present = "all")]
        number: Option<u64>,
        /// All of it
        #[arg(long, conflicts_with = "number")]
        all: bool,
    },
    /// Choose how messages are shown and sent, or list what is chosen
    #[command(
        name = "set",
        override_usage = "set [NAME [VALUE]]",
        after_help = "\
Without VALUE it is as at first.

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
        /// What
        #[arg(value_name = "NAME")]
        name: Option<Preference>,
        /// What it is to be
        #[arg(value_name = "VALUE", requires = "name")]
        value: Option<String>,
    },
    /// Set a variable, which `$name` and `${name}` stand for; or list them
    #[command(name = "var", override_usage = "var [NAME [VALUE]]")]
    Variable {
        /// Its name
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// Its value; without one the variable is removed
        #[arg(value_name = "VALUE")]
        value: Option<String>,
    },
    /// Give a command a name of your own, or list them
    #[command(
        name = "alias",
        override_usage = "alias [NAME [COMMAND]]",
        after_help = "\
Examples:
  alias on 'pub car/ac on -q 1'
  alias on"
    )]
    Alias {
        /// Its name
        #[arg(value_name = "NAME")]
        name: Option<String>,
        /// What it stands for; without it the alias is removed
        #[arg(value_name = "COMMAND")]
        command: Option<String>,
    },
    /// Run the lines of a file
    #[command(name = "source", override_usage = "source <FILE>")]
    Source {
        /// Which
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Write lines in $EDITOR, and run them; it begins with the last one
    #[command(name = "edit", override_usage = "edit")]
    Edit,
    /// Tell each packet that crosses the wire
    #[command(name = "trace", override_usage = "trace on|off")]
    Trace {
        /// On or off
        #[arg(value_name = "on|off")]
        switch: Switch,
    },
    /// Clear the screen
    #[command(name = "clear", alias = "cls", override_usage = "clear")]
    Clear,
    /// Tell about the commands, or one of them
    #[command(name = "help", alias = "?", override_usage = "help [COMMAND]")]
    Help {
        /// Which
        #[arg(value_name = "COMMAND")]
        command: Option<String>,
    },
    /// Close all connections, and leave
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
    /// A shape of one's own, in `mosquitto_sub`'s letters.
    Template,
    /// How payloads are shown: plain, hex, base64, json or binary.
    Format,
    /// For `pub` and `sub` lines that name none.
    Qos,
    /// The time of receipt before each message: on or off.
    Timestamps,
    /// What a message changes on its topic, below it: on or off.
    Changes,
    /// Lines of a payload that are shown; 0 for all.
    MaxLines,
    /// Keys that edit a line: emacs or vi.
    Keys,
    /// The prompt, in which {name} and {client_id} stand for the connection's.
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

/// Which of the messages that are kept.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct SelectionArgs {
    /// Only those whose topic matches
    #[arg(long, value_name = "FILTER", value_parser = value::topic_filter)]
    pub on: Option<TopicFilter>,
    /// Only those whose payload matches a regular expression
    #[arg(id = "pattern", long = "match", value_name = "REGEX", allow_hyphen_values = true)]
    pub pattern: Option<String>,
    /// Only those with this value in their JSON, as in /state/on=true; without a value, `last` shows it
    #[arg(long, value_name = "POINTER[=VALUE]")]
    pub json: Vec<String>,
    /// Only those of the last so many seconds; units are taken too, as in 5m
    #[arg(long, value_name = "SEC", value_parser = value::seconds)]
    pub since: Option<Duration>,
}

/// `last`.
#[derive(Debug, Clone, Args)]
pub(crate) struct LastLine {
    /// How many
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
        help = "Shape, as in \"%I %t %p\", mosquitto_sub's letters",
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
    /// Only those that match
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub on: Option<TopicFilter>,
    /// Levels that have a line
    #[arg(long, value_name = "N", default_value = "8", value_parser = value::count)]
    pub depth: u64,
    /// Of JSON payloads only the value at this place, as in /state/on
    #[arg(long, value_name = "POINTER")]
    pub json: Option<String>,
}

/// `connect`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ConnectLine {
    /// What the connection is called here [default: its host and port]
    #[arg(value_name = "as NAME", num_args = 0..=2)]
    pub name: Vec<String>,
    /// Profile: its name, or the path of a file
    #[arg(long, value_name = "NAME")]
    pub profile: Option<String>,
    /// No profile, not even the selected one
    #[arg(long, conflicts_with = "profile")]
    pub no_profile: bool,
    /// Where to.
    #[command(flatten)]
    pub connect: ConnectArgs,
    /// How what is published is delivered.
    #[command(flatten)]
    pub delivery: DeliveryArgs,
}

/// `pub`.
#[derive(Debug, Clone, Args)]
pub struct PublishLine {
    /// Where to
    #[arg(value_name = "TOPIC", value_parser = value::topic_name)]
    pub to: Option<TopicName>,
    /// Payload
    #[arg(value_name = "MESSAGE")]
    pub body: Option<String>,
    /// What is published.
    #[command(flatten)]
    pub publish: PublishArgs,
    /// Whether payloads are filled in.
    #[command(flatten)]
    pub template: TemplateArgs,
}

/// `sub`.
#[derive(Debug, Clone, Args)]
pub(crate) struct SubscribeLine {
    /// What to
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub filters: Vec<TopicFilter>,
    /// How.
    #[command(flatten)]
    pub subscribe: SubscribeArgs,
}

/// `wait`.
#[derive(Debug, Clone, Args)]
pub(crate) struct WaitLine {
    /// On which topics
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub filter: TopicFilter,
    /// Which messages.
    #[command(flatten)]
    pub waited_for: WaitedForArgs,
    /// Fail after so long, seconds or with a unit; 0 waits for ever
    #[arg(long, value_name = "SEC", default_value = "30", value_parser = value::seconds)]
    pub timeout: Duration,
}

/// `expect`.
#[derive(Debug, Clone, Args)]
pub(crate) struct ExpectLine {
    /// On which topics
    #[arg(value_name = "FILTER", value_parser = value::topic_filter)]
    pub filter: TopicFilter,
    /// What the payload has to be
    #[arg(value_name = "PAYLOAD")]
    pub payload: Option<String>,
    /// Which message.
    #[command(flatten)]
    pub waited_for: WaitedForArgs,
    /// No message may come
    #[arg(long, conflicts_with_all = ["payload", "pattern", "json", "property"])]
    pub none: bool,
    /// Fail, or with --none succeed, after so long, seconds or with a unit
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
    /// So many, no more and no less
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
}

/// What a message must have besides its topic.
#[derive(Debug, Clone, Default, Args)]
pub(crate) struct WaitedForArgs {
    /// A regular expression that the payload matches
    #[arg(id = "pattern", long = "match", value_name = "REGEX", allow_hyphen_values = true)]
    pub pattern: Option<String>,
    /// A value of a JSON payload, as in /state/kWh=12.5; repeat it for several
    #[arg(long, value_name = "POINTER=VALUE")]
    pub json: Vec<String>,
    /// A property, as in content-type=text/plain, retain=true or user:site; repeat it for several
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub property: Vec<String>,
}

/// The definition of a line: for parsing, help and completion.
pub(crate) fn line_command() -> clap::Command {
    finished(ReplLine::command())
}

/// What a program can end with.
fn exit_code(text: &str) -> Result<u8, String> {
    text.parse().map_err(|_| format!("`{text}` is not an exit code: use a whole number between 0 and 255"))
}

/// An option of one value, so that what follows is no further one: it can be repeated.
fn one_value(argument: Arg) -> Arg {
    argument.num_args(1)
}

/// A switch whose value, if there is one, is behind `=`: what follows is an argument.
fn switch(argument: Arg) -> Arg {
    argument.num_args(0..=1).require_equals(true)
}
