//! A WebSocket server, by a handshake that is not ours.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver};

use futures_core::Stream;
use futures_sink::Sink;
use tokio::net::TcpStream;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};

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
        let served = Served::start(move |stream| {
            let (serve, sender) = (serve.clone(), sender.clone());
            async move {
                #[expect(clippy::result_large_err, reason = "the library's signature")]
                let accept = |request: &Request, response: Response| {
                    let (upgrade, response) = accept(request, response);
                    _ = sender.send(upgrade);
                    Ok::<_, ErrorResponse>(response)
                };
                if let Ok(socket) = tokio_tungstenite::accept_hdr_async(stream, accept).await {
                    serve(Socket(socket)).await;
                }
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

fn accept(request: &Request, mut response: Response) -> (Upgrade, Response) {
    let headers = request
        .headers()
        .iter()
        .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()));
    let headers: HashMap<_, _> = headers.collect();
    assert_eq!(headers.get("sec-websocket-protocol").map(String::as_str), Some("mqtt"), "the subprotocol");
    response.headers_mut().insert("sec-websocket-protocol", "mqtt".parse().expect("a header's value"));
    (Upgrade { path: request.uri().to_string(), headers }, response)
}
