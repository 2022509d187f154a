//! `mqttx-rs broker`, and the broker of `--embedded`.
//!
//! It stands apart from [`crate::broker`], which knows no settings, no terminal and no signals. Without the cargo
//! feature `broker` both say that there is none.

#[cfg(not(feature = "broker"))]
mod absent;
#[cfg(feature = "broker")]
mod child;
#[cfg(feature = "broker")]
mod serve;

#[cfg(not(feature = "broker"))]
pub(crate) use absent::{Embedded, embed, run};
#[cfg(feature = "broker")]
pub(crate) use serve::{Embedded, embed, run};
