//! The use-cases, one file each: settings in, [`ExitStatus`](crate::error::ExitStatus) out.
//!
//! A command drives a [`client`] and decides what its events mean: what is printed, when the work is done, with
//! which status. It neither parses arguments nor knows how a line looks.

pub mod bench;
pub mod broker;
pub mod conn;
pub mod profile;
pub mod publish;
pub mod subscribe;

// What the commands of `repl` are made of too.
pub(crate) mod interrupt;
pub(crate) mod lines;
pub(crate) mod refusal;
pub(crate) mod source;
pub(crate) mod status;
pub(crate) mod tally;

mod metrics;
mod pace;
mod receipts;
mod removal;
mod trace;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use trace::Tracer;

use crate::client::{self, Client, Events, Extensions, Scram, Tap};
use crate::config::{ConnectSettings, FileTarget, TraceFormat};
use crate::error::Error;
use crate::output::{MessageFile, Talk, TraceShape};
use crate::session::{Acknowledge, Authenticator};
use crate::transport::DialObserver;

/// Tells each step of a dial by `--debug`.
#[derive(Debug)]
struct DialDebug(Talk);

impl DialObserver for DialDebug {
    fn hear(&self, what: &str) {
        self.0.debug(what);
    }
}

/// Starts the client that settings describe.
pub(crate) fn connect(
    settings: &ConnectSettings,
    acknowledge: Acknowledge,
    talk: Talk,
) -> Result<(Client, Events), Error> {
    let tap = settings.trace.map(|format| -> Box<dyn Tap> { Box::new(Tracer::new(shape(format), talk)) });
    connect_with_tap(settings, acknowledge, talk, tap)
}

/// The same, with a trace that can be switched on and off.
pub(crate) fn connect_switched(
    settings: &ConnectSettings,
    acknowledge: Acknowledge,
    talk: Talk,
    switch: &Arc<AtomicBool>,
) -> Result<(Client, Events), Error> {
    if settings.trace.is_some() {
        switch.store(true, Ordering::Relaxed);
    }
    let tracer = Tracer::new(shape(settings.trace.unwrap_or_default()), talk).with_switch(switch.clone());
    connect_with_tap(settings, acknowledge, talk, Some(Box::new(tracer)))
}

fn connect_with_tap(
    settings: &ConnectSettings,
    acknowledge: Acknowledge,
    talk: Talk,
    tap: Option<Box<dyn Tap>>,
) -> Result<(Client, Events), Error> {
    let mut options = settings.client.clone();
    options.connect.acknowledge = acknowledge;
    if talk.is_debugging() {
        options.dialer = options.dialer.observed(Arc::new(DialDebug(talk)));
    }
    status::connecting(talk, settings);
    let authenticator =
        settings.scram.clone().map(|credentials| -> Box<dyn Authenticator> { Box::new(Scram::new(credentials)) });
    client::connect_with(options, Extensions { tap, authenticator }).map_err(|error| Error::usage(error.to_string()))
}

/// How a packet of `--trace` is written.
fn shape(format: TraceFormat) -> TraceShape {
    match format {
        TraceFormat::Text => TraceShape::Text,
        TraceFormat::Json => TraceShape::Json,
    }
}

/// Opens the file that payloads go to.
pub(crate) fn message_file(target: Option<&FileTarget>) -> Result<Option<MessageFile>, Error> {
    match target {
        Some(FileTarget::Append(path)) => MessageFile::append(path).map(Some),
        Some(FileTarget::Numbered(path)) => MessageFile::numbered(path).map(Some),
        None => Ok(None),
    }
}
