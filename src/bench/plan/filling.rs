//! The values of the placeholders of a client, and texts that are filled with them.

use std::fmt::Write as _;

use crate::bench::Text;
use crate::payload::Rows;
use crate::payload::placeholder::{Drawer, Name};

/// The values of the placeholders of a client.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filling<'a> {
    /// From 1, or behind `--start-number`.
    pub(super) number: u64,
    pub(super) client_id: &'a str,
    pub(super) user_name: &'a str,
    /// Number of the message or the topic.
    pub(super) sequence: u64,
    pub(super) row: Option<(&'a Rows, usize)>,
}

impl Filling<'_> {
    pub(super) fn of(self, pattern: &Text, drawer: &mut Drawer) -> String {
        let mut text = String::with_capacity(pattern.as_str().len() + 16);
        self.append(pattern, drawer, &mut text);
        text
    }

    pub(super) fn append(self, pattern: &Text, drawer: &mut Drawer, out: &mut String) {
        pattern.fill(drawer, out, self.row, |name, text| {
            // Writing into a string does not fail.
            let _ = match name {
                Name::Client => write!(text, "{}", self.number),
                Name::ClientId => text.write_str(self.client_id),
                Name::Username => text.write_str(self.user_name),
                Name::Sequence => write!(text, "{}", self.sequence),
                // Bound when the settings were read, as it is the same for all clients.
                _ => Ok(()),
            };
        });
    }
}
