//! The promise, seen from outside: nothing lost, nothing twice, and a true account of both.
//!
//! The program publishes to or receives from a real broker over a link that is cut at each step of the protocol. An
//! independent client, connected to the broker itself, says what arrived.
#![cfg(unix)]

#[path = "../support/mod.rs"]
mod support;

mod account;
mod broker;
mod cases;
mod flapping;
mod gap;
mod killed;
mod others;
mod publishing;
mod queue;
mod receiver;
mod session_lost;
mod subscribing;
mod windows;
