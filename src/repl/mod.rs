//! `mqttx-rs repl`: one terminal in which a person explores a broker, and the script mode of the same words.
//!
//! The rooms [`line`] and those beside it that are pure know no I/O, no runtime and no clock.

pub mod complete;
pub mod flood;
pub mod history;
pub mod journal;
pub mod line;
