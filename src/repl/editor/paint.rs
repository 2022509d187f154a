//! The colours of a line that is being typed.

use colored::Color;

use crate::repl::line::{Piece, Tokens, tokens};

/// A part of a line in a colour.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Paint {
    pub(super) start: usize,
    pub(super) end: usize,
    pub(super) color: Color,
}

/// The parts of a line that have a colour, in their order. `is_known` is asked of its first word, and `begins_one` whether
/// that may still become a command.
pub(super) fn paints(line: &str, is_known: impl Fn(&str) -> bool, begins_one: impl Fn(&str) -> bool) -> Vec<Paint> {
    // What the shell gets is the shell's, and a comment is nobody's.
    let Ok(Tokens { words, shell: None, .. }) = tokens(line) else { return Vec::new() };
    if line.trim_start().starts_with('#') {
        return Vec::new();
    }
    let color = |place: usize, word: &crate::repl::line::Word| {
        let text = word.raw();
        if place == 0 {
            let is_block = matches!(text.as_str(), "repeat" | "if" | "}");
            return match (is_block || is_known(&text), word.end == line.len() && begins_one(&text)) {
                (true, _) => Some(Color::Green),
                (false, true) => None,
                (false, false) => Some(Color::Red),
            };
        }
        let is_variable = word.pieces.iter().any(|piece| matches!(piece, Piece::Variable { .. }));
        if line[word.start..].starts_with(['\'', '"', '$']) && !is_variable {
            Some(Color::Yellow)
        } else if is_variable {
            Some(Color::Magenta)
        } else if text.starts_with('-') && text.len() > 1 {
            Some(Color::Cyan)
        } else {
            None
        }
    };
    let paint = |(place, word): (usize, &crate::repl::line::Word)| {
        Some(Paint { start: word.start, end: word.end, color: color(place, word)? })
    };
    words.iter().enumerate().filter_map(paint).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn painted(line: &str) -> Vec<(&str, Color)> {
        let is_known = |word: &str| matches!(word, "pub" | "sub");
        let found = paints(line, is_known, |part| "pub".starts_with(part) || "sub".starts_with(part));
        found.iter().map(|paint| (&line[paint.start..paint.end], paint.color)).collect()
    }

    #[test]
    fn commands_flags_quotes_and_variables_have_colours() {
        let line = r"pub car/ac 'on off' $x --qos 1 -r";
        let expected = [
            ("pub", Color::Green),
            ("'on off'", Color::Yellow),
            ("$x", Color::Magenta),
            ("--qos", Color::Cyan),
            ("-r", Color::Cyan),
        ];
        assert_eq!(painted(line), expected);
        assert_eq!(painted("pu"), []);
        assert_eq!(painted("pu a"), [("pu", Color::Red)]);
        assert_eq!(painted("pab"), [("pab", Color::Red)]);
        assert_eq!((painted("!ls -l"), painted("# pub -r"), painted("")), (vec![], vec![], vec![]));
        assert_eq!(painted("pub a 'open"), [("pub", Color::Green), ("'open", Color::Yellow)]);
    }
}
