//! A text page by page, where there is no other program that does it: in a container, for example.

use memchr::memchr;
use unicode_width::UnicodeWidthStr;

use super::keys::{Key, Keys};
use super::shell::{Shell, Stop};
use crate::output::{Console, RawKeyboard};

const MORE: &str = "--More-- (space: next page, Enter: next line, q: leave)";

/// What a key asks for.
#[derive(Debug, PartialEq, Eq)]
enum Turn {
    Page,
    Line,
    Leave,
}

impl Shell<'_> {
    /// Shows a window of a text at a time; what arrives meanwhile waits.
    pub(super) async fn page_simply(&mut self, text: &[u8]) -> Result<(), Stop> {
        let Some(screen) = &self.screen else { return Ok(self.printer.bytes(text)?) };
        let (columns, rows) = (screen.columns, screen.rows);
        let text = String::from_utf8_lossy(text);
        let mut pages = Pages { rest: &text, columns };
        self.console.hold(true);
        let ended = self.turn(&mut pages, rows).await;
        self.console.hold(false);
        ended
    }

    async fn turn(&mut self, pages: &mut Pages<'_>, rows: usize) -> Result<(), Stop> {
        let _keyboard = RawKeyboard::take()?;
        let mut keys = Keys::listen();
        // The last row is for the question.
        let page = rows.saturating_sub(1).max(1);
        let mut next = page;
        loop {
            // Where the keyboard is raw, a line feed only goes down.
            Console::settle(&pages.take(next).replace('\n', "\r\n"));
            if pages.rest.is_empty() {
                return Ok(());
            }
            let question = &MORE[..MORE.len().min(pages.columns.saturating_sub(1))];
            Console::settle(question);
            let turn = self.turned(&mut keys).await;
            Console::settle(&format!("\r{:width$}\r", "", width = question.len()));
            next = match turn? {
                Turn::Page => page,
                Turn::Line => 1,
                Turn::Leave => return Ok(()),
            };
        }
    }

    /// Waits for a key that says how to go on.
    async fn turned(&mut self, keys: &mut Keys) -> Result<Turn, Stop> {
        loop {
            let occurrence = tokio::select! {
                biased;
                key = keys.next() => match turn(key) {
                    Some(turn) => return Ok(turn),
                    None => continue,
                },
                occurrence = self.next() => occurrence,
            };
            match occurrence {
                Ok(occurrence) => self.background(occurrence),
                Err(Stop::Interrupted(2)) => return Ok(Turn::Leave),
                Err(stop) => return Err(stop),
            }
        }
    }
}

fn turn(key: Key) -> Option<Turn> {
    match key {
        Key::Character(' ' | 'f') | Key::PageDown => Some(Turn::Page),
        Key::Enter | Key::Down | Key::Character('j') => Some(Turn::Line),
        // Ctrl-C and Ctrl-D too.
        Key::Interrupt | Key::Escape | Key::Character('q' | 'Q') => Some(Turn::Leave),
        _ => None,
    }
}

/// What is still to be shown, and the width of the window in which lines wrap.
struct Pages<'a> {
    rest: &'a str,
    columns: usize,
}

impl<'a> Pages<'a> {
    /// Whole lines that fill at most so many rows, but at least one.
    fn take(&mut self, rows: usize) -> &'a str {
        let (mut end, mut filled) = (0, 0);
        while end < self.rest.len() {
            let rest = &self.rest[end..];
            let length = memchr(b'\n', rest.as_bytes()).map_or(rest.len(), |at| at + 1);
            // Colours are counted as if they were seen: a page is then shorter, and nothing scrolls away unread.
            let line_rows = rest[..length].trim_end().width().div_ceil(self.columns.max(1)).max(1);
            if end > 0 && filled + line_rows > rows {
                break;
            }
            (end, filled) = (end + length, filled + line_rows);
            if filled >= rows {
                break;
            }
        }
        let (page, rest) = self.rest.split_at(end);
        self.rest = rest;
        page
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_whole_lines_and_counts_the_rows_that_they_fill() {
        let mut pages = Pages { rest: "one\ntwo\nthree is longer\nfour\n", columns: 10 };
        assert_eq!([pages.take(3), pages.take(3), pages.take(3)], ["one\ntwo\n", "three is longer\nfour\n", ""]);
        let mut long = Pages { rest: "much longer than a window\nend", columns: 5 };
        assert_eq!([long.take(2), long.take(2)], ["much longer than a window\n", "end"]);
    }

    #[test]
    fn q_and_what_ends_a_program_end_the_pages() {
        for key in [Key::Character('q'), Key::Interrupt, Key::Escape] {
            assert_eq!(turn(key), Some(Turn::Leave));
        }
        assert_eq!((turn(Key::Character(' ')), turn(Key::Enter)), (Some(Turn::Page), Some(Turn::Line)));
        assert_eq!(turn(Key::Resized), None);
    }
}
