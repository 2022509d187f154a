use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use colored::Color;
use rustyline::completion::{Candidate, Completer};
use rustyline::highlight::{CmdKind, Highlighter};
use rustyline::hint::{Hint, Hinter, HistoryHinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{CompletionType, Context, Helper};
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use super::Facts;
use super::above::Waiting;
use super::menu::Menu;
use super::paint::{Paint, paints};
use super::recall::Begun;
use crate::output::Stream;
use crate::repl::complete::{complete, hint};
use crate::repl::line::{is_complete, printable};
use crate::repl::window::window;
use crate::settings::line_command;

/// What rustyline asks while a line is typed.
pub(super) struct LineHelper {
    definition: clap::Command,
    facts: Arc<Mutex<Facts>>,
    history: HistoryHinter,
    stream: Stream,
    /// What has to be drawn above the line.
    waiting: Waiting,
    begun: Begun,
    menu: Menu,
}

/// A candidate as it is listed and as it is inserted.
pub(super) struct Choice {
    shown: String,
    inserted: String,
}

/// What is shown behind the cursor.
pub(super) struct Suggestion {
    text: String,
    /// The Right arrow takes it; what only names an argument cannot be taken.
    is_text: bool,
}

impl LineHelper {
    pub(super) fn new(facts: Arc<Mutex<Facts>>, stream: Stream, waiting: Waiting, begun: Begun, menu: Menu) -> Self {
        let mut definition = line_command();
        definition.build();
        Self { definition, facts, history: HistoryHinter::new(), stream, waiting, begun, menu }
    }

    fn facts(&self) -> MutexGuard<'_, Facts> {
        self.facts.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Helper for LineHelper {}

impl Completer for LineHelper {
    type Candidate = Choice;

    fn complete(&self, line: &str, at: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Choice>)> {
        let completion = complete(&self.definition, line, at, &*self.facts());
        let only = completion.candidates.len() == 1;
        let longest = completion.candidates.iter().map(|candidate| candidate.text.width()).max().unwrap_or_default();
        let columns = window().0;
        let choices = completion.candidates.into_iter().map(|candidate| {
            let blank = if only && candidate.is_whole { " " } else { "" };
            let shown = listed(&candidate.text, &candidate.help, longest, columns);
            Choice { inserted: format!("{}{blank}", candidate.text), shown }
        });
        Ok((completion.start, choices.collect()))
    }
}

impl Candidate for Choice {
    fn display(&self) -> &str {
        &self.shown
    }

    fn replacement(&self) -> &str {
        &self.inserted
    }
}

impl Hinter for LineHelper {
    type Hint = Suggestion;

    /// From history; else what the command still wants.
    fn hint(&self, line: &str, at: usize, context: &Context<'_>) -> Option<Suggestion> {
        if context.history_index() >= context.history().len() {
            self.begun.set(line);
        }
        if at < line.len() || line.is_empty() {
            return None;
        }
        let earlier = self.history.hint(line, at, context).filter(|hint| !hint.contains('\n'));
        let earlier = earlier.map(|text| Suggestion { text, is_text: true });
        earlier.or_else(|| {
            let text = hint(&self.definition, line, &*self.facts())?;
            Some(Suggestion { text, is_text: false })
        })
    }
}

impl Hint for Suggestion {
    fn display(&self) -> &str {
        &self.text
    }

    fn completion(&self) -> Option<&str> {
        self.is_text.then_some(&self.text)
    }
}

/// A candidate and what it is, on one row, cut to the window.
fn listed(text: &str, help: &str, longest: usize, columns: usize) -> String {
    let help = printable(help);
    let help = help.lines().next().unwrap_or_default();
    if text.is_empty() {
        // A heading.
        return help.to_owned();
    }
    let room = columns.saturating_sub(longest + 4);
    if help.is_empty() || room < 8 {
        return text.to_owned();
    }
    let mut width = 0;
    let fits = |character: &char| {
        width += character.width().unwrap_or_default();
        width <= room
    };
    let help: String = help.chars().take_while(fits).collect();
    format!("{text}{:gap$}{help}", "", gap = longest - text.width() + 2)
}

impl Highlighter for LineHelper {
    /// Commands, flags, quoted words and variables, and a first word that is not a command, each in a colour.
    fn highlight<'l>(&self, line: &'l str, _: usize) -> Cow<'l, str> {
        if !self.stream.color {
            return Cow::Borrowed(line);
        }
        let known =
            |name: &str| self.definition.find_subcommand(name).is_some() || self.facts().aliases.contains_key(name);
        let begins = |part: &str| {
            let aliases = self.facts().aliases.keys().any(|name| name.starts_with(part));
            aliases || self.definition.get_subcommands().any(|command| command.get_name().starts_with(part))
        };
        let mut shown = String::with_capacity(2 * line.len());
        let mut end = 0;
        for Paint { start, end: behind, color } in paints(line, known, begins) {
            shown.push_str(&line[end..start]);
            shown.push_str(&self.stream.paint(&line[start..behind], color));
            end = behind;
        }
        shown.push_str(&line[end..]);
        Cow::Owned(shown)
    }

    fn highlight_char(&self, _: &str, _: usize, kind: CmdKind) -> bool {
        self.stream.color && kind != CmdKind::MoveCursor
    }

    /// What has arrived since the prompt was drawn goes above it: the cursor is at the beginning of its row, and the
    /// rows are clear.
    fn highlight_prompt<'b, 's: 'b, 'p: 'b>(&'s self, prompt: &'p str, _: bool) -> Cow<'b, str> {
        // The line is drawn, so no menu is.
        self.menu.set_open(false);
        let lines = self.waiting.take();
        if lines.is_empty() { Cow::Borrowed(prompt) } else { Cow::Owned(lines + prompt) }
    }

    fn highlight_candidate<'c>(&self, candidate: &'c str, _: CompletionType) -> Cow<'c, str> {
        self.menu.set_open(true);
        Cow::Borrowed(candidate)
    }

    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(self.stream.paint(hint, Color::BrightBlack))
    }
}

impl Validator for LineHelper {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(if is_complete(context.input()) { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}
