//! The command lines of `mosquitto_pub`, `mosquitto_sub` and `mosquitto_rr`: a link with such a name to the program
//! takes them, so that a script needs no change.
//!
//! They are rewritten into ours before anything else looks at them. Their options have exact names, no bundles and no
//! `--name=value`, and the last of several values counts, as there. Profiles and variables of ours give nothing to them;
//! `~/.config/mosquitto_pub` does, as there.

mod table;
mod tool;

use std::ffi::{OsStr, OsString};
use std::fmt::Write;
use std::path::{Path, PathBuf};

use table::{Here, Kind, Known, OPTIONS, PROPERTIES, Property, Special, is_list};

pub(crate) use tool::Tool;

use super::read::{CommandLine, read};
use crate::error::{Error, ErrorKind, ExitStatus};
use crate::mqtt::ReasonCode;

/// A command line of mosquitto's, and how its run is to end.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Called {
    tool: Tool,
    /// CONNACK of 5.0 has other codes than those before.
    is_v5: bool,
}

/// What `mosquitto_sub -W` and `mosquitto_rr -W` exit with when the time is over (`MOSQ_ERR_TIMEOUT`).
const TIMED_OUT: u8 = 27;

impl Tool {
    /// Reads its command line, the program's name first; `variable` is the environment.
    ///
    /// # Errors
    ///
    /// An option that is unknown, lacks its value, or is not supported.
    pub(crate) fn read(
        self,
        arguments: &[OsString],
        variable: impl Fn(&str) -> Option<String>,
    ) -> (Called, Result<CommandLine, Error>) {
        let mut called = Called { tool: self, is_v5: self == Self::Request };
        let arguments = arguments.get(1..).unwrap_or_default();
        if arguments.iter().any(|argument| argument == "--help") {
            return (called, Ok(CommandLine::Print(self.help().into())));
        }
        let translated = self.of_file(&variable).and_then(|mut line| {
            line.read(arguments)?;
            line.check()?;
            called.is_v5 = line.is_v5();
            Ok(line.into_tokens())
        });
        let command_line = translated.and_then(|tokens| read(tokens, |_| None).map_err(Error::without_hint));
        (called, command_line)
    }

    /// The options in the file that it reads first, a line each.
    fn of_file(self, variable: &impl Fn(&str) -> Option<String>) -> Result<Line, Error> {
        let mut line = Line::new(self);
        let folder = variable("XDG_CONFIG_HOME").map(PathBuf::from);
        let folder = folder.or_else(|| variable("HOME").map(|home| Path::new(&home).join(".config")));
        let Some(path) = folder.map(|folder| folder.join(self.name())) else { return Ok(line) };
        // Most people have none.
        let Ok(text) = std::fs::read_to_string(&path) else { return Ok(line) };
        for text in text.lines().map(str::trim).filter(|text| !text.is_empty() && !text.starts_with('#')) {
            let words: Vec<OsString> = match text.split_once(char::is_whitespace) {
                Some(("-D" | "--property", _)) => text.split_whitespace().map(Into::into).collect(),
                Some((option, value)) => vec![option.into(), value.trim().into()],
                None => vec![text.into()],
            };
            line.read(&words).map_err(|error| error.with_context(&path.display().to_string()))?;
        }
        Ok(line)
    }

    /// A line for each of its options.
    fn help(self) -> String {
        let mut text = format!(
            "{} by mqttx-rs: its options, and their equivalents in `mqttx-rs {}`\n\n",
            self.name(),
            self.command()
        );
        for known in OPTIONS.iter().filter(|known| known.tools.contains(&self)) {
            // Writing to a string does not fail.
            let _ = writeln!(text, "  {:<28}  {}", known.names.join(", "), here(known));
        }
        text.push_str("\nExit codes: 0 done, 27 timed out, CONNACK's code if the broker refused, 1 anything else.\n");
        text
    }
}

/// What an option is here, in words.
fn here(known: &Known) -> String {
    match known.here {
        Here::Value(long) | Here::Switch(long) => format!("--{long}"),
        Here::Fixed(long, value) => format!("--{long} {value}"),
        Here::Always => "the default".to_owned(),
        Here::Missing(instead) => format!("not supported: {instead}"),
        Here::Special(special) => match special {
            Special::Version => "--mqtt-version: mqttv5, mqttv311 or mqttv31".to_owned(),
            Special::SessionExpiry => "--session-expiry-interval; -1 (never) is 4294967295".to_owned(),
            Special::IdPrefix => "--client-id: the prefix and the process id".to_owned(),
            Special::TlsVersion => "--tls-min-version: tlsv1.2 is 1.2, tlsv1.3 is 1.3".to_owned(),
            Special::KeyForm => "the default, pem".to_owned(),
            Special::Property => "one option for each property of MQTT 5.0".to_owned(),
            Special::Verbose => "-F '%t %p'".to_owned(),
            Special::Format => "--template".to_owned(),
            Special::NoEndOfLine => "--delimiter ''".to_owned(),
            Special::Debug => "--debug, on stderr".to_owned(),
        },
    }
}

impl Called {
    /// The exit code for an error, theirs where scripts look at it.
    pub(crate) fn code_of(self, error: &Error) -> u8 {
        match error.kind() {
            ErrorKind::TimedOut if self.tool != Tool::Pub => TIMED_OUT,
            ErrorKind::ConnectRefused => match error.reason() {
                Some(reason) if self.is_v5 => reason.number(),
                reason => reason.and_then(ReasonCode::connect_return_code).unwrap_or(1),
            },
            _ => 1,
        }
    }

    /// The exit code of a run that ended.
    pub(crate) fn code(self, status: ExitStatus) -> u8 {
        match status {
            ExitStatus::Partly(ErrorKind::TimedOut) if self.tool != Tool::Pub => TIMED_OUT,
            ExitStatus::Partly(_) => 1,
            status => status.code(),
        }
    }
}

/// Our options, as they are gathered.
struct Line {
    tool: Tool,
    options: Vec<(&'static str, Option<OsString>)>,
    template: Option<OsString>,
    with_topic: bool,
    without_end: bool,
    debug: bool,
}

impl Line {
    fn new(tool: Tool) -> Self {
        Self { tool, options: Vec::new(), template: None, with_topic: false, without_end: false, debug: false }
    }

    fn read(&mut self, arguments: &[OsString]) -> Result<(), Error> {
        let mut arguments = arguments.iter();
        while let Some(argument) = arguments.next() {
            let name = argument.to_string_lossy();
            let known = OPTIONS.iter().find(|known| {
                known.tools.contains(&self.tool) && known.names.iter().any(|known| OsStr::new(known) == argument)
            });
            let Some(known) = known else {
                return Err(Error::usage(format!("unknown option `{name}` of {}", self.tool.name()))
                    .with_hint(format!("{} --help lists the options", self.tool.name())));
            };
            let mut value = || {
                let missing = || Error::usage(format!("{name} needs a value"));
                arguments.next().cloned().ok_or_else(missing)
            };
            match known.here {
                Here::Value(long) => {
                    let value = value()?;
                    self.set(long, Some(value));
                }
                Here::Switch(long) => self.set(long, None),
                Here::Fixed(long, value) => self.set(long, Some(value.into())),
                Here::Always => {}
                Here::Missing(instead) => {
                    return Err(Error::usage(format!("{name} is not supported")).with_hint(instead));
                }
                Here::Special(special) => self.set_special(special, &name, value)?,
            }
        }
        Ok(())
    }

    fn set_special(
        &mut self,
        special: Special,
        name: &str,
        mut value: impl FnMut() -> Result<OsString, Error>,
    ) -> Result<(), Error> {
        match special {
            Special::Verbose => self.with_topic = true,
            Special::NoEndOfLine => self.without_end = true,
            Special::Debug => self.debug = true,
            Special::Format => self.template = Some(value()?),
            Special::IdPrefix => {
                let mut id = value()?;
                id.push(std::process::id().to_string());
                self.set("client-id", Some(id));
            }
            Special::Version => {
                let version = value()?;
                let version = match version.to_str() {
                    Some("mqttv5" | "5") => "5.0",
                    Some("mqttv311" | "311") => "3.1.1",
                    Some("mqttv31" | "31") => "3.1",
                    _ => return Err(not_one_of(name, &version, "mqttv5, mqttv311 or mqttv31")),
                };
                self.set("mqtt-version", Some(version.into()));
            }
            Special::SessionExpiry => {
                let seconds = value()?;
                let is_never = matches!(seconds.to_str(), Some("-1" | "∞"));
                let seconds = if is_never { u32::MAX.to_string().into() } else { seconds };
                self.set("session-expiry-interval", Some(seconds));
            }
            Special::TlsVersion => {
                let version = value()?;
                let version = match version.to_str() {
                    Some("tlsv1.3") => "1.3",
                    Some("tlsv1.2") => "1.2",
                    _ => return Err(not_one_of(name, &version, "tlsv1.2 or tlsv1.3")),
                };
                self.set("tls-min-version", Some(version.into()));
            }
            Special::KeyForm => {
                let form = value()?;
                if form != "pem" {
                    return Err(not_one_of(name, &form, "pem"));
                }
            }
            Special::Property => self.set_property(name, value)?,
        }
        Ok(())
    }

    fn set_property(&mut self, option: &str, mut value: impl FnMut() -> Result<OsString, Error>) -> Result<(), Error> {
        let (packet, name) = (value()?.to_string_lossy().to_lowercase(), value()?.to_string_lossy().to_lowercase());
        let known = PROPERTIES.iter().find(|property| property.packet == packet && property.name == name);
        let Some(&Property { here, kind, .. }) = known else {
            return Err(Error::usage(format!("{option}: unknown property `{name}` of `{packet}`")));
        };
        let first = value()?;
        let value = if kind == Kind::Pair {
            let mut pair = first;
            pair.push(": ");
            pair.push(value()?);
            pair
        } else {
            first
        };
        // As there, a property asks for the version that has it.
        self.set("mqtt-version", Some("5.0".into()));
        let is_sent = packet != "subscribe" || self.tool == Tool::Sub;
        let Some(here) = here.filter(|_| is_sent) else {
            return Err(Error::usage(format!("{option}: {name} of {packet} is not supported")));
        };
        match kind {
            Kind::Value | Kind::Pair => self.set(here, Some(value)),
            Kind::Flag if value == "1" => self.set(here, None),
            Kind::FlagOff if value == "0" => self.set(here, None),
            Kind::Flag | Kind::FlagOff => {}
        }
        Ok(())
    }

    fn set(&mut self, long: &'static str, value: Option<OsString>) {
        if !is_list(self.tool, long) {
            self.options.retain(|(known, _)| *known != long);
        }
        self.options.push((long, value));
    }

    /// What theirs refuses, where ours has a default or another name for it.
    fn check(&self) -> Result<(), Error> {
        let has_any = |longs: &[&str]| longs.iter().any(|long| self.has(long));
        let missing = if !has_any(&["topic", "url", "unsubscribe"]) {
            "-t is missing: a topic is needed"
        } else if self.tool != Tool::Sub && !has_any(&["message", "file-read", "line-mode", "null-message", "stdin"]) {
            "a message is needed: -m TEXT, -f FILE, -n (empty), -s (all of stdin) or -l (each line, mosquitto_pub)"
        } else if self.has("no-clean") && !self.has("client-id") {
            "-c needs -i: a session under a random id can never be resumed"
        } else {
            return Ok(());
        };
        Err(Error::usage(missing).with_hint(format!("{} --help lists its options", self.tool.name())))
    }

    fn has(&self, long: &str) -> bool {
        self.options.iter().any(|(known, _)| *known == long)
    }

    fn is_v5(&self) -> bool {
        let version = self.options.iter().find(|(long, _)| *long == "mqtt-version");
        match version {
            Some((_, value)) => value.as_ref().is_some_and(|value| value == "5.0"),
            None => self.tool == Tool::Request,
        }
    }

    /// Our command line, the program's name first.
    fn into_tokens(mut self) -> Vec<OsString> {
        if !self.has("mqtt-version") {
            self.set("mqtt-version", Some(if self.tool == Tool::Request { "5.0" } else { "3.1.1" }.into()));
        }
        if !self.has("keepalive") {
            self.set("keepalive", Some("60".into()));
        }
        // A session that is kept is kept for ever, as there.
        if self.is_v5() && self.has("no-clean") && !self.has("session-expiry-interval") {
            self.set("session-expiry-interval", Some(u32::MAX.to_string().into()));
        }
        if !self.is_v5() {
            self.options.retain(|(long, _)| *long != "session-expiry-interval");
        }
        if self.tool == Tool::Sub {
            // Once connected, it tries for ever.
            self.set("maximum-reconnect-times", Some(u32::MAX.to_string().into()));
        }
        if self.tool == Tool::Request && !self.has("timeout") {
            self.set("timeout", Some("0".into()));
        }
        if self.tool != Tool::Pub && !self.has("remove-retained") {
            self.shape();
        }
        let general = if self.debug { "--debug" } else { "--quiet" };
        let mut tokens: Vec<OsString> =
            ["mqttx-rs", general, "--no-profile", self.tool.command()].map(Into::into).into();
        tokens.extend(self.options.into_iter().map(|(long, value)| {
            let mut token = OsString::from(format!("--{long}"));
            if let Some(value) = value {
                token.push("=");
                token.push(value);
            }
            token
        }));
        tokens
    }

    /// What a message looks like.
    fn shape(&mut self) {
        let delimiter = if self.without_end { "" } else { "\\n" };
        let template = self.template.take().or_else(|| self.with_topic.then(|| "%t %p".into()));
        match template {
            Some(template) => self.set("template", Some(template)),
            None => self.set("output-mode", Some("raw".into())),
        }
        self.set("delimiter", Some(delimiter.into()));
    }
}

fn not_one_of(option: &str, value: &OsStr, allowed: &str) -> Error {
    Error::usage(format!("{option}: `{}` is not {allowed}", value.to_string_lossy()))
}

#[cfg(test)]
mod tests;
