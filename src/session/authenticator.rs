use std::fmt;

use bytes::Bytes;

/// This end of an enhanced authentication [MQTT-4.12]: what the session asks for every exchange, on each connection
/// anew. It is asked before CONNACK counts, so that nothing is taken from a server that has not proven itself.
pub trait Authenticator: Send + fmt::Debug {
    /// The Authentication Method.
    fn method(&self) -> &str;

    /// Begins an exchange, whatever became of the one before: the data of CONNECT, or of AUTH that re-authenticates.
    fn begin(&mut self) -> Bytes;

    /// The answer to AUTH that wants one.
    fn answer(&mut self, data: &[u8]) -> Result<Bytes, AuthenticationFault>;

    /// Whether the server may say that the exchange succeeded, with this data.
    fn finish(&mut self, data: Option<&[u8]>) -> Result<(), AuthenticationFault>;
}

/// Why an exchange does not go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuthenticationFault {
    /// The server says in its data that it refuses us.
    Refused,
    /// The server's data is wrong: its fault, in plain words.
    Wrong(&'static str),
}
