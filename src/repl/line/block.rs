//! `repeat N { .. }` and `if COMMAND { .. } else { .. }`: all that a script can decide. Lines are not read further here.

use super::joined::Joined;
use super::{LineError, Problem, Tokens, Variables, expand, tokens};

/// Several lines that run again and again, or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Block {
    /// So often.
    Repeat { count: String, body: Body },
    /// The first, if the command succeeds, else the other.
    If { condition: String, then: Body, otherwise: Option<Body> },
}

/// The lines of a block.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Body {
    /// Lines before it, in its block.
    pub(crate) line: usize,
    pub(crate) text: String,
}

/// What a line means for the block that it is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Edge {
    /// Nothing.
    None,
    /// `repeat 3 {`.
    Open,
    /// `} else {`.
    Else,
    /// `}`.
    Close,
}

/// What a command means for the block that it is in.
pub(super) fn edge(text: &str) -> Edge {
    match text.trim() {
        "}" => Edge::Close,
        trimmed if is_else(trimmed) => Edge::Else,
        trimmed if is_header(trimmed) && bare_ends_with(trimmed, "{") => Edge::Open,
        _ => Edge::None,
    }
}

fn is_else(text: &str) -> bool {
    let words: Vec<_> = text.split_whitespace().collect();
    words == ["}", "else", "{"]
}

fn is_header(text: &str) -> bool {
    matches!(text.split_whitespace().next(), Some("repeat" | "if"))
}

/// Whether the last word is this one, without quotes.
fn bare_ends_with(text: &str, wanted: &str) -> bool {
    let Ok(Tokens { words, open: None, tail: None, .. }) = tokens(text) else { return false };
    words.last().is_some_and(|word| word.bare && word.raw() == wanted)
}

impl Block {
    /// Reads a block; `None`: the text is another command.
    ///
    /// # Errors
    ///
    /// It is a block that does not end, or has no body.
    pub(crate) fn parse(text: &str, variables: &Variables) -> Result<Option<Self>, LineError> {
        let trimmed = text.trim();
        // Its help is that of a command.
        if !is_header(trimmed) || trimmed.split_whitespace().nth(1) == Some("--help") {
            return Ok(None);
        }
        let wrong = || LineError::new(text, 0, Problem::Block);
        let (header, then, otherwise) = match trimmed.split_once('\n') {
            None => on_a_line(trimmed).ok_or_else(wrong)?,
            Some(_) => on_lines(trimmed).ok_or_else(wrong)?,
        };
        let (keyword, rest) = header.trim().split_once(char::is_whitespace).ok_or_else(wrong)?;
        if keyword == "if" {
            return Ok(Some(Self::If { condition: rest.trim().to_owned(), then, otherwise }));
        }
        if otherwise.is_some() {
            return Err(wrong());
        }
        let words = tokens(rest)?.words;
        let [count] = words.as_slice() else { return Err(wrong()) };
        let count = expand(&count.pieces, variables, Problem::Unset, rest)?;
        Ok(Some(Self::Repeat { count, body: then }))
    }
}

/// `repeat 3 { pub a x }`, a command each.
fn on_a_line(text: &str) -> Option<(String, Body, Option<Body>)> {
    let words = tokens(text).ok()?.words;
    let braces: Vec<_> = words.iter().filter(|word| word.bare && matches!(word.raw().as_str(), "{" | "}")).collect();
    let between = |from: usize, to: usize| Body { line: 0, text: text[braces[from].end..braces[to].start].to_owned() };
    let is_last = |at: usize| braces[at].end == text.len();
    let kinds: Vec<_> = braces.iter().map(|word| word.raw()).collect();
    let kinds: Vec<&str> = kinds.iter().map(String::as_str).collect();
    match kinds.as_slice() {
        ["{", "}"] if is_last(1) => Some((text[..braces[0].start].to_owned(), between(0, 1), None)),
        ["{", "}", "{", "}"] if is_last(3) && between(1, 2).text.trim() == "else" => {
            Some((text[..braces[0].start].to_owned(), between(0, 1), Some(between(2, 3))))
        }
        _ => None,
    }
}

/// A header, lines, and `}` on a line of its own.
fn on_lines(text: &str) -> Option<(String, Body, Option<Body>)> {
    let mut lines = text.lines();
    let header = lines.next()?.trim_end().strip_suffix('{')?.to_owned();
    let (mut depth, mut is_else_part) = (0_usize, false);
    let (mut then, mut otherwise) = (Body { line: 1, text: String::new() }, Body::default());
    let mut is_closed = false;
    let (mut joined, mut begun) = (Joined::default(), 0);
    for (index, line) in lines.enumerate() {
        if is_closed {
            return None;
        }
        if !joined.is_pending() {
            begun = index;
        }
        // A heredoc may have lines that look like braces.
        let Some(command) = joined.push(line) else { continue };
        match edge(&command) {
            Edge::Close if depth == 0 => {
                is_closed = true;
                continue;
            }
            Edge::Else if depth == 0 && !is_else_part => {
                (is_else_part, otherwise.line) = (true, begun + 2);
                continue;
            }
            Edge::Open => depth += 1,
            Edge::Close => depth -= 1,
            _ => {}
        }
        let part = if is_else_part { &mut otherwise } else { &mut then };
        part.text.push_str(&command);
        part.text.push('\n');
    }
    is_closed.then_some((header, then, is_else_part.then_some(otherwise)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::repl::line::{commands, is_complete};

    fn parse(text: &str) -> Option<Block> {
        Block::parse(text, &[("n".to_owned(), "4".to_owned())].into()).unwrap()
    }

    fn body(line: usize, text: &str) -> Body {
        Body { line, text: text.to_owned() }
    }

    #[test]
    fn a_block_on_a_line_has_a_command_in_each_part() {
        let repeat = Block::Repeat { count: "4".into(), body: body(0, " pub a '{ \"x\": 1 }' ") };
        assert_eq!(parse("repeat $n { pub a '{ \"x\": 1 }' }"), Some(repeat));
        let if_else = Block::If {
            condition: "expect a on".into(),
            then: body(0, " pub b 1 "),
            otherwise: Some(body(0, " pub b 0 ")),
        };
        assert_eq!(parse("if expect a on { pub b 1 } else { pub b 0 }"), Some(if_else));
        assert_eq!(parse("pub if { }"), None);
        for wrong in ["repeat 3", "repeat { pub a }", "repeat 3 { pub a", "repeat 3 { a } else { b }", "if { a }"] {
            assert!(Block::parse(wrong, &Variables::new()).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_block_of_lines_ends_with_its_own_brace() {
        let text = "if wait a {\n  repeat 2 {\n    pub b\n  }\n} else {\n  sleep 1\n}";
        let expected = Block::If {
            condition: "wait a".into(),
            then: body(1, "  repeat 2 {\n    pub b\n  }\n"),
            otherwise: Some(body(5, "  sleep 1\n")),
        };
        assert_eq!(parse(text), Some(expected));
        assert!(Block::parse("repeat 3 {\n pub a\n", &Variables::new()).is_err());
        let heredoc = Block::Repeat { count: "2".into(), body: body(1, "pub a <<EOF\n}\nEOF\n") };
        assert_eq!(parse("repeat 2 {\npub a <<EOF\n}\nEOF\n}"), Some(heredoc));
    }

    #[test]
    fn lines_are_gathered_until_the_block_is_closed() {
        let text = "sub a\nrepeat 3 {\n  pub a <<EOF\n}\nEOF\n}\npub b\n}";
        let found = commands(text);
        assert_eq!(found.iter().map(|(line, _)| *line).collect::<Vec<_>>(), [1, 2, 7, 8]);
        assert_eq!(found[1].1, "repeat 3 {\n  pub a <<EOF\n}\nEOF\n}");
        assert!(
            !is_complete("repeat 3 {\npub a") && is_complete("repeat 3 {\npub a\n}") && is_complete("repeat 3 { a }")
        );
    }
}
