use super::fit::Fit;

/// The pieces of a template, printed in order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// Literal text of the user, which is trusted and may contain colours.
    Literal(Vec<u8>),
    /// A field of the message.
    Field(Field, Fit),
    /// A conversion of strftime, with its percent sign.
    Time([u8; 2]),
}

/// The meaning of a letter after `%`.
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

/// `%.2:x`: digits per group and the separator between groups, by default a space.
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
