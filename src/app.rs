//! Wiring: resolves arguments into settings, sets up a runtime, and dispatches the command.

use std::io::IsTerminal;

use crate::cli::bench::{BenchCommand, BenchManifestArgs};
use crate::cli::{self, Command};
use crate::command;
use crate::config::mosquitto::Tool;
use crate::config::{self, CommandLine, Invocation, Origins, SavedOptions};
use crate::error::{Error, ExitStatus};
use crate::output::{ColorChoice, ErrorFormat, LogFile, Stdout, Stream, Talk, Terminal, WriteError};
use crate::repl;
use crate::settings::{
    BenchSettings, BrokerSettings, CleanRetainedSettings, CompareSettings, ConnSettings, ManifestSettings,
    MergeSettings, ProbeSettings, ProfileJob, PubSettings, RecordSettings, ReplSettings, ReplaySettings, ReplySettings,
    RequestSettings, SubSettings, TopicJob, WatchSettings,
};

/// Runs the program and returns its exit code. All errors have been printed by then.
pub fn run() -> u8 {
    let arguments: Vec<_> = std::env::args_os().collect();
    let (called, command_line) = match Tool::called(arguments.first()) {
        Some(tool) => {
            let (called, command_line) = tool.read(&arguments, variable);
            (Some(called), command_line)
        }
        None => (None, config::read(arguments, variable)),
    };
    let code_of = |error: &Error| called.map_or(error.kind().code(), |called| called.code_of(error));
    let invocation = match command_line {
        Ok(CommandLine::Run(invocation)) => invocation,
        Ok(CommandLine::Print(text)) => return print(&text),
        Err(error) => {
            let terminal = Terminal::detect(color_asked_for());
            Talk::new(terminal.stderr, false, error_format_asked_for()).error(&error);
            return code_of(&error);
        }
    };
    let general = &invocation.cli.general;
    let terminal = Terminal::detect(general.color);
    let talk = Talk::new(terminal.stderr, general.quiet, general.error_format).with_debug(general.debug);
    let talk = match general.log_file.as_deref().map(LogFile::open).transpose() {
        Ok(log) => talk.with_log(log),
        Err(error) => {
            talk.error(&error);
            return code_of(&error);
        }
    };
    talk.debug(&invocation.origins);
    for warning in &invocation.warnings {
        talk.warning(warning);
    }
    let saved = invocation.save.as_ref().map(|saved| save(saved, talk)).transpose();
    match saved.and_then(|_| dispatch(*invocation, terminal, talk)) {
        Ok(status) => called.map_or(status.code(), |called| called.code(status)),
        Err(error) => {
            let error = if called.is_some() { error.without_hint() } else { error };
            talk.error(&error);
            code_of(&error)
        }
    }
}

fn dispatch(invocation: Invocation, terminal: Terminal, talk: Talk) -> Result<ExitStatus, Error> {
    let Invocation { cli: arguments, origins, given, .. } = invocation;
    match arguments.command {
        Command::Profile(arguments) => {
            let job = ProfileJob::resolve(arguments, &given)?;
            command::profile::run(job, terminal, talk, &variable, &|name| check_connection(name, terminal, talk))
        }
        Command::Init(arguments) => {
            let job = ProfileJob::resolve_init(arguments)?;
            command::profile::run(job, terminal, talk, &variable, &|name| check_connection(name, terminal, talk))
        }
        Command::Connect(arguments) => {
            let settings = ConnSettings::resolve(&arguments, &origins)?;
            let _broker = command::broker::embed(&settings.connect, talk)?;
            block_on(command::conn::run(&settings, terminal, talk))
        }
        Command::Publish(arguments) => {
            let settings = PubSettings::resolve(&arguments, &origins)?;
            let _broker = command::broker::embed(&settings.connect, talk)?;
            match &settings.queue {
                Some(queue) => block_on(command::queue::run(&settings, queue, talk)),
                None => block_on(command::publish::run(&settings, talk)),
            }
        }
        Command::Subscribe(arguments) => {
            let settings = SubSettings::resolve(&arguments, &origins)?;
            let _broker = command::broker::embed(&settings.connect, talk)?;
            block_on(command::subscribe::run(&settings, terminal, talk))
        }
        Command::Wait(arguments) => {
            let settings = SubSettings::resolve_wait(*arguments, &origins)?;
            let _broker = command::broker::embed(&settings.connect, talk)?;
            block_on(command::subscribe::run(&settings, terminal, talk))
        }
        Command::Request(arguments) => {
            let settings = RequestSettings::resolve(*arguments, &origins)?;
            let _broker = command::broker::embed(&settings.connect, talk)?;
            block_on(command::request::run(&settings, terminal, talk))
        }
        Command::Reply(arguments) => {
            let settings = ReplySettings::resolve(*arguments, &origins)?;
            let _broker = command::broker::embed(&settings.connect, talk)?;
            block_on(command::reply::run(&settings, talk))
        }
        Command::Record(arguments) => {
            let settings = RecordSettings::resolve(*arguments, &origins)?;
            let _broker = command::broker::embed(&settings.connect, talk)?;
            block_on(command::record::run(&settings, talk))
        }
        Command::Replay(arguments) => {
            let settings = ReplaySettings::resolve(*arguments, &origins)?;
            let _broker = command::broker::embed(&settings.connect, talk)?;
            block_on(command::replay::run(&settings, talk))
        }
        Command::CleanRetained(arguments) => {
            let is_terminal = std::io::stdin().is_terminal();
            let settings = CleanRetainedSettings::resolve(*arguments, &origins, is_terminal)?;
            let _broker = command::broker::embed(&settings.connect, talk)?;
            block_on(command::clean_retained::run(&settings, terminal, talk))
        }
        Command::Probe(arguments) => {
            let settings = ProbeSettings::resolve(*arguments, &origins)?;
            let _broker = command::broker::embed(&settings.connect, talk)?;
            block_on(command::probe::run(&settings, terminal, talk))
        }
        Command::Watch(arguments) => {
            let is_terminal = std::io::stdin().is_terminal() && terminal.stdout.terminal;
            let settings = WatchSettings::resolve(*arguments, &origins, is_terminal, variable)?;
            block_on(repl::watch(settings, terminal, talk, &variable))
        }
        Command::Repl(arguments) => {
            let is_terminal = std::io::stdin().is_terminal() && terminal.stdout.terminal;
            let settings = ReplSettings::resolve(&arguments, &origins, is_terminal, variable)?;
            block_on(repl::run(settings, terminal, talk, &variable))
        }
        Command::Bench(arguments) => dispatch_bench(arguments.command, &origins, terminal, talk),
        Command::Simulate(arguments) => {
            if let Some(name) = &arguments.show {
                return command::simulate::show(name, terminal);
            }
            let settings = BenchSettings::simulate(&arguments, &origins)?;
            let _broker = command::broker::embed(&settings.connect, talk)?;
            block_on(command::bench::run(settings, terminal, talk))
        }
        Command::List(_) => command::simulate::list(terminal),
        Command::Check => command::simulate::check(terminal, talk),
        Command::Topic(arguments) => block_on(command::topic::run(TopicJob::resolve(arguments), terminal, talk)),
        Command::Broker(arguments) => {
            let settings = BrokerSettings::resolve(&arguments)?;
            block_on(command::broker::run(settings, &mut Stdout::new(terminal.stdout), talk))
        }
        Command::Completion(arguments) => command::manual::completion(arguments.shell, cli::command(), terminal),
        Command::Man(arguments) => command::manual::man(arguments.folder.as_deref(), cli::command(), terminal, talk),
    }
}

/// `--save-options`: writes the options, then the command runs as usual.
fn save(saved: &SavedOptions, talk: Talk) -> Result<(), Error> {
    saved.write()?;
    talk.success(format_args!("Options saved to {}", saved.path().display()));
    for warning in saved.warnings() {
        talk.warning(warning);
    }
    Ok(())
}

fn variable(name: &str) -> Option<String> {
    std::env::var(name).ok()
}

/// `conn --check` with a profile.
fn check_connection(profile: &str, terminal: Terminal, talk: Talk) -> Result<ExitStatus, Error> {
    let line = ["mqttx-rs", "conn", "--check", "--profile", profile].map(Into::into);
    match config::read(line, variable)? {
        CommandLine::Run(invocation) => dispatch(*invocation, terminal, talk),
        CommandLine::Print(_) => Ok(ExitStatus::Done),
    }
}

fn dispatch_bench(
    command: BenchCommand,
    origins: &Origins,
    terminal: Terminal,
    talk: Talk,
) -> Result<ExitStatus, Error> {
    let settings = match command {
        BenchCommand::Connect(arguments) => BenchSettings::connect(&arguments, origins)?,
        BenchCommand::Publish(arguments) => BenchSettings::publish(&arguments, origins)?,
        BenchCommand::Subscribe(arguments) => BenchSettings::subscribe(&arguments, origins)?,
        BenchCommand::EndToEnd(arguments) => BenchSettings::end_to_end(&arguments, origins)?,
        BenchCommand::Run(arguments) => BenchSettings::run(&arguments, origins)?,
        BenchCommand::Presets(arguments) => {
            return command::bench::presets(arguments.name.as_deref(), terminal);
        }
        BenchCommand::Merge(arguments) => {
            let settings = MergeSettings::resolve(&arguments)?;
            return command::bench::merge(&settings, terminal, talk);
        }
        BenchCommand::Compare(arguments) => {
            return command::bench::compare(&CompareSettings::resolve(&arguments)?, terminal, talk);
        }
        BenchCommand::Manifest(arguments) => return manifest(&arguments, terminal, talk),
    };
    let _broker = command::broker::embed(&settings.connect, talk)?;
    block_on(command::bench::run(settings, terminal, talk))
}

/// `bench manifest`: the machines' command line is read as they will read it, without the settings of this machine.
fn manifest(arguments: &BenchManifestArgs, terminal: Terminal, talk: Talk) -> Result<ExitStatus, Error> {
    let line = ManifestSettings::line(arguments).into_iter().map(Into::into);
    let invocation = match config::read(line, |_| None)? {
        CommandLine::Run(invocation) => *invocation,
        CommandLine::Print(text) => {
            command::bench::help(&text.to_string(), terminal)?;
            return Ok(ExitStatus::Done);
        }
    };
    let Command::Bench(bench) = invocation.cli.command else { return Ok(ExitStatus::Done) };
    let BenchCommand::Run(run) = bench.command else { return Ok(ExitStatus::Done) };
    let command = std::iter::once("mqttx-rs".to_owned()).chain(std::env::args().skip(1)).collect();
    let settings = ManifestSettings::resolve(arguments, &run, &invocation.origins, command)?;
    command::bench::manifest(&settings, terminal, talk)
}

/// Runs a command on a single-threaded runtime: the quickest to start, and enough for one connection.
fn block_on<F: Future<Output = Result<ExitStatus, Error>>>(command: F) -> Result<ExitStatus, Error> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let runtime = runtime.map_err(|error| Error::local(format!("cannot start the runtime: {error}")))?;
    let result = runtime.block_on(command);
    // A thread may still be blocked in a read of stdin.
    runtime.shutdown_background();
    result
}

/// Help or the version, on stdout.
fn print(text: &clap::builder::StyledStr) -> u8 {
    let stdout = Terminal::detect(ColorChoice::Auto).stdout;
    let text = if stdout.color { text.ansi().to_string() } else { text.to_string() };
    match Stdout::new(stdout).text(&text) {
        Ok(()) | Err(WriteError::Closed) => ExitStatus::Done.code(),
        Err(WriteError::Failed(error)) => {
            Talk::new(Stream::PIPE, false, ErrorFormat::Text).error(&error);
            error.kind().code()
        }
    }
}

/// Whether the command line, which could not be read, asks for errors as JSON.
fn error_format_asked_for() -> ErrorFormat {
    if is_asked_for("--error-format", "json") { ErrorFormat::Json } else { ErrorFormat::Text }
}

/// The colour that the command line, which could not be read, asks for.
fn color_asked_for() -> ColorChoice {
    match (is_asked_for("--color", "always"), is_asked_for("--color", "never")) {
        (true, _) => ColorChoice::Always,
        (_, true) => ColorChoice::Never,
        _ => ColorChoice::Auto,
    }
}

/// Whether the command line has an option with a value, as two arguments or one.
fn is_asked_for(option: &str, value: &str) -> bool {
    let arguments: Vec<_> = std::env::args_os().collect();
    arguments.iter().any(|argument| *argument == *format!("{option}={value}"))
        || arguments.windows(2).any(|pair| pair[0] == *option && pair[1] == *value)
}
