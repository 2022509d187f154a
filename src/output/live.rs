use std::fmt::Write as _;
use std::io::{self, Write};

use colored::Color;
use jiff::tz::TimeZone;
use unicode_width::UnicodeWidthStr;

use super::{Columns, Console, Excerpt, MessagePrinter, PrinterOptions, Stdout, Stream, Talk, WriteError, safe};
use crate::mqtt::PublishProperties;
use crate::payload::{Codec, Record, indent_json, is_unsafe_on_terminal, plural};

/// One colour for each filter, in turn: readable on black and on white, without red, which is for errors.
const COLORS: [Color; 5] = [Color::Cyan, Color::Green, Color::Magenta, Color::Yellow, Color::Blue];

/// What `repl` prints on stdout: one line per message, and its own lines.
#[derive(Debug)]
pub(crate) struct LivePrinter {
    out: Stdout<Target>,
    console: Console,
    talk: Talk,
    /// The stream of `out` when nothing is captured.
    stream: Stream,
    zone: TimeZone,
    /// Buffer for a payload in the user's format, kept between messages.
    scratch: Vec<u8>,
}

/// Where it goes.
#[derive(Debug)]
enum Target {
    Console(Console),
    /// Captured for another program.
    Captured(Vec<u8>),
}

impl Write for Target {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Console(console) => console.write(bytes),
            Self::Captured(kept) => kept.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Console(console) => console.flush(),
            Self::Captured(_) => Ok(()),
        }
    }
}

/// What is shown beside the topic and payload of a message.
#[derive(Debug, Clone, Copy)]
pub(crate) struct LiveHead<'a> {
    /// The number to find it again.
    pub id: u64,
    /// The connection, if there are several.
    pub connection: Option<&'a str>,
    /// Which of the filters it matched; each has a colour.
    pub filter: usize,
}

/// How messages look on a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct LiveStyle {
    /// How payloads are shown.
    pub codec: Codec,
    /// The time of receipt before each.
    pub timestamps: bool,
    /// The most lines of a message, as wrapped by the screen; 0: all.
    pub maximum_lines: usize,
    /// Columns of that screen; 0: no wrapping.
    pub columns: usize,
}

impl LivePrinter {
    /// Prints through a console.
    pub(crate) fn new(console: Console, stream: Stream, talk: Talk) -> Self {
        let out = Stdout::with_writer(Target::Console(console), stream);
        Self { out, console, talk, stream, zone: TimeZone::system(), scratch: Vec::new() }
    }

    /// From here on output is captured, in the form for a pipe.
    pub(crate) fn capture(&mut self) {
        self.out = Stdout::with_writer(Target::Captured(Vec::new()), Stream::PIPE);
    }

    /// The captured output; from here on it is printed again.
    pub(crate) fn captured(&mut self) -> Vec<u8> {
        // Writing to a vector does not fail.
        _ = self.out.flush();
        let out = Stdout::with_writer(Target::Console(self.console), self.stream);
        match std::mem::replace(&mut self.out, out).into_writer() {
            Target::Captured(kept) => kept,
            Target::Console(_) => Vec::new(),
        }
    }

    /// Clears the screen, if there is one.
    pub(crate) fn clear(&mut self) -> Result<(), WriteError> {
        if self.out.stream().terminal { self.out.text("\x1b[H\x1b[2J") } else { Ok(()) }
    }

    /// Everything about a message: its packet, its properties, and its payload as JSON, as text, or as bytes where it is
    /// neither, for a window of so many columns. Safe for what it is printed to.
    pub(crate) fn details(&mut self, id: u64, connection: &str, record: &Record, columns: usize) -> Vec<u8> {
        let message = &record.message;
        let payload = &message.payload;
        let mut rows = Columns::default();
        rows.row(["message", &format!("#{id} over {connection}")]);
        rows.row(["topic", message.topic.as_str()]);
        if let Some(time) = record.received_at {
            let time = time.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S%.3f %z").to_string();
            rows.row(["received", &time]);
        }
        rows.row(["qos", &message.qos.to_string()]);
        for (name, holds) in [("retain", message.retain), ("dup", record.dup)] {
            if holds {
                rows.row([name, "yes"]);
            }
        }
        if let Some(packet_id) = record.packet_id {
            rows.row(["packet id", &packet_id.to_string()]);
        }
        if let Some(properties) = message.properties.as_deref() {
            property_rows(properties, &mut rows);
        }
        rows.row(["size", &plural(payload.len() as u64, "byte")]);
        let stream = self.out.stream();
        let mut out = Vec::new();
        for line in rows.lines_within(columns, stream) {
            out.extend_from_slice(line.as_bytes());
            out.push(b'\n');
        }
        out.push(b'\n');
        self.scratch.clear();
        if indent_json(payload, &mut self.scratch).is_ok() {
            safe::push_text(&self.scratch, stream, &mut out);
            out.push(b'\n');
            return out;
        }
        if is_plain_text(payload) {
            safe::push_text(payload, stream, &mut out);
            out.push(b'\n');
            return out;
        }
        for (row, bytes) in payload.chunks(HEX_ROW).take(HEX_ROWS).enumerate() {
            out.extend_from_slice(hex_row(row * HEX_ROW, bytes).as_bytes());
        }
        if payload.len() > HEX_ROW * HEX_ROWS {
            let left = payload.len() - HEX_ROW * HEX_ROWS;
            out.extend_from_slice(format!("... {left} more bytes: save {id} FILE\n").as_bytes());
        }
        out
    }

    /// The stream it prints to.
    pub(crate) fn stream(&self) -> Stream {
        self.out.stream()
    }

    /// `#7 car/ac: on`. It may stay in the buffer until [`Self::flush`].
    pub(crate) fn message(&mut self, head: LiveHead<'_>, record: &Record, style: &LiveStyle) -> Result<(), WriteError> {
        let stream = self.out.stream();
        let message = &record.message;
        self.scratch.clear();
        let payload: &[u8] = &message.payload;
        let shown = if style.codec.is_verbatim_for(message.topic.as_str()) {
            payload
        } else {
            match style.codec.decode(message.topic.as_str(), payload, &mut self.scratch) {
                Ok(()) => self.scratch.as_slice(),
                Err(error) => {
                    self.talk.warning(format_args!("payload on {} shown as it is: {error}", message.topic.as_str()));
                    payload
                }
            }
        };
        let out = self.out.buffer();
        // Columns before the payload.
        let mut indent = 0;
        if let Some(time) = record.received_at.filter(|_| style.timestamps) {
            let time = time.to_zoned(self.zone.clone()).strftime("%H:%M:%S%.3f ").to_string();
            out.extend_from_slice(time.as_bytes());
            indent += time.len();
        }
        let id = format!("#{}", head.id);
        out.extend_from_slice(stream.paint(&id, Color::BrightBlack).as_bytes());
        out.push(b' ');
        indent += id.len() + 1;
        if let Some(connection) = head.connection {
            let connection = safe::word(connection, stream);
            out.extend_from_slice(connection.as_bytes());
            out.push(b' ');
            indent += connection.width() + 1;
        }
        let topic = message.topic.as_str();
        let rows_of_topic = if style.maximum_lines == 0 { 0 } else { TOPIC_ROWS };
        let head_of_topic = &topic[..Excerpt::of(topic.as_bytes(), 0, style.columns, rows_of_topic).end];
        let shown_topic = safe::word(head_of_topic, stream);
        out.extend_from_slice(stream.paint(&shown_topic, COLORS[head.filter % COLORS.len()]).as_bytes());
        let cut = if head_of_topic.len() < topic.len() { "..." } else { "" };
        let retained = if message.retain { " (retained)" } else { "" };
        for text in [cut, retained, ": "] {
            out.extend_from_slice(text.as_bytes());
            indent += text.len();
        }
        indent += shown_topic.width();
        let shown = shown.strip_suffix(b"\n").unwrap_or(shown);
        let (first, left) = shown.split_at(Excerpt::of(shown, indent, style.columns, style.maximum_lines).end);
        safe::push_text(first, stream, out);
        out.push(b'\n');
        if !left.is_empty() {
            let (count, what) = match left {
                [b'\n', ..] => (memchr::memchr_iter(b'\n', left).count(), "lines"),
                _ => (left.len(), "bytes"),
            };
            let more = format!("... {count} more {what}: show {}\n", head.id);
            out.extend_from_slice(stream.paint(&more, Color::BrightBlack).as_bytes());
        }
        self.out.end_message()
    }

    /// Messages in another shape.
    pub(crate) fn shaped<'a>(
        &mut self,
        options: PrinterOptions,
        records: impl Iterator<Item = &'a Record>,
    ) -> Result<(), WriteError> {
        let mut printer = MessagePrinter::new(options, Stdout::with_writer(Vec::new(), self.stream()), self.talk);
        for record in records {
            printer.print(record)?;
        }
        printer.flush()?;
        let text = printer.into_writer();
        self.bytes(&text)
    }

    /// A line of text in a colour.
    pub(crate) fn painted(&mut self, text: &str, color: Color) -> Result<(), WriteError> {
        let stream = self.out.stream();
        let line = stream.paint(&safe::word(text, stream), color);
        self.bytes(format!("{line}\n").as_bytes())
    }

    /// A line of text; what could act on a terminal is escaped there.
    pub(crate) fn line(&mut self, text: &str) -> Result<(), WriteError> {
        self.out.line(text)
    }

    /// Text that is already safe for the terminal.
    pub(crate) fn bytes(&mut self, text: &[u8]) -> Result<(), WriteError> {
        self.out.buffer().extend_from_slice(text);
        self.out.end_message()
    }

    /// Writes the buffer, as nothing more is ready.
    pub(crate) fn flush(&mut self) -> Result<(), WriteError> {
        self.out.flush()
    }
}

/// The most rows of a topic if a message is cut: a topic can have up to 65,535 bytes.
const TOPIC_ROWS: usize = 2;

/// Bytes in a row of hex.
const HEX_ROW: usize = 16;

/// The most rows of hex.
const HEX_ROWS: usize = 16;

/// Whether a payload is completely visible as text.
fn is_plain_text(payload: &[u8]) -> bool {
    let is_hidden = |character: char| is_unsafe_on_terminal(character) && !matches!(character, '\n' | '\t' | '\r');
    std::str::from_utf8(payload).is_ok_and(|text| !text.is_empty() && !text.contains(is_hidden))
}

/// `00000010  6f 6e                                            on`.
fn hex_row(offset: usize, bytes: &[u8]) -> String {
    let mut hex = String::new();
    for (index, byte) in bytes.iter().enumerate() {
        let gap = if index == HEX_ROW / 2 { "  " } else { " " };
        // Writing to a String does not fail.
        _ = write!(hex, "{gap}{byte:02x}");
    }
    let text: String =
        bytes.iter().map(|byte| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' }).collect();
    format!("{offset:08x} {hex:<49}  {text}\n")
}

fn property_rows(properties: &PublishProperties, rows: &mut Columns) {
    let mut row = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            rows.row([name.to_owned(), value]);
        }
    };
    row(
        "payload format",
        properties.payload_format_indicator.map(|text| if text == 1 { "UTF-8" } else { "bytes" }.into()),
    );
    row("expires in", properties.message_expiry_interval.map(|seconds| format!("{seconds} s")));
    row("topic alias", properties.topic_alias.map(|alias| alias.to_string()));
    row("response topic", properties.response_topic.clone());
    let data = properties.correlation_data.as_ref();
    row("correlation data", data.map(|data| String::from_utf8_lossy(data).into_owned()));
    row("content type", properties.content_type.clone());
    for identifier in &properties.subscription_identifiers {
        row("subscription id", Some(identifier.to_string()));
    }
    for (name, value) in &properties.user_properties {
        row("user property", Some(format!("{name}: {value}")));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_of_hex_shows_what_can_be_read_beside_it() {
        let row = hex_row(16, b"on\x00\xff");
        assert_eq!(row, format!("00000010  {:<48}  on..\n", "6f 6e 00 ff"));
        assert!(hex_row(0, &[b'x'; 16]).contains("78 78 78  78 78"));
    }
}
