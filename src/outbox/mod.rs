//! Messages on disk until they are delivered: `pub --queue DIR`.
//!
//! It is separate from the commands so that what is stored, and when it is safe, can be tested without a broker; and
//! from the session, which reports what it sends and releases as a [`Journal`](crate::session::Journal).
//!
//! A folder holds one database of the crate redb: B-trees that are never changed in place, so that after a crash or a
//! power cut the last commit that was synced counts, whatever of the next had reached the disk. Each commit is synced
//! (fsync) before it returns.
//!
//! | table | key | value |
//! |---|---|---|
//! | `messages` | number, in the order of coming | PUBLISH of MQTT 5.0 |
//! | `sent` | number | packet id, order of the last step, whether PUBREC has come |
//! | `names` | `client_id` | the client identifier of the session |

mod error;
mod form;
mod journal;
mod store;
#[cfg(test)]
mod tests;

pub(crate) use error::OutboxError;
pub(crate) use store::Outbox;
