use std::ffi::OsString;
use std::path::PathBuf;

use bytes::Bytes;
use clap::builder::StyledStr;

use super::codec::decoder;
use super::connect::Resolved;
use super::publish::Publication;
use super::subscribe::{FileTarget, Retained, doubts, is_for_people, shape, subscriptions, target};
use super::support::refuse_what_needs_v5;
use super::{ConnectSettings, protocol, secret};
use crate::cli::repl::{self as lines, ConnectLine, PublishLine, ReplArgs, ReplCommand, ReplLine, SubscribeLine};
use crate::cli::value::MessageShape;
use crate::config::HelpRequest;
use crate::config::origin::{Origin, Origins, names_broker};
use crate::config::profile::Choice;
use crate::config::read::{Parsed, Reading, read_as};
use crate::config::table::{Note, noted, row_of, rows};
use crate::error::{Error, nearest};
use crate::mqtt::{TopicFilter, Version};
use crate::payload::Codec;
use crate::session::{ConnectOptions, SubscribeRequest};

/// What `repl` does.
#[derive(Debug, Clone)]
pub(crate) struct ReplSettings {
    /// The first connection, if the command line, a variable or a profile names one.
    pub connect: Option<ConnectSettings>,
    /// The profile of the run, for lines that name none.
    pub profile: ProfileChoice,
    /// Where commands come from.
    pub commands: CommandSource,
    /// The name of that profile, for the history.
    pub profile_name: Option<String>,
    /// The folder for the history; `None`: no history, as there is no home folder.
    pub history: Option<PathBuf>,
    /// Print each line of a script before running it.
    pub echo: bool,
    /// Run the start-up file and what was saved first.
    pub start_up: bool,
    /// Where to say what became of each script.
    pub junit: Option<PathBuf>,
    /// Continue after an error in a script.
    pub keep_going: bool,
    /// What the user should know before it begins.
    pub warnings: Vec<String>,
}

/// Where the commands of `repl` come from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum CommandSource {
    /// A person at a terminal.
    Terminal,
    /// A script on stdin.
    Stdin,
    /// A script in a file.
    File(PathBuf),
    /// Scripts in several files, each in a session of its own.
    Files(Vec<PathBuf>),
}

impl CommandSource {
    /// Each script on its own.
    pub(crate) fn scripts(&self) -> Vec<Self> {
        match self {
            Self::Files(paths) => paths.iter().cloned().map(Self::File).collect(),
            other => vec![other.clone()],
        }
    }

    /// What errors call it.
    pub(crate) fn name(&self) -> String {
        match self {
            Self::File(path) => path.display().to_string(),
            _ => "stdin".to_owned(),
        }
    }
}

/// The profile of a connection.
#[derive(Debug, Clone, Default)]
pub(crate) struct ProfileChoice(Choice);

impl ProfileChoice {
    /// That of the run.
    pub(super) fn of(origins: &Origins) -> Self {
        Self(origins.profile_choice.clone())
    }
}

impl ReplSettings {
    /// Settles every option of `repl`; commands come from stdin unless it is a terminal.
    pub(crate) fn resolve(
        arguments: &ReplArgs,
        origins: &Origins,
        is_terminal: bool,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let commands = match arguments.script.script.as_slice() {
            [path] if path.as_os_str() != "-" => CommandSource::File(path.clone()),
            [] if is_terminal => CommandSource::Terminal,
            [] | [_] => CommandSource::Stdin,
            paths if paths.iter().any(|path| path.as_os_str() == "-") => {
                return Err(Error::usage("--script: `-` cannot be one of several files"));
            }
            paths => CommandSource::Files(paths.to_vec()),
        };
        if arguments.script.junit.is_some() && commands == CommandSource::Terminal {
            let error = Error::usage("--junit needs a script: a person at a terminal is not a test");
            return Err(error.with_hint("for example --script tests/*.mqtt --junit report.xml"));
        }
        if commands == CommandSource::Stdin {
            refuse_a_password_on_stdin(arguments, origins)?;
        }
        let connection = &arguments.connect.connection;
        let says_which = names_broker().any(|option| origins.given(option))
            || protocol::is_said_by_flag(&arguments.connect, origins);
        let (connect, warnings) = if says_which || connection.embedded || origins.profile.is_some() {
            let Resolved { mut settings, warnings, .. } = ConnectSettings::resolve(&arguments.connect, origins)?;
            settings.take_a_free_port_if_embedded(origins);
            settings.deliver(&arguments.delivery);
            settings.keep_session();
            (Some(settings), warnings)
        } else {
            (None, Vec::new())
        };
        Ok(Self {
            connect,
            profile: ProfileChoice::of(origins),
            commands,
            profile_name: origins.profile.clone(),
            history: state_folder(variable),
            echo: arguments.script.echo,
            start_up: !arguments.script.no_rc,
            junit: arguments.script.junit.clone(),
            keep_going: arguments.script.keep_going,
            warnings,
        })
    }
}

/// Where a program keeps its state: <https://specifications.freedesktop.org/basedir-spec>.
fn state_folder(variable: impl Fn(&str) -> Option<String>) -> Option<PathBuf> {
    let absolute = |name: &str| variable(name).map(PathBuf::from).filter(|path| path.is_absolute());
    let base = match absolute("XDG_STATE_HOME") {
        Some(folder) => Some(folder),
        None if cfg!(windows) => absolute("LOCALAPPDATA"),
        None => absolute("HOME").map(|home| home.join(".local").join("state")),
    };
    base.map(|base| base.join("mqttx-rs"))
}

fn refuse_a_password_on_stdin(arguments: &ReplArgs, origins: &Origins) -> Result<(), Error> {
    if !secret::is_on_stdin(&arguments.connect.connection, origins) {
        return Ok(());
    }
    let message = "--password - and the commands cannot both come from stdin";
    Err(Error::usage(message).with_hint("use --password-file, --password-env or --script FILE"))
}

/// A line of `repl` that has been parsed.
#[derive(Debug)]
pub(crate) enum ReplRequest {
    /// Run a command.
    Run {
        /// It.
        command: Box<ReplCommand>,
        /// Where its options come from.
        origins: Origins,
        /// Warnings about the layers.
        warnings: Vec<String>,
    },
    /// Print a text.
    Print(StyledStr),
    /// Print the help of a command.
    Help(HelpRequest),
}

/// The definition of a line, without options that have no meaning there.
pub(crate) fn line_command() -> clap::Command {
    lines::line_command().mut_subcommands(|line| {
        let name = line.get_name().to_owned();
        line.mut_args(|option| {
            let row = row_of(&format!("> {name}"), option.get_id().as_str());
            let is_hidden = |note: &Note| match note {
                Note::ReadsStdin | Note::NotInRepl(_) => true,
                Note::HiddenIn(lines) => lines.contains(&name.as_str()),
                _ => false,
            };
            let is_hidden = row.is_some_and(|row| row.notes.iter().any(is_hidden));
            if is_hidden { option.hide(true) } else { option }
        })
    })
}

/// Reads the words of a line over the same layers as a command line: environment, profile, project's file.
///
/// # Errors
///
/// A usage error that names the flag, or the variable or key when the value came from there.
pub(crate) fn read_line(
    words: &[String],
    profile: &ProfileChoice,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<ReplRequest, Error> {
    let definition = line_command();
    let first = words.first().map_or("", String::as_str);
    if definition.find_subcommand(first).is_none() {
        return Err(no_such_command(&definition, first, words));
    }
    let arguments = std::iter::once("repl").chain(words.iter().map(String::as_str)).map(OsString::from);
    let has_layers = |path: &[&str], _: &clap::Command| matches!(path, ["connect" | "pub" | "sub" | "request"]);
    let read = read_as::<ReplLine>(&definition, arguments, &profile.0, has_layers, variable);
    let read = read.map_err(|error| match error.hint() {
        None => with_usage(error, &definition, first),
        Some(_) => error,
    });
    Ok(match read? {
        Reading::Parsed(Parsed { arguments, origins, warnings, .. }) => {
            ReplRequest::Run { command: Box::new(arguments.command), origins, warnings }
        }
        Reading::Print(text) => ReplRequest::Print(text),
        Reading::Help(request) => ReplRequest::Help(request),
    })
}

/// A line of which something is missing, with how the command is written.
fn with_usage(error: Error, definition: &clap::Command, command: &str) -> Error {
    if !error.to_string().ends_with(" is missing") {
        return error;
    }
    let mut definition = definition.clone();
    definition.build();
    match definition.find_subcommand_mut(command) {
        Some(command) => {
            let usage = command.render_usage().to_string();
            let usage = usage.trim_start_matches("Usage:").split_whitespace().collect::<Vec<_>>().join(" ");
            error.with_hint(format!("usage: {usage}"))
        }
        None => error,
    }
}

/// Nothing is guessed, as what looks like a topic may be a mistyped command.
fn no_such_command(definition: &clap::Command, first: &str, words: &[String]) -> Error {
    let refused = Error::usage(format!("unknown command `{first}`"));
    if first.contains('/') {
        return refused.with_hint(match words {
            [filter] => format!("`sub {filter}` subscribes, `pub {filter} MESSAGE` publishes"),
            words => format!("did you mean `pub {}`?", words.join(" ")),
        });
    }
    let names = definition.get_subcommands().map(clap::Command::get_name);
    match nearest(first, names) {
        Some(name) => refused.with_hint(format!("did you mean `{name}`?")),
        None => refused.with_hint("`help` lists the commands"),
    }
}

/// The settings of `connect`.
#[derive(Debug, Clone)]
pub(crate) struct NewConnection {
    /// The name of the connection.
    pub name: Option<String>,
    /// The session.
    pub connect: ConnectSettings,
    /// No broker is named: the current connection is meant, if there is one.
    pub says_nothing: bool,
    /// The profile for its lines.
    pub profile: ProfileChoice,
    /// What the user should know before it begins.
    pub warnings: Vec<String>,
}

impl NewConnection {
    /// Settles every option of a `connect` line.
    pub(crate) fn resolve(line: &ConnectLine, origins: &Origins, profile: &ProfileChoice) -> Result<Self, Error> {
        let name = match line.name.as_slice() {
            [] => None,
            [keyword, name] if keyword == "as" => Some(name.clone()),
            words => {
                let message = format!("`{}` does not name a connection", words.join(" "));
                return Err(Error::usage(message).with_hint("for example connect -h broker.example as plant"));
            }
        };
        if secret::is_on_stdin(&line.connect.connection, origins) {
            let message = "--password - cannot be used here: the commands are read from stdin";
            return Err(Error::usage(message).with_hint("use --password-file, --password-env or --ask-password"));
        }
        let profile = ProfileChoice(profile.0.or(Choice {
            named: line.profile.clone(),
            none: line.no_profile,
            ..Choice::default()
        }));
        let Resolved { mut settings, warnings, .. } = ConnectSettings::resolve(&line.connect, origins)?;
        settings.take_a_free_port_if_embedded(origins);
        settings.deliver(&line.delivery);
        settings.keep_session();
        let says_nothing = !origins.has_flags();
        Ok(Self { name, connect: settings, says_nothing, profile, warnings })
    }
}

/// The settings of a `sub` line.
#[derive(Debug, Clone)]
pub(crate) struct Subscription {
    /// What SUBSCRIBE asks for: at least one filter.
    pub request: SubscribeRequest,
    /// Topics that are left out.
    pub filter_out: Vec<TopicFilter>,
    /// Which messages count, by their retain flag.
    pub retained: Retained,
    /// How its messages are shown; `None`: like all others.
    pub display: Option<Display>,
}

/// How messages are shown and kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Display {
    /// Shape of the output; `None`: one line per message.
    pub shape: Option<MessageShape>,
    /// All fields of each packet.
    pub verbose: bool,
    /// How payloads are shown.
    pub codec: Codec,
    /// Where payloads are written too.
    pub file: Option<FileTarget>,
    /// What follows a payload in raw output, a template line and a file.
    pub delimiter: Bytes,
}

impl Default for Display {
    fn default() -> Self {
        Self { shape: None, verbose: false, codec: Codec::default(), file: None, delimiter: Bytes::from_static(b"\n") }
    }
}

impl Publication {
    /// Settles every option of a `pub` line.
    pub fn of_line(
        line: &PublishLine,
        connect: &ConnectOptions,
        origins: &Origins,
    ) -> Result<(Self, Vec<String>), Error> {
        let version = connect.version;
        if let Some(option) = noted(Note::ReadsStdin).find(|option| origins.given(option)) {
            let message = format!("{} cannot be used here: the commands are read from stdin", origins.name(option));
            return Err(Error::usage(message).with_hint("use --file-read, or <<EOF for a payload of several lines"));
        }
        let mut arguments = line.publish.clone();
        let both = |option| origins.of(option) == Origin::Flag;
        if let Some(topic) = &line.to {
            if both("topic") {
                return Err(Error::exclude_one_another("TOPIC", "--topic"));
            }
            arguments.message.topic = vec![topic.clone()];
        }
        if let Some(text) = &line.body {
            if both("message") {
                return Err(Error::exclude_one_another("MESSAGE", "--message"));
            }
            arguments.source.message = Some(text.clone());
        }
        if arguments.message.topic.is_empty() {
            return Err(
                Error::usage("the topic is missing").with_hint("it comes before the message, for example car/ac on")
            );
        }
        let warnings = refuse_what_needs_v5(version, origins)?;
        let mut publication = Self::resolve(&arguments, None, version, origins)?;
        publication.take_templates(&line.template, connect, origins)?;
        Ok((publication, warnings))
    }
}

impl Subscription {
    /// Settles every option of a `sub` line.
    pub(crate) fn of_line(
        line: &SubscribeLine,
        version: Version,
        origins: &Origins,
    ) -> Result<(Self, Vec<String>), Error> {
        for row in rows().filter(|row| origins.of(row.option) == Origin::Flag) {
            if let Some(Note::NotInRepl(hint)) = row.notes.iter().find(|note| matches!(note, Note::NotInRepl(_))) {
                let message = format!("{} cannot be used here", origins.name(row.option));
                return Err(Error::usage(message).with_hint(*hint));
            }
        }
        let mut arguments = line.subscribe.subscription.clone();
        if !line.filters.is_empty() {
            if origins.of("topic") == Origin::Flag {
                return Err(Error::exclude_one_another("FILTER", "--topic"));
            }
            arguments.topic.clone_from(&line.filters);
        }
        if arguments.topic.is_empty() {
            return Err(Error::usage("the filter is missing").with_hint("for example sub car/#"));
        }
        let mut warnings = refuse_what_needs_v5(version, origins)?;
        let (selection, output) = (&line.subscribe.selection, &line.subscribe.output);
        let has_shape = ["output_mode", "template"].iter().any(|option| origins.given(option));
        let filters = subscriptions(&arguments, None, origins)?;
        let display = Display {
            shape: has_shape.then(|| shape(output)).transpose()?,
            verbose: output.verbose,
            codec: decoder(&line.subscribe.payload, &line.subscribe.decompress, false, origins)?,
            file: target(output),
            delimiter: output.delimiter.clone(),
        };
        warnings.extend(doubts(&filters));
        let subscription = Self {
            request: SubscribeRequest {
                filters,
                subscription_identifier: arguments.subscription_identifier,
                user_properties: arguments.user_properties.clone(),
            },
            filter_out: selection.filter_out.clone(),
            retained: match (selection.retained_only, selection.skip_retained) {
                (true, _) => Retained::Only,
                (_, true) => Retained::Skip,
                _ => Retained::Both,
            },
            display: (display != Display::default()).then(|| Display {
                codec: if is_for_people(output) && !origins.given("format") {
                    display.codec.clone().knowing_sparkplug_topics()
                } else {
                    display.codec.clone()
                },
                ..display
            }),
        };
        Ok((subscription, warnings))
    }
}
