//! Packets to and from bytes: all fifteen, in both directions and all versions.
//!
//! It is a separate module so that the client's session, the server's and `trace` share one understanding of the wire. A
//! packet is read once, strictly: what it returns is legal, if unusual, and anything else is a
//! [`Violation`](super::Violation). Only this module uses the crate `rumqttc`, for the packets that it writes correctly.

mod crate_packets;
mod fields;
mod header;
mod packet;
mod property;
mod publish;
mod put;
mod read;
mod read_from_client;
mod read_from_server;
mod reader;
mod reasons;
#[cfg(test)]
mod tests;
mod types;
mod write;
mod write_as_client;
mod write_as_server;

pub(crate) use crate_packets::{subscription_size, write_pingreq, write_pingresp, write_subscription};
pub(crate) use header::{MAXIMUM_PACKET_SIZE, Rules, frame, is_connect_of_v5};
pub(crate) use packet::{AckKind, PacketType, Sender};
pub(crate) use property::{Properties, Property, Value};
pub(crate) use publish::{Envelope, Outgoing, publish_size, write_publish};
pub(crate) use read_from_client::read_from_client;
pub(crate) use read_from_server::read_from_server;
pub(crate) use types::{
    Ack, Answer, Connect, FromClient, FromServer, NamedAuth, Publish, Subscribe, Subscription, Unencodable, Unsubscribe,
};
pub(crate) use write::{write_ack, write_auth, write_disconnect};
pub(crate) use write_as_client::write_connect;
pub(crate) use write_as_server::{write_connack, write_suback, write_unsuback};
