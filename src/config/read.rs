//! From argv and the environment to arguments that clap has checked.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;
use std::path::PathBuf;

use clap::builder::StyledStr;
use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, FromArgMatches};

use super::credentials;
use super::environment;
use super::options_file::{self, SavedOptions};
use super::origin::{LayerValue, Options, Origins, inherit, overridden};
use super::profile::{self, Choice, Loaded, Scope};
use super::table::{Note, is_noted};
use super::usage::usage_error;
use crate::cli::shorts::{self, Expanded};
use crate::cli::{self, Cli};
use crate::error::Error;

/// What the user asked for.
#[derive(Debug)]
pub enum CommandLine {
    /// Run a command.
    Run(Box<Invocation>),
    /// Print the version, or other text, on stdout, with or without style, and exit with 0.
    Print(StyledStr),
    /// Print help on stdout, and exit with 0.
    Help(HelpRequest),
}

/// The help that a command line asks for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct HelpRequest {
    /// The names of the command: `bench`, `pub`; empty for the program.
    pub path: Vec<String>,
    /// All options, not only those most used.
    pub whole: bool,
}

/// Arguments and where they come from.
#[derive(Debug)]
pub struct Invocation {
    /// The arguments, including those of lower layers.
    pub cli: Cli,
    /// Where each comes from.
    pub origins: Origins,
    /// The options on the command line by id, as they are written there.
    pub given: BTreeMap<String, Vec<String>>,
    /// Warnings about the layers.
    pub warnings: Vec<String>,
    /// The options that `--save-options` writes before the command runs.
    pub save: Option<Box<SavedOptions>>,
}

/// Arguments of any definition, and where they come from.
pub(crate) struct Parsed<T> {
    pub(crate) arguments: T,
    pub(crate) origins: Origins,
    pub(crate) given: BTreeMap<String, Vec<String>>,
    pub(crate) warnings: Vec<String>,
    pub(crate) save: Option<Box<SavedOptions>>,
}

/// The result of reading.
pub(crate) enum Reading<T> {
    Parsed(Parsed<T>),
    /// The version.
    Print(StyledStr),
    /// Help.
    Help(HelpRequest),
}

/// The definition of the arguments.
pub(crate) struct Definition<'a> {
    /// The command that the arguments invoke, and its options. To parse builds it, which is done once.
    quick: clap::Command,
    /// The same, not built.
    again: Box<dyn Fn() -> clap::Command + 'a>,
    /// Every command, if `quick` lacks some: for errors.
    whole: Option<fn() -> clap::Command>,
}

impl<'a> From<&'a clap::Command> for Definition<'a> {
    fn from(definition: &'a clap::Command) -> Self {
        Self { quick: definition.clone(), again: Box::new(|| definition.clone()), whole: None }
    }
}

impl<'a> Definition<'a> {
    /// That of a command line.
    fn of(arguments: &'a [OsString], whole: fn() -> clap::Command) -> Self {
        Self { quick: cli::invoked(arguments), again: Box::new(|| cli::invoked(arguments)), whole: Some(whole) }
    }

    /// Parses with the quick definition. If that refuses something, the complete one decides, so that errors are
    /// complete. Missing arguments, and that help or the version is asked for, are the same in both.
    fn parse(&mut self, tokens: &[OsString]) -> Result<ArgMatches, clap::Error> {
        match (self.quick.try_get_matches_from_mut(tokens), self.whole) {
            (Err(error), Some(whole))
                if !matches!(
                    error.kind(),
                    ErrorKind::MissingRequiredArgument | ErrorKind::DisplayVersion | ErrorKind::DisplayHelp
                ) =>
            {
                whole().try_get_matches_from(tokens)
            }
            (result, _) => result,
        }
    }
}

/// Reads the command line, the program's name first, over the layers of the environment, the profile and the project
/// file.
///
/// # Errors
///
/// A usage error that names the flag, or the variable or key when the value came from there.
pub fn read(
    arguments: impl IntoIterator<Item = OsString>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<CommandLine, Error> {
    read_with(&Choice::default(), arguments, variable)
}

/// The same with a choice of profile made elsewhere.
pub(crate) fn read_with(
    choice: &Choice,
    arguments: impl IntoIterator<Item = OsString>,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<CommandLine, Error> {
    // `profile add` takes connection options without connecting.
    let has_layers =
        |path: &[&str], command: &clap::Command| has(command, "hostname") && path.first() != Some(&"profile");
    let arguments: Vec<_> = arguments.into_iter().collect();
    if arguments.len() < 2 {
        return Ok(CommandLine::Help(HelpRequest::default()));
    }
    let definition = Definition::of(&arguments, cli::command);
    Ok(match read_as(definition, arguments.iter().cloned(), choice, has_layers, variable)? {
        Reading::Parsed(Parsed { arguments: cli, origins, given, warnings, save }) => {
            CommandLine::Run(Box::new(Invocation { cli, origins, given, warnings, save }))
        }
        Reading::Print(text) => CommandLine::Print(text),
        Reading::Help(request) => CommandLine::Help(request),
    })
}

/// Reads arguments of a definition, its name first. The profile is that of `--profile`, or else of `choice`;
/// `has_layers` decides for a command, by its names, whether it takes options from environment and profile.
pub(crate) fn read_as<'a, T: FromArgMatches>(
    definition: impl Into<Definition<'a>>,
    arguments: impl IntoIterator<Item = OsString>,
    choice: &Choice,
    has_layers: impl Fn(&[&str], &clap::Command) -> bool,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Reading<T>, Error> {
    let mut definition = definition.into();
    let Expanded { mut tokens, options_at, commands } = shorts::expand(&definition.quick, arguments);
    let (matches, is_complete) = match definition.parse(&tokens) {
        // Another layer may have what is missing.
        Err(error) if error.kind() == ErrorKind::MissingRequiredArgument => {
            let lenient = (definition.again)().ignore_errors(true).try_get_matches_from(&tokens);
            (lenient.map_err(|_| usage_error(&error, &Origins::default()))?, false)
        }
        Ok(matches) => (matches, true),
        Err(error) if error.kind() == ErrorKind::DisplayHelp => {
            // Each of the two options has this kind. One that is the value of another option does not ask for help, and
            // in the worst case makes the help longer.
            let whole = tokens.iter().any(|token| token == "--help-all");
            return Ok(Reading::Help(HelpRequest { path: commands, whole }));
        }
        Err(error) if error.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand && !commands.is_empty() => {
            let command = commands.join(" ");
            let missing = Error::usage(format!("{command} needs a command"));
            return Err(missing.with_hint(format!("`mqttx-rs {command} --help` lists the commands")));
        }
        Err(error) => return not_run(&error, &Origins::default()),
    };
    let mut given = given_options(&matches);
    let path = command_path(&matches);
    let Some(command) = below(&definition.quick, &path) else {
        return Err(Error::usage("no command given"));
    };
    // clap has ids for groups of options, too.
    given.retain(|id| has(command, id));
    let mut origins = Origins::flags(&given);
    let mut warnings = Vec::new();
    let mut inherited = Options::new();
    let written = as_written(&matches, command);
    if let Some(hosts @ [_, _, ..]) = written.get("hostname").map(Vec::as_slice) {
        let error = Error::usage(format!("--hostname is given {} times: {}", hosts.len(), hosts.join(", ")));
        return Err(error.with_hint(format!("clients use several brokers in turn as one list: -h {}", hosts.join(","))));
    }
    if has_layers(&path, command) {
        let load = path_of("load_options", &matches);
        let said = choice_of(&matches);
        if load.is_some() && said.named.is_some() {
            return Err(Error::exclude_one_another("--load-options", "--profile"));
        }
        let without_project = choice.without_project;
        let choice = Choice { replaced: load.is_some(), without_project, ..choice.or(said) };
        let Loaded { layers: of_files, mut files, profile, warnings: about_files } =
            profile::load(&choice, Scope::of(&path), &variable)?;
        let mut layers = vec![environment::layer(variable)];
        if let Some(file) = &load {
            let not_built = (definition.again)();
            let command = below(&not_built, &path).unwrap_or(command);
            let (layer, remarks) = options_file::load(file, &path, command, files.len())?;
            files.push(file.display().to_string());
            warnings.extend(remarks);
            layers.push(layer);
        }
        layers.extend(of_files);
        for layer in &mut layers {
            layer.options.retain(|option, _| has(command, option));
        }
        (origins.files, origins.profile) = (files, profile);
        warnings.extend(about_files);
        warnings.extend(credentials::hold_back(&written, &mut layers, &origins));
        inherited = inherit(&given, &layers);
        // Options of a will have no effect without one, nor does a message type without a schema.
        for needed in ["will_topic", "protobuf_path"] {
            if !given.contains(needed) && !inherited.contains_key(needed) {
                inherited.retain(|option, _| !is_noted(option, Note::Needs(needed)));
            }
        }
        origins.profile_choice = choice;
        warnings.extend(
            overridden(&inherited, &layers)
                .into_iter()
                .map(|(variable, below)| format!("{variable} overrides {}", origins.describe(below))),
        );
    } else if choice_of(&matches).named.is_some() {
        warnings.push(format!("--profile has no effect on {}, which does not use profiles", path.join(" ")));
    }
    origins.extend(&inherited);
    let added = as_tokens(&inherited, command, &origins)?;
    let merged = if is_complete && added.is_empty() {
        None
    } else {
        tokens.splice(options_at..options_at, added);
        match definition.parse(&tokens) {
            Ok(matches) => Some(matches),
            Err(error) => return not_run(&error, &origins),
        }
    };
    let matches = merged.as_ref().unwrap_or(&matches);
    let save = path_of("save_options", matches).filter(|_| path.first() != Some(&"profile"));
    let save = match (save, below(&definition.quick, &path)) {
        (Some(file), Some(command)) => {
            Some(Box::new(SavedOptions::new(file, &path, command, &as_written(matches, command))?))
        }
        _ => None,
    };
    match T::from_arg_matches(matches) {
        Ok(arguments) => Ok(Reading::Parsed(Parsed { arguments, origins, given: written, warnings, save })),
        Err(error) => not_run(&error, &origins),
    }
}

/// The profile that the innermost command names.
fn choice_of(matches: &ArgMatches) -> Choice {
    let innermost = innermost(matches);
    let named = innermost.try_get_one::<String>("profile").ok().flatten().cloned();
    let none = innermost.try_get_one::<bool>("no_profile").ok().flatten().copied().unwrap_or_default();
    Choice { named, none, ..Choice::default() }
}

/// A path of the innermost command, if it has the option.
fn path_of(option: &str, matches: &ArgMatches) -> Option<PathBuf> {
    innermost(matches).try_get_one(option).ok().flatten().cloned()
}

fn innermost(matches: &ArgMatches) -> &ArgMatches {
    std::iter::successors(Some(matches), |outer| outer.subcommand().map(|(_, inner)| inner)).last().unwrap_or(matches)
}

fn not_run<T>(error: &clap::Error, origins: &Origins) -> Result<Reading<T>, Error> {
    match error.kind() {
        ErrorKind::DisplayVersion => Ok(Reading::Print(error.render())),
        _ => Err(usage_error(error, origins)),
    }
}

/// The names of the command that is run: `bench` and `pub`.
fn command_path(matches: &ArgMatches) -> Vec<&str> {
    std::iter::successors(matches.subcommand(), |(_, inner)| inner.subcommand()).map(|(name, _)| name).collect()
}

/// The command of these names.
fn below<'a>(root: &'a clap::Command, path: &[&str]) -> Option<&'a clap::Command> {
    path.iter().try_fold(root, |command, name| command.find_subcommand(name))
}

/// The options of a command, without the general ones that it has got when it was built.
fn own(command: &clap::Command) -> impl Iterator<Item = &clap::Arg> {
    command.get_arguments().filter(|option| !option.is_global_set())
}

fn has(command: &clap::Command, id: &str) -> bool {
    own(command).any(|option| option.get_id() == id)
}

/// The ids of the options on the command line.
fn given_options(matches: &ArgMatches) -> BTreeSet<String> {
    let Some((_, mut command)) = matches.subcommand() else { return BTreeSet::new() };
    while let Some((_, inner)) = command.subcommand() {
        command = inner;
    }
    let on_command_line = |id: &&clap::Id| command.value_source(id.as_str()) == Some(ValueSource::CommandLine);
    // Groups are among them, by the names of their types.
    let is_option = |id: &&clap::Id| !id.as_str().starts_with(char::is_uppercase);
    command.ids().filter(is_option).filter(on_command_line).map(ToString::to_string).collect()
}

/// The options on the command line, as written there.
fn as_written(matches: &ArgMatches, command: &clap::Command) -> BTreeMap<String, Vec<String>> {
    let matches = innermost(matches);
    let ids = own(command).map(|option| option.get_id().as_str());
    let given = ids.filter(|id| {
        matches!(matches.try_contains_id(id), Ok(true)) && matches.value_source(id) == Some(ValueSource::CommandLine)
    });
    let texts = |id: &str| {
        let raw = matches.try_get_raw(id).ok().flatten().unwrap_or_default();
        raw.map(|text| text.to_string_lossy().into_owned()).collect()
    };
    given.map(|id| (id.to_owned(), texts(id))).collect()
}

/// The values of lower layers, as they would be written on the command line.
fn as_tokens(inherited: &Options, command: &clap::Command, origins: &Origins) -> Result<Vec<OsString>, Error> {
    let mut tokens = Vec::new();
    for option in own(command) {
        let Some(LayerValue { values, .. }) = inherited.get(option.get_id().as_str()) else { continue };
        let Some(long) = option.get_long() else { continue };
        for value in values {
            if option.get_action().takes_values() {
                tokens.push(format!("--{long}={value}").into());
                continue;
            }
            match value.to_ascii_lowercase().as_str() {
                "1" | "true" | "yes" | "on" => tokens.push(format!("--{long}").into()),
                "0" | "false" | "no" | "off" => {}
                _ => {
                    let name = origins.name(option.get_id().as_str());
                    return Err(Error::usage(format!("{name}: `{value}` is not a boolean: use true or false")));
                }
            }
        }
    }
    Ok(tokens)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nothing_else() -> clap::Command {
        panic!("all commands were built")
    }

    /// Reads a line for which building all commands is a failure.
    fn read_alone(line: &str) -> Result<Reading<Cli>, Error> {
        let arguments: Vec<_> = line.split(' ').map(OsString::from).collect();
        let definition = Definition::of(&arguments, nothing_else);
        let variable = |name: &str| (name == "MQTTX_PORT").then(|| "1884".to_owned());
        read_as(
            definition,
            arguments.iter().cloned(),
            &Choice { none: true, ..Choice::default() },
            |_, _| true,
            variable,
        )
    }

    #[test]
    fn a_line_that_is_right_is_read_without_the_other_commands() {
        for line in [
            "mqttx-rs pub -t a -m b -q 1",
            "mqttx-rs --color never pub -t a -lm --debug",
            "mqttx-rs sub -t a -v",
            "mqttx-rs conn --check -up k=v",
            "mqttx-rs bench pub -t a -c 5 -im 10 -I id",
            "mqttx-rs bench presets",
        ] {
            assert!(matches!(read_alone(line), Ok(Reading::Parsed(_))), "{line}");
        }
        let Ok(Reading::Parsed(Parsed { origins, .. })) = read_alone("mqttx-rs pub -t a") else { panic!() };
        assert_eq!(origins.describe(origins.of("port")), "MQTTX_PORT");
    }

    #[test]
    fn the_version_and_what_is_missing_are_told_without_the_other_commands() {
        for line in ["mqttx-rs --version", "mqttx-rs --quiet -v"] {
            let Ok(Reading::Print(text)) = read_alone(line) else { panic!("{line}") };
            assert_eq!(text.to_string(), format!("mqttx-rs {}\n", env!("CARGO_PKG_VERSION")));
        }
        let error = read_alone("mqttx-rs sub -t a --dry-run").err().unwrap();
        assert_eq!(error.message(), "--remove-retained is missing: --dry-run needs it");
    }
}
