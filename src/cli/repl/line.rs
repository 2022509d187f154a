use std::path::PathBuf;
use std::time::Duration;

use clap::{ArgAction, CommandFactory, Parser, Subcommand};

use super::block::{IfLine, RepeatLine};
use super::connect::ConnectLine;
use super::keep::{EveryLine, NoteLine, RecordLine, ReplyLine, RetainedLine, TeeLine};
use super::options::{one_value, switch};
use super::probe::ProbeLine;
use super::publish::PublishLine;
use super::recall::{DiffLine, LastLine, SelectionArgs, TopicsLine};
use super::set::{AliasLine, SetLine, Switch};
use super::subscribe::SubscribeLine;
use super::view::{PlotLine, WatchLine};
use super::wait::{AssertLine, ExpectLine, WaitLine};
use crate::cli::{finished, value};
use crate::mqtt::TopicFilter;

/// What each part of a session is for, and its commands.
pub(crate) const GROUPS: &[(&str, &[&str])] = &[
    ("Connections", &["connect", "disconnect", "switch", "connections", "rename", "forget", "probe"]),
    ("Messages", &["pub", "sub", "unsub", "subs", "request", "mute", "unmute"]),
    ("Received messages", &["last", "show", "diff", "count", "save", "export"]),
    ("State of the broker", &["topics", "stats", "watch", "plot", "retained"]),
    ("In the background", &["every", "reply", "record", "jobs", "stop"]),
    ("Scripts", &["wait", "expect", "assert", "sleep", "repeat", "if", "source"]),
    ("Session", &["set", "save-settings", "var", "alias", "note", "edit", "tee", "trace", "clear", "help", "exit"]),
];

/// Syntax that is not a command.
const SYNTAX: &str = "\
Syntax:
  !CMD         Run a shell command
  ... | CMD    Pipe the output of a command into a shell command
  '..' \"..\"    Quote a word
  $name        The value of a variable
  <<EOF        The lines up to EOF, as one word

`help COMMAND` shows the options of a command, with examples.";

/// A line of `repl`, cut into words.
#[derive(Debug, Clone, Parser)]
#[command(
    name = "repl",
    about = None,
    help_template = "{subcommands}\n\n{after-help}",
    after_help = SYNTAX,
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
    #[command(name = "connect", alias = "con")]
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
        mut_arg("qos", one_value),
        mut_arg("no_local", switch),
        mut_arg("retain_as_published", switch),
        mut_arg("retain_handling", one_value),
        mut_arg("user_properties", one_value),
        mut_arg("filter_out", one_value)
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
    /// Test what the broker of the current connection supports
    #[command(name = "probe")]
    Probe(ProbeLine),
    /// Wait for a message
    #[command(name = "wait")]
    Wait(WaitLine),
    /// Check the next message, or that none arrives
    #[command(name = "expect")]
    Expect(ExpectLine),
    /// Check the messages received so far, without waiting
    #[command(name = "assert")]
    Assert(AssertLine),
    /// Pause for a time
    #[command(name = "sleep", override_usage = "sleep <DURATION>")]
    Sleep {
        /// Time in seconds, or with a unit, for example 200ms
        #[arg(value_name = "DURATION", value_parser = value::seconds)]
        time: Duration,
    },
    /// Show the last messages again
    #[command(name = "last")]
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
    #[command(name = "diff")]
    Diff(DiffLine),
    /// Show a message in full: properties, payload, bytes
    #[command(name = "show", override_usage = "show [ID]")]
    Show {
        /// Number of the message, as shown by `last` [default: the newest]
        #[arg(value_name = "ID", value_parser = value::count)]
        id: Option<u64>,
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
    #[command(name = "topics")]
    Topics(TopicsLine),
    /// Watch topics on the full screen: values, ages, rates, details, a plot; q leaves
    #[command(name = "watch")]
    Watch(WatchLine),
    /// Plot the numbers of a topic on the full screen; q leaves
    #[command(name = "plot")]
    Plot(PlotLine),
    /// List or remove the retained messages of a broker
    #[command(name = "retained")]
    Retained(RetainedLine),
    /// Run, save or list named lines
    #[command(name = "note")]
    Note(NoteLine),
    /// Log the session to a file: what is typed and shown
    #[command(name = "tee")]
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
    #[command(name = "every")]
    Every(EveryLine),
    /// Answer requests in the background
    #[command(name = "reply")]
    Reply(Box<ReplyLine>),
    /// Record received messages to a new file in the background
    #[command(name = "record")]
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
    /// Run lines several times
    #[command(name = "repeat")]
    Repeat(RepeatLine),
    /// Run lines if a command succeeds, and others if it does not
    #[command(name = "if")]
    If(IfLine),
    /// Set how messages are shown and sent, or list the settings
    #[command(name = "set")]
    Set(SetLine),
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
    #[command(name = "alias")]
    Alias(AliasLine),
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

/// The definition of a line: for parsing, help and completion.
pub(crate) fn line_command() -> clap::Command {
    finished(ReplLine::command())
}

/// An exit code.
fn exit_code(text: &str) -> Result<u8, String> {
    text.parse().map_err(|_| format!("`{text}` is not an exit code: use a whole number between 0 and 255"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_is_in_one_group_of_the_help() {
        let mut grouped: Vec<_> = GROUPS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        grouped.sort_unstable();
        let definition = line_command();
        let mut commands: Vec<_> = definition.get_subcommands().map(clap::Command::get_name).collect();
        commands.sort_unstable();
        assert_eq!(grouped, commands);
    }
}
