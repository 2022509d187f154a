use std::fmt;

use bytes::Bytes;

/// This end of an enhanced authentication [MQTT-4.12]: the session asks it in every exchange, from the start on each
/// connection. It is asked before CONNACK is accepted, so that nothing is taken from a server that has not proven itself.
pub trait Authenticator: Send + fmt::Debug {
    /// The Authentication Method.
    fn method(&self) -> &str;

    /// Begins an exchange, discarding the previous one: the data of CONNECT, or of AUTH that re-authenticates.
    fn begin(&mut self) -> Bytes;

    /// The answer to an AUTH that requires one.
    fn answer(&mut self, data: &[u8]) -> Result<Bytes, AuthenticationFault>;

    /// Whether the exchange may succeed with this data from the server.
    fn finish(&mut self, data: Option<&[u8]>) -> Result<(), AuthenticationFault>;
}

/// Why an exchange cannot continue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthenticationFault {
    /// The data of the server says that it refuses us.
    Refused,
    /// The server's data is wrong: its fault, in plain words.
    Wrong(&'static str),
}
