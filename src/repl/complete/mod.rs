//! Completion of a half-typed line, from the definition of its commands and from what the session knows.
//!
//! Pure: the line editor shows and inserts, [`Live`] knows profiles, topics and files.

mod candidate;
mod known;
mod place;
mod values;

use clap::{Arg, ArgAction, Command, Id};

use self::candidate::{commands, help};
use self::place::{Place, place};
use super::line::{Open, Tokens, Word, quote, tokens};

pub(crate) use self::candidate::{Candidate, Live};

/// The candidates for the part of the line from `start` to the cursor.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Completion {
    /// Byte offset.
    pub start: usize,
    /// In the order in which they are to be shown.
    pub candidates: Vec<Candidate>,
}

/// Completes a line at a byte offset of it.
pub(crate) fn complete(root: &Command, line: &str, cursor: usize, live: &dyn Live) -> Completion {
    let Some(text) = line.get(..cursor) else { return Completion::default() };
    let variables = variables(text, live);
    let Some((words, partial, start)) = words_before(text) else { return variables.unwrap_or_default() };
    if let Some(variables) = variables.as_ref().filter(|variables| variables.start != start) {
        return variables.clone();
    }
    let mut candidates = match innermost(words, live).as_deref().and_then(|words| place(root, words)) {
        Some(Place::Command(command)) if command.has_subcommands() => commands(command, &partial, live),
        Some(place) => arguments(root, &place, &partial, live),
        None => Vec::new(),
    };
    candidates.extend(variables.map(|variables| variables.candidates).unwrap_or_default());
    Completion { start, candidates }
}

/// What is still expected after the end of a line, for example ` <TOPIC> [MESSAGE]`.
pub(crate) fn hint(root: &Command, line: &str, live: &dyn Live) -> Option<String> {
    let (mut words, partial, _) = words_before(line)?;
    let is_command = words.is_empty() && root.find_subcommand(&partial).is_some();
    let blank = if partial.is_empty() {
        ""
    } else if is_command {
        words.push(partial);
        " "
    } else {
        return None;
    };
    let words = innermost(words, live)?;
    let Place::Arguments { command, words: before, value_of, .. } = place(root, &words)? else { return None };
    let missing: Vec<String> = match value_of {
        Some(value) if value.is_required => vec![format!("<{}>", value_name(value.option))],
        _ => command.get_positionals().skip(before.len()).map(shown_positional).collect(),
    };
    (!missing.is_empty()).then(|| format!("{blank}{}", missing.join(" ")))
}

fn shown_positional(option: &Arg) -> String {
    let name = value_name(option);
    let dots = if option.get_num_args().is_some_and(|range| range.max_values() > 1) { "..." } else { "" };
    if option.is_required_set() { format!("<{name}>{dots}") } else { format!("[{name}]{dots}") }
}

fn value_name(option: &Arg) -> String {
    option.get_value_names().and_then(<[_]>::first).map_or_else(|| option.get_id().to_string(), ToString::to_string)
}

/// The words before the one at the end of the text, that one, and where it begins; `None` where the shell or a heredoc
/// has the word.
fn words_before(text: &str) -> Option<(Vec<String>, String, usize)> {
    let Tokens { mut words, shell, tail, open, .. } = tokens(text).ok()?;
    if shell.is_some() || tail.is_some() || matches!(open, Some(Open::Heredoc { .. } | Open::Backslash)) {
        return None;
    }
    if text.trim_start().starts_with('#') {
        return None;
    }
    let last = words.pop_if(|word| word.end == text.len());
    let words = words.iter().map(Word::raw).collect();
    match last {
        Some(last) => Some((words, last.raw(), last.start)),
        None => Some((words, String::new(), text.len())),
    }
}

/// The words of the command that is being typed: that of an alias, and the one that `every`, a note or a block runs. `None`
/// where no command can be.
fn innermost(words: Vec<String>, live: &dyn Live) -> Option<Vec<String>> {
    let mut words = resolved(words, live);
    loop {
        let skipped = match words.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
            ["every", _, ..] => 2,
            ["note", "save", _, ..] => 3,
            ["if" | "repeat", inner @ ..] => match inner.iter().rposition(|word| matches!(*word, "{" | "}")) {
                Some(brace) if inner[brace] == "}" => return None,
                Some(brace) => brace + 2,
                // The words up to the brace are a number, or a command.
                None if words[0] == "if" => 1,
                None => return Some(words),
            },
            _ => return Some(words),
        };
        words.drain(..skipped);
    }
}

/// The words with an alias's in the place of the first.
fn resolved(mut words: Vec<String>, live: &dyn Live) -> Vec<String> {
    let Some(name) = words.first() else { return words };
    if let Some((_, text)) = live.aliases().into_iter().find(|(alias, _)| alias == name)
        && let Ok(tokens) = tokens(&text)
    {
        words.splice(..1, tokens.words.iter().map(Word::raw));
    }
    words
}

/// What `$na` at the end of the text can become, where it is not in single quotes.
fn variables(text: &str, live: &dyn Live) -> Option<Completion> {
    let start = text.rfind('$')?;
    let written = &text[start + 1..];
    let (prefix, braced) = match written.strip_prefix('{') {
        Some(prefix) => (prefix, true),
        None => (written, false),
    };
    let is_name = prefix.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    let before = tokens(&text[..start]).ok()?;
    let is_text = matches!(before.open, Some(Open::Quote { quote: '\'', .. } | Open::Backslash | Open::Heredoc { .. }));
    if !is_name || is_text || before.shell.is_some() || before.tail.is_some() {
        return None;
    }
    let known = live.variables().into_iter().filter(|(name, _)| name.starts_with(prefix));
    let candidates: Vec<Candidate> = known
        .map(|(name, value)| Candidate::new(if braced { format!("${{{name}}}") } else { format!("${name}") }, value))
        .collect();
    // `$SYS/` and its like are topics.
    (!candidates.is_empty()).then_some(Completion { start, candidates })
}

/// Values and options of a command.
fn arguments(root: &Command, place: &Place<'_>, partial: &str, live: &dyn Live) -> Vec<Candidate> {
    let Place::Arguments { command, given, words, value_of, only_values } = place else { return Vec::new() };
    let of = |option: &Arg, partial: &str| {
        let known = known::values(command.get_name(), option.get_id().as_str(), words).iter();
        let begin = known.filter(|(value, _)| value.starts_with(partial));
        let mut values: Vec<_> = begin.map(|(value, help)| Candidate::new(*value, *help)).collect();
        values.extend(values::of(root, command, option, words, partial, live));
        values
    };
    if let Some(value) = value_of
        && value.is_required
    {
        return of(value.option, partial);
    }
    if let Some(written) = partial.strip_prefix("--")
        && !only_values
        && let Some((name, value)) = written.split_once('=')
    {
        let Some(option) = place::option(root, command, name) else { return Vec::new() };
        let mut values = of(option, value);
        for value in &mut values {
            value.text = format!("--{name}={}", value.text);
        }
        return values;
    }
    if partial.starts_with('-') && !only_values {
        return options(command, given, partial);
    }
    let mut found = Vec::new();
    if let Some(value) = value_of {
        found.extend(of(value.option, partial));
    }
    if let Some(positional) = place::positional(command, words.len()) {
        let values = of(positional, partial);
        // Of several values each is given once.
        let is_given = |value: &Candidate| words.iter().any(|word| quote(word) == value.text);
        let new: Vec<_> = values.into_iter().filter(|value| !found.contains(value) && !is_given(value)).collect();
        found.extend(new);
    }
    if found.is_empty() && partial.is_empty() && !only_values {
        found = options(command, given, "--");
        if !found.is_empty() {
            // None of them is what was asked for, so that nothing may be inserted, not even what all begin with.
            found.insert(0, Candidate { is_whole: false, ..Candidate::new("", "Options:") });
        }
    }
    found
}

/// The options that begin so and can still be given.
fn options(command: &Command, given: &[&Id], partial: &str) -> Vec<Candidate> {
    let repeats = |option: &Arg| matches!(option.get_action(), ArgAction::Append | ArgAction::Count);
    let wanted = command.get_arguments().filter(|option| !option.is_hide_set() && !option.is_positional());
    let left = wanted.filter(|option| repeats(option) || !given.contains(&option.get_id()));
    let written = left.filter_map(|option| Some((option, format!("--{}", option.get_long()?))));
    // Help is known everywhere: it is offered to who begins to write it.
    let is_wanted = |option: &Arg| option.get_long() != Some("help") || partial.starts_with("--h");
    let begin = written.filter(|(option, name)| is_wanted(option) && (name.starts_with(partial) || partial == "-"));
    begin.map(|(option, name)| Candidate::new(name, help(option))).collect()
}

#[cfg(test)]
mod tests;
