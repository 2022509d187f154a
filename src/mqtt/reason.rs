use std::fmt;

/// Defines the enum, its numbers and its names from one table: section 2.4 of MQTT 5.0.
macro_rules! reason_codes {
    ($($number:literal $variant:ident $name:literal),+ $(,)?) => {
        /// A Reason Code of MQTT 5.0; the return codes of 3.1.1 are mapped to their equivalents.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum ReasonCode {
            $(#[doc = $name] $variant = $number),+
        }

        impl ReasonCode {
            /// The reason of a number on the wire; `None` for numbers that the specification does not define.
            pub const fn from_number(number: u8) -> Option<Self> {
                match number {
                    $($number => Some(Self::$variant),)+
                    _ => None,
                }
            }

            /// Its name in the specification.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name),+
                }
            }
        }
    };
}

reason_codes! {
    0x00 Success "Success",
    0x01 GrantedQoS1 "Granted QoS 1",
    0x02 GrantedQoS2 "Granted QoS 2",
    0x04 DisconnectWithWillMessage "Disconnect with Will Message",
    0x10 NoMatchingSubscribers "No matching subscribers",
    0x11 NoSubscriptionExisted "No subscription existed",
    0x18 ContinueAuthentication "Continue authentication",
    0x19 ReAuthenticate "Re-authenticate",
    0x80 UnspecifiedError "Unspecified error",
    0x81 MalformedPacket "Malformed Packet",
    0x82 ProtocolError "Protocol Error",
    0x83 ImplementationSpecificError "Implementation specific error",
    0x84 UnsupportedProtocolVersion "Unsupported Protocol Version",
    0x85 ClientIdentifierNotValid "Client Identifier not valid",
    0x86 BadUserNameOrPassword "Bad User Name or Password",
    0x87 NotAuthorized "Not authorized",
    0x88 ServerUnavailable "Server unavailable",
    0x89 ServerBusy "Server busy",
    0x8A Banned "Banned",
    0x8B ServerShuttingDown "Server shutting down",
    0x8C BadAuthenticationMethod "Bad authentication method",
    0x8D KeepAliveTimeout "Keep Alive timeout",
    0x8E SessionTakenOver "Session taken over",
    0x8F TopicFilterInvalid "Topic Filter invalid",
    0x90 TopicNameInvalid "Topic Name invalid",
    0x91 PacketIdentifierInUse "Packet Identifier in use",
    0x92 PacketIdentifierNotFound "Packet Identifier not found",
    0x93 ReceiveMaximumExceeded "Receive Maximum exceeded",
    0x94 TopicAliasInvalid "Topic Alias invalid",
    0x95 PacketTooLarge "Packet too large",
    0x96 MessageRateTooHigh "Message rate too high",
    0x97 QuotaExceeded "Quota exceeded",
    0x98 AdministrativeAction "Administrative action",
    0x99 PayloadFormatInvalid "Payload format invalid",
    0x9A RetainNotSupported "Retain not supported",
    0x9B QoSNotSupported "QoS not supported",
    0x9C UseAnotherServer "Use another server",
    0x9D ServerMoved "Server moved",
    0x9E SharedSubscriptionsNotSupported "Shared Subscriptions not supported",
    0x9F ConnectionRateExceeded "Connection rate exceeded",
    0xA0 MaximumConnectTime "Maximum connect time",
    0xA1 SubscriptionIdentifiersNotSupported "Subscription Identifiers not supported",
    0xA2 WildcardSubscriptionsNotSupported "Wildcard Subscriptions not supported",
}

impl ReasonCode {
    /// The number on the wire.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// 0x80 and above: the operation failed.
    pub const fn is_failure(self) -> bool {
        self.number() >= 0x80
    }

    /// Whether it may be different the next time: "not now" rather than "not you".
    pub const fn is_passing(self) -> bool {
        matches!(
            self,
            // In DISCONNECT, 0x00 means Normal disconnection.
            Self::Success
                | Self::UnspecifiedError
                | Self::ImplementationSpecificError
                | Self::ServerUnavailable
                | Self::ServerBusy
                | Self::ServerShuttingDown
                | Self::KeepAliveTimeout
                | Self::ReceiveMaximumExceeded
                | Self::MessageRateTooHigh
                | Self::QuotaExceeded
                | Self::ConnectionRateExceeded
                | Self::MaximumConnectTime
        )
    }

    /// The equivalent of a CONNACK return code of 3.1.1 (section 3.2.2.3), 0 to 5.
    pub const fn from_connect_return_code(code: u8) -> Option<Self> {
        match code {
            0 => Some(Self::Success),
            1 => Some(Self::UnsupportedProtocolVersion),
            2 => Some(Self::ClientIdentifierNotValid),
            3 => Some(Self::ServerUnavailable),
            4 => Some(Self::BadUserNameOrPassword),
            5 => Some(Self::NotAuthorized),
            _ => None,
        }
    }

    /// The closest CONNACK return code of 3.1.1; `None` if there is none.
    pub const fn connect_return_code(self) -> Option<u8> {
        match self {
            Self::Success => Some(0),
            Self::UnsupportedProtocolVersion => Some(1),
            Self::ClientIdentifierNotValid => Some(2),
            Self::ServerUnavailable
            | Self::ServerBusy
            | Self::ServerShuttingDown
            | Self::QuotaExceeded
            | Self::ConnectionRateExceeded => Some(3),
            Self::BadUserNameOrPassword => Some(4),
            Self::NotAuthorized | Self::Banned => Some(5),
            _ => None,
        }
    }
}

impl fmt::Display for ReasonCode {
    /// Name and number, for example `Not authorized (0x87)`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (0x{:02X})", self.name(), self.number())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_number_maps_to_its_reason_and_back() {
        let known: Vec<ReasonCode> = (0..=u8::MAX).filter_map(ReasonCode::from_number).collect();
        assert_eq!(known.len(), 43);
        for reason in known {
            assert_eq!(ReasonCode::from_number(reason.number()), Some(reason));
        }
    }
}
