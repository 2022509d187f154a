//! What holds until it is set anew.

use std::cell::RefCell;
use std::rc::Rc;

use crate::mqtt::{QoS, TopicFilter};
use crate::output::{Console, MessagePrinter};

/// What a person has chosen.
#[derive(Debug, Default)]
pub(super) struct Preferences {
    /// For lines that name none.
    pub(super) qos: Option<QoS>,
    /// In another shape than a line.
    pub(super) printer: Option<Rc<RefCell<MessagePrinter<Console>>>>,
    /// What that shape is, as it was said.
    pub(super) shape: Option<String>,
    /// Kept, and not shown.
    pub(super) muted: Vec<TopicFilter>,
}
