use std::fmt;
use std::sync::Arc;

use super::Certificate;

/// Receives a report of each step of a dial in plain words, for people who want to see why there is no connection.
///
/// A small trait and not the crate `tracing`: these are a dozen sentences about one connection, and no
/// spans are needed; a subscriber that prints them as `--debug` does would be longer than all of this.
pub trait DialObserver: Send + Sync + fmt::Debug {
    /// A step, for example `broker.example is 192.0.2.1:1883`. Names in it are untrusted: code that prints it to a terminal
    /// must escape them.
    fn hear(&self, what: &str);

    /// The certificates that a broker presented, its own first, before they are verified.
    fn see(&self, certificates: &[Certificate]) {
        _ = certificates;
    }
}

/// The observer, if there is one. Without it, no text is formatted.
#[derive(Debug, Clone, Default)]
pub(super) struct Telling(pub(super) Option<Arc<dyn DialObserver>>);

impl Telling {
    pub(super) fn tell(&self, what: impl FnOnce() -> String) {
        if let Some(observer) = &self.0 {
            observer.hear(&what());
        }
    }
}
