//! Settings that stay until they are changed.

use std::cell::RefCell;
use std::rc::Rc;

use crate::error::Error;
use crate::mqtt::{QoS, TopicFilter};
use crate::output::{Console, MessagePrinter};
use crate::payload::{Codec, PayloadFormat};
use crate::settings::Display;

/// The settings of a session.
#[derive(Debug, Default)]
pub(super) struct Preferences {
    /// The QoS of lines that name none.
    pub(super) qos: Option<QoS>,
    /// A shape other than a line.
    pub(super) printer: Option<Rc<RefCell<MessagePrinter<Console>>>>,
    /// How that is, for messages that are shown again.
    pub(super) display: Option<Display>,
    /// Whether what a message changes is shown below it.
    pub(super) changes: bool,
    /// What that shape is, as it was said.
    pub(super) shape: Option<String>,
    /// Whether `set format` has said how payloads are shown.
    pub(super) format_is_chosen: bool,
    /// The prompt behind the sign of the connection, if not the usual one.
    pub(super) prompt: Option<String>,
    /// Lines are edited by the keys of vi.
    pub(super) has_vi_keys: bool,
    /// Filters of messages that are kept but not shown.
    pub(super) muted: Vec<TopicFilter>,
}

/// The codec of a format, where nothing can give a schema; `of` is what the format was given to.
pub(super) fn codec(of: &str, format: PayloadFormat) -> Result<Codec, Error> {
    if format.needs_schema() {
        let error = Error::usage(format!("{of}: {format} needs a schema, which is not available here"));
        return Err(error.with_hint("`sub` can set it for its messages: `sub FILTER -f ...`"));
    }
    let codec = Codec::from(format);
    codec.check_built_in().map_err(|error| Error::usage(format!("{of}: {error}")))?;
    Ok(codec)
}
