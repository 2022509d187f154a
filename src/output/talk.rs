use std::fmt::Display;
use std::time::Duration;

use colored::Color;

use super::failure::{write_debug, write_error, write_warning};
use super::{Console, ErrorFormat, LogFile, Stream, TraceFormat, safe, trace};
use crate::error::Error;
use crate::trace::TracedPacket;

/// Status lines, warnings and errors on stderr. Every text is made safe for a terminal here.
///
/// With [`ErrorFormat::Json`] stderr carries JSON objects and nothing else: status lines are left out, warnings are
/// objects too. A failure to write to stderr is never an error.
#[derive(Debug, Clone, Copy)]
pub struct Talk {
    stream: Stream,
    quiet: bool,
    format: ErrorFormat,
    debug: bool,
    log: Option<&'static LogFile>,
    console: Console,
}

/// The sign that begins a status line.
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

    /// Without status lines, which still go to the log file.
    #[must_use]
    pub fn hushed(self) -> Self {
        Self { quiet: true, ..self }
    }

    /// With diagnostics (`--debug`).
    #[must_use]
    pub fn with_debug(self, debug: bool) -> Self {
        Self { debug, ..self }
    }

    /// With a log file, which gets a copy of everything, and traces and diagnostics instead of stderr.
    #[must_use]
    pub fn with_log(self, log: Option<&'static LogFile>) -> Self {
        Self { log, ..self }
    }

    /// Through a console instead of to stderr.
    #[must_use]
    pub fn with_console(self, console: Console) -> Self {
        Self { console, ..self }
    }

    /// Whether diagnostics are logged.
    pub fn is_debugging(&self) -> bool {
        self.debug
    }

    /// What the program does, for troubleshooting: `debug: ...`. Only with `--debug`.
    pub fn debug(&self, text: impl Display) {
        if !self.debug {
            return;
        }
        let text = text.to_string();
        self.diagnose(|stream, out| write_debug(&text, self.format, stream, out));
    }

    /// A packet on the wire; `client` names its client, if there are several.
    pub fn trace(&self, client: Option<&str>, packet: &TracedPacket, format: TraceFormat) {
        let format = if self.format == ErrorFormat::Json { TraceFormat::Json } else { format };
        self.diagnose(|stream, out| out.extend(trace::line(client, packet, format, stream)));
    }

    /// Something is done: `✔ Connected`.
    pub fn success(&self, text: impl Display) {
        self.status(Sign::Success, &text);
    }

    /// Something is in progress: `… Connecting to localhost:1883`.
    pub fn progress(&self, text: impl Display) {
        self.status(Sign::Progress, &text);
    }

    /// The connection is tried again: `… reconnecting [2/10] in 1.4 s`; `maximum` is `None` without a limit, and `name`
    /// names the connection, if there are several.
    pub fn reconnecting(&self, name: Option<&str>, attempt: u32, maximum: Option<u32>, delay: Duration) {
        let text = reconnecting(attempt, maximum, delay);
        match name {
            Some(name) => self.status(Sign::Progress, &format_args!("{name}: {text}")),
            None => self.status(Sign::Progress, &text),
        }
    }

    /// Something failed that does not end the command: `✖ Connection closed`. Left out by `quiet`.
    pub fn failure(&self, text: impl Display) {
        self.status(Sign::Failure, &text);
    }

    /// A question, followed by the answer on the same line; also with `quiet`.
    pub fn question(&self, text: &str) {
        self.say(|stream, out| {
            safe::push_word(text.as_bytes(), stream, out);
            out.extend_from_slice(b": ");
        });
    }

    /// A line of a script that is about to run: `+ pub car/ac on`. Also with `quiet`, since it was asked for.
    pub fn echo(&self, line: &str) {
        self.say(|stream, out| {
            out.extend_from_slice(b"+ ");
            safe::push_word(line.as_bytes(), stream, out);
            out.push(b'\n');
        });
    }

    /// A line without a sign, below one with a sign.
    pub fn plain(&self, text: &str) {
        if !self.quiet {
            self.say(|stream, out| {
                safe::push_word(text.as_bytes(), stream, out);
                out.push(b'\n');
            });
        }
    }

    /// Whether status lines are left out.
    pub fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Something that the user should know, also with `quiet`: `warning: ...`.
    pub fn warning(&self, text: impl Display) {
        let text = text.to_string();
        self.say(|stream, out| write_warning(&text, self.format, stream, out));
    }

    /// What the command ends with, or a refusal on its way there (then an [`crate::error::ExitStatus::Partly`]
    /// follows).
    pub fn error(&self, error: &Error) {
        self.say(|stream, out| write_error(error, self.format, stream, out));
    }

    fn say(self, tell: impl Fn(Stream, &mut Vec<u8>)) {
        self.log(&tell);
        self.console.say(&told(self.stream, tell));
    }

    fn diagnose(self, tell: impl Fn(Stream, &mut Vec<u8>)) {
        match self.log {
            Some(_) => self.log(tell),
            None => self.console.say(&told(self.stream, tell)),
        }
    }

    fn log(self, tell: impl Fn(Stream, &mut Vec<u8>)) {
        if let Some(warning) = self.log.and_then(|log| log.append(&told(LOG, tell))) {
            let tell = |stream: Stream, out: &mut Vec<u8>| write_warning(&warning, self.format, stream, out);
            self.console.say(&told(self.stream, tell));
        }
    }

    fn status(self, sign: Sign, text: &impl Display) {
        let text = text.to_string();
        let tell = |stream: Stream, out: &mut Vec<u8>| {
            out.extend_from_slice(sign.shown(stream).as_bytes());
            out.push(b' ');
            safe::push_word(text.as_bytes(), stream, out);
            out.push(b'\n');
        };
        self.log(tell);
        if !self.quiet {
            self.console.say(&told(self.stream, tell));
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

/// The log is read later, by any program: a line stays one line there, nothing in it acts on a terminal, and there is
/// no colour.
const LOG: Stream = Stream { terminal: true, color: false, unicode: true };

fn told(stream: Stream, tell: impl Fn(Stream, &mut Vec<u8>)) -> Vec<u8> {
    let mut out = Vec::new();
    tell(stream, &mut out);
    out
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
