//! MQTT 3.1, 3.1.1 and 5.0 on the wire, written from the specification for the tests alone.
//!
//! [`Packet::encode`] writes whatever it is given, legal or not; [`decode`] is strict. For frames that no
//! [`Packet`] can be, there is [`frame`], and plain bytes.

mod decode;
mod encode;
mod packet;
pub mod property;

pub use decode::{Malformed, decode};
pub use encode::{frame, variable_length};
pub use packet::{
    Ack, AckKind, Auth, Connack, Connect, Disconnect, Packet, Publish, Suback, Subscribe, Unsuback, Unsubscribe, Will,
    auth, connack, connect, disconnect, puback, pubcomp, publish, pubrec, pubrel, suback, subscribe, unsuback,
    unsubscribe,
};
pub use property::{Properties, Property, Value};
