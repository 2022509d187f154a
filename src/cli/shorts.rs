//! MQTTX's shorts of several letters, `-up` or `-Wt`: rewritten to their long form before clap sees them.
//!
//! clap, like getopt, reads `-up` as `-u p`. MQTTX's parser (commander) looks for the exact token first and takes it
//! apart only when no option has that name, so the same is done here, from one table:
//!
//! - only a whole token counts: `-up=x` is `-u` with the value `p=x`, there and here, and bundles such as `-rs` stay;
//! - only where the command has the option: `-im` is `--message-interval` in `bench`, and `-i m` in `pub`;
//! - a token in the place of a value is that value: `-m -up` publishes `-up`;
//! - nothing behind `--` is touched.

use std::ffi::OsString;

use clap::{Arg, Command};

/// Short and long form. All of MQTTX 1.13's, those of commands to come included.
pub const SHORTS: &[(&str, &str)] = &[
    ("-am", "authentication-method"),
    ("-Ap", "avsc-path"),
    ("-cd", "correlation-data"),
    ("-ct", "content-type"),
    ("-Cup", "conn-user-properties"),
    ("-im", "message-interval"),
    ("-lm", "line-mode"),
    ("-lo", "load-options"),
    ("-nl", "no-local"),
    ("-pf", "payload-format-indicator"),
    ("-Pmn", "protobuf-message-name"),
    ("-Pp", "protobuf-path"),
    ("-rap", "retain-as-published"),
    ("-rh", "retain-handling"),
    ("-rp", "reconnect-period"),
    ("-rt", "response-topic"),
    ("-sc", "scenario"),
    ("-se", "session-expiry-interval"),
    ("-si", "subscription-identifier"),
    ("-so", "save-options"),
    ("-ta", "topic-alias"),
    ("-up", "user-properties"),
    ("-Wcd", "will-correlation-data"),
    ("-Wct", "will-content-type"),
    ("-Wd", "will-delay-interval"),
    ("-We", "will-message-expiry-interval"),
    ("-wh", "ws-headers"),
    ("-Wm", "will-message"),
    ("-Wpf", "will-payload-format-indicator"),
    ("-Wq", "will-qos"),
    ("-Wr", "will-retain"),
    ("-Wrt", "will-response-topic"),
    ("-Wt", "will-topic"),
    ("-Wup", "will-user-properties"),
];

/// A command line without shorts of several letters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expanded {
    /// The command line, the program's name first.
    pub tokens: Vec<OsString>,
    /// Where the options of the innermost command begin: behind its name.
    pub options_at: usize,
    /// The names of the commands, the outermost first: `bench`, `pub`.
    pub commands: Vec<String>,
}

/// The short of several letters for a long form.
pub(crate) fn short_of(long: &str) -> Option<&'static str> {
    SHORTS.iter().find(|(_, name)| *name == long).map(|(short, _)| *short)
}

/// Rewrites the shorts of several letters.
pub fn expand(root: &Command, arguments: impl IntoIterator<Item = OsString>) -> Expanded {
    let mut arguments = arguments.into_iter();
    let mut tokens: Vec<OsString> = arguments.next().into_iter().collect();
    let mut options_at = tokens.len();
    let mut commands = Vec::new();
    let mut command = root;
    let mut value_follows = false;
    while let Some(token) = arguments.next() {
        if std::mem::take(&mut value_follows) {
            tokens.push(token);
            continue;
        }
        let Some(text) = token.to_str() else {
            tokens.push(token);
            continue;
        };
        if text == "--" {
            tokens.push(token);
            tokens.extend(arguments);
            break;
        }
        let options = || command.get_arguments().chain(root.get_arguments());
        let long = SHORTS.iter().find(|(short, _)| *short == text).map(|(_, long)| *long);
        if let Some(option) = options().find(|option| long.is_some_and(|long| is_named(option, long))) {
            tokens.extend(long.map(|long| format!("--{long}").into()));
            value_follows = needs_value(option);
            continue;
        }
        if let Some(name) = text.strip_prefix("--") {
            value_follows = options().any(|option| is_named(option, name) && needs_value(option));
        } else if let Some(bundle) = text.strip_prefix('-') {
            value_follows = bundle_wants_value(bundle, options);
        } else if let Some(subcommand) = command.find_subcommand(text) {
            command = subcommand;
            commands.push(subcommand.get_name().to_owned());
            options_at = tokens.len() + 1;
        }
        tokens.push(token);
    }
    Expanded { tokens, options_at, commands }
}

/// Whether the last letter of a bundle such as `-rm` is an option whose value is the next token.
fn bundle_wants_value<'a, I: Iterator<Item = &'a Arg>>(bundle: &str, options: impl Fn() -> I) -> bool {
    let mut letters = bundle.chars();
    while let Some(letter) = letters.next() {
        match options().find(|option| option.get_short() == Some(letter)) {
            Some(option) if option.get_action().takes_values() => {
                return letters.as_str().is_empty() && needs_value(option);
            }
            Some(_) => {}
            None => return false,
        }
    }
    false
}

fn is_named(option: &Arg, name: &str) -> bool {
    option.get_long() == Some(name) || option.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
}

/// Whether a token must follow the option, whatever it looks like.
fn needs_value(option: &Arg) -> bool {
    option.get_action().takes_values() && option.get_num_args().is_none_or(|range| range.min_values() > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn expanded(line: &str) -> String {
        let command = crate::cli::command();
        let tokens = std::iter::once("mqttx-rs").chain(line.split(' ')).map(OsString::from);
        let tokens = expand(&command, tokens).tokens;
        tokens[1..].iter().map(|token| token.to_str().unwrap()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn exact_tokens_are_rewritten() {
        assert_eq!(expanded("pub -t a -up x: -lm"), "pub -t a --user-properties x: --line-mode");
        assert_eq!(expanded("sub -Wt w -nl -rh 1 2"), "sub --will-topic w --no-local --retain-handling 1 2");
    }

    #[test]
    fn bundles_and_attached_values_stay() {
        for line in ["pub -rs -t a", "pub -up=x", "pub -upx", "sub -vt a", "pub -rWt w", "sub --up x"] {
            assert_eq!(expanded(line), line);
        }
    }

    #[test]
    fn a_token_in_the_place_of_a_value_is_that_value() {
        for line in ["pub -m -up", "pub -rm -up", "pub --message -up", "pub -h -up", "sub -t -up", "sub --host -up"] {
            assert_eq!(expanded(line), line);
        }
        assert_eq!(expanded("pub --message=x -up y"), "pub --message=x --user-properties y");
        assert_eq!(expanded("sub -nl -up y"), "sub --no-local --user-properties y");
        assert_eq!(expanded("pub -up -up"), "pub --user-properties -up");
        assert_eq!(expanded("pub -mx -up y"), "pub -mx --user-properties y");
    }

    #[test]
    fn only_where_the_command_has_the_option() {
        assert_eq!(expanded("pub -im"), "pub -im");
        assert_eq!(expanded("sub -lm"), "sub -lm");
        assert_eq!(expanded("-up sub"), "-up sub");
    }

    #[test]
    fn nothing_behind_the_double_dash_is_touched() {
        assert_eq!(expanded("broker -- mqttx-rs pub -up a"), "broker -- mqttx-rs pub -up a");
    }

    #[test]
    fn the_place_of_the_commands_options_is_found() {
        let command = crate::cli::command();
        let tokens = ["mqttx-rs", "--color", "never", "pub", "-t", "a"].map(OsString::from);
        assert_eq!(expand(&command, tokens).options_at, 4);
    }

    #[test]
    #[cfg(unix)]
    fn what_is_not_utf8_passes() {
        use std::os::unix::ffi::OsStringExt;
        let command = crate::cli::command();
        let odd = OsString::from_vec(vec![b'-', 0xff]);
        let expanded = expand(&command, ["mqttx-rs".into(), "pub".into(), odd.clone()]);
        assert_eq!(expanded.tokens[2], odd);
    }
}
