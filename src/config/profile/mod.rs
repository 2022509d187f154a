//! Connection profiles: files that give options their values when neither flag nor variable does.
//!
//! ```text
//! task.toml --document--> Profile --chain (extends)--> Chain --layer--> Layer, below the environment
//! ```
//!
//! What a profile may say, and for which option each key stands, is in the table of options; the values' own syntax is
//! that of the options, so that clap checks both. [`store`] knows folders and files, [`mod@load`] which profile a run
//! uses.

mod choice;
mod document;
mod fault;
mod job;
mod layer;
mod load;
mod project;
mod secrecy;
mod store;
mod view;

pub(super) use choice::Choice;
pub(crate) use document::{FilterEntry, Profile, Value, edit};
pub(super) use document::{key_span, read, syntax};
pub(super) use fault::{Source, nearest};
pub(crate) use job::{ListShape, ProfileJob};
pub(super) use layer::Scope;
pub(crate) use load::flatten;
pub(super) use load::{Loaded, load};
pub(super) use secrecy::is_reference;
pub(super) use store::is_readable_by_others;
pub(crate) use store::{Store, check_name, is_path, write_private};
pub(crate) use view::{Summary, effective, masked_text, summaries, template};
