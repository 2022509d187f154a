use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

/// Bytes of the largest remaining length of a packet [MQTT-2.1.4], in which topic and properties must fit too.
pub const LARGEST_PACKET: u32 = 268_435_455;

/// A payload size as in `--payload-size`: `512`, `64B`, `1KB`, `2.5MB`; each unit is 1024 of the one below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PayloadSize(u32);

impl PayloadSize {
    /// In bytes.
    pub const fn bytes(self) -> u32 {
        self.0
    }

    /// This many random bytes.
    pub fn random_payload(self, random: &mut fastrand::Rng) -> Bytes {
        let mut payload = vec![0; self.0 as usize];
        random.fill(&mut payload);
        payload.into()
    }
}

impl FromStr for PayloadSize {
    type Err = InvalidPayloadSize;

    fn from_str(text: &str) -> Result<Self, InvalidPayloadSize> {
        parse(text).map(Self).ok_or_else(|| InvalidPayloadSize(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<u32> {
    let number_length =
        text.find(|character: char| !character.is_ascii_digit() && character != '.').unwrap_or(text.len());
    let (number, unit) = text.split_at(number_length);
    let unit: u64 = match unit.to_ascii_uppercase().as_str() {
        "" | "B" => 1,
        "K" | "KB" => 1 << 10,
        "M" | "MB" => 1 << 20,
        "G" | "GB" => 1 << 30,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, fraction)| (whole, Some(fraction)));
    let mut bytes = whole.parse::<u64>().ok()?.checked_mul(unit)?;
    if let Some(fraction) = fraction {
        // In whole numbers, so that a size is exact; nine places are finer than a byte of a gigabyte.
        let places = u32::try_from(fraction.len()).ok().filter(|places| (1..=9).contains(places))?;
        bytes = bytes.checked_add(fraction.parse::<u64>().ok()? * unit / 10_u64.pow(places))?;
    }
    u32::try_from(bytes).ok().filter(|bytes| *bytes <= LARGEST_PACKET)
}

impl fmt::Display for PayloadSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}B", self.0)
    }
}

/// The text given where a payload size is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a payload size: use a number with B, KB or MB, below 256MB, for example 1KB")]
pub struct InvalidPayloadSize(pub String);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_1024_of_the_one_below_in_any_case() {
        for (text, bytes) in [
            ("0", 0),
            ("512", 512),
            ("64B", 64),
            ("1KB", 1024),
            ("1k", 1024),
            ("2.5mb", 2_621_440),
            ("0.1GB", 107_374_182),
            ("1.9B", 1),
            ("268435455", LARGEST_PACKET),
        ] {
            assert_eq!(text.parse::<PayloadSize>().map(PayloadSize::bytes), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn refuses_what_is_no_size() {
        for text in
            ["", "KB", "-1", "1.", ".5KB", "1.2.3", "1 KB", "1TB", "99999999999999999999", "256MB", "1.0000000001K"]
        {
            assert_eq!(text.parse::<PayloadSize>(), Err(InvalidPayloadSize(text.into())));
        }
    }

    #[test]
    fn a_payload_has_the_size_asked_for() {
        let size: PayloadSize = "1KB".parse().unwrap();
        assert_eq!(size.random_payload(&mut fastrand::Rng::with_seed(7)).len(), 1024);
    }
}
