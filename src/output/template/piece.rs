use super::fit::Fit;

/// What is printed one after the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// The user's own bytes, which are trusted: colours are possible.
    Literal(Vec<u8>),
    /// Something of the message.
    Field(Field, Fit),
    /// A conversion of strftime, with its percent sign.
    Time([u8; 2]),
}

/// What a letter after `%` stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Field {
    TopicAlias,
    ContentType,
    CorrelationData,
    MessageExpiryInterval,
    PayloadFormatIndicator,
    IsoTime,
    Json { inline: bool },
    PayloadLength,
    PacketId,
    UserProperties,
    Payload,
    QoS,
    ResponseTopic,
    Retain,
    SubscriptionIdentifier,
    Topic,
    UnixTime,
    Hex { upper: bool, groups: Option<Groups> },
    Float(FloatWidth),
}

/// `%.2:x`: digits to a group and what stands between groups, a blank unless it is said.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Groups {
    pub(super) digits: usize,
    pub(super) separator: u8,
}

/// How many bits the number in the payload has, in the byte order of this machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FloatWidth {
    Single,
    Double,
}

impl Piece {
    pub(super) fn wants_time(&self) -> bool {
        self.wants_zone() || matches!(self, Self::Field(Field::UnixTime, _))
    }

    pub(super) fn wants_zone(&self) -> bool {
        matches!(self, Self::Time(_) | Self::Field(Field::IsoTime | Field::Json { .. }, _))
    }
}
