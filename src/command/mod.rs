//! The use-cases, one file each: settings in, [`ExitStatus`](crate::error::ExitStatus) out.
//!
//! A command drives a [`client`] and decides what its events mean: what is printed, when the work is done, with
//! which status. It neither parses arguments nor formats lines.

pub(crate) mod bench;
pub(crate) mod broker;
pub(crate) mod clean_retained;
pub(crate) mod conn;
pub(crate) mod manual;
pub(crate) mod probe;
pub(crate) mod profile;
pub(crate) mod publish;
pub(crate) mod queue;
pub(crate) mod record;
pub(crate) mod replay;
pub(crate) mod reply;
pub(crate) mod request;
pub(crate) mod respond;
pub(crate) mod simulate;
pub(crate) mod subscribe;
pub(crate) mod topic;

// Shared with the commands of `repl`.
pub(crate) mod interrupt;
pub(crate) mod lines;
pub(crate) mod refusal;
pub(crate) mod source;
pub(crate) mod status;
pub(crate) mod tally;

mod deadline;
mod delivery;
mod find_max;
mod granted;
mod load;
mod metrics;
mod pace;
mod question;
mod receipts;
mod removal;
mod results;
mod shell;
mod trace;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use trace::Tracer;

use crate::client::{self, Client, Events, Extensions, Scram, Tap};
use crate::error::Error;
use crate::output::{MessageFile, Talk};
use crate::session::{Acknowledge, Authenticator, Journal, Restored};
use crate::settings::{ConnectSettings, FileTarget};
use crate::transport::{Certificate, DialObserver};

/// Logs each step of a dial with `--debug`, and keeps the certificates that the broker presented.
#[derive(Debug)]
pub(crate) struct DialWatch {
    talk: Talk,
    certificates: Mutex<Vec<Certificate>>,
}

impl DialWatch {
    pub(crate) fn new(talk: Talk) -> Self {
        Self { talk, certificates: Mutex::default() }
    }

    /// Those of the last handshake that had any, as one that resumes a session has none.
    pub(crate) fn certificates(&self) -> Vec<Certificate> {
        self.certificates.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl DialObserver for DialWatch {
    fn hear(&self, what: &str) {
        self.talk.debug(what);
    }

    fn see(&self, certificates: &[Certificate]) {
        *self.certificates.lock().unwrap_or_else(PoisonError::into_inner) = certificates.to_vec();
    }
}

/// Starts the client that settings describe.
pub(crate) fn connect(
    settings: &ConnectSettings,
    acknowledge: Acknowledge,
    talk: Talk,
) -> Result<(Client, Events), Error> {
    let watch = talk.is_debugging().then(|| Arc::new(DialWatch::new(talk)));
    connect_with_tap(settings, acknowledge, talk, tap(settings, talk), watch)
}

/// The same for publishing, with a journal and what was left in it.
fn connect_recorded(
    settings: &ConnectSettings,
    talk: Talk,
    journal: (Box<dyn Journal>, Vec<Restored>),
) -> Result<(Client, Events), Error> {
    let watch = talk.is_debugging().then(|| Arc::new(DialWatch::new(talk)));
    let extensions = Extensions { tap: tap(settings, talk), journal: Some(journal), ..Extensions::default() };
    connect_extended(settings, Acknowledge::OnReceipt, talk, extensions, watch)
}

/// The same, with an observer of each dial.
pub(crate) fn connect_watched(
    settings: &ConnectSettings,
    acknowledge: Acknowledge,
    talk: Talk,
    watch: Arc<DialWatch>,
) -> Result<(Client, Events), Error> {
    connect_with_tap(settings, acknowledge, talk, tap(settings, talk), Some(watch))
}

/// The trace that `--trace` asks for.
fn tap(settings: &ConnectSettings, talk: Talk) -> Option<Box<dyn Tap>> {
    settings.trace.map(|format| -> Box<dyn Tap> { Box::new(Tracer::new(format, talk)) })
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
    let tracer = Tracer::new(settings.trace.unwrap_or_default(), talk).with_switch(switch.clone());
    let watch = talk.is_debugging().then(|| Arc::new(DialWatch::new(talk)));
    connect_with_tap(settings, acknowledge, talk, Some(Box::new(tracer)), watch)
}

fn connect_with_tap(
    settings: &ConnectSettings,
    acknowledge: Acknowledge,
    talk: Talk,
    tap: Option<Box<dyn Tap>>,
    watch: Option<Arc<DialWatch>>,
) -> Result<(Client, Events), Error> {
    connect_extended(settings, acknowledge, talk, Extensions { tap, ..Extensions::default() }, watch)
}

fn connect_extended(
    settings: &ConnectSettings,
    acknowledge: Acknowledge,
    talk: Talk,
    mut extensions: Extensions,
    watch: Option<Arc<DialWatch>>,
) -> Result<(Client, Events), Error> {
    let mut options = settings.client.clone();
    options.connect.acknowledge = acknowledge;
    if let Some(watch) = watch {
        options.dialer = options.dialer.observed(watch);
    }
    status::connecting(talk, settings);
    extensions.authenticator =
        settings.scram.clone().map(|credentials| -> Box<dyn Authenticator> { Box::new(Scram::new(credentials)) });
    client::connect_with(options, extensions).map_err(|error| Error::usage(error.to_string()))
}

/// Opens the file that payloads go to.
pub(crate) fn message_file(target: Option<&FileTarget>) -> Result<Option<MessageFile>, Error> {
    match target {
        Some(FileTarget::Append(path)) => MessageFile::append(path).map(Some),
        Some(FileTarget::Numbered(path)) => MessageFile::numbered(path).map(Some),
        None => Ok(None),
    }
}
