//! How earlier lines are found again: Up brings those that begin as the typed one does, Ctrl-R one with the letters of what
//! is typed, in their order.

use std::borrow::Cow;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use rustyline::history::{FileHistory, History, SearchDirection, SearchResult};
use rustyline::{Config, Result};

/// The line as it was typed before an arrow was used, which only the editor's helper is told.
#[derive(Debug, Clone, Default)]
pub(super) struct Begun(Arc<Mutex<String>>);

impl Begun {
    pub(super) fn set(&self, line: &str) {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        line.clone_into(&mut held);
    }

    fn get(&self) -> String {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The lines of this session and of those before it.
pub(super) struct Recall {
    lines: FileHistory,
    begun: Begun,
}

impl Recall {
    pub(super) fn new(config: &Config, begun: Begun) -> Self {
        Self { lines: FileHistory::with_config(config), begun }
    }

    /// The newest line.
    pub(super) fn newest(&self) -> Option<String> {
        let last = self.lines.len().checked_sub(1)?;
        self.lines.get(last, SearchDirection::Forward).ok().flatten().map(|newest| newest.entry.into_owned())
    }

    fn line(&self, at: usize) -> Option<SearchResult<'_>> {
        self.lines.get(at, SearchDirection::Forward).ok().flatten()
    }

    /// The places from one on, up to the oldest or the newest line.
    fn places(&self, start: usize, to: SearchDirection) -> Box<dyn Iterator<Item = usize>> {
        let end = self.lines.len();
        match to {
            SearchDirection::Reverse => Box::new((0..(start + 1).min(end)).rev()),
            SearchDirection::Forward => Box::new(start..end),
        }
    }
}

impl History for Recall {
    /// What an arrow brings. Behind the newest that begins so is the line as it was typed.
    fn get(&self, index: usize, to: SearchDirection) -> Result<Option<SearchResult<'_>>> {
        let begun = self.begun.get();
        let mut found = self.places(index, to).filter_map(|at| self.line(at));
        let found = found.find(|line| line.entry.starts_with(&begun) && *line.entry != *begun);
        Ok(match to {
            SearchDirection::Reverse => found,
            SearchDirection::Forward => Some(found.unwrap_or(SearchResult {
                pos: begun.len(),
                entry: Cow::Owned(begun),
                idx: self.lines.len(),
            })),
        })
    }

    /// What Ctrl-R finds: a line with this text, or if there is none one with its letters in their order.
    fn search(&self, term: &str, start: usize, to: SearchDirection) -> Result<Option<SearchResult<'_>>> {
        if let Some(found) = self.lines.search(term, start, to)? {
            return Ok(Some(found));
        }
        if term.is_empty() {
            return Ok(None);
        }
        let mut lines = self.places(start, to).filter_map(|at| self.line(at));
        Ok(lines.find_map(|line| Some(SearchResult { pos: first_of(&line.entry, term)?, ..line })))
    }

    fn starts_with(&self, term: &str, start: usize, to: SearchDirection) -> Result<Option<SearchResult<'_>>> {
        self.lines.starts_with(term, start, to)
    }

    fn add(&mut self, line: &str) -> Result<bool> {
        self.lines.add(line)
    }

    fn add_owned(&mut self, line: String) -> Result<bool> {
        self.lines.add_owned(line)
    }

    fn len(&self) -> usize {
        self.lines.len()
    }

    fn is_empty(&self) -> bool {
        self.lines.is_empty()
    }

    fn set_max_len(&mut self, len: usize) -> Result<()> {
        self.lines.set_max_len(len)
    }

    fn ignore_dups(&mut self, yes: bool) -> Result<()> {
        self.lines.ignore_dups(yes)
    }

    fn ignore_space(&mut self, yes: bool) {
        self.lines.ignore_space(yes);
    }

    fn save(&mut self, path: &Path) -> Result<()> {
        self.lines.save(path)
    }

    fn append(&mut self, path: &Path) -> Result<()> {
        self.lines.append(path)
    }

    fn load(&mut self, path: &Path) -> Result<()> {
        self.lines.load(path)
    }

    fn clear(&mut self) -> Result<()> {
        self.lines.clear()
    }
}

/// Where the first of these letters is in a line that has all of them in their order, in either case; blanks do not count.
fn first_of(line: &str, letters: &str) -> Option<usize> {
    let mut places = line.char_indices();
    let mut first = None;
    for letter in letters.chars().filter(|letter| !letter.is_whitespace()) {
        let is_same = |(_, other): &(usize, char)| other.to_lowercase().eq(letter.to_lowercase());
        let (at, _) = places.find(is_same)?;
        first.get_or_insert(at);
    }
    first
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recall(begun: &str) -> Recall {
        let recall = Begun::default();
        recall.set(begun);
        let mut lines = Recall::new(&Config::default(), recall);
        for line in ["pub car/1 on", "sub car/#", "pub lamp off", "sub #"] {
            lines.add(line).unwrap();
        }
        lines
    }

    fn got(recall: &Recall, index: usize, to: SearchDirection) -> Option<(String, usize)> {
        recall.get(index, to).unwrap().map(|found| (found.entry.into_owned(), found.idx))
    }

    #[test]
    fn an_arrow_brings_lines_that_begin_as_the_typed_one() {
        let recall = recall("pub ");
        assert_eq!(got(&recall, 3, SearchDirection::Reverse), Some(("pub lamp off".to_owned(), 2)));
        assert_eq!(got(&recall, 1, SearchDirection::Reverse), Some(("pub car/1 on".to_owned(), 0)));
        assert_eq!(got(&recall, 1, SearchDirection::Forward), Some(("pub lamp off".to_owned(), 2)));
        assert_eq!(got(&recall, 3, SearchDirection::Forward), Some(("pub ".to_owned(), 4)), "as it was typed");
    }

    #[test]
    fn without_a_beginning_an_arrow_brings_every_line() {
        let recall = recall("");
        let all: Vec<_> =
            (0..4).filter_map(|at| got(&recall, at, SearchDirection::Reverse)).map(|(_, at)| at).collect();
        assert_eq!(all, [0, 1, 2, 3]);
    }

    #[test]
    fn a_search_takes_the_text_or_else_its_letters_in_their_order() {
        let recall = recall("");
        let search = |term: &str| {
            let found = recall.search(term, 3, SearchDirection::Reverse).unwrap();
            found.map(|found| (found.entry.into_owned(), found.pos))
        };
        assert_eq!(search("car/"), Some(("sub car/#".to_owned(), 4)));
        assert_eq!(search("pcon"), Some(("pub car/1 on".to_owned(), 0)));
        assert_eq!(search("L OFF"), Some(("pub lamp off".to_owned(), 4)));
        assert_eq!((search("zz"), search("")), (None, None));
    }
}
