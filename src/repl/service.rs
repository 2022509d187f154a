//! What is done with messages as they come, and how much of it: [`super::services`] does it.

use std::fs::File;
use std::io::BufWriter;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc::Sender;

use crate::client::Client;
use crate::mqtt::{Message, TopicFilter};
use crate::payload::plural;

/// Something that is done with messages as they come.
#[derive(Debug)]
pub(super) struct Service {
    /// Among all jobs.
    pub(super) number: u64,
    /// As it was asked for.
    pub(super) line: String,
    /// Of which topics; none: all.
    pub(super) filters: Vec<TopicFilter>,
    pub(super) kind: Kind,
}

/// What is done.
#[derive(Debug)]
pub(super) enum Kind {
    Reply {
        /// The name of the connection whose requests are meant.
        connection: String,
        /// Of those filters the ones that were subscribed to for this.
        own: Vec<TopicFilter>,
        requests: Sender<(Client, Message)>,
        answered: Arc<AtomicU64>,
    },
    Record {
        path: PathBuf,
        file: BufWriter<File>,
        count: u64,
        /// It could not be written: that has been reported.
        has_failed: bool,
    },
}

impl Service {
    /// What it is, and how much it has done.
    pub(super) fn state(&self) -> (&'static str, String) {
        match &self.kind {
            Kind::Reply { answered, .. } => ("reply", plural(answered.load(Ordering::Relaxed), "answer")),
            Kind::Record { count, .. } => ("record", plural(*count, "message")),
        }
    }

    /// Whether messages on a topic are meant.
    pub(super) fn wants(&self, topic: &str) -> bool {
        self.filters.is_empty() || self.filters.iter().any(|filter| filter.matches(topic))
    }
}
