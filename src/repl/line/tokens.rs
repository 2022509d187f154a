//! A line taken apart, nothing looked up yet: what [`super::Line`] expands and what completion looks at.

use super::error::{LineError, Problem};
use super::escape::escape;

/// What a line consists of.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in crate::repl) struct Tokens {
    /// The words, in their order.
    pub(in crate::repl) words: Vec<Word>,
    /// What `<<EOF` brought.
    pub(super) heredoc: Option<Vec<Piece>>,
    /// `!cmd` as a whole, without its `!`.
    pub(in crate::repl) shell: Option<String>,
    /// The text after `|`.
    pub(in crate::repl) tail: Option<String>,
    /// What is open at the end, so that more has to follow.
    pub(in crate::repl) open: Option<Open>,
}

/// One word, its quotes taken off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::repl) struct Word {
    /// Byte offset of its first character, a quote perhaps.
    pub(in crate::repl) start: usize,
    /// Byte offset behind its last character.
    pub(in crate::repl) end: usize,
    /// What it is made of.
    pub(in crate::repl) pieces: Vec<Piece>,
    /// It holds no quote and no backslash.
    pub(super) bare: bool,
}

/// A part of a word or of a heredoc.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::repl) enum Piece {
    /// As it is.
    Text(String),
    /// `$name` or `${name}`, which begins at byte `at`.
    Variable { name: String, at: usize, kind: VariableKind },
}

/// How a variable is written, which decides what it is when it has no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::repl) enum VariableKind {
    /// `$name`, but not as the next.
    Plain,
    /// `$name/` at the beginning of a word, for example `$SYS/uptime`: a level of a topic when it has no value.
    Level,
    /// `${name}`.
    Braced,
}

/// What is open at the end of a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::repl) enum Open {
    /// A quote of this kind, begun at byte `at`.
    Quote { quote: char, at: usize },
    /// A backslash at the very end.
    Backslash,
    /// The heredoc until a line of this text, begun at byte `at`.
    Heredoc { delimiter: String, at: usize },
}

impl Word {
    /// The word as text, its variables by their names.
    pub(in crate::repl) fn raw(&self) -> String {
        let mut text = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(part) => text.push_str(part),
                Piece::Variable { name, kind: VariableKind::Braced, .. } => {
                    text.push_str("${");
                    text.push_str(name);
                    text.push('}');
                }
                Piece::Variable { name, .. } => {
                    text.push('$');
                    text.push_str(name);
                }
            }
        }
        text
    }

    fn push(&mut self, character: char) {
        push_character(&mut self.pieces, character);
    }
}

/// The length of the variable name that a text begins with.
pub(super) fn name_length(text: &str) -> usize {
    let is_name = |(at, c): (usize, char)| c.is_ascii_alphabetic() || c == '_' || (at > 0 && c.is_ascii_digit());
    text.char_indices().take_while(|(at, c)| is_name((*at, *c))).count()
}

/// Takes a text apart: one command, over several lines if a quote, a heredoc or a backslash says so.
pub(in crate::repl) fn tokens(text: &str) -> Result<Tokens, LineError> {
    let mut scanner = Scanner { text, at: 0, word: None, tokens: Tokens::default() };
    scanner.run()?;
    Ok(scanner.tokens)
}

struct Scanner<'a> {
    text: &'a str,
    at: usize,
    word: Option<Word>,
    tokens: Tokens,
}

impl Scanner<'_> {
    fn run(&mut self) -> Result<(), LineError> {
        self.skip_blanks();
        if self.peek() == Some('#') {
            self.at = end_of_line(self.text, self.at);
            return self.only_blanks_follow();
        }
        if self.peek() == Some('!') {
            self.at += 1;
            self.tokens.shell = Some(self.verbatim());
            return self.only_blanks_follow();
        }
        let mut heredoc = None;
        while let Some(character) = self.next() {
            match character {
                '\n' => {
                    self.end_word(self.at - 1);
                    if let Some(delimiter) = heredoc.take() {
                        return self.heredoc(delimiter);
                    }
                    return self.only_blanks_follow();
                }
                blank if blank.is_whitespace() => self.end_word(self.at - blank.len_utf8()),
                '\\' => self.backslash(),
                '\'' => self.single_quotes(),
                '"' => self.double_quotes()?,
                '$' if self.peek() == Some('\'') => self.escaped_quotes()?,
                '$' => self.dollar()?,
                '|' => {
                    let at = self.at - 1;
                    self.end_word(at);
                    if self.peek() == Some('|') {
                        return Err(LineError::new(self.text, at, Problem::DoublePipe));
                    }
                    let tail = self.verbatim();
                    if tail.trim().is_empty() && self.tokens.open.is_none() {
                        return Err(LineError::new(self.text, at, Problem::NoCommandBehindPipe));
                    }
                    self.tokens.tail = Some(tail);
                }
                '<' if self.word.is_none() && self.peek() == Some('<') => {
                    let at = self.at - 1;
                    if heredoc.is_some() {
                        return Err(LineError::new(self.text, at, Problem::SecondHeredoc));
                    }
                    heredoc = Some(self.delimiter(at)?);
                }
                other => self.word().push(other),
            }
        }
        self.end_word(self.at);
        if let (Some(delimiter), None) = (heredoc, &self.tokens.open) {
            self.tokens.open = Some(Open::Heredoc { delimiter: delimiter.text, at: delimiter.at });
        }
        Ok(())
    }

    fn peek(&self) -> Option<char> {
        self.text[self.at..].chars().next()
    }

    fn next(&mut self) -> Option<char> {
        let character = self.peek()?;
        self.at += character.len_utf8();
        Some(character)
    }

    fn skip_blanks(&mut self) {
        let rest = &self.text[self.at..];
        self.at += rest.len() - rest.trim_start().len();
    }

    /// The word of the character just taken.
    fn word(&mut self) -> &mut Word {
        let start = self.text[..self.at].char_indices().next_back().map_or(0, |(start, _)| start);
        self.word.get_or_insert(Word { start, end: start, pieces: Vec::new(), bare: true })
    }

    fn end_word(&mut self, end: usize) {
        if let Some(mut word) = self.word.take() {
            word.end = end;
            self.tokens.words.push(word);
        }
    }

    fn backslash(&mut self) {
        match self.next() {
            None => {
                self.tokens.open = Some(Open::Backslash);
            }
            Some('\n') => {}
            Some(character) => {
                self.at -= character.len_utf8();
                let word = self.word();
                word.bare = false;
                word.push(character);
                self.at += character.len_utf8();
            }
        }
    }

    fn single_quotes(&mut self) {
        let at = self.at - 1;
        self.word().bare = false;
        loop {
            match self.next() {
                None => {
                    self.tokens.open = Some(Open::Quote { quote: '\'', at });
                    return;
                }
                Some('\'') => return,
                Some(character) => self.word().push(character),
            }
        }
    }

    /// Behind the `$` of `$'..'`.
    fn escaped_quotes(&mut self) -> Result<(), LineError> {
        let at = self.at - 1;
        self.word().bare = false;
        self.at += 1;
        loop {
            match self.next() {
                None => {
                    self.tokens.open = Some(Open::Quote { quote: '\'', at });
                    return Ok(());
                }
                Some('\'') => return Ok(()),
                Some('\\') => match escape(&self.text[self.at..]) {
                    Some((character, length)) => {
                        self.word().push(character);
                        self.at += length;
                    }
                    // It may be half typed.
                    None if !self.text[self.at..].contains('\'') => {
                        self.tokens.open = Some(Open::Quote { quote: '\'', at });
                        self.at = self.text.len();
                        return Ok(());
                    }
                    None => return Err(LineError::new(self.text, self.at - 1, Problem::Escape)),
                },
                Some(character) => self.word().push(character),
            }
        }
    }

    fn double_quotes(&mut self) -> Result<(), LineError> {
        let at = self.at - 1;
        self.word().bare = false;
        loop {
            match self.next() {
                None => {
                    self.tokens.open = Some(Open::Quote { quote: '"', at });
                    return Ok(());
                }
                Some('"') => return Ok(()),
                Some('$') => self.dollar()?,
                Some('\\') => match self.peek() {
                    Some('\n') => self.at += 1,
                    Some(escaped @ ('"' | '\\' | '$')) => {
                        self.at += 1;
                        self.word().push(escaped);
                    }
                    _ => self.word().push('\\'),
                },
                Some(character) => self.word().push(character),
            }
        }
    }

    /// Behind a `$` of a word.
    fn dollar(&mut self) -> Result<(), LineError> {
        let (piece, behind) = variable(self.text, self.at - 1)?;
        let word = self.word();
        let begins = word.pieces.is_empty();
        match piece {
            Some(Piece::Variable { name, at, kind: VariableKind::Level }) if !begins => {
                word.pieces.push(Piece::Variable { name, at, kind: VariableKind::Plain });
            }
            Some(piece) => word.pieces.push(piece),
            None => word.push('$'),
        }
        self.at = behind;
        Ok(())
    }

    /// Behind the first `<` of `<<EOF`.
    fn delimiter(&mut self, at: usize) -> Result<Delimiter, LineError> {
        self.at += 1;
        let rest = &self.text[self.at..];
        let length = rest.find(|c: char| c.is_whitespace() || c == '|').unwrap_or(rest.len());
        let written = &rest[..length];
        self.at += length;
        let unquoted = ['\'', '"'].iter().find_map(|quote| written.strip_prefix(*quote)?.strip_suffix(*quote));
        let text = unquoted.unwrap_or(written);
        if text.is_empty() || text.contains(['\'', '"', '<', '$', '\\']) {
            return Err(LineError::new(self.text, at, Problem::NoDelimiter));
        }
        Ok(Delimiter { text: text.to_owned(), at, verbatim: unquoted.is_some() })
    }

    /// From the first line of a heredoc's body on.
    fn heredoc(&mut self, delimiter: Delimiter) -> Result<(), LineError> {
        let start = self.at;
        loop {
            let end = end_of_line(self.text, self.at);
            let line = &self.text[self.at..end];
            if line.strip_suffix('\r').unwrap_or(line) == delimiter.text {
                let body = start..self.at.saturating_sub(1).max(start);
                self.at = end;
                self.tokens.heredoc = Some(self.body(body, delimiter.verbatim)?);
                return self.only_blanks_follow();
            }
            if end == self.text.len() {
                self.tokens.open = Some(Open::Heredoc { delimiter: delimiter.text, at: delimiter.at });
                return Ok(());
            }
            self.at = end + 1;
        }
    }

    fn body(&self, range: std::ops::Range<usize>, verbatim: bool) -> Result<Vec<Piece>, LineError> {
        if verbatim {
            return Ok(vec![Piece::Text(self.text[range].to_owned())]);
        }
        let (mut pieces, mut at) = (Vec::new(), range.start);
        while let Some(character) = self.text[at..range.end].chars().next() {
            match character {
                '\\' if self.text[at + 1..range.end].starts_with(['$', '\\']) => {
                    push_character(&mut pieces, char::from(self.text.as_bytes()[at + 1]));
                    at += 2;
                }
                '$' => {
                    let (piece, behind) = variable(&self.text[..range.end], at)?;
                    match piece {
                        Some(Piece::Variable { name, at, kind: VariableKind::Level }) if !pieces.is_empty() => {
                            pieces.push(Piece::Variable { name, at, kind: VariableKind::Plain });
                        }
                        Some(piece) => pieces.push(piece),
                        None => push_character(&mut pieces, '$'),
                    }
                    at = behind;
                }
                other => {
                    push_character(&mut pieces, other);
                    at += other.len_utf8();
                }
            }
        }
        Ok(pieces)
    }

    /// The rest of the line, which is the shell's; a backslash at its end takes the next line too.
    fn verbatim(&mut self) -> String {
        let start = self.at;
        loop {
            self.at = end_of_line(self.text, self.at);
            let part = &self.text[start..self.at];
            let backslashes = part.len() - part.trim_end_matches('\\').len();
            let continues = backslashes % 2 == 1;
            if self.at == self.text.len() {
                if continues {
                    self.tokens.open = Some(Open::Backslash);
                }
                return part.trim().to_owned();
            }
            if !continues {
                return part.trim().to_owned();
            }
            self.at += 1;
        }
    }

    fn only_blanks_follow(&mut self) -> Result<(), LineError> {
        self.skip_blanks();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(LineError::new(self.text, self.at, Problem::SecondCommand)),
        }
    }
}

struct Delimiter {
    text: String,
    at: usize,
    verbatim: bool,
}

/// What the `$` at `at` begins, and the place behind it; `None`: it is a character like any other.
fn variable(text: &str, at: usize) -> Result<(Option<Piece>, usize), LineError> {
    let rest = &text[at + 1..];
    if let Some(inner) = rest.strip_prefix('{') {
        let length = name_length(inner);
        if length == 0 || !inner[length..].starts_with('}') {
            return Err(LineError::new(text, at, Problem::Braces));
        }
        let piece = Piece::Variable { name: inner[..length].to_owned(), at, kind: VariableKind::Braced };
        return Ok((Some(piece), at + length + 3));
    }
    let length = name_length(rest);
    if length == 0 {
        return Ok((None, at + 1));
    }
    let kind = if rest[length..].starts_with('/') { VariableKind::Level } else { VariableKind::Plain };
    Ok((Some(Piece::Variable { name: rest[..length].to_owned(), at, kind }), at + 1 + length))
}

fn push_character(pieces: &mut Vec<Piece>, character: char) {
    match pieces.last_mut() {
        Some(Piece::Text(text)) => text.push(character),
        _ => pieces.push(Piece::Text(character.to_string())),
    }
}

/// The place of the next newline, or the end.
fn end_of_line(text: &str, from: usize) -> usize {
    text[from..].find('\n').map_or(text.len(), |length| from + length)
}
