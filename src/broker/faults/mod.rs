//! Faults on request: a broker that loses, delays, duplicates or refuses packets by rules, to test clients.
//!
//! Separate from the sessions, as a fault happens to whole packets between a link and its session, and neither knows
//! about it. Sans-I/O: `now` and the seed are arguments.
//!
//! # Rules
//!
//! ```text
//! drop PACKET                  a packet is dropped
//! duplicate PACKET             it is sent twice, as a resent one (DUP) if it is a PUBLISH above QoS 0
//! corrupt PACKET               one bit after its fixed header is flipped
//! delay PACKET TIME            it is delayed with later ones of its type; behind CONNECT or CONNACK everything waits
//! reorder PACKET COUNT         this many are held back, for 1 s at most, and sent shuffled
//! refuse PACKET REASON         the broker answers a connect, publish, subscribe or unsubscribe with a reason code
//! close after PACKET [COUNT]   the link is closed after such a packet, or after the COUNTth of a link
//! stall TIME every TIME        nothing passes for a while, repeatedly
//! fragment BYTES               this many bytes are written at a time
//! ```
//!
//! PACKET is one of the fifteen by name: `publish`, `puback`, `connack` and so on. It may be followed, in any order, by:
//!
//! ```text
//! 10%            by chance
//! every 3rd      the third, the sixth ...
//! first 5        only this many, then never again
//! after 5        not the first five
//! from client    PUBLISH and its answers, DISCONNECT and AUTH go both ways: without this, those to the client are
//! to client      meant, and with `close` both
//! for CLIENT     clients with this identifier; `*` is any text
//! ```
//!
//! `every`, `first` and `after` count the packets that a rule is about, on all links together. The random choices of a link
//! depend on the seed and on the number of links before it, not on what happens on others.
//!
//! | file | what it holds |
//! |---|---|
//! | `rule` | a rule, as data |
//! | `grammar` | text to rule |
//! | `packet` | packets by name, and what is read from their bytes |
//! | `set` | all rules, replaceable while links are open |
//! | `lane` | packets that are held back in one direction |
//! | `link` | what happens to the packets of one link |

mod grammar;
mod lane;
mod link;
mod packet;
mod rule;
mod set;

pub(crate) use grammar::FaultError;
#[cfg(test)]
pub(crate) use grammar::{ACTIONS, CONDITIONS};
pub(crate) use link::{Done, LinkFaults};
pub(crate) use packet::Packet;
pub(crate) use rule::Direction;
#[cfg(test)]
pub(crate) use rule::Rule;
pub(crate) use set::Faults;
