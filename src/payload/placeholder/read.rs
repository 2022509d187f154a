//! What placeholders name outside of the text, read once before anything is filled in: files, and the environment.

use std::collections::HashMap;
use std::sync::Arc;

use super::error::Fault;
use super::piece::{Part, Piece};
use crate::payload::Rows;

/// Files that were read for some pattern, so that ten columns of a file are one file in memory.
#[derive(Debug, Default)]
pub(crate) struct Files(HashMap<(String, bool), Arc<Rows>>);

impl Files {
    /// The rows of a file, or its lines.
    fn rows(&mut self, path: &str, is_csv: bool) -> Result<Arc<Rows>, String> {
        let key = (path.to_owned(), is_csv);
        if let Some(rows) = self.0.get(&key) {
            return Ok(rows.clone());
        }
        let text = std::fs::read(path).map_err(|error| error.to_string())?;
        let rows = if is_csv { Rows::parse_any(text) } else { Rows::lines(text) };
        let rows = Arc::new(rows.map_err(|error| error.to_string())?);
        self.0.insert(key, rows.clone());
        Ok(rows)
    }

    fn column(&mut self, path: &str, column: Option<&str>) -> Result<Piece, String> {
        let rows = self.rows(path, column.is_some())?;
        let place = match column {
            None => 0,
            Some(column) => {
                rows.column(column).ok_or_else(|| format!("no column `{column}`: use {}", rows.columns().join(", ")))?
            }
        };
        Ok(Piece::Row(rows, place))
    }
}

/// A part with what it names read; `None`: it names nothing outside.
pub(super) fn read(
    part: &Part,
    files: &mut Files,
    variable: impl Fn(&str) -> Option<String>,
) -> Result<Option<Part>, Fault> {
    match &part.piece {
        Piece::Environment(name) => {
            let value = variable(name).ok_or_else(|| Fault::Environment(name.clone()))?;
            Ok(Some(Part::text(value)))
        }
        Piece::File(path, column) => {
            let piece = files.column(path, column.as_deref()).map_err(|why| Fault::File(path.clone(), why))?;
            Ok(Some(Part { source: part.source.clone(), piece }))
        }
        _ => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::payload::placeholder::{Drawer, Pattern, Place, PlaceholderError};

    fn read(text: &str) -> Result<Pattern, PlaceholderError> {
        let variable = |name: &str| (name == "SITE").then(|| "plant {pid}".to_owned());
        Pattern::parse(text, Place::PAYLOAD)?.read(Place::PAYLOAD, &mut Files::default(), variable)
    }

    #[test]
    fn a_variable_is_text_whatever_it_holds() {
        assert_eq!(read("a {env:SITE}").unwrap().text(), "a plant {pid}");
        let error = read("a {env:SITES}").unwrap_err();
        assert_eq!(error.to_string(), "the environment variable `SITES` is not set");
        assert_eq!((error.caret(), error.is_local()), ("a {env:SITES}\n  ^", false));
    }

    #[test]
    fn lines_and_columns_come_in_turn() {
        let folder = std::env::temp_dir().join(format!("mqttx-rs-placeholders-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let (lines, table) = (folder.join("lines.txt"), folder.join("table.csv"));
        std::fs::write(&lines, "one\ntwo\n").unwrap();
        std::fs::write(&table, "Site,Temp (C)\nnorth,1\nsouth,2\nwest,3\n").unwrap();
        let text = format!("{{line:{0}}} {{csv:{1}:Site}} {{csv:{1}:Temp (C)}}", lines.display(), table.display());
        let pattern = read(&text).unwrap();
        let mut drawer = Drawer::seeded(1);
        let messages: Vec<_> = (0..4)
            .map(|number| {
                let mut out = String::new();
                drawer.begin(number);
                pattern.fill(&mut drawer, &mut out, |_, _| ());
                out
            })
            .collect();
        assert_eq!(messages, ["one north 1", "two south 2", "one west 3", "two north 1"]);
        let error = read(&format!("{{csv:{}:Town}}", table.display())).unwrap_err();
        assert!(error.to_string().ends_with("no column `Town`: use Site, Temp (C)"), "{error}");
        assert!(error.is_local());
        assert!(read("{line:/nothing/there}").unwrap_err().is_local());
        std::fs::remove_dir_all(folder).unwrap();
    }
}
