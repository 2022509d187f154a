use std::io::{self, Write};

use super::{MessageFile, Stdout, Talk, Template, WriteError};
use crate::payload::{PayloadFormat, Record};

/// How messages look on stdout.
#[derive(Debug, Clone, Default)]
pub enum MessageShape {
    /// MQTTX's: `topic: t/1, qos: 1, size: 43B, retain: true`, the payload, an empty line. Verbose adds the other
    /// fields of PUBLISH.
    #[default]
    Default,
    /// MQTTX's `--output-mode clean`: a pretty JSON object a message.
    Clean,
    /// A lossless JSON object a line, see [`crate::payload::write_json_line`].
    JsonLines,
    /// The payload and the delimiter. Verbose puts the topic and a space before it.
    Raw,
    /// `--template`, and the delimiter after it.
    Template(Template),
}

/// What [`MessagePrinter`] needs to know, all of it resolved.
#[derive(Debug)]
pub struct PrinterOptions {
    /// How a message looks.
    pub shape: MessageShape,
    /// How its payload looks in the shapes `Default`, `Clean`, `Raw` and in files.
    pub format: PayloadFormat,
    /// `--verbose`.
    pub verbose: bool,
    /// What ends a message in the shapes `Raw` and `Template` and in `--file-write`; a newline unless the user said
    /// otherwise.
    pub delimiter: Vec<u8>,
    /// `--file-write` or `--file-save`: payloads go there too.
    pub file: Option<MessageFile>,
}

/// Prints messages.
#[derive(Debug)]
pub struct MessagePrinter<W: Write = io::Stdout> {
    options: PrinterOptions,
    out: Stdout<W>,
    talk: Talk,
}

impl<W: Write> MessagePrinter<W> {
    /// A printer; warnings about payloads that do not decode go to `talk`.
    pub fn new(options: PrinterOptions, out: Stdout<W>, talk: Talk) -> Self {
        Self { options, out, talk }
    }

    /// Whether [`Record::received_at`] is printed. Where it is not, the clock need not be read.
    pub fn wants_time(&self) -> bool {
        unimplemented!()
    }

    /// Prints a message; what is printed may stay in the buffer until [`Self::flush`].
    pub fn print(&mut self, _record: &Record) -> Result<(), WriteError> {
        let _ = (&self.options, &self.out, &self.talk);
        unimplemented!()
    }

    /// Writes what is in the buffers: no more messages are ready, or the command ends.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        unimplemented!()
    }
}
