use super::{Open, tokens};

/// Puts lines together to commands, as they come from a script.
#[derive(Debug, Clone, Default)]
pub(crate) struct Assembler {
    text: String,
    /// In a heredoc, what ends it: then the text need not be read again at each line.
    delimiter: Option<String>,
}

impl Assembler {
    /// Takes a line, without its newline; gives the command that it completes.
    pub(crate) fn push(&mut self, line: &str) -> Option<String> {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.text.push_str(line);
        if let Some(delimiter) = &self.delimiter
            && line.trim_end_matches('\r') != delimiter
        {
            return None;
        }
        self.delimiter = None;
        // A text that cannot be read is complete: running it reports the error.
        match tokens(&self.text).ok().and_then(|tokens| tokens.open) {
            None => Some(std::mem::take(&mut self.text)),
            Some(Open::Heredoc { delimiter, .. }) if self.text.contains('\n') => {
                self.delimiter = Some(delimiter);
                None
            }
            Some(_) => None,
        }
    }

    /// Whether there are lines that do not form a command yet.
    pub(crate) fn is_pending(&self) -> bool {
        !self.text.is_empty()
    }

    /// What is held at the end of the input; running it reports what is open.
    pub(crate) fn finish(self) -> Option<String> {
        self.is_pending().then_some(self.text)
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
