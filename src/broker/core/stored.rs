use std::sync::Arc;
use std::time::Instant;

use bytestring::ByteString;

use crate::broker::id::SessionId;
use crate::mqtt::Message;
use crate::session::server::Publication;

/// A waiting message to `$delayed/`, with its topic without the prefix.
#[derive(Debug)]
pub(super) struct Waiting {
    pub(super) message: Message,
    /// When it arrived, from which its expiry is counted.
    pub(super) arrived: Instant,
    pub(super) publisher: Option<SessionId>,
    pub(super) client_id: ByteString,
}

/// A retained message.
#[derive(Debug)]
pub(super) struct Kept {
    pub(super) publication: Arc<Publication>,
    /// The client identifier of its publisher, for No Local.
    pub(super) publisher: ByteString,
}
