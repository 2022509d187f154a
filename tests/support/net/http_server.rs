//! An HTTP server that gives one answer.

use std::net::SocketAddr;
use std::sync::mpsc::{self, Receiver};

use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::Served;
use crate::support::DEADLINE;

/// Answers every request with the same bytes, piece by piece, and closes; keeps the requests.
#[derive(Debug)]
pub struct HttpServer {
    served: Served,
    requests: Receiver<String>,
}

impl HttpServer {
    /// Sends these pieces, each in a segment of its own.
    pub fn answering(pieces: &[&str]) -> Self {
        let pieces: Vec<String> = pieces.iter().map(ToString::to_string).collect();
        let (sender, requests) = mpsc::channel();
        let served = Served::start(move |mut stream| {
            let (pieces, sender) = (pieces.clone(), sender.clone());
            async move {
                let mut request = Vec::new();
                while !request.ends_with(b"\r\n\r\n") {
                    if !matches!(stream.read_buf(&mut request).await, Ok(1..)) {
                        return;
                    }
                }
                _ = sender.send(String::from_utf8_lossy(&request).into_owned());
                for piece in pieces {
                    _ = stream.write_all(piece.as_bytes()).await;
                    tokio::task::yield_now().await;
                }
            }
        });
        Self { served, requests }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.served.address()
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address().port()
    }

    /// The head of the next request.
    pub fn request(&self) -> String {
        self.requests.recv_timeout(DEADLINE).expect("a request")
    }
}
