//! The server side of WebSocket (RFC 6455; MQTT 5.0, section 6), without I/O: the handshake and the frames.
//!
//! The frames are handled here, as the library keeps a buffer of kilobytes for each idle connection.

mod frame;
mod handshake;

pub(super) use frame::{Broken, Framing, encode};
pub(super) use handshake::{Request, answer};
