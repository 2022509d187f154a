use std::fmt;
use std::str::FromStr;

use bytes::Bytes;

/// A size of a payload as `--payload-size` takes it: `512`, `64B`, `1KB`, `2.5MB`; a unit is 1024 of the one below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PayloadSize(u32);

impl PayloadSize {
    /// In bytes.
    pub const fn bytes(self) -> u32 {
        self.0
    }

    /// So many random bytes.
    pub fn random_payload(self, random: &mut fastrand::Rng) -> Bytes {
        let mut payload = vec![0; self.0 as usize];
        random.fill(&mut payload);
        payload.into()
    }
}

impl FromStr for PayloadSize {
    type Err = InvalidPayloadSize;

    fn from_str(_text: &str) -> Result<Self, InvalidPayloadSize> {
        unimplemented!()
    }
}

impl fmt::Display for PayloadSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}B", self.0)
    }
}

/// What was given where a payload size is wanted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a payload size: use a number with B, KB or MB, up to 256MB, as in 1KB")]
pub struct InvalidPayloadSize(pub String);
