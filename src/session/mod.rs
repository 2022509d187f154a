//! The protocol engine, sans-I/O: bytes and `now` in; bytes, events and the next deadline out.
//!
//! It is a separate module so that every command, from a one-shot `pub` to 50,000 benchmark connections, runs the same
//! protocol code, and so that tests can drive it byte by byte. It does not know about runtimes, clocks or sockets.

mod alias;
mod authenticator;
mod caution;
#[cfg_attr(not(feature = "broker"), allow(dead_code, unused_imports, reason = "the server's side is for the broker"))]
pub(crate) mod codec;
mod connection;
mod engine;
mod event;
mod granted;
mod incoming;
mod journal;
mod keep_alive;
mod options;
mod packet_ids;
mod receive;
mod request;
mod send;
#[cfg(feature = "broker")]
pub(crate) mod server;
#[cfg(test)]
mod tests;
mod window;

pub use authenticator::{AuthenticationFault, Authenticator};
pub use engine::{Session, State, Transmit};
pub use event::{
    AckToken, Acknowledgement, Auth, ConnAck, Details, Disconnect, DisconnectProperties, Disconnected, Event,
    PublishOutcome, Received, SubAck, Violation,
};
pub use granted::Granted;
pub use journal::{Journal, Restored};
pub use options::{Acknowledge, ConnectOptions, InvalidOptions, OnSessionLoss};
pub use request::{
    AuthenticateError, DeliveryId, PublishError, RequestError, RequestId, SubscribeRequest, UnsubscribeRequest,
};
