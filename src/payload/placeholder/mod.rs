//! The one language of placeholders: client identifiers, and topics, filters and payloads of a benchmark.
//!
//! ```text
//! {name}              the value of the name
//! {name:arguments}    for example {random:1000..9999} or {hex:8}
//! %i %c %u %s %sc     short forms of MQTTX, in bench; %% is a percent sign there
//! {/json/pointer}     a place in the request, in answers
//! {{name}}            the text {name}
//! ```
//!
//! A name has two or more lower-case letters, digits and underscores. Payloads hold JSON, so in topics and payloads a
//! brace that does not begin a placeholder is text; in a client identifier, where it is a mistake, it must be doubled. The names
//! are rows of `Entry::ALL`, which the README lists; each place of use is a [`Place`], which defines what it offers.
//!
//! A text is parsed once, the values known by then are bound, and only what differs from client to client or from message
//! to message is left for [`Pattern::fill`]. What needs more than that, conditions and loops, is a template of Jinja ([`Jinja`]) with the
//! same values.

mod arguments;
mod drawer;
mod error;
#[cfg(feature = "jinja")]
mod jinja;
#[cfg(not(feature = "jinja"))]
#[path = "jinja_absent.rs"]
mod jinja;
mod moment;
mod number;
mod parse;
mod pattern;
mod piece;
mod read;
mod table;
mod template;

pub(crate) use drawer::Drawer;
pub(crate) use error::PlaceholderError;
pub(crate) use jinja::Jinja;
pub(crate) use pattern::{Pattern, literal};
pub(crate) use read::Files;
pub(crate) use table::{Described, Name, Place, descriptions};
pub(crate) use template::Template;
