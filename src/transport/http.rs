//! The part of HTTP/1.1 that WebSocket and proxies need: the head of a response, and the start of a refusal.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

use super::Spoken;

/// The longest head that is accepted.
const MAXIMUM_HEAD: usize = 16 * 1024;
const MAXIMUM_HEADERS: usize = 96;
/// How much of a refusal's body is kept to be shown, and how long it is waited for.
const MAXIMUM_BODY: usize = 1024;
const BODY_WAIT: Duration = Duration::from_secs(1);

/// Status line and headers of an answer.
pub(super) struct Answer {
    pub(super) status: u16,
    /// The reason phrase of the status.
    pub(super) reason: String,
    headers: Vec<(String, String)>,
    /// What was read after the head.
    pub(super) rest: Vec<u8>,
}

/// Why there is no answer.
pub(super) enum HttpError {
    /// It is not HTTP; what it seems to be.
    NotHttp(Spoken),
    /// It is HTTP, but its head cannot be read: the reason, as a sentence about it.
    BadHead(&'static str),
    /// The connection was closed before the head was complete.
    Closed,
    Io(io::Error),
}

/// Sends a request and reads the head of the answer: the first that is not an interim one, such as 103 Early Hints.
pub(super) async fn ask<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, request: &str) -> Result<Answer, HttpError> {
    stream.write_all(request.as_bytes()).await?;
    stream.flush().await?;
    let mut received = Vec::with_capacity(1024);
    loop {
        if stream.read_buf(&mut received).await? == 0 {
            return Err(HttpError::unless_http(&received, HttpError::Closed));
        }
        while let Some(parsed) = Answer::parse(&received) {
            let (answer, length) =
                parsed.map_err(|fault| HttpError::unless_http(&received, HttpError::BadHead(fault)))?;
            let rest = received.split_off(length);
            if !answer.is_interim() {
                return Ok(Answer { rest, ..answer });
            }
            received = rest;
        }
        if received.len() > MAXIMUM_HEAD {
            return Err(HttpError::unless_http(&received, HttpError::BadHead("it is larger than 16 KiB")));
        }
    }
}

impl Answer {
    /// The answer at the beginning of the bytes and how long its head is; `None` while it is incomplete.
    ///
    /// The error is why it cannot be read.
    fn parse(received: &[u8]) -> Option<Result<(Self, usize), &'static str>> {
        let mut headers = [httparse::EMPTY_HEADER; MAXIMUM_HEADERS];
        let mut response = httparse::Response::new(&mut headers);
        let length = match response.parse(received) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) => return None,
            Err(httparse::Error::TooManyHeaders) => return Some(Err("it has more than 96 headers")),
            Err(_) => return Some(Err("it is not valid HTTP")),
        };
        let text = |value: &[u8]| String::from_utf8_lossy(value).into_owned();
        let answer = Self {
            status: response.code.unwrap_or_default(),
            reason: response.reason.unwrap_or_default().to_owned(),
            headers: response.headers.iter().map(|header| (header.name.to_owned(), text(header.value))).collect(),
            rest: Vec::new(),
        };
        Some(Ok((answer, length)))
    }

    /// Whether this is an interim answer: RFC 9110, section 15.2.
    fn is_interim(&self) -> bool {
        matches!(self.status, 100 | 102..=199)
    }

    /// The value of a header, the first one if there are several.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(found, _)| found.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }

    /// Whether a header, which is a list of words, has one of them.
    pub(super) fn has_word(&self, name: &str, word: &str) -> bool {
        let values = self.headers.iter().filter(|(found, _)| found.eq_ignore_ascii_case(name));
        values.flat_map(|(_, value)| value.split(',')).any(|found| found.trim().eq_ignore_ascii_case(word))
    }

    /// The start of the body as one line of text, without HTML tags; as much as arrives within a second.
    pub(super) async fn body_start<S: AsyncRead + Unpin>(mut self, stream: &mut S) -> String {
        let length = self.header("content-length").and_then(|length| length.trim().parse().ok());
        let wanted = length.unwrap_or(MAXIMUM_BODY).min(MAXIMUM_BODY);
        let read = async {
            while self.rest.len() < wanted {
                if !matches!(stream.read_buf(&mut self.rest).await, Ok(1..)) {
                    break;
                }
                // A body without a length is chunked or ends with the connection; its beginning is enough.
                if length.is_none() {
                    break;
                }
            }
        };
        _ = tokio::time::timeout(BODY_WAIT, read).await;
        let body = if self.has_word("transfer-encoding", "chunked") { first_chunk(&self.rest) } else { &self.rest };
        one_line(&String::from_utf8_lossy(&body[..body.len().min(wanted)]))
    }
}

/// What has arrived of the first chunk.
fn first_chunk(body: &[u8]) -> &[u8] {
    match httparse::parse_chunk_size(body) {
        Ok(httparse::Status::Complete((start, length))) => {
            let chunk = &body[start..];
            &chunk[..chunk.len().min(usize::try_from(length).unwrap_or(usize::MAX))]
        }
        _ => &[],
    }
}

/// The words of a text without tags, at most 200 characters of them.
fn one_line(text: &str) -> String {
    const MAXIMUM: usize = 200;
    let mut words = String::new();
    let mut is_tag = false;
    for character in text.chars() {
        match character {
            '<' => is_tag = true,
            '>' if is_tag => {
                is_tag = false;
                words.push(' ');
            }
            _ if is_tag => {}
            _ if character.is_whitespace() || character.is_control() => words.push(' '),
            _ => words.push(character),
        }
    }
    let words: Vec<&str> = words.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(MAXIMUM) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}

impl HttpError {
    /// This error, if the input is the beginning of an HTTP response.
    fn unless_http(received: &[u8], error: Self) -> Self {
        const BEGINNING: &[u8] = b"HTTP/";
        let is_http = received.starts_with(BEGINNING) || BEGINNING.starts_with(received);
        if is_http { error } else { Self::NotHttp(Spoken::recognise(received)) }
    }
}

impl From<io::Error> for HttpError {
    fn from(error: io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => Self::Closed,
            _ => Self::Io(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Option<Result<(Answer, usize), &'static str>> {
        Answer::parse(text.as_bytes())
    }

    #[test]
    fn a_head_is_read_when_it_is_complete() {
        let text = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n\r\n";
        for end in 0..text.len() {
            assert!(parse(&text[..end]).is_none(), "{end}");
        }
        let (answer, length) = parse(&format!("{text}rest")).unwrap().unwrap();
        assert_eq!((answer.status, answer.reason.as_str(), length), (101, "Switching Protocols", text.len()));
        assert_eq!(answer.header("upgrade"), Some("WebSocket"));
        assert!(answer.has_word("connection", "upgrade"));
        assert!(!answer.has_word("connection", "close"));
    }

    #[test]
    fn what_is_no_http_is_seen_early() {
        for text in ["SSH-2.0-OpenSSH_9.2\r\n", "\u{15}\u{3}\u{3}", " \u{2}\0\0"] {
            assert!(matches!(parse(text), Some(Err(_))), "{text:?}");
        }
    }

    #[test]
    fn a_body_becomes_one_line_without_tags() {
        assert_eq!(one_line("<html>\r\n<h1>404 Not Found</h1><hr><center>nginx</center>"), "404 Not Found nginx");
        assert_eq!(one_line("a < b, b > a"), "a a");
        assert_eq!(one_line(&"é".repeat(300)), format!("{}...", "é".repeat(200)));
        assert_eq!(one_line("\u{1b}[31mred"), "[31mred");
        assert_eq!(first_chunk(b"5\r\nhello\r\n0\r\n\r\n"), b"hello");
        assert_eq!(first_chunk(b"ff\r\nhello"), b"hello");
    }
}
