//! What the command line calls the values of plain types: known to help, completions and errors.
//!
//! The types stand where they are used, each once, and know nothing of clap.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::transport::{Protocol, TlsVersion};

impl ValueEnum for Protocol {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::Mqtt => "Plain TCP",
            Self::Mqtts => "TLS",
            Self::Ws => "WebSocket",
            Self::Wss => "WebSocket over TLS",
            Self::Quic => "QUIC, in a build with that feature",
        };
        let value = PossibleValue::new(self.name()).aliases(self.aliases().iter().copied());
        Some(value.help(help).hide(*self == Self::Quic))
    }
}

impl ValueEnum for TlsVersion {
    fn value_variants<'a>() -> &'a [Self] {
        &Self::ALL
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        let help = match self {
            Self::V1_2 => "TLS 1.2",
            Self::V1_3 => "TLS 1.3",
        };
        Some(PossibleValue::new(self.name()).help(help))
    }
}
