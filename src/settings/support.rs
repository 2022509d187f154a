//! Options that cannot take effect: those that need MQTT 5.0, those that contradict another.

use std::collections::BTreeSet;

use crate::config::origin::{Origin, Origins};
use crate::config::table::{Note, noted};
use crate::error::Error;
use crate::mqtt::Version;

/// Refuses flags that an older version of the protocol cannot carry. MQTTX ignores them silently, and its user
/// wonders where the property went. A variable is meant for many commands, so it is ignored with a warning.
pub(super) fn refuse_what_needs_v5(version: Version, origins: &Origins) -> Result<Vec<String>, Error> {
    let mut warnings = Vec::new();
    if version.is_v5() {
        return Ok(warnings);
    }
    let given: BTreeSet<_> = noted(Note::NeedsV5).filter(|option| origins.given(option)).collect();
    for option in given {
        let message = format!("{} needs MQTT 5.0, but the version is MQTT {version}", origins.name(option));
        if origins.of(option) == Origin::Flag {
            return Err(Error::usage(message).with_hint("leave it out, or leave out --mqtt-version"));
        }
        warnings.push(format!("{message}: left out"));
    }
    Ok(warnings)
}

/// Warnings about flags that have no effect with others: the option, whether that is so, and why.
pub(super) fn without_effect(origins: &Origins, cases: &[(&str, bool, &str)]) -> Vec<String> {
    let is_flag = |option: &str| origins.of(option) == Origin::Flag;
    let cases = cases.iter().filter(|(option, is_so, _)| *is_so && is_flag(option));
    cases.map(|(option, _, why)| format!("{} has no effect {why}", origins.name(option))).collect()
}
