use colored::Color;
use jiff::tz::TimeZone;

use super::{Console, Stdout, Stream, Talk, WriteError, safe};
use crate::payload::{PayloadFormat, Record};

/// One colour for each filter, in turn: what reads well on black and on white, without red, which is for errors.
const COLORS: [Color; 5] = [Color::Cyan, Color::Green, Color::Magenta, Color::Yellow, Color::Blue];

/// What `repl` prints on stdout: a line a message, and lines of its own.
#[derive(Debug)]
pub struct LivePrinter {
    out: Stdout<Console>,
    talk: Talk,
    zone: TimeZone,
    /// Room for a payload in the user's format, kept between messages.
    scratch: Vec<u8>,
}

/// What stands beside a message's topic and payload.
#[derive(Debug, Clone, Copy)]
pub struct LiveHead<'a> {
    /// The number by which it is found again.
    pub id: u64,
    /// The connection, where there are several.
    pub connection: Option<&'a str>,
    /// Which of the filters it came by: those have a colour each.
    pub filter: usize,
}

/// How messages look on a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct LiveStyle {
    /// How payloads are shown.
    pub format: PayloadFormat,
    /// The time of receipt before each.
    pub timestamps: bool,
    /// So many lines of a payload at most; 0: all.
    pub maximum_lines: usize,
}

impl LivePrinter {
    /// Prints by a console.
    pub fn new(console: Console, stream: Stream, talk: Talk) -> Self {
        Self { out: Stdout::with_writer(console, stream), talk, zone: TimeZone::system(), scratch: Vec::new() }
    }

    /// What it prints to.
    pub fn stream(&self) -> Stream {
        self.out.stream()
    }

    /// `#7 car/ac: on`. It may stay in the buffer until [`Self::flush`].
    pub fn message(&mut self, head: LiveHead<'_>, record: &Record, style: LiveStyle) -> Result<(), WriteError> {
        let stream = self.out.stream();
        let message = &record.message;
        self.scratch.clear();
        let payload: &[u8] = &message.payload;
        let shown = match style.format {
            PayloadFormat::Plain | PayloadFormat::Binary => payload,
            format => match format.show(payload, &mut self.scratch) {
                Ok(()) => self.scratch.as_slice(),
                Err(error) => {
                    self.talk.warning(format_args!("payload on {} shown as it is: {error}", message.topic.as_str()));
                    payload
                }
            },
        };
        let out = self.out.buffer();
        if let Some(time) = record.received_at.filter(|_| style.timestamps) {
            let time = time.to_zoned(self.zone.clone()).strftime("%H:%M:%S%.3f ").to_string();
            out.extend_from_slice(time.as_bytes());
        }
        out.extend_from_slice(stream.paint(&format!("#{}", head.id), Color::BrightBlack).as_bytes());
        out.push(b' ');
        if let Some(connection) = head.connection {
            safe::push_word(connection.as_bytes(), stream, out);
            out.push(b' ');
        }
        let topic = safe::word(message.topic.as_str(), stream);
        out.extend_from_slice(stream.paint(&topic, COLORS[head.filter % COLORS.len()]).as_bytes());
        if message.retain {
            out.extend_from_slice(b" (retained)");
        }
        out.extend_from_slice(b": ");
        let (first_lines, left) = first_lines(shown, style.maximum_lines);
        safe::push_text(first_lines, stream, out);
        out.push(b'\n');
        if left > 0 {
            let more = format!("... {left} more lines: show {}\n", head.id);
            out.extend_from_slice(stream.paint(&more, Color::BrightBlack).as_bytes());
        }
        self.out.end_message()
    }

    /// A line of text; what a terminal would obey is escaped on one.
    pub fn line(&mut self, text: &str) -> Result<(), WriteError> {
        self.out.line(text)
    }

    /// Text of the program's own, style included, at once.
    pub fn text(&mut self, text: &clap::builder::StyledStr) -> Result<(), WriteError> {
        let text = if self.out.stream().color { text.ansi().to_string() } else { text.to_string() };
        self.out.text(&text)
    }

    /// Writes what is there: nothing more is ready.
    pub fn flush(&mut self) -> Result<(), WriteError> {
        self.out.flush()
    }
}

/// So many lines of a text, without the last newline, and how many are left.
fn first_lines(text: &[u8], maximum: usize) -> (&[u8], usize) {
    let text = text.strip_suffix(b"\n").unwrap_or(text);
    let Some(last) = maximum.checked_sub(1) else { return (text, 0) };
    match memchr::memchr_iter(b'\n', text).nth(last) {
        Some(end) => (&text[..end], memchr::memchr_iter(b'\n', &text[end..]).count()),
        None => (text, 0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_payload_is_cut_at_a_line_and_says_how_many_are_left() {
        assert_eq!(first_lines(b"a\nb\nc\n", 0), (&b"a\nb\nc"[..], 0));
        assert_eq!(first_lines(b"a\nb\nc\n", 3), (&b"a\nb\nc"[..], 0));
        assert_eq!(first_lines(b"a\nb\nc", 2), (&b"a\nb"[..], 1));
        assert_eq!(first_lines(b"a\n\n\n", 1), (&b"a"[..], 2));
        assert_eq!(first_lines(b"", 1), (&b""[..], 0));
    }
}
