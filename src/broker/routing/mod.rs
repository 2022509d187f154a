//! Who gets a message: subscriptions by filter, and the members of shared ones.
//!
//! Apart from the sessions, as it knows them only by number: the answer is a list of [`Recipient`]s, and what becomes of
//! each is for the core to decide.
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
