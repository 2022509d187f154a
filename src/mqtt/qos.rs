use std::fmt;
use std::str::FromStr;

/// Quality of Service: how often a message is delivered over one hop, in order of assurance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum QoS {
    /// QoS 0: sent once and not acknowledged.
    #[default]
    AtMostOnce = 0,
    /// QoS 1: resent until PUBACK.
    AtLeastOnce = 1,
    /// QoS 2: PUBLISH, PUBREC, PUBREL, PUBCOMP.
    ExactlyOnce = 2,
}

impl QoS {
    /// The number on the wire, 0 to 2.
    pub const fn number(self) -> u8 {
        self as u8
    }
}

impl TryFrom<u8> for QoS {
    type Error = InvalidQoS;

    fn try_from(number: u8) -> Result<Self, InvalidQoS> {
        match number {
            0 => Ok(Self::AtMostOnce),
            1 => Ok(Self::AtLeastOnce),
            2 => Ok(Self::ExactlyOnce),
            _ => Err(InvalidQoS(number.to_string())),
        }
    }
}

impl FromStr for QoS {
    type Err = InvalidQoS;

    fn from_str(text: &str) -> Result<Self, InvalidQoS> {
        text.parse::<u8>().ok().and_then(|number| Self::try_from(number).ok()).ok_or_else(|| InvalidQoS(text.into()))
    }
}

impl fmt::Display for QoS {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.number().fmt(f)
    }
}

/// The text given where 0, 1 or 2 is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a QoS: use 0, 1 or 2")]
pub struct InvalidQoS(pub String);
