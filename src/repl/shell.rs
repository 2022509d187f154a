use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::mpsc::{Receiver, Sender, channel};

use super::awaited::Awaited;
use super::chosen::Preferences;
use super::collected::Collected;
use super::connection::{Connection, State};
use super::editor::{Facts, Sign};
use super::flood::Flood;
use super::jobs::Jobs;
use super::line::{Aliases, Variables};
use super::queued::Queued;
use super::received::Messages;
use super::service::Service;
use crate::client::{Client, Event};
use crate::command::broker::Embedded;
use crate::command::interrupt::Interrupt;
use crate::command::refusal::{hung_up, refused, unpublishable};
use crate::command::status;
use crate::error::{Error, ErrorKind};
use crate::mqtt::TopicFilter;
use crate::output::{Console, LivePrinter, LiveStyle, Stream, Talk, WriteError};
use crate::payload::Codec;
use crate::session::{PublishOutcome, RequestId};
use crate::settings::ProfileChoice;

/// Batches of events that may wait: behind them the connections stop reading.
const BATCHES: usize = 16;

/// Lines of a payload that a person is shown, unless `set` says otherwise.
pub(super) const SHOWN_LINES: usize = 20;

/// Events in one batch.
pub(super) const BATCH: usize = 256;

/// Everything that a session of `repl` has, with one owner.
pub(super) struct Shell<'a> {
    pub(super) connections: Vec<Connection>,
    /// Index of the current one.
    pub(super) current: Option<usize>,
    /// The settings for lines before there is a connection.
    pub(super) profile: ProfileChoice,
    pub(super) messages: Messages,
    pub(super) printer: LivePrinter,
    pub(super) console: Console,
    pub(super) style: LiveStyle,
    pub(super) talk: Talk,
    pub(super) variables: Variables,
    pub(super) aliases: Aliases,
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
    /// What a person sees; `None` in a script.
    pub(super) screen: Option<Screen>,
    pub(super) preferences: Preferences,
    /// Whether packets are printed.
    pub(super) trace: Arc<AtomicBool>,
    /// Topics whose messages are kept and not shown, until the next command.
    pub(super) hidden: Option<TopicFilter>,
    /// `watch` has the screen.
    pub(super) is_watching: bool,
    /// How deep `source` is in files that name others.
    pub(super) depth: usize,
    /// The line before, which `edit` begins with.
    pub(super) previous: String,
    /// How many filters have been subscribed to, for their colours.
    pub(super) filters: usize,
    pub(super) embedded: Option<Embedded>,
    interrupt: Interrupt,
    pub(super) batches: (Sender<Batch>, Receiver<Batch>),
    /// Of the batch in hand.
    taken: VecDeque<Happening>,
    /// The id of the next connection.
    pub(super) next_id: u64,
    requests: Vec<Request>,
    pub(super) jobs: Jobs,
    /// How often the line of a job has run before, while it runs again.
    pub(super) runs_before: Option<u64>,
    /// What answers and records.
    pub(super) services: Vec<Service>,
    /// Where `retained` gathers what it asked for.
    pub(super) collected: Option<Collected>,
    /// Replies that `request` waits for, each until its subscription has ended.
    pub(super) awaited: Vec<Awaited>,
    /// What SUBACK and UNSUBACK say is reported only if it is a refusal.
    pub(super) is_hushed: bool,
    /// Lines behind the first of the command that runs, at which it failed: that of a block has several.
    pub(super) failed_line: usize,
    /// The file of notes, if not the usual one.
    pub(super) notes: Option<PathBuf>,
}

pub(super) type Batch = (u64, Vec<Event>);
type Happening = (u64, Event);

/// A SUBSCRIBE or UNSUBSCRIBE without an answer.
#[derive(Debug)]
struct Request {
    connection: u64,
    id: RequestId,
    filters: Vec<TopicFilter>,
}

/// What a person sees, and what completion offers.
#[derive(Debug)]
pub(super) struct Screen {
    /// `None`: nothing is typed.
    facts: Option<Arc<Mutex<Facts>>>,
    sign: Sign,
    pub(super) flood: Flood,
    /// It can be drawn on anywhere: it does more than write lines.
    pub(super) draws: bool,
    pub(super) columns: usize,
    pub(super) rows: usize,
}

/// What a command that waits may be waiting for.
#[derive(Debug)]
pub(super) enum Occurrence {
    /// A message came, and has this number.
    Message(u64),
    /// A connection is open.
    Connected(u64),
    /// A connection is over, and why.
    Closed(u64, Option<Error>),
    /// SUBACK or UNSUBACK, and what it refused.
    Answered(RequestId, Option<Error>),
    /// About a publish.
    Publish(u64, Event),
}

/// Why a command ends before it is done.
#[derive(Debug)]
pub(super) enum Stop {
    /// It failed.
    Failed(Error),
    /// It failed, and the error has already been printed.
    Told(ErrorKind),
    /// Ctrl-C, SIGTERM or SIGHUP: the signal's number.
    Interrupted(u8),
    /// The reader of stdout has gone.
    Closed,
    /// `exit`, with the program's exit code.
    Exit(u8),
}

impl From<Error> for Stop {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<WriteError> for Stop {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Closed => Self::Closed,
            WriteError::Failed(error) => Self::Failed(error),
        }
    }
}

impl<'a> Shell<'a> {
    /// A session without a connection.
    pub(super) fn new(
        console: Console,
        stream: Stream,
        talk: Talk,
        profile: ProfileChoice,
        variable: &'a dyn Fn(&str) -> Option<String>,
    ) -> Result<Self, Error> {
        let console = console.with_tee();
        let talk = talk.with_console(console);
        Ok(Self {
            connections: Vec::new(),
            current: None,
            profile,
            messages: Messages::new(),
            printer: LivePrinter::new(console, stream, talk),
            console,
            style: LiveStyle { codec: Codec::default().knowing_sparkplug_topics(), ..LiveStyle::default() },
            talk,
            variables: Variables::new(),
            aliases: Aliases::new(),
            variable,
            screen: None,
            preferences: Preferences::default(),
            trace: Arc::default(),
            hidden: None,
            is_watching: false,
            depth: 0,
            previous: String::new(),
            filters: 0,
            embedded: None,
            interrupt: Interrupt::listen()?,
            batches: channel(BATCHES),
            taken: VecDeque::new(),
            next_id: 0,
            requests: Vec::new(),
            jobs: Jobs::default(),
            runs_before: None,
            services: Vec::new(),
            collected: None,
            awaited: Vec::new(),
            is_hushed: false,
            failed_line: 0,
            notes: None,
        })
    }

    /// From here on a person looks at it.
    pub(super) fn attend(&mut self, facts: Arc<Mutex<Facts>>, sign: Sign, draws: bool) {
        self.screen = Some(Screen { facts: Some(facts), sign, flood: Flood::new(24), draws, columns: 80, rows: 24 });
        (self.style.maximum_lines, self.style.columns) = (SHOWN_LINES, 80);
    }

    /// A person looks at it, and types no lines.
    pub(super) fn be_watched(&mut self) {
        let (flood, sign) = (Flood::new(24), Sign::default());
        self.screen = Some(Screen { facts: None, sign, flood, draws: true, columns: 80, rows: 24 });
    }

    /// Before a line is asked for: the window may have another size, and completion learns what is new.
    pub(super) fn look_around(&mut self, columns: usize, rows: usize) -> Sign {
        let notes = self.notes_file().ok();
        let Some(screen) = &mut self.screen else { return Sign::default() };
        screen.flood.resize(rows);
        (screen.columns, screen.rows, self.style.columns) = (columns, rows, columns);
        let Some(facts) = &screen.facts else { return screen.sign.clone() };
        let mut facts = facts.lock().unwrap_or_else(PoisonError::into_inner);
        facts.connections = self.connections.iter().map(|connection| connection.name.clone()).collect();
        let current = self.current.and_then(|index| self.connections.get(index));
        let active = current.into_iter().flat_map(|connection| &connection.subscriptions);
        facts.filters = active.map(|active| active.options.filter.as_str().to_owned()).collect();
        let lines = self.jobs.all().iter().map(|job| (job.number, &job.line));
        let services = self.services.iter().map(|service| (service.number, &service.line));
        facts.jobs = lines.chain(services).map(|(number, line)| (number.to_string(), line.clone())).collect();
        facts.notes = notes;
        facts.variables.clone_from(&self.variables);
        facts.aliases.clone_from(&self.aliases);
        drop(facts);
        screen.sign.clone()
    }

    /// Completion offers the topic from now on.
    pub(super) fn saw(&self, topic: &str) {
        if let Some(facts) = self.screen.as_ref().and_then(|screen| screen.facts.as_ref()) {
            facts.lock().unwrap_or_else(PoisonError::into_inner).saw(topic);
        }
    }

    /// The next thing that happens. What has to be shown has been by then.
    ///
    /// Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> Result<Occurrence, Stop> {
        loop {
            while let Some((connection, event)) = self.taken.pop_front() {
                if let Some(occurrence) = self.take(connection, event)? {
                    return Ok(occurrence);
                }
            }
            if self.batches.1.is_empty() {
                self.flush()?;
            } else {
                // In a flood there is always a batch: signals are noticed only by who lets the runtime look.
                tokio::task::yield_now().await;
            }
            let sum_is_due = self.screen.as_ref().and_then(|screen| screen.flood.poll_timeout());
            tokio::select! {
                biased;
                signal = self.interrupt.received() => return Err(Stop::Interrupted(signal)),
                batch = self.batches.1.recv() => {
                    // It holds a sender itself, so that there is always another.
                    let Some((connection, events)) = batch else { return Err(Stop::Exit(0)) };
                    self.taken.extend(events.into_iter().map(|event| (connection, event)));
                }
                () = at(sum_is_due) => self.tell_hidden()?,
            }
        }
    }

    /// Lets a signal through to a command that never waits.
    pub(super) async fn breathe(&mut self) -> Result<(), Stop> {
        tokio::task::yield_now().await;
        tokio::select! {
            biased;
            signal = self.interrupt.received() => Err(Stop::Interrupted(signal)),
            () = std::future::ready(()) => Ok(()),
        }
    }

    /// Writes what has been printed.
    pub(super) fn flush(&mut self) -> Result<(), Stop> {
        self.printer.flush()?;
        self.flush_services();
        for active in self.connections.iter().flat_map(|connection| &connection.subscriptions) {
            for printer in active.printer.iter().chain(&active.file) {
                printer.borrow_mut().flush()?;
            }
        }
        Ok(())
    }

    fn take(&mut self, id: u64, event: Event) -> Result<Option<Occurrence>, Stop> {
        // Of a client that was replaced, nothing counts any more.
        let Some(index) = self.connections.iter().position(|connection| connection.id == id) else { return Ok(None) };
        if let Event::Message(received) = event {
            return self.message(index, received).map(|number| Some(Occurrence::Message(number)));
        }
        self.flush()?;
        let connection = &mut self.connections[index];
        match &event {
            Event::Connected(_) => connection.state = State::Connected,
            Event::Reconnecting(next) => {
                connection.state = State::Reconnecting { attempt: next.attempt, maximum: next.maximum_attempts };
            }
            Event::Closed(_) => connection.state = State::Offline,
            _ => {}
        }
        // First the sign: printing draws the prompt again.
        if let (Some(screen), Some(current)) = (&self.screen, self.current) {
            screen.sign.set(self.connections[current].state);
        }
        self.tell(index, &event);
        self.connections[index].cause = match &event {
            Event::Reconnecting(next) => Some(next.cause.to_string()),
            Event::Connected(_) | Event::Closed(_) => None,
            _ => self.connections[index].cause.take(),
        };
        Ok(self.told(index, event))
    }

    /// Reports what happened to a connection, naming it if there are several.
    fn tell(&self, index: usize, event: &Event) {
        let Connection { name, settings, cause, .. } = &self.connections[index];
        let several = self.connections.len() > 1;
        match event {
            // What was wrong is still on the screen.
            Event::Reconnecting(next) if next.clue.is_none() && *cause == Some(next.cause.to_string()) => {
                status::tried_again(self.talk, several.then_some(name), next);
            }
            Event::Connected(_) if several => self.talk.success(format_args!("{name}: connected")),
            Event::Reconnecting(next) if several => {
                status::reconnecting_as(self.talk, settings, next, format_args!("{name}: {}", next.cause));
            }
            event => status::tell(self.talk, settings, event),
        }
    }

    /// What an event other than a message changes.
    fn told(&mut self, index: usize, event: Event) -> Option<Occurrence> {
        let connection = &mut self.connections[index];
        let id = connection.id;
        match event {
            Event::Connected(_) => {
                (connection.lost, connection.was_connected) = (None, true);
                Some(Occurrence::Connected(id))
            }
            Event::Closed(result) => {
                (connection.client, connection.queued) = (None, Queued::default());
                self.awaited.retain(|awaited| awaited.connection != id);
                let error = result.err().map(|error| Error::from(*error));
                connection.lost.clone_from(&error);
                if error.is_some() && !connection.was_connected {
                    self.go_back(index);
                }
                Some(Occurrence::Closed(id, error))
            }
            Event::Subscribed { id: request, ack } => {
                let failure = self.subscribed(index, request, &ack);
                Some(Occurrence::Answered(request, failure))
            }
            Event::Unsubscribed { id: request, ack } => {
                let failure = self.unsubscribed(index, request, &ack);
                Some(Occurrence::Answered(request, failure))
            }
            Event::RequestRejected { id: request, error } => {
                let filters = self.answered(index, request);
                self.forget(index, &filters);
                let message = format!("cannot subscribe: {error}");
                Some(Occurrence::Answered(request, Some(Error::new(ErrorKind::SubscribeRefused, message))))
            }
            Event::Resubscribed(again) => {
                let failure = match &again.answer {
                    Ok(ack) => {
                        let filters: Vec<_> =
                            again.request.filters.iter().map(|wanted| wanted.filter.clone()).collect();
                        self.granted(index, &filters, ack)
                    }
                    Err(error) => {
                        Some(Error::new(ErrorKind::SubscribeRefused, format!("cannot subscribe again: {error}")))
                    }
                };
                if let Some(error) = failure {
                    self.talk.error(&error);
                }
                None
            }
            event @ (Event::Flushed { .. } | Event::Published { .. }) => {
                let is_queued = self.settle_queued(index, &event);
                (!is_queued).then_some(Occurrence::Publish(id, event))
            }
            Event::Message(_)
            | Event::Reconnecting(_)
            | Event::Redirected(_)
            | Event::Auth(_)
            | Event::Tolerated(_)
            | Event::Narrowed(_) => None,
        }
    }

    /// Reports what became of messages that were published while the connection was not open; whether the event is about
    /// nothing else.
    fn settle_queued(&mut self, index: usize, event: &Event) -> bool {
        let queued = &mut self.connections[index].queued;
        let (is_queued, failure) = queued.take(event);
        let sum = queued.poll_sum();
        if let Some(error) = failure {
            self.talk.error(&error);
        }
        match sum {
            Some(sum) if self.connections.len() > 1 => {
                self.talk.success(format_args!("{}: {sum}", self.connections[index].name));
            }
            Some(sum) => self.talk.success(sum),
            None => {}
        }
        is_queued
    }

    /// A connection that never was is not the current one: that is again the one before it, if there is one.
    pub(super) fn go_back(&mut self, index: usize) {
        let Some(before) = self.connections[index].before.filter(|_| self.current == Some(index)) else { return };
        if let Some(before) = self.connections.iter().position(|other| other.id == before) {
            self.current = Some(before);
            if let Some(screen) = &self.screen {
                screen.sign.set(self.connections[before].state);
            }
            self.talk.progress(format_args!("{} is the current connection again", self.connections[before].name));
        }
    }

    /// What becomes of an occurrence that no command waits for.
    pub(super) fn background(&mut self, occurrence: Occurrence) {
        match occurrence {
            Occurrence::Closed(_, Some(error)) | Occurrence::Answered(_, Some(error)) => self.talk.error(&error),
            Occurrence::Publish(_, Event::Published { outcome, .. }) => match outcome {
                PublishOutcome::Acknowledged(_) => {}
                PublishOutcome::Refused(ack) => {
                    let details = ack.details.as_deref();
                    self.talk.error(&refused(ErrorKind::PublishRefused, "a message", ack.reason, details));
                }
                PublishOutcome::Rejected(error) => self.talk.error(&unpublishable(None, &error)),
                PublishOutcome::HungUp(message) => self.talk.error(&hung_up(&message)),
                PublishOutcome::Uncertain => self
                    .talk
                    .warning("the delivery of a message at QoS 2 is uncertain: it arrived once or not at all, and the session is gone"),
                PublishOutcome::Unsent => self.talk.warning("a message was not sent: the connection ended first"),
                PublishOutcome::Lost => {
                    self.talk.warning("a message may be lost: the connection ended before it was acknowledged");
                }
            },
            _ => {}
        }
    }

    /// The current connection, open or not.
    pub(super) fn current(&self) -> Result<&Connection, Error> {
        match self.current.and_then(|index| self.connections.get(index)) {
            Some(connection) => Ok(connection),
            None => Err(Error::usage("no connection").with_hint("`connect -h HOST` opens one")),
        }
    }

    /// The current connection's client.
    pub(super) fn client(&self) -> Result<(u64, Client), Error> {
        let connection = self.current()?;
        match (&connection.client, &connection.lost) {
            (Some(client), _) => Ok((connection.id, client.clone())),
            (None, Some(error)) => {
                let message = format!("`{}` is offline: {error}", connection.name);
                Err(Error::new(error.kind(), message).with_hint("`connect` opens it again"))
            }
            (None, None) => {
                let message = format!("`{}` is offline", connection.name);
                Err(Error::usage(message).with_hint("`connect` opens it again"))
            }
        }
    }

    /// Where a connection is in the list.
    pub(super) fn find(&self, name: &str) -> Result<usize, Error> {
        let found = self.connections.iter().position(|connection| connection.name == name);
        found.ok_or_else(|| Error::usage(format!("unknown connection `{name}`")).with_hint("`connections` lists them"))
    }

    /// The connection of an id, while it is in the list.
    pub(super) fn by_id(&mut self, id: u64) -> Option<&mut Connection> {
        self.connections.iter_mut().find(|connection| connection.id == id)
    }

    /// Remembers what a request was about until its answer comes.
    pub(super) fn asked(&mut self, connection: u64, id: RequestId, filters: Vec<TopicFilter>) {
        self.requests.push(Request { connection, id, filters });
    }

    /// What a request was about.
    pub(super) fn answered(&mut self, index: usize, id: RequestId) -> Vec<TopicFilter> {
        let connection = self.connections[index].id;
        let found = self.requests.iter().position(|request| (request.connection, request.id) == (connection, id));
        found.map(|at| self.requests.swap_remove(at).filters).unwrap_or_default()
    }
}

pub(super) async fn at(deadline: Option<std::time::Instant>) {
    match deadline {
        Some(deadline) => tokio::time::sleep_until(deadline.into()).await,
        None => std::future::pending().await,
    }
}
