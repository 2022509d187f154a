use std::fmt;
use std::sync::Arc;

use super::Certificate;

/// Hears what a dial does, step by step and in plain words: for people who want to see why there is no connection.
///
/// A small trait and not the crate `tracing`: these are a dozen sentences about one connection, and nobody
/// gathers spans of them; a subscriber that prints them as `--debug` does would be longer than all of this.
pub trait DialObserver: Send + Sync + fmt::Debug {
    /// A step, as in `broker.example is 192.0.2.1:1883`. Names in it come from elsewhere: whoever prints it to a terminal
    /// escapes them.
    fn hear(&self, what: &str);

    /// The certificates that a broker showed, its own first, before they are judged.
    fn see(&self, certificates: &[Certificate]) {
        _ = certificates;
    }
}

/// The observer, if there is one. Without, nothing is put into words.
#[derive(Debug, Clone, Default)]
pub(super) struct Telling(pub(super) Option<Arc<dyn DialObserver>>);

impl Telling {
    pub(super) fn tell(&self, what: impl FnOnce() -> String) {
        if let Some(observer) = &self.0 {
            observer.hear(&what());
        }
    }
}
