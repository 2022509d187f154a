//! Errors in the text of a profile or another of our files, with the line and a caret below the position.

use std::ops::Range;

use unicode_width::UnicodeWidthStr;

use crate::error::Error;

/// A text and its name: "profile `task`".
#[derive(Debug, Clone, Copy)]
pub(crate) struct Source<'a> {
    pub(crate) name: &'a str,
    pub(crate) text: &'a str,
}

impl Source<'_> {
    /// An error at a position: the message names the line, the detail shows it.
    pub(crate) fn fault(self, span: Option<Range<usize>>, message: impl std::fmt::Display) -> Error {
        let Some(span) = span.filter(|span| self.text.get(span.clone()).is_some()) else {
            return Error::usage(format!("{}: {message}", self.name));
        };
        let start = self.text[..span.start].rfind('\n').map_or(0, |at| at + 1);
        let end = self.text[span.start..].find('\n').map_or(self.text.len(), |at| span.start + at);
        let line = self.text[..start].matches('\n').count() + 1;
        let caret = " ".repeat(self.text[start..span.start].width());
        let width = self.text[span.start..span.end.min(end).max(span.start)].width().max(1);
        let line_text = self.text[start..end].trim_end();
        let message = format!("{}, line {line}: {message}", self.name);
        let shown = match shown_part(line_text) {
            part if part.len() == line_text.len() => format!("{line_text}\n{caret}{}", "^".repeat(width)),
            part if span.start - start < part.len() => format!("{part} ...\n{caret}{}", "^".repeat(width)),
            part => format!("{part} ...\n{}^", " ".repeat(part.width() + 1)),
        };
        Error::usage(message).with_detail(shown)
    }
}

/// The part of a line that may be shown, without what may be a secret, even if its key is mistyped.
fn shown_part(line: &str) -> &str {
    const SECRET: &[&str] = &["pas", "url", "proxy", "head", "key", "token", "secret", "auth", "path"];
    let (key, is_value) = match line.find('=') {
        Some(at) => (&line[..=at], true),
        None => (line, line.contains(['"', '\''])),
    };
    let name = key.to_lowercase();
    match (is_value, line.contains('=')) {
        (true, true) if SECRET.iter().any(|word| name.contains(word)) => key,
        // One of several values, whose key is further up.
        (true, false) => "",
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_caret_stands_under_the_place_whatever_the_script() {
        let text = "[connection]\nhost = \"汽车\" # x\n";
        let source = Source { name: "profile `x`", text };
        let at = text.find("# x").unwrap();
        let error = source.fault(Some(at..at + 3), "no");
        assert_eq!(error.message(), "profile `x`, line 2: no");
        assert_eq!(error.detail(), Some("host = \"汽车\" # x\n              ^^^"));
        assert_eq!(source.fault(None, "no").message(), "profile `x`: no");
        assert_eq!(source.fault(Some(900..901), "no").message(), "profile `x`: no");
    }

    #[test]
    fn what_may_be_a_secret_is_not_shown() {
        for (text, place, detail) in [
            ("password = hunter2\n", "hunter2", "password = ...\n           ^"),
            ("pasword = \"hunter2\"\n", "pasword", "pasword = ...\n^^^^^^^"),
            ("headers = [\n  \"Authorization:Bearer hunter2\"]\n", "Auth", " ...\n ^"),
        ] {
            let at = text.find(place).unwrap();
            let error = Source { name: "x", text }.fault(Some(at..at + place.len()), "no");
            assert_eq!(error.detail(), Some(detail));
        }
    }
}
