use clap::{Arg, Command, Id};

use crate::cli::shorts::SHORTS;

/// What is expected at a position of a line.
#[derive(Debug)]
pub(super) enum Place<'a> {
    /// The name of one of this command's subcommands.
    Command(&'a Command),
    /// A value or an option of this command.
    Arguments {
        command: &'a Command,
        /// The options before it.
        given: Vec<&'a Id>,
        /// The positional arguments before it.
        words: Vec<&'a str>,
        /// The option whose value it is, or can be.
        value_of: Option<ValueOf<'a>>,
        /// `--` is before it.
        only_values: bool,
    },
}

/// An option that takes the word as its value.
#[derive(Debug, Clone, Copy)]
pub(super) struct ValueOf<'a> {
    pub(super) option: &'a Arg,
    /// It has none yet and needs one.
    pub(super) is_required: bool,
}

/// What is expected after these words; `None`: they name no command.
pub(super) fn place<'a>(root: &'a Command, words: &'a [String]) -> Option<Place<'a>> {
    let mut command = root;
    let mut rest = words;
    while command.has_subcommands() {
        let Some((name, behind)) = rest.split_first() else { return Some(Place::Command(command)) };
        command = command.find_subcommand(name)?;
        rest = behind;
    }
    let (mut given, mut before, mut only_values) = (Vec::new(), Vec::new(), false);
    // The option that values may follow, and how many it has.
    let mut open: Option<(&Arg, usize)> = None;
    for word in rest {
        if let Some((option, 0)) = open
            && needs_value(option)
        {
            open = Some((option, 1));
        } else if only_values {
            before.push(word.as_str());
        } else if word == "--" {
            only_values = true;
            open = None;
        } else if let Some((options, value_follows)) = options_of(root, command, word) {
            given.extend(options.iter().map(|option| option.get_id()));
            open = options.last().filter(|_| value_follows).map(|option| (*option, 0));
        } else if let Some((option, count)) = open
            && takes_more(option, count)
        {
            open = Some((option, count + 1));
        } else {
            before.push(word.as_str());
            open = None;
        }
    }
    let value_of = open
        .filter(|(option, count)| takes_more(option, *count))
        .map(|(option, count)| ValueOf { option, is_required: count == 0 && needs_value(option) });
    Some(Place::Arguments { command, given, words: before, value_of, only_values })
}

/// An option by its long name.
pub(super) fn option<'a>(root: &'a Command, command: &'a Command, name: &str) -> Option<&'a Arg> {
    let is_named = |option: &&Arg| {
        option.get_long() == Some(name) || option.get_all_aliases().is_some_and(|aliases| aliases.contains(&name))
    };
    command.get_arguments().chain(root.get_arguments()).find(is_named)
}

/// The positional argument after `index` others; the last one may take many values.
pub(super) fn positional(command: &Command, index: usize) -> Option<&Arg> {
    let last = command.get_positionals().last()?;
    match command.get_positionals().nth(index) {
        Some(positional) => Some(positional),
        None if takes_more(last, 1) => Some(last),
        None => None,
    }
}

/// The options that a word is, and whether the next word may be the last one's value.
fn options_of<'a>(root: &'a Command, command: &'a Command, word: &str) -> Option<(Vec<&'a Arg>, bool)> {
    if let Some(long) = word.strip_prefix("--") {
        let name = long.split('=').next().unwrap_or(long);
        return option(root, command, name).map(|option| (vec![option], !long.contains('=') && takes_value(option)));
    }
    let bundle = word.strip_prefix('-').filter(|bundle| !bundle.is_empty())?;
    if let Some((_, long)) = SHORTS.iter().find(|(short, _)| *short == word)
        && let Some(option) = option(root, command, long)
    {
        return Some((vec![option], takes_value(option)));
    }
    let mut found = Vec::new();
    for (at, letter) in bundle.char_indices() {
        let with_short = |option: &&Arg| option.get_short() == Some(letter);
        let option = command.get_arguments().chain(root.get_arguments()).find(with_short)?;
        found.push(option);
        if takes_value(option) {
            // What follows in the word is its value.
            return Some((found, at + letter.len_utf8() == bundle.len()));
        }
    }
    Some((found, false))
}

fn takes_value(option: &Arg) -> bool {
    option.get_action().takes_values() && !option.is_require_equals_set()
}

fn needs_value(option: &Arg) -> bool {
    takes_value(option) && option.get_num_args().is_none_or(|range| range.min_values() > 0)
}

/// Whether an option with `count` values takes one more.
fn takes_more(option: &Arg, count: usize) -> bool {
    takes_value(option) && count < option.get_num_args().map_or(1, |range| range.max_values())
}
