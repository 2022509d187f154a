use std::fmt::Display;
use std::time::Duration;

use colored::Color;

use super::failure::{write_debug, write_error, write_warning};
use super::{Console, ErrorFormat, LogFile, Stream, TraceShape, safe, trace};
use crate::error::Error;
use crate::trace::TracedPacket;

/// Status lines, warnings and errors on stderr. Every text is made safe for a terminal here.
///
/// With [`ErrorFormat::Json`] stderr carries JSON objects and nothing else: status lines are left out, warnings are
/// objects too. That stderr cannot be written is never an error.
#[derive(Debug, Clone, Copy)]
pub struct Talk {
    stream: Stream,
    quiet: bool,
    format: ErrorFormat,
    debug: bool,
    log: Option<&'static LogFile>,
    console: Console,
}

/// What a status line begins with.
#[derive(Debug, Clone, Copy)]
enum Sign {
    Success,
    Progress,
    Failure,
}

impl Talk {
    /// `quiet` leaves status lines out; warnings and errors are always written.
    pub fn new(stream: Stream, quiet: bool, format: ErrorFormat) -> Self {
        Self {
            stream,
            quiet: quiet || format == ErrorFormat::Json,
            format,
            debug: false,
            log: None,
            console: Console::default(),
        }
    }

    /// With diagnostics of the program's own.
    #[must_use]
    pub fn with_debug(self, debug: bool) -> Self {
        Self { debug, ..self }
    }

    /// With a file to which all of it goes too, and to which alone traces and diagnostics go.
    #[must_use]
    pub fn with_log(self, log: Option<&'static LogFile>) -> Self {
        Self { log, ..self }
    }

    /// Through a console instead of to stderr.
    #[must_use]
    pub fn with_console(self, console: Console) -> Self {
        Self { console, ..self }
    }

    /// Whether diagnostics are told.
    pub fn is_debugging(&self) -> bool {
        self.debug
    }

    /// What the program does, for who looks for a fault: `debug: ...`. Only when asked for.
    pub fn debug(&self, text: impl Display) {
        if !self.debug {
            return;
        }
        let mut out = Vec::new();
        write_debug(&text.to_string(), self.format, self.stream_of_diagnostics(), &mut out);
        self.diagnose(&out);
    }

    /// A packet that crosses the wire; `client` is whose it is, where there are several.
    pub fn trace(&self, client: Option<&str>, packet: &TracedPacket, shape: TraceShape) {
        let shape = if self.format == ErrorFormat::Json { TraceShape::Json } else { shape };
        self.diagnose(&trace::line(client, packet, shape, self.stream_of_diagnostics()));
    }

    /// Something is done: `✔ Connected`.
    pub fn success(&self, text: impl Display) {
        self.status(Sign::Success, &text);
    }

    /// Something goes on: `… Connecting to localhost:1883`.
    pub fn progress(&self, text: impl Display) {
        self.status(Sign::Progress, &text);
    }

    /// The connection is tried again: `… reconnecting [2/10] in 1.4 s`; `maximum` is `None` without a limit.
    pub fn reconnecting(&self, attempt: u32, maximum: Option<u32>, delay: Duration) {
        self.status(Sign::Progress, &reconnecting(attempt, maximum, delay));
    }

    /// Something failed that does not end the command: `✖ Connection closed`. Left out by `quiet`.
    pub fn failure(&self, text: impl Display) {
        self.status(Sign::Failure, &text);
    }

    /// A question, behind which the answer is written; also with `quiet`.
    pub fn question(&self, text: &str) {
        let mut out = Vec::new();
        safe::push_word(text.as_bytes(), self.stream, &mut out);
        out.extend_from_slice(b": ");
        self.say(&out);
    }

    /// A line of a script that is about to run: `+ pub car/ac on`. Also with `quiet`, since it was asked for.
    pub fn echo(&self, line: &str) {
        let mut out = b"+ ".to_vec();
        safe::push_word(line.as_bytes(), self.stream, &mut out);
        out.push(b'\n');
        self.say(&out);
    }

    /// A line without a sign, below one that has it.
    pub fn plain(&self, text: &str) {
        if !self.quiet {
            let mut out = Vec::new();
            safe::push_word(text.as_bytes(), self.stream, &mut out);
            out.push(b'\n');
            self.say(&out);
        }
    }

    /// Whether status lines are left out.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Something that the user should know, also with `quiet`: `warning: ...`.
    pub fn warning(&self, text: impl Display) {
        let mut out = Vec::new();
        write_warning(&text.to_string(), self.format, self.stream, &mut out);
        self.say(&out);
    }

    /// What the command ends with, or a refusal on its way there (then an [`crate::error::ExitStatus::Partly`]
    /// follows).
    pub fn error(&self, error: &Error) {
        let mut out = Vec::new();
        write_error(error, self.format, self.stream, &mut out);
        self.say(&out);
    }

    fn say(self, lines: &[u8]) {
        if let Some(log) = self.log {
            log.append(lines);
        }
        self.console.say(lines);
    }

    fn diagnose(self, line: &[u8]) {
        match self.log {
            Some(log) => log.append(line),
            None => self.console.say(line),
        }
    }

    fn stream_of_diagnostics(self) -> Stream {
        if self.log.is_some() { Stream::PIPE } else { self.stream }
    }

    fn status(self, sign: Sign, text: &impl Display) {
        if self.quiet && self.log.is_none() {
            return;
        }
        let mut out = sign.shown(self.stream).into_bytes();
        out.push(b' ');
        safe::push_word(text.to_string().as_bytes(), self.stream, &mut out);
        out.push(b'\n');
        if let Some(log) = self.log {
            log.append(&out);
        }
        if !self.quiet {
            self.console.say(&out);
        }
    }
}

impl Sign {
    fn shown(self, stream: Stream) -> String {
        let (unicode, ascii, color) = match self {
            Self::Success => ("✔", "+", Color::Green),
            Self::Progress => ("…", "...", Color::Yellow),
            Self::Failure => ("✖", "x", Color::Red),
        };
        stream.paint(if stream.unicode { unicode } else { ascii }, color)
    }
}

fn reconnecting(attempt: u32, maximum: Option<u32>, delay: Duration) -> String {
    let seconds = delay.as_secs_f64();
    match maximum {
        Some(maximum) => format!("reconnecting [{attempt}/{maximum}] in {seconds:.1} s"),
        None => format!("reconnecting [{attempt}] in {seconds:.1} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_attempts_and_says_when_the_next_one_is() {
        assert_eq!(reconnecting(2, Some(10), Duration::from_millis(1400)), "reconnecting [2/10] in 1.4 s");
        assert_eq!(reconnecting(12, None, Duration::from_secs(30)), "reconnecting [12] in 30.0 s");
    }

    #[test]
    fn signs_are_mqttx_s_or_ascii() {
        assert_eq!(Sign::Success.shown(Stream::PIPE), "✔");
        assert_eq!(Sign::Success.shown(Stream { terminal: true, color: false, unicode: false }), "+");
        assert_eq!(Sign::Failure.shown(Stream { terminal: true, color: true, unicode: true }), "\x1b[31m✖\x1b[0m");
    }

    #[test]
    fn json_on_stderr_is_not_mixed_with_status_lines() {
        assert!(Talk::new(Stream::PIPE, false, ErrorFormat::Json).quiet);
    }
}
