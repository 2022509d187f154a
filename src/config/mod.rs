//! Where options come from besides the command line: the table of options, and the layers below the flags.
//!
//! ```text
//! argv --read--> CommandLine, over the layers: environment, options file, profile, project file
//! ```
//!
//! An option comes from the first layer that has it ([`origin::Origin`]). Lists of two layers are not mixed.

mod credentials;
mod environment;
mod foreign;
pub(crate) mod mosquitto;
pub(crate) mod options_file;
pub(crate) mod origin;
pub(crate) mod profile;
pub(crate) mod read;
pub(crate) mod table;
pub(crate) mod tree;
pub(crate) mod usage;

pub(crate) use credentials::passwords;
pub(crate) use options_file::SavedOptions;
pub(crate) use origin::Origins;
pub use read::{CommandLine, HelpRequest, Invocation, read};
pub(crate) use table::profile_keys;
pub use table::variables;
pub(crate) use table::{Key, OptionFacts};
