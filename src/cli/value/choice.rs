//! What the command line calls the values of plain types: known to help, completions and errors.
//!
//! The types are defined where they are used, and know nothing of clap.

use clap::ValueEnum;
use clap::builder::PossibleValue;

use crate::mqtt::SharedStrategy;
use crate::output::{ColorChoice, ErrorFormat, MessageShape, TraceFormat};
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

impl ValueEnum for ColorChoice {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Auto, Self::Always, Self::Never]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Auto => PossibleValue::new("auto"),
            Self::Always => PossibleValue::new("always").help("Even into a pipe"),
            Self::Never => PossibleValue::new("never").help("Not even on a terminal"),
        })
    }
}

impl ValueEnum for ErrorFormat {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Text, Self::Json]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Text => PossibleValue::new("text").help("A sentence, and perhaps a hint"),
            Self::Json => PossibleValue::new("json").help("One JSON object"),
        })
    }
}

impl ValueEnum for TraceFormat {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Text, Self::Json]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Text => PossibleValue::new("text").help("A line of text"),
            Self::Json => PossibleValue::new("json").help("One JSON object per line"),
        })
    }
}

/// `--output-mode`. A template has its own option.
impl ValueEnum for MessageShape {
    fn value_variants<'a>() -> &'a [Self] {
        const MODES: &[MessageShape] =
            &[MessageShape::Default, MessageShape::Clean, MessageShape::JsonLines, MessageShape::Raw];
        MODES
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Default => PossibleValue::new("default").help("Readable text"),
            Self::Clean => PossibleValue::new("clean").help("An indented JSON object per message, with MQTTX's fields"),
            Self::JsonLines => PossibleValue::new("jsonl").help("One lossless JSON object per line"),
            Self::Raw => PossibleValue::new("raw").help("Only the payload and the delimiter"),
            Self::Template(_) => return None,
        })
    }
}

impl ValueEnum for SharedStrategy {
    fn value_variants<'a>() -> &'a [Self] {
        &[Self::Random, Self::RoundRobin, Self::Sticky, Self::HashClientId, Self::HashTopic]
    }

    fn to_possible_value(&self) -> Option<PossibleValue> {
        Some(match self {
            Self::Random => PossibleValue::new("random"),
            Self::RoundRobin => PossibleValue::new("round_robin").help("Each member in turn"),
            Self::Sticky => PossibleValue::new("sticky").help("The same member as long as it is connected"),
            Self::HashClientId => {
                PossibleValue::new("hash_clientid").alias("hash").help("One member for each publisher")
            }
            Self::HashTopic => PossibleValue::new("hash_topic").help("One member for each topic"),
        })
    }
}
