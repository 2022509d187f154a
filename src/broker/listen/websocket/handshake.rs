use crate::transport::accept_of;

/// The longest head that is accepted.
const MAXIMUM_HEAD: usize = 16 * 1024;
const MAXIMUM_HEADERS: usize = 96;

/// The state of a request.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::broker::listen) enum Request {
    /// Its head is not complete.
    Partial,
    /// To be answered with 101 and this key; the bytes after `length` are frames.
    Upgrade { accept: String, length: usize },
    /// To be answered with a refusal.
    Refused { status: &'static str, why: &'static str },
}

impl Request {
    /// Reads a request for a WebSocket at a path.
    pub(in crate::broker::listen) fn read(received: &[u8], path: &str) -> Self {
        let mut headers = [httparse::EMPTY_HEADER; MAXIMUM_HEADERS];
        let mut request = httparse::Request::new(&mut headers);
        let length = match request.parse(received) {
            Ok(httparse::Status::Complete(length)) => length,
            Ok(httparse::Status::Partial) if received.len() < MAXIMUM_HEAD => return Self::Partial,
            _ => return refused("400 Bad Request", "this is not an HTTP/1.1 request"),
        };
        if request.method != Some("GET") {
            return refused("405 Method Not Allowed", "a WebSocket request must use GET");
        }
        if request.path.and_then(|target| target.split('?').next()) != Some(path) {
            return refused("404 Not Found", "the broker uses another path");
        }
        let header = |name: &str| {
            let found = request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))?;
            std::str::from_utf8(found.value).ok().map(str::trim)
        };
        let has_word = |name: &str, word: &str| {
            let named = request.headers.iter().filter(|header| header.name.eq_ignore_ascii_case(name));
            let values = named.filter_map(|header| std::str::from_utf8(header.value).ok());
            values.flat_map(|value| value.split(',')).any(|found| found.trim().eq_ignore_ascii_case(word))
        };
        if !has_word("upgrade", "websocket") || !has_word("connection", "upgrade") {
            return refused("426 Upgrade Required", "this port speaks MQTT over WebSocket");
        }
        if header("sec-websocket-version") != Some("13") {
            return refused("426 Upgrade Required", "only WebSocket version 13 is supported");
        }
        // [MQTT-6.0.0-3]
        if !has_word("sec-websocket-protocol", "mqtt") {
            return refused("400 Bad Request", "the subprotocol `mqtt` is not offered");
        }
        match header("sec-websocket-key") {
            Some(key) if !key.is_empty() => Self::Upgrade { accept: accept_of(key), length },
            _ => refused("400 Bad Request", "Sec-WebSocket-Key is missing"),
        }
    }
}

fn refused(status: &'static str, why: &'static str) -> Request {
    Request::Refused { status, why }
}

/// The answer to a complete request.
pub(in crate::broker::listen) fn answer(request: &Request) -> String {
    match request {
        Request::Upgrade { accept, .. } => format!(
            "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
             Sec-WebSocket-Accept: {accept}\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"
        ),
        Request::Refused { status, why } => format!(
            "HTTP/1.1 {status}\r\nConnection: close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
             Content-Type: text/plain\r\nContent-Length: {}\r\n\r\n{why}\n",
            why.len() + 1
        ),
        Request::Partial => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const REQUEST: &str = "GET /mqtt HTTP/1.1\r\nHost: h\r\nUpgrade: WebSocket\r\nConnection: keep-alive, Upgrade\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Protocol: mqttv3.1, mqtt\r\n\r\n";

    #[test]
    fn a_request_is_read_when_it_is_complete() {
        for end in 0..REQUEST.len() {
            assert_eq!(Request::read(&REQUEST.as_bytes()[..end], "/mqtt"), Request::Partial, "{end}");
        }
        let accept = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=".to_owned();
        let whole = Request::read(format!("{REQUEST}frames").as_bytes(), "/mqtt");
        assert_eq!(whole, Request::Upgrade { accept, length: REQUEST.len() });
    }

    #[test]
    fn each_refusal_has_its_status() {
        for (from, to, status) in [
            ("GET", "POST", "405"),
            ("/mqtt", "/other", "404"),
            ("WebSocket", "h2c", "426"),
            ("Version: 13", "Version: 8", "426"),
            ("mqttv3.1, mqtt", "chat", "400"),
            ("Sec-WebSocket-Key", "Key", "400"),
            ("HTTP/1.1", "SIP/2.0", "400"),
        ] {
            let request = Request::read(REQUEST.replace(from, to).as_bytes(), "/mqtt");
            assert!(answer(&request).starts_with(&format!("HTTP/1.1 {status} ")), "{to}: {request:?}");
        }
        assert!(matches!(Request::read(&[b'a'; MAXIMUM_HEAD], "/mqtt"), Request::Refused { .. }));
    }
}
