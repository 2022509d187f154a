//! The use-cases, one file each: settings in, [`ExitStatus`](crate::error::ExitStatus) out.
//!
//! A command drives a [`client`] and decides what its events mean: what is printed, when the work is done, with
//! which status. It neither parses arguments nor knows how a line looks.

pub mod bench;
pub mod broker;
pub mod conn;
pub mod publish;
pub mod subscribe;

mod interrupt;
mod lines;
mod pace;
mod refusal;
mod removal;
mod source;
mod status;
mod tally;

use crate::client::{self, Client, Events};
use crate::config::ConnectSettings;
use crate::error::Error;
use crate::session::Acknowledge;

/// Starts the client that settings describe.
fn connect(settings: &ConnectSettings, acknowledge: Acknowledge) -> Result<(Client, Events), Error> {
    let mut options = settings.client.clone();
    options.connect.acknowledge = acknowledge;
    client::connect(options).map_err(|error| Error::usage(error.to_string()))
}
