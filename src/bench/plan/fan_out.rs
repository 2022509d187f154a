//! Who receives what, of a process's own subscribers.

use std::collections::HashMap;

use crate::bench::{Change, Scenario};
use crate::mqtt::{Share, TopicFilter, TopicName};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Presence {
    There,
    Waiting,
}

/// Who receives what, of this process's own subscribers in one group.
#[derive(Debug, Default)]
pub(super) struct FanOut {
    exact: HashMap<String, u64>,
    /// With wildcards, or shared.
    patterns: Vec<(TopicFilter, u64)>,
}

impl FanOut {
    pub(super) fn new(filters: HashMap<TopicFilter, u64>) -> Self {
        let mut fan_out = Self::default();
        for (filter, count) in filters {
            let count = if matches!(filter.share(), Share::All) { count } else { 1 };
            if filter.has_wildcards() || !matches!(filter.share(), Share::All) {
                fan_out.patterns.push((filter, count));
            } else {
                *fan_out.exact.entry(filter.body().to_owned()).or_default() += count;
            }
        }
        fan_out
    }

    pub(super) fn of(&self, topic: &TopicName) -> u64 {
        self.sum(topic, |_| true)
    }

    pub(super) fn unshared(&self, topic: &TopicName) -> u64 {
        self.sum(topic, |filter| matches!(filter.share(), Share::All))
    }

    fn sum(&self, topic: &TopicName, counts: impl Fn(&TopicFilter) -> bool) -> u64 {
        let exact = self.exact.get(topic.as_str()).copied().unwrap_or_default();
        let matching = self.patterns.iter().filter(|(filter, _)| filter.matches(topic.as_str()) && counts(filter));
        exact + matching.map(|(_, count)| count).sum::<u64>()
    }
}

/// For each phase, the groups that get what is published in it.
pub(super) fn receivers(scenario: &Scenario) -> Vec<Vec<(usize, Presence)>> {
    let mut groups = vec![None; scenario.groups.len()];
    let mut of_phases = Vec::new();
    for phase in &scenario.phases {
        for (group, change) in &phase.changes {
            let kept = scenario.groups[*group].kept_session.is_some();
            groups[*group] = match change {
                Change::Connect | Change::Drop => Some(Presence::There),
                Change::Disconnect => groups[*group].filter(|_| kept).map(|_| Presence::Waiting),
            };
        }
        of_phases.push(groups.iter().enumerate().filter_map(|(group, presence)| Some((group, (*presence)?))).collect());
    }
    of_phases
}
