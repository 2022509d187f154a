use super::block::{Edge, edge};
use super::joined::Joined;

/// Puts lines together to commands, as they come from a script.
#[derive(Debug, Clone, Default)]
pub(crate) struct Assembler {
    line: Joined,
    /// The commands of a block that is open, a line or more each.
    block: String,
    /// How many blocks are open, one in another.
    depth: usize,
}

impl Assembler {
    /// Takes a line, without its newline; gives the command that it completes.
    pub(crate) fn push(&mut self, line: &str) -> Option<String> {
        let text = self.line.push(line)?;
        match edge(&text) {
            Edge::Open => self.depth += 1,
            Edge::Close if self.depth > 0 => self.depth -= 1,
            _ if self.depth == 0 => return Some(text),
            _ => {}
        }
        self.block.push_str(&text);
        if self.depth == 0 {
            return Some(std::mem::take(&mut self.block));
        }
        self.block.push('\n');
        None
    }

    /// Whether there are lines that do not form a command yet.
    pub(crate) fn is_pending(&self) -> bool {
        self.line.is_pending() || self.depth > 0
    }

    /// What is held at the end of the input; running it reports what is open.
    pub(crate) fn finish(self) -> Option<String> {
        self.is_pending().then(|| self.block + &self.line.into_text())
    }
}

/// Whether a text can be run, or more has to be typed: a quote or a heredoc is open, or a backslash ends it.
pub(crate) fn is_complete(text: &str) -> bool {
    let mut assembler = Assembler::default();
    // A newline at the end is one that was typed: the line behind it is empty.
    for line in text.split('\n') {
        _ = assembler.push(line);
    }
    !assembler.is_pending()
}

/// The commands of a text, each with the number of its first line, from 1.
pub(crate) fn commands(text: &str) -> Vec<(usize, String)> {
    let (mut assembler, mut found, mut first) = (Assembler::default(), Vec::new(), 1);
    for (index, line) in text.lines().enumerate() {
        if !assembler.is_pending() {
            first = index + 1;
        }
        found.extend(assembler.push(line).map(|command| (first, command)));
    }
    found.extend(assembler.finish().map(|command| (first, command)));
    found
}
