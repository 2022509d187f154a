//! Which clients are traced: `--trace`.

use std::fmt;
use std::sync::Arc;

use crate::transport::{Stream, Tap};

/// Makes a tap for each connection of the clients that are watched.
#[derive(Clone)]
pub(crate) struct Taps(Arc<Make>);

/// From the identifier of a client.
type Make = dyn Fn(&str) -> Box<dyn Tap> + Send + Sync;

/// Up to so many clients all of them are watched; of more, the first of each group.
pub(crate) const ALL_WATCHED: u64 = 10;

impl Taps {
    /// `make` gets the identifier of the client.
    pub(crate) fn new(make: impl Fn(&str) -> Box<dyn Tap> + Send + Sync + 'static) -> Self {
        Self(Arc::new(make))
    }

    /// The stream of a client, watched.
    pub(super) fn on(&self, client_id: &str, stream: Stream) -> Stream {
        stream.tapped((self.0)(client_id))
    }
}

impl fmt::Debug for Taps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Taps")
    }
}
