//! Connection profiles: files that give options their values when neither flag nor variable does.
//!
//! ```text
//! task.toml --document--> Profile --chain (extends)--> Chain --layer--> Layer, below the environment
//! ```
//!
//! The keys of a profile and the option of each are in the table of options; the syntax of the values is that of the
//! options, so that clap checks both. [`store`] knows folders and files, [`mod@load`] which profile a run
//! uses.

mod choice;
mod document;
mod fault;
mod layer;
mod load;
mod project;
mod secrecy;
mod store;
mod view;

pub(crate) use choice::Choice;
pub(crate) use document::{FilterEntry, Profile, Value, edit, key_span, read, syntax, value_of_text};
pub(crate) use fault::Source;
pub(crate) use layer::Scope;
pub(crate) use load::flatten;
pub(crate) use load::{Loaded, load};
pub(crate) use secrecy::{Secrets, is_reference};
pub(crate) use store::is_readable_by_others;
pub(crate) use store::{Store, check_name, is_path, write_private};
pub(crate) use view::{Summary, effective, masked_text, summaries, template};
