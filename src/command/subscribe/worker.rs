//! Who works on messages: commands of `--exec`, or the reader of `--ack-on-read`, who answers on stdin.

use std::collections::HashMap;

use bytes::Bytes;
use tokio::task::JoinSet;

use super::backlog::Backlog;
use crate::command::lines::Lines;
use crate::command::shell;
use crate::error::Error;
use crate::mqtt::Message;
use crate::payload::{Codec, plural};
use crate::session::{AckToken, Received};
use crate::settings::{OnFailure, Work, WorkerKind};

/// Works on messages, as many at a time as it may.
#[derive(Debug)]
pub(super) struct Worker {
    pub(super) backlog: Backlog,
    kind: Kind,
    jobs: usize,
    acknowledge_first: bool,
    on_failure: OnFailure,
    /// How many are done, failures that are ignored among them.
    pub(super) done: u64,
    /// Nothing more is begun.
    is_closed: bool,
}

#[derive(Debug)]
enum Kind {
    Commands(Commands),
    Reader { answers: Lines },
}

/// Commands that run.
#[derive(Debug)]
struct Commands {
    command: String,
    codec: Codec,
    running: JoinSet<Ended>,
    /// The process of each, by its number.
    processes: HashMap<u64, u32>,
}

/// The number of a message, and why the work on it failed.
type Ended = (u64, Result<(), String>);

/// What the worker has to say.
#[derive(Debug)]
pub(super) enum News {
    /// The work on a message has ended; the error says why it failed.
    Ended(u64, Result<(), String>),
    /// The reader of our stdout is well with so many messages.
    Read(u64),
    /// The reader has closed our stdin.
    Gone,
    /// The answer is none.
    Nonsense(Error),
}

/// What is to be begun.
#[derive(Debug)]
pub(super) struct Begun {
    /// To be acknowledged now.
    pub(super) token: Option<AckToken>,
    /// To be printed for the reader.
    pub(super) printed: Option<Received>,
}

/// What follows from a failure.
#[derive(Debug)]
pub(super) enum Consequence {
    /// The message counts as done.
    Ignored,
    /// The work is over.
    Stopped,
    /// The broker has to send it again.
    Redelivered,
}

/// What the worker has to say, where there is one.
pub(super) async fn news_of(worker: &mut Option<Worker>) -> News {
    match worker {
        Some(worker) => worker.next().await,
        None => std::future::pending().await,
    }
}

impl Worker {
    pub(super) fn new(work: &Work, codec: &Codec) -> Self {
        let kind = match &work.worker {
            WorkerKind::Command(command) => Kind::Commands(Commands {
                command: command.clone(),
                codec: codec.clone(),
                running: JoinSet::new(),
                processes: HashMap::new(),
            }),
            WorkerKind::Reader => Kind::Reader { answers: Lines::new(std::io::stdin()) },
        };
        Self {
            backlog: Backlog::default(),
            kind,
            jobs: work.jobs.into(),
            acknowledge_first: work.acknowledge_first,
            on_failure: work.on_failure,
            done: 0,
            is_closed: false,
        }
    }

    /// Begins the next message, if one waits and there is room; with `count` no more than so many in all.
    pub(super) fn begin(&mut self, count: Option<u64>) -> Option<Begun> {
        let under_way = match &self.kind {
            Kind::Commands(commands) => commands.running.len(),
            Kind::Reader { .. } => self.backlog.begun(),
        };
        let is_enough = count.is_some_and(|count| self.done + self.backlog.begun() as u64 >= count);
        if self.is_closed || is_enough || under_way >= self.jobs {
            return None;
        }
        let (number, received) = self.backlog.begin(self.acknowledge_first)?;
        let token = received.token.filter(|_| self.acknowledge_first);
        let printed = match &mut self.kind {
            Kind::Commands(commands) => {
                commands.run(number, &received.message);
                None
            }
            Kind::Reader { .. } => Some(received),
        };
        Some(Begun { token, printed })
    }

    /// What happens next; pending where nothing can. Dropping the future loses nothing.
    pub(super) async fn next(&mut self) -> News {
        match &mut self.kind {
            Kind::Commands(commands) => match commands.running.join_next().await {
                Some(Ok((number, result))) => {
                    commands.processes.remove(&number);
                    News::Ended(number, result)
                }
                // Only at the end the tasks are ended from outside.
                Some(Err(_)) | None => std::future::pending().await,
            },
            Kind::Reader { answers } => match answers.next().await {
                None => News::Gone,
                Some(Err(error)) => News::Nonsense(Error::local(format!("cannot read stdin: {error}"))),
                Some(Ok(line)) => self.answer(&line),
            },
        }
    }

    fn answer(&self, line: &[u8]) -> News {
        let text = String::from_utf8_lossy(line.trim_ascii()).into_owned();
        let Some(oldest) = self.backlog.oldest_begun() else {
            let error = format!("the answer `{text}` on stdin is for no message: all have theirs");
            return News::Nonsense(Error::local(error));
        };
        let begun = self.backlog.begun() as u64;
        match (text.as_str(), text.parse::<u64>()) {
            ("" | "ok", _) => News::Ended(oldest, Ok(())),
            ("fail", _) => News::Ended(oldest, Err("its reader answered `fail`".to_owned())),
            (_, Ok(count)) if count <= begun => News::Read(count),
            (_, Ok(count)) => {
                let error = format!("the answer {count} on stdin is for more messages than the {begun} without one");
                News::Nonsense(Error::local(error))
            }
            _ => {
                let error =
                    format!("`{text}` on stdin is not an answer: expected `ok`, `fail` or a number of messages");
                News::Nonsense(Error::local(error))
            }
        }
    }

    /// The work on a message has ended well.
    pub(super) fn succeeded(&mut self, number: u64) {
        self.done += 1;
        self.backlog.done(number);
    }

    /// The work on a message has failed.
    pub(super) fn failed(&mut self, number: u64) -> Consequence {
        match self.on_failure {
            OnFailure::Stop => {
                self.is_closed = true;
                // Never done: it holds back the acknowledgements behind it.
                self.backlog.failed(number);
                Consequence::Stopped
            }
            OnFailure::Redeliver if self.backlog.failed(number) => {
                if self.is_closed {
                    Consequence::Stopped
                } else {
                    Consequence::Redelivered
                }
            }
            OnFailure::Ignore | OnFailure::Redeliver => {
                self.succeeded(number);
                Consequence::Ignored
            }
        }
    }

    /// Nothing more is begun.
    pub(super) fn close(&mut self) {
        self.is_closed = true;
    }

    /// Whether commands run.
    pub(super) fn is_running(&self) -> bool {
        matches!(&self.kind, Kind::Commands(commands) if !commands.running.is_empty())
    }

    /// Whether there is a message that is not done.
    pub(super) fn is_busy(&self) -> bool {
        self.backlog.unfinished() > 0
    }

    /// Whether there is anybody who may have news.
    pub(super) fn may_have_news(&self) -> bool {
        matches!(self.kind, Kind::Reader { .. }) || self.is_running()
    }

    /// What the reader that is gone has left without an answer, or that it never was there.
    pub(super) fn unanswered(&self) -> Option<Error> {
        if !matches!(self.kind, Kind::Reader { .. }) {
            return None;
        }
        match self.backlog.begun() as u64 {
            0 if self.done > 0 => None,
            0 => {
                let error = Error::local("stdin ended before any answer");
                Some(error.with_hint("with --ack-on-read a reader of the output answers each message on stdin"))
            }
            begun => {
                let (verb, copula) = if begun == 1 { ("has", "is") } else { ("have", "are") };
                let what = plural(begun, "printed message");
                let error = format!("{what} {verb} no answer and {copula} not acknowledged: the reader is gone");
                Some(Error::local(error))
            }
        }
    }

    /// Ends the commands that run.
    pub(super) async fn kill(&mut self) {
        let Kind::Commands(commands) = &mut self.kind else { return };
        commands.processes.values().copied().for_each(terminate);
        commands.running.shutdown().await;
    }
}

impl Commands {
    fn run(&mut self, number: u64, message: &Message) {
        let mut shell = shell::command_for(&self.command, message);
        // Ctrl-C on a terminal is for us alone, who wait for what runs.
        #[cfg(unix)]
        shell.process_group(0);
        let mut child = match shell.spawn() {
            Ok(child) => child,
            Err(error) => {
                let why = format!("cannot run `{}`: {error}", self.command);
                self.running.spawn(std::future::ready((number, Err(why))));
                return;
            }
        };
        self.processes.extend(child.id().map(|id| (number, id)));
        let (payload, command) = (self.payload(message), self.command.clone());
        self.running.spawn(async move {
            shell::feed(&mut child, &payload).await;
            let result = match child.wait().await {
                Ok(status) => shell::check(&command, status),
                Err(error) => Err(format!("`{command}`: {error}")),
            };
            (number, result)
        });
    }

    /// As the user's format shows it; as it is, where it does not decode.
    fn payload(&self, message: &Message) -> Bytes {
        let topic = message.topic.as_str();
        let mut decoded = Vec::new();
        if self.codec.is_verbatim_for(topic) || self.codec.decode(topic, &message.payload, &mut decoded).is_err() {
            return message.payload.clone();
        }
        decoded.into()
    }
}

/// Asks a command and what it has started to end.
#[cfg(unix)]
fn terminate(process: u32) {
    if let Some(pid) = i32::try_from(process).ok().and_then(rustix::process::Pid::from_raw) {
        // It may have ended just now.
        _ = rustix::process::kill_process_group(pid, rustix::process::Signal::TERM);
    }
}

#[cfg(not(unix))]
fn terminate(_process: u32) {}
