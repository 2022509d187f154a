use std::io::IsTerminal;

use colored::{Color, Colorize};

/// The value of `--color`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ColorChoice {
    /// On a terminal, unless `NO_COLOR` is set; elsewhere only with `CLICOLOR_FORCE`.
    #[default]
    Auto,
    /// Everywhere.
    Always,
    /// Nowhere.
    Never,
}

/// The properties of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stream {
    /// It is a terminal, which interprets control characters.
    pub terminal: bool,
    /// Colour is on.
    pub color: bool,
    /// It shows more than ASCII.
    pub unicode: bool,
}

/// The two output streams of the process.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Terminal {
    /// Data.
    pub stdout: Stream,
    /// Status and diagnostics.
    pub stderr: Stream,
}

impl Terminal {
    /// Looks at the process's streams and environment, once.
    pub(crate) fn detect(choice: ColorChoice) -> Self {
        let environment = |name: &str| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        Self {
            stdout: Stream::new(choice, std::io::stdout().is_terminal(), environment),
            stderr: Stream::new(choice, std::io::stderr().is_terminal(), environment),
        }
    }
}

/// The width of the terminal that stdout is; of a pipe, `COLUMNS` or 80.
pub(crate) fn columns() -> usize {
    let of_terminal = || console::Term::stdout().size_checked().map(|(_, columns)| usize::from(columns));
    let size = if std::io::stdout().is_terminal() { of_terminal() } else { None };
    let variable = || std::env::var("COLUMNS").ok()?.parse().ok();
    size.filter(|columns| *columns > 0).or_else(variable).unwrap_or(80)
}

impl Stream {
    /// Not a terminal, without colour.
    pub const PIPE: Self = Self { terminal: false, color: false, unicode: true };

    fn new(choice: ColorChoice, terminal: bool, environment: impl Fn(&str) -> Option<String>) -> Self {
        // https://no-color.org and https://bixense.com/clicolors: empty means unset.
        let set = |name: &str| environment(name).filter(|value| !value.is_empty());
        let color = match choice {
            ColorChoice::Always => true,
            ColorChoice::Never => false,
            ColorChoice::Auto if set("NO_COLOR").is_some() => false,
            ColorChoice::Auto if set("CLICOLOR_FORCE").is_some_and(|value| value != "0") => true,
            ColorChoice::Auto => {
                terminal && set("TERM").is_none_or(|term| term != "dumb") && set("CLICOLOR").is_none_or(|on| on != "0")
            }
        };
        // In a pipe the text is the same everywhere, for scripts; a terminal without a locale is assumed to be modern.
        let locale = ["LC_ALL", "LC_CTYPE", "LANG"].into_iter().find_map(set);
        let unicode = !terminal
            || locale.is_none_or(|locale| {
                let locale = locale.to_ascii_lowercase();
                locale.contains("utf-8") || locale.contains("utf8")
            });
        Self { terminal, color, unicode }
    }

    /// A trusted text in a colour, if colour is on.
    pub fn paint(self, text: &str, color: Color) -> String {
        if !self.color {
            return text.to_owned();
        }
        // The crate has one switch for the whole process and guesses its position; here each stream has decided.
        colored::control::set_override(true);
        text.color(color).to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stream(choice: ColorChoice, terminal: bool, environment: &[(&str, &str)]) -> Stream {
        Stream::new(choice, terminal, |name| {
            environment.iter().find(|(set, _)| *set == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn colour_is_on_where_a_person_looks_and_wants_it() {
        for (terminal, environment, color) in [
            (true, &[][..], true),
            (false, &[], false),
            (true, &[("NO_COLOR", "1")], false),
            (true, &[("NO_COLOR", "")], true),
            (false, &[("CLICOLOR_FORCE", "1")], true),
            (false, &[("CLICOLOR_FORCE", "0")], false),
            (true, &[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")], false),
            (true, &[("CLICOLOR", "0")], false),
            (true, &[("TERM", "dumb")], false),
        ] {
            assert_eq!(stream(ColorChoice::Auto, terminal, environment).color, color, "{terminal} {environment:?}");
        }
    }

    #[test]
    fn the_flag_wins_over_the_environment() {
        assert!(stream(ColorChoice::Always, false, &[("NO_COLOR", "1")]).color);
        assert!(!stream(ColorChoice::Never, true, &[("CLICOLOR_FORCE", "1")]).color);
    }

    #[test]
    fn only_a_terminal_whose_locale_says_so_is_limited_to_ascii() {
        for (terminal, environment, unicode) in [
            (true, &[][..], true),
            (true, &[("LANG", "en_US.UTF-8")], true),
            (true, &[("LANG", "zh_CN.utf8")], true),
            (true, &[("LANG", "C")], false),
            (true, &[("LC_ALL", "POSIX"), ("LANG", "en_US.UTF-8")], false),
            (false, &[("LC_ALL", "C")], true),
        ] {
            assert_eq!(stream(ColorChoice::Auto, terminal, environment).unicode, unicode, "{environment:?}");
        }
    }

    #[test]
    fn paints_only_where_colour_is_on() {
        assert_eq!(Stream::PIPE.paint("topic", Color::Green), "topic");
        let colored = Stream { color: true, ..Stream::PIPE };
        assert_eq!(colored.paint("topic", Color::Green), "\x1b[32mtopic\x1b[0m");
    }
}
