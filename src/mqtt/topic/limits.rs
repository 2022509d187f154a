/// Longest UTF-8 encoded string on the wire, bytes [MQTT-1.5.4].
pub(super) const MAXIMUM_BYTES: usize = 65_535;

/// The longest delay that EMQX accepts, in seconds (49.7 days): it reads a larger number as a Unix time.
pub const MAXIMUM_DELAY_SECONDS: u32 = 4_294_966;
