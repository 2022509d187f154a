//! Messages on stdout, in the shape that the user chose.

mod clean;
mod readable;
#[cfg(test)]
mod tests;

use std::io::{self, Write};

use bytes::Bytes;
use jiff::Timestamp;

use super::{MessageFile, PatientStdout, Stdout, Talk, Template, WriteError, safe};
use crate::error::Error;
use crate::payload::{Codec, Record, write_json_line_at};
use readable::Readable;

/// How messages look on stdout.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum MessageShape {
    /// MQTTX's: `topic: t/1, qos: 1, size: 43B, retain: true`, the payload, an empty line. Verbose adds the other
    /// fields of PUBLISH.
    #[default]
    Default,
    /// MQTTX's `--output-mode clean`: an indented JSON object per message.
    Clean,
    /// One lossless JSON object per line, see [`crate::payload::write_json_line`].
    JsonLines,
    /// The payload and the delimiter. Verbose puts the topic and a space before it.
    Raw,
    /// `--template`, and the delimiter after it.
    Template(Template),
}

/// The resolved settings of a [`MessagePrinter`].
#[derive(Debug)]
pub struct PrinterOptions {
    /// How a message looks.
    pub shape: MessageShape,
    /// How its payload looks in the shapes `Default`, `Clean`, `Raw` and in files, and what `JsonLines` adds.
    pub codec: Codec,
    /// `--verbose`.
    pub verbose: bool,
    /// What ends a message in the shapes `Raw` and `Template` and in `--file-write`; a newline by
    /// default.
    pub delimiter: Bytes,
    /// `--file-write` or `--file-save`: payloads are written there too.
    pub file: Option<MessageFile>,
}

/// Prints messages.
#[derive(Debug)]
pub struct MessagePrinter<W: Write = io::Stdout> {
    options: PrinterOptions,
    out: Stdout<W>,
    talk: Talk,
    readable: Readable,
    /// Buffer for a payload in the user's format, kept between messages.
    scratch: Vec<u8>,
}

impl<W: Write> MessagePrinter<W> {
    /// A printer; warnings about payloads that cannot be decoded go to `talk`.
    pub fn new(options: PrinterOptions, out: Stdout<W>, talk: Talk) -> Self {
        let readable = Readable::new(out.stream(), options.verbose);
        Self { options, out, talk, readable, scratch: Vec::new() }
    }

    /// Whether [`Record::received_at`] is printed. If not, the clock need not be read.
    pub fn wants_time(&self) -> bool {
        match &self.options.shape {
            MessageShape::JsonLines => true,
            MessageShape::Template(template) => template.wants_time(),
            MessageShape::Default | MessageShape::Clean | MessageShape::Raw => false,
        }
    }

    /// Prints a message; what is printed may stay in the buffer until [`Self::flush`].
    ///
    /// A payload that is not in the given format is shown unchanged, with a warning.
    pub fn print(&mut self, record: &Record) -> Result<(), WriteError> {
        if let Err(error) = self.append(record)? {
            self.talk.warning(format_args!("payload on {} shown as it is: {error}", record.message.topic.as_str()));
        }
        // A person who watches the terminal may watch the file too.
        if self.out.stream().terminal { self.flush().map(drop) } else { self.out.end_message() }
    }

    /// Writes the buffers, when no more messages are ready or the command ends. Returns whether all is written; if not,
    /// stdout has to be waited for, and nothing more should be printed.
    pub fn flush(&mut self) -> Result<bool, WriteError> {
        if let Some(file) = &mut self.options.file {
            file.flush().map_err(WriteError::Failed)?;
        }
        self.out.advance()
    }

    /// The writer, without what is still in the buffer.
    pub(super) fn into_writer(self) -> W {
        self.out.into_writer()
    }

    /// Whether stdout accepted no more when it was last written to.
    pub fn is_blocked(&self) -> bool {
        self.out.is_blocked()
    }

    /// Appends a message to the buffer; the inner error is the warning.
    fn append(&mut self, record: &Record) -> Result<Result<(), String>, WriteError> {
        let options = &mut self.options;
        let (stream, out) = (self.out.stream(), self.out.buffer());
        let payload: &[u8] = &record.message.payload;
        self.scratch.clear();
        let topic = record.message.topic.as_str();
        let is_decoded =
            !options.codec.is_verbatim_for(topic) && (options.file.is_some() || options.shape.shows_format());
        let decoded = is_decoded.then(|| options.codec.decode(topic, payload, &mut self.scratch));
        let (shown, mut outcome) = match decoded {
            Some(Ok(())) => (self.scratch.as_slice(), Ok(())),
            // Shapes with a field for the error have it there.
            Some(Err(_)) if matches!(options.shape, MessageShape::JsonLines) => (payload, Ok(())),
            Some(Err(error)) => (payload, Err(error.to_string())),
            None => (payload, Ok(())),
        };
        let saved = match &mut options.file {
            Some(file) => Some(file.write(shown, &options.delimiter).map_err(WriteError::Failed)?),
            None => None,
        };
        match &options.shape {
            MessageShape::Default => self.readable.push(record, shown, saved, out),
            MessageShape::Clean => clean::push(record, shown, out),
            MessageShape::JsonLines => {
                let codec = (!options.codec.is_verbatim_for(topic)).then_some(&options.codec);
                write_json_line_at(record, Some(record.received_at.unwrap_or_else(Timestamp::now)), codec, out);
            }
            MessageShape::Raw => {
                if options.verbose {
                    safe::push_word(record.message.topic.as_str().as_bytes(), stream, out);
                    out.push(b' ');
                }
                safe::push_text(shown, stream, out);
                out.extend_from_slice(&options.delimiter);
            }
            MessageShape::Template(template) => {
                outcome = outcome.and(template.render(record, record.received_at, stream, out));
                out.extend_from_slice(&options.delimiter);
            }
        }
        Ok(outcome)
    }
}

impl MessagePrinter<PatientStdout> {
    /// Waits until there may be room for another [`Self::flush`].
    pub async fn writable(&self) -> Result<(), WriteError> {
        self.out.writable().await
    }
}

impl MessageShape {
    /// The shape that `--template` describes.
    ///
    /// # Errors
    ///
    /// The text is not a valid template; the error shows where.
    pub fn template(text: &str) -> Result<Self, Error> {
        let template = text
            .parse::<Template>()
            .map_err(|error| Error::usage(format!("--template: {error}")).with_detail(error.caret().to_owned()))?;
        Ok(Self::Template(template))
    }

    /// Whether payloads are shown in the user's format; the other shapes have their own forms.
    fn shows_format(&self) -> bool {
        matches!(self, Self::Default | Self::Clean | Self::Raw)
    }
}
