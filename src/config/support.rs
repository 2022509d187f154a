//! Options that cannot be followed: what needs MQTT 5.0, what contradicts another.

use super::origin::{Origin, Origins};
use crate::error::Error;
use crate::mqtt::Version;

/// Options that only MQTT 5.0 can carry.
const NEEDS_V5: &[&str] = &[
    // CONNECT
    "session_expiry_interval",
    "receive_maximum",
    "maximum_packet_size",
    "topic_alias_maximum",
    "req_response_info",
    "no_req_problem_info",
    "conn_user_properties",
    "authentication_method",
    "reauthenticate_every",
    "follow_redirect",
    // The will
    "will_delay_interval",
    "will_payload_format_indicator",
    "will_message_expiry_interval",
    "will_content_type",
    "will_response_topic",
    "will_correlation_data",
    "will_user_properties",
    // PUBLISH
    "payload_format_indicator",
    "message_expiry_interval",
    "topic_alias",
    "response_topic",
    "correlation_data",
    "user_properties",
    "content_type",
    // SUBSCRIBE
    "no_local",
    "retain_as_published",
    "retain_handling",
    "subscription_identifier",
];

/// Refuses flags that an older version of the protocol cannot carry. MQTTX leaves them out in silence, and its user
/// wonders where the property went. A variable is meant for many commands, so it is left out with a warning.
pub(super) fn refuse_what_needs_v5(version: Version, origins: &Origins) -> Result<Vec<String>, Error> {
    let mut warnings = Vec::new();
    if version.is_v5() {
        return Ok(warnings);
    }
    for option in NEEDS_V5.iter().filter(|option| origins.given(option)) {
        let message = format!("{} needs MQTT 5.0, and this is MQTT {version}", origins.name(option));
        if origins.of(option) == Origin::Flag {
            return Err(Error::usage(message).with_hint("leave it out, or leave out --mqtt-version"));
        }
        warnings.push(format!("{message}: left out"));
    }
    Ok(warnings)
}

/// Refuses two options that say the same thing.
pub(super) fn exclude_one_another(one: &str, other: &str) -> Error {
    Error::usage(format!("{one} and {other} exclude one another"))
}

/// Warnings of flags that change nothing beside others: the option, whether that is so, and why.
pub(super) fn without_effect(origins: &Origins, cases: &[(&str, bool, &str)]) -> Vec<String> {
    let is_flag = |option: &str| origins.of(option) == Origin::Flag;
    let cases = cases.iter().filter(|(option, is_so, _)| *is_so && is_flag(option));
    cases.map(|(option, _, why)| format!("{} has no effect {why}", origins.name(option))).collect()
}
