//! The server side of the protocol, for one client: without I/O, like the client side.
//!
//! Two parts, as they have different lifetimes. A [`ServerSession`] is what outlives a connection: what is to be
//! delivered, what is outstanding, which messages at QoS 2 have been received. A [`Connection`] is what ends with it:
//! version, limits, aliases, keep alive, and bytes that are still to be sent.
//!
//! ```text
//!            read_connect             Connection::accept, ServerSession::begin
//!  stream ────────────────▶ CONNECT ──────────────────────────────────────────▶ connected
//!                                                                                 │  ▲
//!            Request: what the broker has to decide ◀── ServerSession::receive ───┤  │ the same session,
//!            acknowledge, subscribed, unsubscribed ───▶ answers ──────────────────┤  │ another Connection
//!            enqueue ─────────────────────────────────▶ ServerSession::transmit ──┤  │
//!                                                                                 ▼  │
//!            disconnect, a fault, the stream's end ──────────────────────────▶ disconnected ──▶ end
//! ```
//!
//! What needs no decision is handled here: hand-shakes of QoS 1 and 2, pings, aliases, flow control.

mod connection;
mod delivery;
mod receive;
mod state;
mod transmit;

pub(crate) use super::codec::{Connect, NamedAuth, Subscribe, Unsubscribe, write_connack};
pub(crate) use connection::{Connection, Terms, Traffic, write_auth};
pub(crate) use delivery::{Delivery, Publication};
pub(crate) use receive::{Arrival, Hello, Opening, Request, read_connect, read_hello};
pub(crate) use state::{QueueLimits, ServerSession};
