//! The recipients of a message: subscriptions by filter, and the members of shared ones.
//!
//! Separate from the sessions, which it knows only by number: the result is a list of [`Recipient`]s, and the core
//! decides about each.
//!
//! | file | what it holds |
//! |---|---|
//! | `subscriptions` | all subscriptions, found by topic |
//! | `group` | one shared subscription: its members, and which of them is next |
//! | `recipient` | the answer |

mod group;
mod recipient;
mod subscriptions;

pub(crate) use group::Publisher;
pub(crate) use recipient::{GroupId, Identifiers, Recipient, Subscription};
pub(crate) use subscriptions::{Inserted, Subscriptions};
