//! The session and the client, without the program: what goes over the wire, judged by the tests' own codec.

#[path = "../support/mod.rs"]
mod support;

mod alias;
mod client_closing;
mod client_connecting;
mod client_reconnecting;
mod connection;
mod delivery;
mod flow;
mod keepalive;
mod limits;
mod losses;
mod protocol;
mod reasons;
mod session;
mod session_mutations;
mod session_properties;
mod support_wire;
