//! The tokio driver of one [`Session`]: connects, reconnects, moves bytes, and reports what happened.
//!
//! It is separate from the session so that the protocol needs no runtime, and from the commands so that they need
//! no sockets. [`connect`] starts one task, which owns the stream; the session is behind a lock that the task, the
//! [`Client`] handles and the [`Events`] share:
//!
//! ```text
//!   Client  ── publish, subscribe, ... ──►  Session  ◄── bytes, time ──  task  ◄──►  Stream
//!                                              │
//!   Events  ◄────── a batch at a time ─────────┘
//! ```
//!
//! So a publish is queued where it is called, without its own channel or task, and the task encodes and writes
//! what has accumulated since it last ran: one system call for hundreds of messages. There is backpressure both ways.
//! [`Client::publish`] waits while too much is unfinished; the task stops reading while too many messages wait in
//! [`Events`], until TCP itself slows down the broker. Memory is bounded at both ends.
//!
//! [`Session`]: crate::session::Session

mod connection;
mod driver;
mod error;
mod event;
mod events;
mod gathering;
mod handle;
mod ledger;
mod link;
mod pending;
mod queue;
mod reconnect;
mod redirect;
mod scram;
mod settlement;
mod start;
mod state;
mod subscriptions;

pub use crate::transport::Tap;
pub use error::{Cause, ClientError, Closed, Clue, Declined, Foreign, LinkLoss};
pub use event::{Connected, Event, Reconnecting, Redirected, Resubscribed, SessionLoss};
pub use events::Events;
pub use handle::Client;
pub use pending::Pending;
pub use reconnect::Reconnect;
pub use scram::{Scram, ScramCredentials, ScramMethod, UnknownMethod};
pub use start::{ClientOptions, Extensions, connect, connect_with};
