//! Turns the tables of phases into the phases of a run.

use std::time::Duration;

use super::document::{Document, Table};
use crate::bench::{Act, Change, Group, Load, Phase, Role, Until};
use crate::cli::value;
use crate::error::{Error, nearest};
use crate::settings::bench::draft::Draft;

/// The phases of a document; without any, one that lasts until the limits are reached, or the user ends it.
pub(super) fn phases(draft: &Draft, document: &Document<'_>, duration: Option<Duration>) -> Result<Vec<Phase>, Error> {
    let groups = draft.groups();
    if document.phases.is_empty() {
        let limited = |group: &&Group| matches!(&group.role, Role::Publish(publish) if publish.limit.is_some() || publish.trace.is_some());
        let done = groups.iter().any(|group| limited(&group));
        return Ok(vec![Phase::only(groups, Until { elapsed: duration, done, received: None })]);
    }
    let away = away_at_first(groups, document)?;
    let mut phases = Vec::new();
    for (number, table) in document.phases.iter().enumerate() {
        let mut changes = Vec::new();
        if number == 0 {
            let connects = (0..groups.len()).filter(|place| !away[*place] && groups[*place].flow_of.is_none());
            changes.extend(connects.map(|place| (place, Change::Connect)));
        }
        for (key, change) in [("disconnect", Change::Disconnect), ("drop", Change::Drop), ("connect", Change::Connect)]
        {
            for place in places(groups, table, key)? {
                if let Some(own) = groups[place].flow_of {
                    let own = &groups[own].name;
                    return Err(table.fault(key, format_args!("the clients of this flow are those of `{own}`")));
                }
                if matches!(groups[place].role, Role::Churn(_)) {
                    return Err(
                        table.fault(key, "the clients of a group with `rate` and `stay` come and go by themselves")
                    );
                }
                if changes.iter().any(|(other, _)| *other == place) {
                    let fault = format!("`{}` already connects before the first phase", groups[place].name);
                    return Err(table.fault(key, fault));
                }
                changes.push((place, change));
            }
        }
        phases.push(phase(groups, table, number, changes, duration)?);
        let is_last = number + 1 == document.phases.len();
        if !is_last && !ends(groups, &phases[number]) {
            let name = &phases[number].name;
            let error = table.fault("name", format_args!("phase `{name}` never ends"));
            return Err(error.with_hint("give it a duration, or a limit to the groups that act in it"));
        }
    }
    Ok(phases)
}

fn phase(
    groups: &[Group],
    table: &Table<'_>,
    number: usize,
    changes: Vec<(usize, Change)>,
    duration: Option<Duration>,
) -> Result<Phase, Error> {
    let name = table.text("name").map_or_else(|| format!("phase {}", number + 1), ToOwned::to_owned);
    let from = table.parsed("rate", value::factor)?.unwrap_or(1.0);
    let to = table.parsed("rate_at_end", value::factor)?;
    let own = table.parsed("duration", value::seconds)?;
    let elapsed = own.map(|own| duration.unwrap_or(own));
    if elapsed.is_some_and(|elapsed| elapsed.is_zero()) {
        return Err(table.fault("duration", "it would end before it begins"));
    }
    if to.is_some() && elapsed.is_none() {
        return Err(table.fault("rate_at_end", "a rate that changes needs a duration"));
    }
    let can_act = |place: &usize| groups[*place].role.acts();
    let acting: Vec<usize> = if table.values.contains_key("groups") {
        with_flows(groups, places(groups, table, "groups")?)
    } else {
        (0..groups.len()).filter(can_act).collect()
    };
    let mut acts = Vec::new();
    for place in acting {
        if !can_act(&place) {
            let fault = format!("`{}` neither publishes nor has `rate` and `stay`", groups[place].name);
            return Err(table.fault("groups", fault));
        }
        if to.is_some()
            && matches!(&groups[place].role, Role::Publish(publish) if !matches!(publish.load, Load::Even(_)))
        {
            let fault = format!("`{}` does not have a constant rate that could change", groups[place].name);
            return Err(table.fault("rate_at_end", fault));
        }
        let is_paced =
            !matches!(&groups[place].role, Role::Publish(publish) if matches!(publish.load, Load::Unpaced { .. }));
        if table.values.contains_key("rate") && !is_paced {
            let fault = format!("`{}` is unpaced: it has no rate", groups[place].name);
            return Err(table.fault("rate", fault));
        }
        acts.push(Act { group: place, from, to: to.unwrap_or(from) });
    }
    let until = Until { elapsed, received: None, done: elapsed.is_none() };
    let phase = Phase { name, changes, acts, until };
    // The last may go on until the user ends it.
    let done = ends(groups, &phase);
    Ok(Phase { until: Until { done: until.done && done, ..until }, ..phase })
}

/// Which groups do not connect before the first phase: those whose first mention is that they connect in a later one.
fn away_at_first(groups: &[Group], document: &Document<'_>) -> Result<Vec<bool>, Error> {
    let mut away: Vec<_> = groups.iter().map(|group| matches!(group.role, Role::Churn(_)).then_some(true)).collect();
    for table in document.phases.iter().skip(1) {
        for (key, is_away) in [("disconnect", false), ("drop", false), ("connect", true)] {
            for place in places(groups, table, key)? {
                away[place].get_or_insert(is_away);
            }
        }
    }
    Ok(away.into_iter().map(Option::unwrap_or_default).collect())
}

/// Whether a phase ever ends.
fn ends(groups: &[Group], phase: &Phase) -> bool {
    let is_limited = |act: &Act| matches!(&groups[act.group].role, Role::Publish(publish) if publish.limit.is_some() || publish.trace.is_some());
    phase.until.elapsed.is_some() || phase.acts.iter().all(is_limited)
}

/// In the place of a group that has flows, these.
fn with_flows(groups: &[Group], named: Vec<usize>) -> Vec<usize> {
    let acting = named.into_iter().flat_map(|place| {
        let flows: Vec<_> = (0..groups.len()).filter(|flow| groups[*flow].flow_of == Some(place)).collect();
        if flows.is_empty() { vec![place] } else { flows }
    });
    let mut places = Vec::new();
    for place in acting {
        if !places.contains(&place) {
            places.push(place);
        }
    }
    places
}

/// The indices of the groups that a key names.
fn places(groups: &[Group], table: &Table<'_>, key: &str) -> Result<Vec<usize>, Error> {
    let place = |name: &String| {
        groups.iter().position(|group| group.name == *name).ok_or_else(|| {
            let error = table.fault(key, format_args!("unknown group `{name}`"));
            match nearest(name, groups.iter().map(|group| group.name.as_str())) {
                Some(similar) => error.with_hint(format!("did you mean `{similar}`?")),
                None => error,
            }
        })
    };
    table.texts(key).iter().map(place).collect()
}
