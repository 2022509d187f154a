use jiff::Zoned;
use jiff::fmt::strtime::{BrokenDownTime, Config, PosixCustom};

/// Appends a time with the conversions of the C locale.
pub(super) fn push_time(conversions: &[u8], local: &Zoned, out: &mut Vec<u8>) {
    let start = out.len();
    let config = Config::new().custom(PosixCustom::new());
    // The only times that it cannot show are beyond two-digit years (`@y` after 2068): those are left out.
    if BrokenDownTime::from(local).format_with_config(&config, conversions, &mut *out).is_err() {
        out.truncate(start);
    }
}
