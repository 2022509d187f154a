//! Packets as they are read.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use bytestring::ByteString;

use super::packet::AckKind;
use crate::mqtt::{
    ConnectProperties, PublishProperties, QoS, SubscriptionOptions, TopicFilter, TopicName, UserProperties, Version,
    Will,
};
use crate::session::{Acknowledgement, Auth, ConnAck, Disconnect, SubAck, SubscribeRequest, UnsubscribeRequest};

/// A packet from a server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FromServer {
    ConnAck(Box<ConnAck>),
    Publish(Publish),
    Ack(Ack),
    SubAck(Answer),
    UnsubAck(Answer),
    PingResp,
    Disconnect(Box<Disconnect>),
    Auth(Box<NamedAuth>),
}

/// A packet from a client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum FromClient {
    Connect(Box<Connect>),
    /// CONNECT of an unknown version, of which only the level can be understood. CONNACK answers it with
    /// 0x01 of 3.1.1, or 0x84 of 5.0 if the level is higher than 5.
    UnsupportedConnect {
        level: u8,
    },
    Publish(Publish),
    Ack(Ack),
    Subscribe(Box<Subscribe>),
    Unsubscribe(Box<Unsubscribe>),
    PingReq,
    Disconnect(Box<Disconnect>),
    Auth(Box<NamedAuth>),
}

/// CONNECT.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Connect {
    pub(crate) version: Version,
    /// Clean Session before 5.0.
    pub(crate) clean_start: bool,
    /// Seconds.
    pub(crate) keep_alive: u16,
    /// If empty, the server chooses one.
    pub(crate) client_id: ByteString,
    pub(crate) user_name: Option<ByteString>,
    pub(crate) password: Option<Bytes>,
    pub(crate) will: Option<Box<Will>>,
    pub(crate) properties: ConnectProperties,
}

impl Connect {
    /// The largest packet that the client takes.
    pub(crate) fn maximum_packet_size(&self) -> u32 {
        self.properties.maximum_packet_size.unwrap_or(u32::MAX)
    }
}

/// PUBLISH.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Publish {
    /// `None`: only the alias in the properties was sent, if any.
    pub(crate) topic: Option<TopicName>,
    pub(crate) payload: Bytes,
    pub(crate) qos: QoS,
    pub(crate) retain: bool,
    pub(crate) dup: bool,
    /// 0 at QoS 0.
    pub(crate) packet_id: u16,
    pub(crate) properties: Option<Arc<PublishProperties>>,
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Ack {
    pub(crate) kind: AckKind,
    pub(crate) packet_id: u16,
    pub(crate) acknowledgement: Acknowledgement,
}

/// SUBACK or UNSUBACK; the latter has no reasons in 3.1.1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) packet_id: u16,
    pub(crate) ack: Box<SubAck>,
}

/// SUBSCRIBE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Subscribe {
    pub(crate) packet_id: u16,
    /// At least one. `Err`: a text that is not a Topic Filter, which SUBACK answers with 0x8F.
    pub(crate) filters: Vec<Result<SubscriptionOptions, ByteString>>,
    pub(crate) subscription_identifier: Option<u32>,
    pub(crate) user_properties: UserProperties,
}

/// UNSUBSCRIBE.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Unsubscribe {
    pub(crate) packet_id: u16,
    /// At least one. `Err`: a text that is not a Topic Filter, which UNSUBACK answers with 0x8F.
    pub(crate) filters: Vec<Result<TopicFilter, ByteString>>,
    pub(crate) user_properties: UserProperties,
}

/// AUTH with what a session checks and then forgets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NamedAuth {
    pub(crate) auth: Auth,
    pub(crate) method: Option<String>,
}

/// SUBSCRIBE or UNSUBSCRIBE, to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Subscription {
    Subscribe(SubscribeRequest),
    Unsubscribe(UnsubscribeRequest),
}

/// A packet that could not be written, which no valid input should lead to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Unencodable;

impl FromServer {
    /// Its name in the specification.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::ConnAck(_) => "CONNACK",
            Self::Publish(_) => "PUBLISH",
            Self::Ack(ack) => ack.kind.name(),
            Self::SubAck(_) => "SUBACK",
            Self::UnsubAck(_) => "UNSUBACK",
            Self::PingResp => "PINGRESP",
            Self::Disconnect(_) => "DISCONNECT",
            Self::Auth(_) => "AUTH",
        }
    }
}

impl FromClient {
    /// Its name in the specification.
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Connect(_) | Self::UnsupportedConnect { .. } => "CONNECT",
            Self::Publish(_) => "PUBLISH",
            Self::Ack(ack) => ack.kind.name(),
            Self::Subscribe(_) => "SUBSCRIBE",
            Self::Unsubscribe(_) => "UNSUBSCRIBE",
            Self::PingReq => "PINGREQ",
            Self::Disconnect(_) => "DISCONNECT",
            Self::Auth(_) => "AUTH",
        }
    }
}

impl fmt::Debug for Connect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Connect")
            .field("version", &self.version)
            .field("clean_start", &self.clean_start)
            .field("keep_alive", &self.keep_alive)
            .field("client_id", &self.client_id)
            .field("user_name", &self.user_name)
            .field("password", &self.password.as_ref().map(|_| "***"))
            .field("will", &self.will)
            // The properties may hold Authentication Data: a secret too.
            .finish_non_exhaustive()
    }
}
