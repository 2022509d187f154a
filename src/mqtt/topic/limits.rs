/// Longest UTF-8 encoded string on the wire, bytes [MQTT-1.5.4].
pub(super) const MAXIMUM_BYTES: usize = 65_535;

/// The longest delay that EMQX takes, seconds (49.7 days): one more, and it reads a Unix time.
pub const MAXIMUM_DELAY_SECONDS: u32 = 4_294_966;
