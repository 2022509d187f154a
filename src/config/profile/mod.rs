//! Connection profiles: files that give options their values when neither flag nor variable does.
//!
//! ```text
//! task.toml --document--> Profile --chain (extends)--> Chain --layer--> Layer, below the environment
//! ```
//!
//! [`schema`] is the one table of what a profile may say, and of which option each key stands for; the values' own
//! syntax is that of the options, so that clap checks both. [`store`] knows folders and files, [`choice`] which
//! profile a run uses.

mod choice;
mod document;
mod fault;
mod job;
mod layer;
mod project;
mod schema;
mod secrecy;
mod store;
mod view;

pub(super) use choice::{Choice, Loaded, is_readable_by_others, load};
pub(crate) use choice::{flatten, is_path};
pub(crate) use document::{FilterEntry, Profile, Value, edit};
pub(super) use document::{key_span, read, syntax};
pub(super) use fault::{Source, nearest};
pub(crate) use job::{ListShape, ProfileJob};
pub(super) use layer::Scope;
pub(super) use schema::{FILTER_OPTIONS, key};
pub(crate) use schema::{KEYS, Key, Kind};
pub(super) use secrecy::is_reference;
pub(crate) use store::{Store, check_name, write_private};
pub(crate) use view::{Summary, effective, masked_text, summaries, template};
