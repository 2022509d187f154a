//! The listeners: the thin layer of tokio between streams and the [`Core`](super::core::Core).
//!
//! All of it runs on one thread, so that the core needs no lock:
//!
//! ```text
//! accept --(TLS, WebSocket)--> Link, a task for each stream
//!                                | handle_input, poll_transmit
//!                                v
//!                         Hub: the core, its timer, and the wakers
//! ```
//!
//! A [`Link`](link::Link) has no buffer while it has nothing to keep: reads and writes go through a buffer of the hub.
//! Only the beginning of a packet, and what a slow client has not accepted, are kept by the link.

mod accept;
mod authority;
mod bind;
mod faulty;
mod figures;
mod hub;
mod link;
mod refusal;
mod stream;
mod websocket;

pub(super) use accept::accept;
pub(crate) use bind::Addresses;
pub(super) use bind::Listeners;
pub(super) use figures::Figure;
#[cfg(test)]
pub(crate) use figures::metrics;
pub(crate) use hub::Watch;
pub(super) use hub::{Hub, Mischief};
