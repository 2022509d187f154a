//! The parts of a run: what changes before each, who acts in it, and when it is over.

use std::time::Duration;

use super::group::{Group, Role};

/// A part of a run.
///
/// First its changes are carried out, and all clients have to be connected again: this is what a reconnect storm, a flood of
/// retained messages and the resumption of sessions measure. Then its time begins, and its groups act.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Phase {
    /// As the report names it.
    pub name: String,
    /// Which groups, by their place, connect, leave or are cut off before it.
    pub changes: Vec<(usize, Change)>,
    /// Who publishes, or connects again and again, in it.
    pub acts: Vec<Act>,
    /// When it is over.
    pub until: Until,
}

/// What happens to a group between two phases.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Change {
    /// Its clients connect, as fast as the scenario allows connects.
    Connect,
    /// Its clients leave with DISCONNECT.
    Disconnect,
    /// All of its connections are closed at once, without DISCONNECT, and opened again at once.
    Drop,
}

/// A group acts, at its own rate times a factor that may change evenly over the phase.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Act {
    /// Which group, by its place.
    pub group: usize,
    /// The factor in the beginning.
    pub from: f64,
    /// The factor at the end; different from `from` only if the phase has a duration.
    pub to: f64,
}

/// When a phase is over: the first of these.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Until {
    /// It has lasted so long, a warm-up included.
    pub elapsed: Option<Duration>,
    /// This process has received so many messages in all.
    pub received: Option<u64>,
    /// Everything that its groups are to send is sent and answered.
    pub done: bool,
}

impl Phase {
    /// One of which all groups that can act do, at their own rate, and before which those connect that it is given.
    pub(crate) fn only(groups: &[Group], until: Until) -> Self {
        let act =
            |(place, group): (usize, &Group)| group.role.acts().then_some(Act { group: place, from: 1.0, to: 1.0 });
        let connects = |(place, group): (usize, &Group)| {
            let by_itself = matches!(group.role, Role::Churn(_)) || group.flow_of.is_some();
            (!by_itself).then_some((place, Change::Connect))
        };
        Self {
            name: "run".to_owned(),
            changes: groups.iter().enumerate().filter_map(connects).collect(),
            acts: groups.iter().enumerate().filter_map(act).collect(),
            until,
        }
    }
}
