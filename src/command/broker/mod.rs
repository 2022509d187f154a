//! `mqttx-rs broker`, and the broker of `--embedded`.
//!
//! Separate from [`crate::broker`], which does not depend on settings, terminal or signals. Without the cargo feature
//! `broker`, both report that this build has none.

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
