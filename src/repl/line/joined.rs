use super::{Open, tokens};

/// Joins lines of which a quote, a heredoc or a backslash makes one command.
#[derive(Debug, Clone, Default)]
pub(super) struct Joined {
    text: String,
    /// In a heredoc, what ends it: then the text need not be read again at each line.
    delimiter: Option<String>,
}

impl Joined {
    /// Takes a line, without its newline; gives the command that it completes.
    pub(super) fn push(&mut self, line: &str) -> Option<String> {
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
        // What cannot be read is complete: running it says why.
        match tokens(&self.text).ok().and_then(|tokens| tokens.open) {
            None => Some(std::mem::take(&mut self.text)),
            Some(Open::Heredoc { delimiter, .. }) if self.text.contains('\n') => {
                self.delimiter = Some(delimiter);
                None
            }
            Some(_) => None,
        }
    }

    /// Whether lines are held that are no command yet.
    pub(super) fn is_pending(&self) -> bool {
        !self.text.is_empty()
    }

    /// What is held.
    pub(super) fn into_text(self) -> String {
        self.text
    }
}
