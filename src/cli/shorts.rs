//! MQTTX's shorts of several letters, `-up` or `-Wt`.

/// Short and long form, with their dashes.
pub const SHORTS: &[(&str, &str)] = &[];
