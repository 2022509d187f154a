//! What of a scenario is checked or completed when all of it is known.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::bench::{Grain, Group, Load, Precision, Publish, Role, Scenario, StampPlace};
use crate::cli::bench::TimingArgs;
use crate::error::Error;
use crate::transport::Protocol;

/// How far back `--start-at` may lie.
const LATEST: SignedDuration = SignedDuration::from_mins(5);

/// Refuses a precision that cannot be kept.
pub(super) fn check_precision(scenario: &Scenario) -> Result<(), Error> {
    let Precision::Fixed(grain) = scenario.precision else { return Ok(()) };
    let is_unpaced = |publish: &Publish| matches!(publish.load, Load::Unpaced { .. });
    if scenario.publishers().any(|(_, publish)| is_unpaced(publish)) {
        Err(Error::usage("--precision cannot be used with --unpaced: each message is sent as soon as it can be"))
    } else if grain != Grain::Fine && scenario.endpoints.iter().any(|endpoint| endpoint.protocol == Protocol::Quic) {
        Err(Error::usage("--precision cannot be used over QUIC, which is always at 50us"))
    } else {
        Ok(())
    }
}

/// What is wrong with a `--start-at` that is over. A part that comes late begins late and says so; one that comes much
/// later is not a part of that run any more.
pub(super) fn late_start(timing: &TimingArgs) -> Result<Option<String>, Error> {
    let Some(time) = timing.start_at else { return Ok(None) };
    let behind = Timestamp::now().duration_since(time);
    if behind > LATEST {
        let behind = behind.as_secs();
        let ago = match behind {
            ..7200 => format!("{} minutes", behind / 60),
            7200..172_800 => format!("{} hours", behind / 3600),
            _ => format!("{} days", behind / 86_400),
        };
        let error =
            Error::usage(format!("--start-at {time} was {ago} ago: the other parts are long under way, or over"));
        return Err(error.with_hint("give a time ahead, for example \"$(date -u -d '+1 minute' +%FT%TZ)\""));
    }
    Ok((behind > SignedDuration::ZERO).then(|| "--start-at is in the past: the load begins late".to_owned()))
}

/// Where stamps are to be looked for: where they are put, where those who receive say, else in front.
pub(super) fn stamp_places(groups: &[Group]) -> Vec<StampPlace> {
    let mut places: Vec<StampPlace> = Vec::new();
    for group in groups {
        let place = match &group.role {
            Role::Publish(publish) => &publish.stamp,
            Role::Subscribe(subscribe) => &subscribe.stamp,
            Role::Idle | Role::Churn(_) => &None,
        };
        if let Some(place) = place.as_ref().filter(|place| !places.contains(place)) {
            places.push(place.clone());
        }
    }
    if places.is_empty() {
        places.push(StampPlace::Payload);
    }
    places
}

/// How long each step of a search measures.
const SEARCH_STEP: Duration = Duration::from_secs(5);

/// How long a step of a search lasts by default.
pub(super) const fn search_step(warmup: Duration) -> Duration {
    warmup.saturating_add(SEARCH_STEP)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_step_of_a_search_measures_behind_its_warm_up() {
        assert_eq!(search_step(Duration::ZERO), SEARCH_STEP);
        assert_eq!(search_step(Duration::from_secs(5)), Duration::from_secs(5) + SEARCH_STEP);
    }
}
