use std::borrow::Cow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use colored::Color;
use rustyline::completion::{Candidate, Completer};
use rustyline::highlight::Highlighter;
use rustyline::hint::{Hinter, HistoryHinter};
use rustyline::validate::{ValidationContext, ValidationResult, Validator};
use rustyline::{Context, Helper};

use super::Facts;
use crate::output::Stream;
use crate::repl::complete::{complete, hint};
use crate::repl::line::is_complete;
use crate::settings::line_command;

/// What rustyline asks while a line is typed.
pub(super) struct LineHelper {
    definition: clap::Command,
    facts: Arc<Mutex<Facts>>,
    history: HistoryHinter,
    stream: Stream,
}

/// A candidate as it is listed and as it is inserted.
pub(super) struct Choice {
    shown: String,
    inserted: String,
}

impl LineHelper {
    pub(super) fn new(facts: Arc<Mutex<Facts>>, stream: Stream) -> Self {
        let mut definition = line_command();
        definition.build();
        Self { definition, facts, history: HistoryHinter::new(), stream }
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
        let choices = completion.candidates.into_iter().map(|candidate| {
            let blank = if only && candidate.is_whole { " " } else { "" };
            Choice { inserted: format!("{}{blank}", candidate.text), shown: candidate.text }
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
    type Hint = String;

    /// From history; else what the command still wants.
    fn hint(&self, line: &str, at: usize, context: &Context<'_>) -> Option<String> {
        if at < line.len() || line.is_empty() {
            return None;
        }
        self.history.hint(line, at, context).filter(|hint| !hint.contains('\n')).or_else(|| {
            // A hint that is no text to take: it stands behind the cursor all the same, as rustyline knows one kind.
            hint(&self.definition, line, &*self.facts())
        })
    }
}

impl Highlighter for LineHelper {
    fn highlight_hint<'h>(&self, hint: &'h str) -> Cow<'h, str> {
        Cow::Owned(self.stream.paint(hint, Color::BrightBlack))
    }
}

impl Validator for LineHelper {
    fn validate(&self, context: &mut ValidationContext<'_>) -> rustyline::Result<ValidationResult> {
        Ok(if is_complete(context.input()) { ValidationResult::Valid(None) } else { ValidationResult::Incomplete })
    }
}
