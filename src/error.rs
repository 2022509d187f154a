//! What went wrong, classified by who is at fault, and the exit code that reports it to a script.
//!
//! Lower layers have their own error types; this is the one that a command ends with.

mod client;
mod similar;
mod transport;

use std::fmt;

pub(crate) use client::clue_hint;
pub(crate) use similar::nearest;

use crate::mqtt::{ReasonCode, TopicError};

/// How a program run ended when nothing failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ExitStatus {
    /// 0: done; an unbounded `sub` ended by Ctrl-C, SIGTERM or SIGHUP too.
    Done,
    /// A signal arrived before a limited task was done: 128 + its number, 129, 130 or 143.
    Interrupted(u8),
    /// An exit code chosen elsewhere: by a command run by `broker -- CMD`, or by `exit CODE` in `repl`.
    Command(u8),
    /// Part of the work was refused: the exit code of the refusal, which has already been reported on stderr.
    Partly(ErrorKind),
}

/// Who is at fault, one for each exit code of the table in the README.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ErrorKind {
    /// 1: a file, a pipe, a payload that cannot be encoded.
    Local,
    /// 2: a bad option, topic, filter or profile.
    Usage,
    /// 3: DNS, refused, unreachable, TLS, WebSocket upgrade, proxy.
    Connect,
    /// 4: the broker refused CONNECT.
    ConnectRefused,
    /// 5: the broker refused a publish.
    PublishRefused,
    /// 6: the broker refused a subscription.
    SubscribeRefused,
    /// 7: the connection was lost and not restored before the work was done.
    ConnectionLost,
    /// 8: `--timeout`, no reply, no CONNACK.
    TimedOut,
    /// 9: the broker broke the protocol.
    Protocol,
    /// 99: a bench threshold failed.
    Threshold,
}

/// An error as the user sees it: one sentence, and optionally the position and what to try.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Error {
    kind: ErrorKind,
    message: String,
    detail: Option<String>,
    hint: Option<String>,
    reason: Option<ReasonCode>,
}

impl ExitStatus {
    /// The process's exit code.
    pub(crate) const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Interrupted(signal) => 128 + signal,
            Self::Command(code) => code,
            Self::Partly(kind) => kind.code(),
        }
    }
}

/// Every exit code, its name in `--error-format json` if it is of an error, and its meaning.
pub(crate) fn exit_codes() -> Vec<(String, &'static str, &'static str)> {
    let errors = ErrorKind::ALL.map(|kind| (kind.code().to_string(), kind.name(), kind.meaning()));
    let done = ("0".to_owned(), "", "done; also an unbounded sub that was interrupted");
    let interrupted = ("129, 130, 143".to_owned(), "", "SIGHUP, Ctrl-C or SIGTERM before a limited task was done");
    std::iter::once(done).chain(errors).chain([interrupted]).collect()
}

impl ErrorKind {
    /// The exit code.
    pub const fn code(self) -> u8 {
        match self {
            Self::Local => 1,
            Self::Usage => 2,
            Self::Connect => 3,
            Self::ConnectRefused => 4,
            Self::PublishRefused => 5,
            Self::SubscribeRefused => 6,
            Self::ConnectionLost => 7,
            Self::TimedOut => 8,
            Self::Protocol => 9,
            Self::Threshold => 99,
        }
    }

    /// Every kind, in the order of the codes.
    pub(crate) const ALL: [Self; 10] = [
        Self::Local,
        Self::Usage,
        Self::Connect,
        Self::ConnectRefused,
        Self::PublishRefused,
        Self::SubscribeRefused,
        Self::ConnectionLost,
        Self::TimedOut,
        Self::Protocol,
        Self::Threshold,
    ];

    /// What happened, for the list of exit codes.
    const fn meaning(self) -> &'static str {
        match self {
            Self::Local => {
                "local failure: a file, a pipe, a payload that cannot be encoded; or the answer is no: expect or assert \
                 fails, topic match finds nothing, probe --require misses a feature, a command of --exec fails"
            }
            Self::Usage => "usage: a bad option, topic, filter or profile",
            Self::Connect => "cannot connect: DNS, refused, unreachable, TLS, WebSocket upgrade, proxy",
            Self::ConnectRefused => "the broker refused CONNECT",
            Self::PublishRefused => "the broker refused a publish",
            Self::SubscribeRefused => "the broker refused a subscription",
            Self::ConnectionLost => "the connection was lost and not restored before the work was done",
            Self::TimedOut => "timed out: --timeout, no reply, no CONNACK",
            Self::Protocol => "the broker broke the protocol",
            Self::Threshold => "a threshold of a benchmark failed",
        }
    }

    /// A name for scripts, stable (`--error-format json`).
    pub const fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Usage => "usage",
            Self::Connect => "connect",
            Self::ConnectRefused => "connect_refused",
            Self::PublishRefused => "publish_refused",
            Self::SubscribeRefused => "subscribe_refused",
            Self::ConnectionLost => "connection_lost",
            Self::TimedOut => "timed_out",
            Self::Protocol => "protocol",
            Self::Threshold => "threshold",
        }
    }
}

impl Error {
    /// Two options that cannot be used together.
    pub(crate) fn exclude_one_another(one: &str, other: &str) -> Self {
        Self::usage(format!("{one} and {other} cannot be used together"))
    }

    /// An error of a kind; `message` is one sentence without a full stop.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), detail: None, hint: None, reason: None }
    }

    /// A usage error, exit code 2; the message names the flag.
    pub fn usage(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Usage, message)
    }

    /// A local error, exit code 1.
    pub fn local(message: impl Into<String>) -> Self {
        Self::new(ErrorKind::Local, message)
    }

    /// An invalid topic or filter; `flag` is where it came from, for example `--topic`.
    pub fn topic(flag: &str, text: &str, error: &TopicError) -> Self {
        let message = format!("{flag} `{text}`: {error}");
        Self { detail: error.caret(), ..Self::usage(message) }
    }

    /// With its subject in front of the message: `MQTTX_PROFILE: no profile ...`.
    #[must_use]
    pub fn with_context(mut self, context: &str) -> Self {
        self.message = format!("{context}: {}", self.message);
        self
    }

    /// With another name for its subject, wherever the message contains it.
    #[must_use]
    pub fn about(mut self, name: &str, other: &str) -> Self {
        self.message = self.message.replace(name, other);
        self
    }

    /// With what to try, shown on its own line after `hint:`.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Without what to try: it would name options that the user's command line does not have.
    #[must_use]
    pub(crate) fn without_hint(mut self) -> Self {
        self.hint = None;
        self
    }

    /// With the broker's reason code.
    #[must_use]
    pub fn with_reason(mut self, reason: ReasonCode) -> Self {
        self.reason = Some(reason);
        self
    }

    /// With lines that show the position, indented below the message.
    #[must_use]
    pub fn with_detail(mut self, detail: impl Into<String>) -> Self {
        self.detail = Some(detail.into());
        self
    }

    /// Who is at fault.
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The message, one sentence.
    pub fn message(&self) -> &str {
        &self.message
    }

    /// The position, as several lines.
    pub fn detail(&self) -> Option<&str> {
        self.detail.as_deref()
    }

    /// What to try.
    pub fn hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// The broker's reason code.
    pub fn reason(&self) -> Option<ReasonCode> {
        self.reason
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
