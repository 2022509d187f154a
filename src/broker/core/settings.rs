use std::time::Duration;

use super::limits::Limits;
use crate::broker::access::{AccessList, Rights, Users};
use crate::mqtt::SharedStrategy;

/// The settings of a core.
#[derive(Debug, Clone, Default)]
pub(in crate::broker) struct Settings {
    pub(in crate::broker) limits: Limits,
    pub(in crate::broker) shared_strategy: SharedStrategy,
    /// The users who may connect; if empty, any client may.
    pub(in crate::broker) users: Users,
    /// Refuse clients without a user name even then.
    pub(in crate::broker) no_anonymous: bool,
    /// The access rules; `None`: everything is allowed.
    pub(in crate::broker) access_list: Option<AccessList>,
    /// Messages to [`CONTROL_TOPIC`](super::CONTROL_TOPIC) are for the broker itself.
    pub(in crate::broker) control: bool,
    /// How often `$SYS` is published; `None`: never.
    pub(in crate::broker) statistics_interval: Option<Duration>,
}

impl Settings {
    pub(super) fn rights(&self, user_name: Option<&str>, client_id: &str) -> Rights {
        self.access_list.as_ref().map_or_else(Rights::all, |list| list.rights(user_name, client_id))
    }
}
