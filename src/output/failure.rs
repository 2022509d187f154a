use colored::Color;

use super::{Stream, safe};
use crate::error::Error;
use crate::mqtt::ReasonCode;
use crate::payload::{push_decimal, push_json_string};

/// How errors are written (`--error-format`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ErrorFormat {
    /// `error: ...`, the position, `hint: ...`.
    #[default]
    Text,
    /// One JSON object on a line: level, code, name, message, detail, hint, `reason_code`, `reason_code_name`; null if
    /// absent.
    Json,
}

pub(super) fn write_error(error: &Error, format: ErrorFormat, stream: Stream, out: &mut Vec<u8>) {
    match format {
        ErrorFormat::Text => write_text(error, stream, out),
        ErrorFormat::Json => write_json(error, out),
    }
}

pub(super) fn write_warning(text: &str, format: ErrorFormat, stream: Stream, out: &mut Vec<u8>) {
    write_plain("warning", Color::Yellow, text, format, stream, out);
}

pub(super) fn write_debug(text: &str, format: ErrorFormat, stream: Stream, out: &mut Vec<u8>) {
    write_plain("debug", Color::Blue, text, format, stream, out);
}

/// A message with only a level and a text.
fn write_plain(level: &str, color: Color, text: &str, format: ErrorFormat, stream: Stream, out: &mut Vec<u8>) {
    match format {
        ErrorFormat::Text => write_labelled(&format!("{level}:"), color, text, stream, out),
        ErrorFormat::Json => {
            out.extend_from_slice(b"{\"level\":");
            push_json_string(level, out);
            out.extend_from_slice(b",\"message\":");
            push_json_string(text, out);
            out.extend_from_slice(b"}\n");
        }
    }
}

fn write_text(error: &Error, stream: Stream, out: &mut Vec<u8>) {
    write_labelled("error:", Color::Red, error.message(), stream, out);
    for line in error.detail().into_iter().flat_map(str::lines) {
        out.extend_from_slice(b"  ");
        safe::push_word(line.as_bytes(), stream, out);
        out.push(b'\n');
    }
    if let Some(hint) = error.hint() {
        write_labelled("hint:", Color::Cyan, hint, stream, out);
    }
}

fn write_labelled(label: &str, color: Color, text: &str, stream: Stream, out: &mut Vec<u8>) {
    out.extend_from_slice(stream.paint(label, color).as_bytes());
    out.push(b' ');
    safe::push_word(text.as_bytes(), stream, out);
    out.push(b'\n');
}

fn write_json(error: &Error, out: &mut Vec<u8>) {
    out.extend_from_slice(b"{\"level\":\"error\",\"code\":");
    push_decimal(error.kind().code().into(), out);
    push_member("name", Some(error.kind().name()), out);
    push_member("message", Some(error.message()), out);
    push_member("detail", error.detail(), out);
    push_member("hint", error.hint(), out);
    out.extend_from_slice(b",\"reason_code\":");
    match error.reason() {
        Some(reason) => push_decimal(reason.number().into(), out),
        None => out.extend_from_slice(b"null"),
    }
    push_member("reason_code_name", error.reason().map(ReasonCode::name), out);
    out.extend_from_slice(b"}\n");
}

fn push_member(name: &str, value: Option<&str>, out: &mut Vec<u8>) {
    out.push(b',');
    push_json_string(name, out);
    out.push(b':');
    match value {
        Some(value) => push_json_string(value, out),
        None => out.extend_from_slice(b"null"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::ErrorKind;
    use crate::mqtt::TopicFilter;

    const TERMINAL: Stream = Stream { terminal: true, color: true, unicode: true };

    fn written(error: &Error, format: ErrorFormat, stream: Stream) -> String {
        let mut out = Vec::new();
        write_error(error, format, stream, &mut out);
        String::from_utf8(out).unwrap()
    }

    fn refused() -> Error {
        Error::new(ErrorKind::ConnectRefused, "the broker refused the connection: Not authorized (0x87)")
            .with_hint("check --username and --password")
            .with_reason(ReasonCode::NotAuthorized)
    }

    #[test]
    fn an_error_shows_the_place_and_what_to_try() {
        let wrong = "汽车/#/x";
        let error = Error::topic("--topic", wrong, &TopicFilter::parse(wrong).unwrap_err()).with_hint("end with `#`");
        assert_eq!(
            written(&error, ErrorFormat::Text, Stream::PIPE),
            "error: --topic `汽车/#/x`: `#` can only be the last level of a filter\n  汽车/#/x\n       ^\nhint: end with `#`\n"
        );
    }

    #[test]
    fn labels_are_coloured_and_the_text_is_not() {
        assert_eq!(
            written(&refused(), ErrorFormat::Text, TERMINAL),
            "\x1b[31merror:\x1b[0m the broker refused the connection: Not authorized (0x87)\n\
             \x1b[36mhint:\x1b[0m check --username and --password\n"
        );
    }

    #[test]
    fn an_error_for_scripts_is_one_object_with_every_field() {
        assert_eq!(
            written(&refused(), ErrorFormat::Json, TERMINAL),
            "{\"level\":\"error\",\"code\":4,\"name\":\"connect_refused\",\
             \"message\":\"the broker refused the connection: Not authorized (0x87)\",\"detail\":null,\
             \"hint\":\"check --username and --password\",\"reason_code\":135,\"reason_code_name\":\"Not authorized\"}\n"
        );
        let plain = written(&Error::local("no \"file\"\n").with_detail("a\n^"), ErrorFormat::Json, Stream::PIPE);
        let value: serde_json::Value = serde_json::from_str(&plain).unwrap();
        assert_eq!(value["message"], "no \"file\"\n");
        assert_eq!(value["detail"], "a\n^");
        assert_eq!(value["reason_code"], serde_json::Value::Null);
    }

    #[test]
    fn what_a_broker_says_cannot_act_on_a_terminal_nor_forge_a_line() {
        let error = Error::new(ErrorKind::Protocol, "it said \x1b[2J\nhint: run me").with_hint("\u{202e}");
        let monochrome = Stream { color: false, ..TERMINAL };
        assert_eq!(
            written(&error, ErrorFormat::Text, monochrome),
            "error: it said \\x1b[2J\\x0ahint: run me\nhint: \\u{202e}\n"
        );
        let mut out = Vec::new();
        write_warning("\u{9b}2J", ErrorFormat::Json, monochrome, &mut out);
        assert_eq!(out, b"{\"level\":\"warning\",\"message\":\"\\u009b2J\"}\n");
    }
}
