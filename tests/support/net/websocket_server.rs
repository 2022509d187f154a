//! A WebSocket server: a handshake of its own, and the library's frames.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver};

use futures_core::Stream;
use futures_sink::Sink;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::Role;

use super::Served;
use crate::support::DEADLINE;

/// Speaks WebSocket with the subprotocol `mqtt` and leaves the messages to the test.
#[derive(Debug)]
pub struct WebSocketServer {
    served: Served,
    requests: Receiver<Upgrade>,
}

/// A request for a WebSocket.
#[derive(Debug)]
pub struct Upgrade {
    /// Path and query.
    pub path: String,
    /// Names are in lower case.
    pub headers: HashMap<String, String>,
}

/// One WebSocket at the server.
#[derive(Debug)]
pub struct Socket(WebSocketStream<TcpStream>);

impl WebSocketServer {
    /// Starts to listen; each WebSocket is served by a future of its own.
    pub fn start<Serve, Future>(serve: Serve) -> Self
    where
        Serve: Fn(Socket) -> Future + Clone + Send + 'static,
        Future: std::future::Future<Output = ()> + 'static,
    {
        let (sender, requests) = mpsc::channel();
        let served = Served::start(move |mut stream| {
            let (serve, sender) = (serve.clone(), sender.clone());
            async move {
                let Some((upgrade, rest)) = accept(&mut stream).await else { return };
                _ = sender.send(upgrade);
                serve(Socket(WebSocketStream::from_partially_read(stream, rest, Role::Server, None).await)).await;
            }
        });
        Self { served, requests }
    }

    /// Sends the bytes of each message back, in messages of at most so many bytes.
    pub fn echoing(largest: usize) -> Self {
        Self::start(move |mut socket| async move {
            while let Some(Message::Binary(payload)) = socket.receive().await {
                for piece in payload.chunks(largest) {
                    socket.send(Message::binary(piece.to_vec())).await;
                }
            }
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.served.address()
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address().port()
    }

    /// The next request that was accepted.
    pub fn request(&self) -> Upgrade {
        self.requests.recv_timeout(DEADLINE).expect("a request")
    }
}

impl Socket {
    /// The next message; `None` at the end.
    pub async fn receive(&mut self) -> Option<Message> {
        let next = std::future::poll_fn(|cx| std::pin::Pin::new(&mut self.0).poll_next(cx)).await;
        next.and_then(Result::ok)
    }

    /// Sends a message; what cannot be sent is dropped.
    pub async fn send(&mut self, message: Message) {
        let mut socket = std::pin::Pin::new(&mut self.0);
        if std::future::poll_fn(|cx| socket.as_mut().poll_ready(cx)).await.is_ok() {
            _ = socket.as_mut().start_send(message);
            _ = std::future::poll_fn(|cx| socket.as_mut().poll_flush(cx)).await;
        }
    }
}

/// What proves that a server knows WebSocket.
pub fn accept_key(key: &str) -> String {
    let proof = format!("{key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11");
    let digest = ring::digest::digest(&ring::digest::SHA1_FOR_LEGACY_USE_ONLY, proof.as_bytes());
    data_encoding::BASE64.encode(digest.as_ref())
}

/// Judges a request by the rules, RFC 6455, section 4.2.1, and accepts it; with the bytes behind it. `None` for a client
/// that goes away.
async fn accept(stream: &mut TcpStream) -> Option<(Upgrade, Vec<u8>)> {
    let mut received = Vec::new();
    let end = loop {
        if let Some(at) = received.windows(4).position(|end| end == b"\r\n\r\n") {
            break at + 4;
        }
        if stream.read_buf(&mut received).await.ok()? == 0 {
            return None;
        }
    };
    let rest = received.split_off(end);
    let head = String::from_utf8(received).expect("a head of text");
    let mut lines = head.split("\r\n").take_while(|line| !line.is_empty());
    let request: Vec<_> = lines.next().unwrap_or_default().split(' ').collect();
    let [method, path, version] = request[..] else { panic!("not a request: {head}") };
    assert_eq!((method, version), ("GET", "HTTP/1.1"));
    let headers = lines.map(|line| line.split_once(": ").unwrap_or_else(|| panic!("not a header: {line}")));
    let headers: HashMap<_, _> = headers.map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let header = |name: &str| headers.get(name).map(String::as_str).unwrap_or_default();
    assert!(!header("host").is_empty(), "no Host");
    assert!(header("connection").eq_ignore_ascii_case("upgrade"), "Connection: {}", header("connection"));
    assert!(header("upgrade").eq_ignore_ascii_case("websocket"), "Upgrade: {}", header("upgrade"));
    assert_eq!((header("sec-websocket-version"), header("sec-websocket-protocol")), ("13", "mqtt"));
    let key = header("sec-websocket-key");
    assert_eq!(data_encoding::BASE64.decode(key.as_bytes()).map(|key| key.len()), Ok(16), "the key {key}");
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Accept: {}\r\nSec-WebSocket-Protocol: mqtt\r\n\r\n",
        accept_key(key)
    );
    stream.write_all(answer.as_bytes()).await.ok()?;
    Some((Upgrade { path: path.to_owned(), headers }, rest))
}
