//! A text that each client fills in: placeholders, and columns of the rows that clients are given.

use std::sync::Arc;

use crate::payload::Rows;
use crate::payload::placeholder::{Drawer, Jinja, Name, Pattern};

/// A text with placeholders, and with columns of [`Rows`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Text {
    /// As written, with the bound values in place.
    text: String,
    pieces: Vec<Piece>,
}

/// What it is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Piece {
    /// A text with the bench's own placeholders.
    Pattern(Pattern),
    /// A column, by its place.
    Column(usize),
    /// Nothing is filled in.
    Plain(String),
    /// A template of Jinja.
    Jinja(Arc<Jinja>),
}

impl Text {
    /// Of pieces, each with how it is written.
    pub(crate) fn of(pieces: Vec<(String, Piece)>) -> Self {
        let text = pieces.iter().map(|(written, _)| written.as_str()).collect();
        Self { text, pieces: pieces.into_iter().map(|(_, piece)| piece).collect() }
    }

    /// A template of Jinja.
    pub(crate) fn jinja(jinja: Arc<Jinja>) -> Self {
        Self::of(vec![(jinja.as_str().to_owned(), Piece::Jinja(jinja))])
    }

    /// As it is.
    pub(crate) fn plain(text: &str) -> Self {
        Self::of(vec![(text.to_owned(), Piece::Plain(text.to_owned()))])
    }

    /// As written, with the bound values in place.
    pub(crate) fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether every client has its own text, by its number or its row.
    pub(crate) fn has_number(&self) -> bool {
        self.pieces.iter().any(|piece| match piece {
            Piece::Pattern(pattern) => pattern.has_number(),
            Piece::Column(_) => true,
            Piece::Plain(_) => false,
            Piece::Jinja(jinja) => jinja.asks_for(Name::Client) || jinja.asks_for(Name::ClientId),
        })
    }

    /// Whether the text differs between messages.
    pub(crate) fn differs_by_message(&self) -> bool {
        self.pieces.iter().any(|piece| match piece {
            Piece::Pattern(pattern) => pattern.differs_by_message(),
            Piece::Jinja(_) => true,
            Piece::Column(_) | Piece::Plain(_) => false,
        })
    }

    /// Whether it uses a name.
    pub(crate) fn asks_for(&self, name: Name) -> bool {
        self.pieces.iter().any(|piece| match piece {
            Piece::Pattern(pattern) => pattern.asks_for(name),
            Piece::Jinja(jinja) => jinja.asks_for(name),
            Piece::Column(_) | Piece::Plain(_) => false,
        })
    }

    /// The same text with its random parts drawn, once for all who fill it.
    #[must_use]
    pub(crate) fn draw(mut self, drawer: &mut Drawer) -> Self {
        for piece in &mut self.pieces {
            if let Piece::Pattern(pattern) = piece {
                let drawn = std::mem::take(pattern).draw(drawer);
                *pattern = drawn;
            }
        }
        // What was drawn shows in the place of its name.
        if let [Piece::Pattern(pattern)] = self.pieces.as_slice() {
            pattern.as_str().clone_into(&mut self.text);
        }
        self
    }

    /// The same text with another and the number of the client behind it.
    #[must_use]
    pub(crate) fn numbered(self, before: &str) -> Self {
        self.behind(|pattern| pattern.numbered(before))
    }

    /// The same text with another behind it.
    #[must_use]
    pub(crate) fn with_suffix(self, suffix: &str) -> Self {
        self.behind(|pattern| pattern.with_suffix(suffix))
    }

    fn behind(mut self, extend: impl FnOnce(Pattern) -> Pattern) -> Self {
        let (before, pattern) = match self.pieces.pop() {
            Some(Piece::Pattern(pattern)) => (pattern.as_str().len(), pattern),
            other => {
                self.pieces.extend(other);
                (0, Pattern::default())
            }
        };
        let pattern = extend(pattern);
        self.text.push_str(&pattern.as_str()[before..]);
        self.pieces.push(Piece::Pattern(pattern));
        self
    }

    /// Appends the text; `value` writes the value of a name, and `row` is that of the client.
    pub(crate) fn fill(
        &self,
        drawer: &mut Drawer,
        out: &mut String,
        row: Option<(&Rows, usize)>,
        mut value: impl FnMut(Name, &mut String),
    ) {
        for piece in &self.pieces {
            match piece {
                Piece::Pattern(pattern) => pattern.fill(drawer, out, &mut value),
                Piece::Column(column) => out.push_str(row.map_or("", |(rows, row)| rows.get(row, *column))),
                Piece::Plain(text) => out.push_str(text),
                Piece::Jinja(jinja) => jinja.fill(drawer, out, &mut value),
            }
        }
    }
}

impl From<Pattern> for Text {
    fn from(pattern: Pattern) -> Self {
        Self { text: pattern.as_str().to_owned(), pieces: vec![Piece::Pattern(pattern)] }
    }
}
