use tokio::io::{AsyncRead, AsyncWrite};
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};

use super::{WebSocketCause, WebSocketOptions, WebSocketStream};
use crate::transport::http::{Answer, HttpError, ask};
use crate::transport::{Address, Endpoint, Protocol};

/// The read buffer of an idle connection.
const READ_BUFFER: usize = 8 * 1024;

/// Opens a WebSocket over an open stream.
pub(in crate::transport) async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
    mut stream: S,
    endpoint: &Endpoint,
    options: &WebSocketOptions,
) -> Result<WebSocketStream<S>, WebSocketCause> {
    let key = data_encoding::BASE64.encode(&fastrand::u128(..).to_be_bytes());
    let answer = ask(&mut stream, &request(endpoint, options, &key)).await.map_err(|error| match error {
        HttpError::NotHttp(spoken) => WebSocketCause::NotHttp(spoken),
        HttpError::BadHead(fault) => WebSocketCause::BadHead(fault),
        HttpError::Closed => WebSocketCause::Closed,
        HttpError::Io(error) => WebSocketCause::Other(error.to_string()),
    })?;
    if answer.status != 101 {
        return Err(WebSocketCause::Refused {
            status: answer.status,
            reason: answer.reason.clone(),
            location: answer.header("location").filter(|_| (300..400).contains(&answer.status)).map(str::to_owned),
            body: answer.body_start(&mut stream).await,
        });
    }
    check(&answer, &key)?;
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(super::stream::LARGEST_WRITE)
        .max_message_size(Some(options.maximum_message()))
        .max_frame_size(Some(options.maximum_message()));
    let opened =
        tokio_tungstenite::WebSocketStream::from_partially_read(stream, answer.rest, Role::Client, Some(config));
    Ok(WebSocketStream::new(opened.await))
}

fn request(endpoint: &Endpoint, options: &WebSocketOptions, key: &str) -> String {
    let mut headers = String::new();
    if !options.headers().iter().any(|(name, _)| name.eq_ignore_ascii_case("host")) {
        headers = format!("Host: {}\r\n", host(endpoint));
    }
    for (name, value) in options.headers() {
        headers = headers + name + ": " + value.trim() + "\r\n";
    }
    format!(
        "GET {} HTTP/1.1\r\n{headers}Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n",
        options.path()
    )
}

/// The value of `Host`: without a port that the scheme implies.
fn host(endpoint: &Endpoint) -> String {
    let implied = if endpoint.protocol == Protocol::Wss { 443 } else { 80 };
    let Address::Host { host, port } = &endpoint.address else { return endpoint.address.host().to_owned() };
    // A zone has a meaning only on this machine (RFC 6874, section 3).
    let host = host.split('%').next().unwrap_or_default().to_owned();
    match *port == implied {
        true if host.contains(':') => format!("[{host}]"),
        true => host,
        false => Address::Host { host, port: *port }.to_string(),
    }
}

/// RFC 6455, section 4.1, and [MQTT-6.0.0-4].
fn check(answer: &Answer, key: &str) -> Result<(), WebSocketCause> {
    if !answer.has_word("upgrade", "websocket") {
        return Err(WebSocketCause::BadUpgrade("no `Upgrade: websocket`"));
    }
    if !answer.has_word("connection", "upgrade") {
        return Err(WebSocketCause::BadUpgrade("no `Connection: Upgrade`"));
    }
    if answer.header("sec-websocket-accept").map(str::trim) != Some(&accept_of(key)) {
        return Err(WebSocketCause::BadUpgrade("`Sec-WebSocket-Accept` does not match our key"));
    }
    if answer.header("sec-websocket-extensions").is_some_and(|extensions| !extensions.trim().is_empty()) {
        return Err(WebSocketCause::BadUpgrade("it uses an extension that was not offered"));
    }
    match answer.header("sec-websocket-protocol").map(str::trim) {
        Some("mqtt") => Ok(()),
        other => Err(WebSocketCause::WrongSubprotocol(other.map(str::to_owned))),
    }
}

/// The proof that the server supports WebSocket.
pub(crate) fn accept_of(key: &str) -> String {
    let proof = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, proof.as_bytes());
    data_encoding::BASE64.encode(digest.as_ref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_proof_is_that_of_the_rfc() {
        assert_eq!(accept_of("dGhlIHNhbXBsZSBub25jZQ=="), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    }

    #[test]
    fn the_host_has_its_port_unless_the_scheme_implies_it() {
        for (protocol, name, port, value) in [
            (Protocol::Ws, "h", 8083, "h:8083"),
            (Protocol::Ws, "h", 80, "h"),
            (Protocol::Ws, "h", 443, "h:443"),
            (Protocol::Wss, "h", 443, "h"),
            (Protocol::Ws, "::1", 80, "[::1]"),
            (Protocol::Ws, "::1", 8083, "[::1]:8083"),
        ] {
            assert_eq!(host(&Endpoint::new(protocol, name, port)), value);
        }
    }

    #[test]
    fn headers_stand_in_the_request_and_may_replace_the_host() {
        let endpoint = Endpoint::new(Protocol::Ws, "h", 80);
        let headers = vec![("host".into(), "front.example".into()), ("Authorization".into(), "Bearer x".into())];
        let text = request(&endpoint, &WebSocketOptions::new("/x?y=z", headers).unwrap(), "KEY");
        assert!(
            text.starts_with("GET /x?y=z HTTP/1.1\r\nhost: front.example\r\nAuthorization: Bearer x\r\n"),
            "{text}"
        );
        assert!(!text.contains("Host: h"), "{text}");
        assert!(text.ends_with("Sec-WebSocket-Key: KEY\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n"), "{text}");
    }
}
