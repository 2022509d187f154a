//! Texts of a run that each client fills in: placeholders, and columns of `--clients-csv`.

use std::path::Path;
use std::sync::Arc;

use crate::bench::{Piece, Text};
use crate::cli::bench::RowOrder;
use crate::error::Error;
use crate::mqtt::UserProperty;
use crate::payload::Rows;
use crate::payload::placeholder::{Drawer, Pattern, Place};
use crate::settings::pattern::Facts;

/// The context for reading texts.
#[derive(Debug, Clone)]
pub(super) struct Words {
    facts: Facts,
    rows: Option<Arc<Rows>>,
    order: RowOrder,
}

/// Columns that set options, and are placeholders too.
const OPTIONS: [&str; 6] = ["client_id", "username", "password", "cert", "key", "topic"];

impl Words {
    pub(super) fn new(facts: Facts) -> Self {
        Self { facts, rows: None, order: RowOrder::InOrder }
    }

    /// With the rows of a file.
    pub(super) fn with_rows(mut self, path: &Path, order: RowOrder, run: u32) -> Result<Self, Error> {
        let text =
            std::fs::read(path).map_err(|error| Error::local(format!("cannot read {}: {error}", path.display())))?;
        let invalid = |what: &dyn std::fmt::Display| Error::local(format!("{}: {what}", path.display()));
        let rows = Rows::parse(text).map_err(|error| invalid(&error))?;
        for name in rows.columns().iter().filter(|name| !OPTIONS.contains(&name.as_str())) {
            // A name that already has another meaning.
            if Pattern::parse(&format!("{{{name}}}"), Place::TOPIC.of_scenario()).is_ok() {
                let what = format!("a column cannot be named `{name}`, which is a placeholder");
                return Err(invalid(&what));
            }
        }
        let rows = match order {
            RowOrder::Shuffle => rows.shuffled(&mut fastrand::Rng::with_seed(u64::from(run))),
            RowOrder::InOrder | RowOrder::Wrap => rows,
        };
        (self.rows, self.order) = (Some(Arc::new(rows)), order);
        Ok(self)
    }

    /// With rows that have been read.
    pub(super) fn sharing(mut self, rows: Arc<Rows>, order: RowOrder) -> Self {
        (self.rows, self.order) = (Some(rows), order);
        self
    }

    pub(super) fn rows(&self) -> Option<Arc<Rows>> {
        self.rows.clone()
    }

    /// Whether a column sets an option.
    pub(super) fn has(&self, column: &str) -> bool {
        self.rows.as_ref().is_some_and(|rows| rows.column(column).is_some())
    }

    /// The number of clients: as given, else one per row.
    pub(super) fn clients(&self, asked: Option<u64>, otherwise: u64) -> Result<u64, Error> {
        let Some(rows) = &self.rows else { return Ok(asked.unwrap_or(otherwise)) };
        let count = rows.len() as u64;
        match asked {
            Some(asked) if asked > count && self.order == RowOrder::InOrder => {
                let error = Error::usage(format!("--clients-csv has {count} rows, but there are {asked} clients"));
                Err(error.with_hint("--rows wrap starts again at the first row"))
            }
            Some(asked) => Ok(asked),
            None => Ok(count),
        }
    }

    /// Whether several of so many clients have the same row, and their identifiers are from it.
    pub(super) fn repeats_client_ids(&self, clients: u64) -> bool {
        self.has("client_id") && self.rows.as_ref().is_some_and(|rows| clients > rows.len() as u64)
    }

    /// Reads a text; `option` is named in its error.
    pub(super) fn read(&self, option: &str, text: &str, place: Place) -> Result<Text, Error> {
        self.pieces(text, |text| self.facts.read(option, text, place).map(Piece::Pattern))
    }

    /// Reads a template of Jinja.
    pub(super) fn jinja(&self, option: &str, text: &str, place: Place) -> Result<Text, Error> {
        self.facts.jinja(option, text, place).map(Text::jinja)
    }

    /// Reads a text in which what is not a placeholder is text, and in which MQTTX's users write `{i}` too.
    pub(super) fn read_leniently(&self, text: &str, place: Place) -> Text {
        let read = self.pieces(&text.replace("{i}", "{client}"), |text| {
            self.facts.read("", text, place).map(Piece::Pattern).map_err(|_| ())
        });
        read.unwrap_or_else(|()| Text::plain(text))
    }

    /// Names and values of user properties.
    pub(super) fn pairs(&self, option: &str, pairs: &[UserProperty]) -> Result<Vec<(Text, Text)>, Error> {
        let read = |text: &str| self.read(option, text, Place::FILTER);
        pairs.iter().map(|(name, value)| Ok((read(name)?, read(value)?))).collect()
    }

    /// What a text may be for one message of the first client.
    pub(super) fn sample(&self, text: &Text) -> String {
        let mut sample = String::new();
        let row = self.rows.as_deref().map(|rows| (rows, rows.of_client(0)));
        text.fill(&mut Drawer::seeded(0), &mut sample, row, |_, sample| sample.push('1'));
        sample
    }

    /// Fills in what any text of a scenario may hold, and leaves the rest to be read later.
    pub(super) fn data(&self, option: &str, text: &str) -> Result<String, Error> {
        Ok(self.facts.read(option, text, Place::DATA)?.text())
    }

    /// The pieces of a text between its columns; `{{name}}` is not a column.
    fn pieces<E>(&self, text: &str, read: impl Fn(&str) -> Result<Piece, E>) -> Result<Text, E> {
        let (mut pieces, mut rest, mut from) = (Vec::new(), text, 0);
        while let Some(found) = rest[from..].find('{') {
            let at = from + found;
            let column = self.rows.as_ref().and_then(|rows| {
                let name = rest[at + 1..].split_once('}')?.0;
                Some((rows.column(name)?, name.len() + 2)).filter(|_| !rest[..at].ends_with('{'))
            });
            let Some((column, length)) = column else {
                from = at + 1;
                continue;
            };
            if at > 0 {
                pieces.push((rest[..at].to_owned(), read(&rest[..at])?));
            }
            pieces.push((rest[at..at + length].to_owned(), Piece::Column(column)));
            (rest, from) = (&rest[at + length..], 0);
        }
        if !rest.is_empty() || pieces.is_empty() {
            let piece = read(rest)?;
            let written =
                if let Piece::Pattern(pattern) = &piece { pattern.as_str().to_owned() } else { rest.to_owned() };
            pieces.push((written, piece));
        }
        Ok(Text::of(pieces))
    }
}
