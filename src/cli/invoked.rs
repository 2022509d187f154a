//! The definition of the command that a command line invokes, without the others: building all of them takes longer
//! than a short run.
//!
//! Nothing is defined a second time here: each command is built by the same code as in [`command`](super::command).
//! What this definition accepts, that one accepts with the same result. It refuses more, and then that one decides
//! (`config::read`).

use std::ffi::OsString;

use clap::{Args, Command};

use super::bench::{
    BenchCompareArgs, BenchConnectArgs, BenchEndToEndArgs, BenchManifestArgs, BenchMergeArgs, BenchPresetsArgs,
    BenchPublishArgs, BenchRunArgs, BenchSubscribeArgs,
};
use super::broker::BrokerArgs;
use super::clean_retained::CleanRetainedCommand;
use super::conn::ConnCommand;
use super::manual::{CompletionArgs, ManArgs};
use super::probe::ProbeCommand;
use super::profile::{InitArgs, ProfileArgs};
use super::publish::PublishCommand;
use super::record::RecordCommand;
use super::repl::ReplArgs;
use super::replay::ReplayCommand;
use super::reply::ReplyCommand;
use super::request::RequestCommand;
use super::shorts::expand;
use super::simulate::{ListArgs, SimulateArgs};
use super::subscribe::SubscribeCommand;
use super::topic::TopicArgs;
use super::wait::WaitCommand;
use super::watch::WatchCommand;
use super::{GeneralArgs, finished, root};

/// A command's name, and what gives it its options.
type Entry = (&'static str, Below);

/// What is below a command.
enum Below {
    Options(fn(Command) -> Command),
    Commands(&'static [Entry]),
}

use Below::{Commands, Options};

const COMMANDS: &[Entry] = &[
    ("conn", Options(ConnCommand::augment_args)),
    ("pub", Options(PublishCommand::augment_args)),
    ("sub", Options(SubscribeCommand::augment_args)),
    ("wait", Options(WaitCommand::augment_args)),
    ("request", Options(RequestCommand::augment_args)),
    ("reply", Options(ReplyCommand::augment_args)),
    ("record", Options(RecordCommand::augment_args)),
    ("replay", Options(ReplayCommand::augment_args)),
    ("clean-retained", Options(CleanRetainedCommand::augment_args)),
    ("probe", Options(ProbeCommand::augment_args)),
    ("watch", Options(WatchCommand::augment_args)),
    ("repl", Options(ReplArgs::augment_args)),
    (
        "bench",
        Commands(&[
            ("conn", Options(BenchConnectArgs::augment_args)),
            ("pub", Options(BenchPublishArgs::augment_args)),
            ("sub", Options(BenchSubscribeArgs::augment_args)),
            ("e2e", Options(BenchEndToEndArgs::augment_args)),
            ("run", Options(BenchRunArgs::augment_args)),
            ("presets", Options(BenchPresetsArgs::augment_args)),
            ("merge", Options(BenchMergeArgs::augment_args)),
            ("compare", Options(BenchCompareArgs::augment_args)),
            ("manifest", Options(BenchManifestArgs::augment_args)),
        ]),
    ),
    ("simulate", Options(SimulateArgs::augment_args)),
    ("ls", Options(ListArgs::augment_args)),
    ("init", Options(InitArgs::augment_args)),
    ("check", Options(|command| command)),
    // These two with all that can be done: people type them, not scripts in a loop.
    ("profile", Options(ProfileArgs::augment_args)),
    ("topic", Options(TopicArgs::augment_args)),
    ("broker", Options(BrokerArgs::augment_args)),
    ("completion", Options(CompletionArgs::augment_args)),
    ("man", Options(ManArgs::augment_args)),
];

/// The general options, and the one command that the arguments name, the program's name first. Without a command that
/// is known, the general options alone.
pub(crate) fn invoked(arguments: &[OsString]) -> Command {
    let general = GeneralArgs::augment_args(root());
    let names = expand(&with_names(general.clone(), COMMANDS), arguments.iter().cloned()).commands;
    finished(with_command(general, COMMANDS, &names))
}

/// The commands as names without options: enough to find which is meant, as only the general options come before it.
fn with_names(command: Command, below: &[Entry]) -> Command {
    command.subcommands(below.iter().map(|(name, below)| match below {
        Options(_) => named(name),
        Commands(below) => with_names(named(name), below),
    }))
}

/// A command without options, known by its other name too.
fn named(name: &'static str) -> Command {
    let command = Command::new(name);
    if name == "request" { command.visible_alias("rr") } else { command }
}

fn with_command(command: Command, below: &'static [Entry], names: &[String]) -> Command {
    let Some((name, inner)) = names.split_first() else { return command };
    match below.iter().find(|(known, _)| known == name) {
        Some((name, Options(augment))) => command.subcommand(augment(named(name))),
        Some((name, Commands(below))) => {
            let outer = named(name).subcommand_required(true);
            command.subcommand(with_command(outer, below, inner))
        }
        None => command,
    }
}

#[cfg(test)]
mod tests {
    use clap::{ArgMatches, Id};
    use proptest::prelude::*;

    use super::*;

    fn line(words: &[&str]) -> Vec<OsString> {
        std::iter::once("mqttx-rs").chain(words.iter().copied()).map(OsString::from).collect()
    }

    /// The options with all that clap knows of them.
    fn options(command: &Command) -> Vec<String> {
        command.get_arguments().map(|option| format!("{option:?}")).collect()
    }

    /// The innermost of a definition that has one command at each level.
    fn innermost<'a>(command: &'a Command, path: &mut Vec<&'a str>) -> &'a Command {
        let mut inner = command.get_subcommands();
        match (inner.next(), inner.next()) {
            (Some(only), None) => {
                path.push(only.get_name());
                innermost(only, path)
            }
            _ => command,
        }
    }

    #[test]
    fn each_command_is_built_as_it_is_among_all_and_alone() {
        fn walk(whole: &Command, path: &mut Vec<String>, checked: &mut usize) {
            if path.first().is_none_or(|first| first != "profile" && first != "topic") && whole.has_subcommands() {
                for inner in whole.get_subcommands() {
                    path.push(inner.get_name().to_owned());
                    walk(inner, path, checked);
                    path.pop();
                }
                return;
            }
            let names: Vec<_> = path.iter().map(String::as_str).collect();
            let definition = invoked(&line(&names));
            let mut found = Vec::new();
            let quick = if names == ["profile"] || names == ["topic"] {
                definition.find_subcommand(names[0]).unwrap()
            } else {
                let quick = innermost(&definition, &mut found);
                assert_eq!(found, names);
                quick
            };
            assert_eq!(options(quick), options(whole), "{names:?}");
            assert!(quick.get_all_aliases().eq(whole.get_all_aliases()), "{names:?}");
            assert_eq!(quick.get_subcommands().count(), whole.get_subcommands().count(), "{names:?}");
            assert_eq!(
                format!("{:?}", quick.get_groups().collect::<Vec<_>>()),
                format!("{:?}", whole.get_groups().collect::<Vec<_>>())
            );
            *checked += 1;
        }
        let whole = super::super::command();
        let mut checked = 0;
        walk(&whole, &mut Vec::new(), &mut checked);
        assert!(checked >= 14, "{checked} commands");
        assert_eq!(options(&invoked(&line(&["pub"]))), options(&whole));
    }

    #[test]
    fn without_a_command_that_is_known_none_is_built() {
        for words in [&[][..], &["--version"], &["--color", "pub"], &["publish"], &["--", "pub"]] {
            assert_eq!(invoked(&line(words)).get_subcommands().count(), 0, "{words:?}");
        }
    }

    /// Words that a command line is made of, values that are names of commands among them.
    fn word() -> impl Strategy<Value = &'static str> {
        prop::sample::select(vec![
            "pub",
            "sub",
            "conn",
            "repl",
            "bench",
            "profile",
            "broker",
            "e2e",
            "list",
            "show",
            "--",
            "-t",
            "a",
            "-m",
            "-q",
            "1",
            "-lm",
            "-up",
            "k: v",
            "--quiet",
            "--debug",
            "--profile",
            "--no-profile",
            "--color",
            "never",
            "--color=never",
            "--error-format",
            "json",
            "--log-file",
            "-v",
            "--version",
            "--help",
            "-c",
            "-rs",
            "--qos",
            "",
            "-",
            "--nothing",
            "pubs",
        ])
    }

    /// All that is said at each level, and by whom.
    fn said(matches: &ArgMatches) -> Vec<String> {
        let ids = matches.ids().filter(|id| matches.try_get_raw(id.as_str()).is_ok());
        let values = |id: &Id| {
            let raw: Vec<_> = matches.get_raw(id.as_str()).into_iter().flatten().collect();
            format!("{id} {:?} {raw:?}", matches.value_source(id.as_str()))
        };
        let mut all: Vec<_> = ids.map(values).filter(|text| !text.starts_with(char::is_uppercase)).collect();
        all.sort();
        if let Some((name, inner)) = matches.subcommand() {
            all.push(format!("command {name}"));
            all.extend(said(inner));
        }
        all
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(400))]

        #[test]
        fn what_the_one_command_accepts_all_accept_with_the_same_result(words in prop::collection::vec(word(), 0..7)) {
            let arguments = line(&words);
            let (quick, whole) = (invoked(&arguments), super::super::command());
            let tokens = expand(&whole, arguments.iter().cloned());
            prop_assert_eq!(&expand(&quick, arguments.iter().cloned()), &tokens);
            let parsed = quick.try_get_matches_from(&tokens.tokens);
            let expected = whole.try_get_matches_from(&tokens.tokens);
            match (parsed, expected) {
                (Ok(parsed), Ok(expected)) => prop_assert_eq!(said(&parsed), said(&expected)),
                (Ok(_), Err(error)) => prop_assert!(false, "all commands refuse it: {error}"),
                // `config::read` asks all commands, and shows their help or error.
                (Err(_), Err(_)) => {}
                (Err(error), Ok(_)) => prop_assert!(false, "the command alone refuses it: {error}"),
            }
        }
    }
}
