use std::fmt::Display;
use std::io;
use std::rc::Rc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};

use super::bind::{Listener, Socket};
use super::hub::Hub;
use super::link::Link;
use super::stream::Stream;
use super::websocket::{Framing, Request, answer};
use crate::broker::core::{Notice, Peer};

/// How long TLS and WebSocket may take to begin.
const HANDSHAKE: Duration = Duration::from_secs(10);
/// Delay between two attempts to accept when there are no free descriptors.
const PAUSE: Duration = Duration::from_millis(100);

/// Accepts the connections of a listener, until it is dropped.
pub(in crate::broker) async fn accept(hub: Rc<Hub>, listener: Listener) {
    let listener = Rc::new(listener);
    loop {
        match listener.socket.accept().await {
            Ok((stream, address)) => {
                let peer = Peer { address, listener: listener.name };
                if listener.tls.is_none() && listener.path.is_none() {
                    spawn_local(Link::new(hub.clone(), stream, None, peer));
                } else {
                    spawn_local(greet(hub.clone(), listener.clone(), stream, peer));
                }
            }
            // Out of descriptors, for example: do not retry at full speed.
            Err(_) => sleep(PAUSE).await,
        }
    }
}

/// Handles what precedes MQTT in a separate task, so that the one of the link stays small.
async fn greet(hub: Rc<Hub>, listener: Rc<Listener>, stream: Stream, peer: Peer) {
    let address = peer.address.clone();
    let refuse = |why: &dyn Display| {
        hub.notice(&Notice::Refused { address: address.clone(), reason: None, why: why.to_string() });
    };
    match timeout(HANDSHAKE, shake_hands(&listener, stream)).await {
        Ok(Ok((stream, framing))) => _ = spawn_local(Link::new(hub.clone(), stream, framing, peer)),
        Ok(Err(why)) => refuse(&why),
        Err(_) => refuse(&"no handshake within 10 seconds"),
    }
}

/// The open stream, and the state of WebSocket.
type Opened = (Stream, Option<(Framing, Vec<u8>)>);

async fn shake_hands(listener: &Listener, mut stream: Stream) -> Result<Opened, String> {
    if let Some(acceptor) = &listener.tls
        && let Stream::Tcp(tcp) = stream
    {
        let accepted = acceptor.accept(tcp).await;
        stream = Stream::Tls(Box::new(accepted.map_err(|error| format!("TLS: {error}"))?));
    }
    let Some(path) = &listener.path else { return Ok((stream, None)) };
    let rest = upgrade(&mut stream, path).await.map_err(|error| format!("WebSocket: {error}"))?;
    Ok((stream, Some((Framing::default(), rest))))
}

/// What was read behind the request for a WebSocket.
async fn upgrade(stream: &mut Stream, path: &str) -> io::Result<Vec<u8>> {
    let mut received = Vec::with_capacity(1024);
    loop {
        if stream.read_buf(&mut received).await? == 0 {
            return Err(io::Error::other("the connection was closed before the request was complete"));
        }
        let request = Request::read(&received, path);
        if request != Request::Partial {
            stream.write_all(answer(&request).as_bytes()).await?;
            stream.flush().await?;
        }
        match request {
            Request::Partial => {}
            Request::Upgrade { length, .. } => return Ok(received.split_off(length)),
            Request::Refused { status, why } => {
                stream.shutdown().await?;
                // Until the client closes: closing first could destroy the answer on its way.
                while stream.read_buf(&mut received).await? > 0 {
                    received.clear();
                }
                return Err(io::Error::other(format!("{status}: {why}")));
            }
        }
    }
}

impl Socket {
    async fn accept(&self) -> io::Result<(Stream, String)> {
        match self {
            Self::Tcp(listener) => {
                let (stream, address) = listener.accept().await?;
                // Packets are small and written whole; a stream that is closed already shows that later.
                _ = stream.set_nodelay(true);
                Ok((Stream::Tcp(stream), address.to_string()))
            }
            #[cfg(unix)]
            Self::Unix(listener) => {
                let (stream, _) = listener.accept().await?;
                Ok((Stream::Unix(stream), "the Unix socket".to_owned()))
            }
        }
    }
}
