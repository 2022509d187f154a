//! QUIC: MQTT on one bidirectional stream, as in EMQX (cargo feature `quic`).
//!
//! Connecting and the TLS handshake are one step here, as they share their round trips. A shutdown waits until no bytes
//! are unacknowledged, since dropping a connection discards what is in transit.

use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use quinn::crypto::rustls::QuicClientConfig;
use quinn::{ConnectionError, Endpoint, ReadError, RecvStream, SendStream, StoppedError, TransportConfig, VarInt};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{DialCause, Tls, TlsCause};

/// Keeps the connection from idling out between PINGREQs, which brokers may time differently.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

/// Ends when the peer has received everything, or stopped reading.
type Stopped = Pin<Box<dyn Future<Output = Result<Option<VarInt>, StoppedError>> + Send + Sync>>;

/// A bidirectional stream of a QUIC connection, and the connection with it.
pub struct QuicStream {
    receive: RecvStream,
    send: SendStream,
    /// Once shutting down.
    closing: Option<Stopped>,
    // Dropping the last handle of the connection or of its socket ends both.
    connection: quinn::Connection,
    _endpoint: Endpoint,
}

/// Connects to the first address that answers, in order.
pub(super) async fn connect(
    addresses: &[SocketAddr],
    local: Option<IpAddr>,
    tls: &Tls,
    host: &str,
) -> Result<(QuicStream, SocketAddr), DialCause> {
    let other = |error: &dyn std::error::Error| DialCause::Other(error.to_string());
    let (config, name) = tls.for_quic(host).map_err(DialCause::Tls)?;
    let mut transport = TransportConfig::default();
    transport.keep_alive_interval(Some(KEEP_ALIVE));
    let mut config =
        quinn::ClientConfig::new(Arc::new(QuicClientConfig::try_from(config).map_err(|error| other(&error))?));
    config.transport_config(Arc::new(transport));

    let mut last = DialCause::Unreachable;
    for address in addresses {
        let any = if address.is_ipv4() { IpAddr::from(Ipv4Addr::UNSPECIFIED) } else { Ipv6Addr::UNSPECIFIED.into() };
        let local = SocketAddr::new(local.unwrap_or(any), 0);
        let endpoint = Endpoint::client(local).map_err(|error| DialCause::from_connect(&error))?;
        let connecting = endpoint.connect_with(config.clone(), *address, &name).map_err(|error| other(&error))?;
        match connecting.await {
            Ok(connection) => {
                let (send, receive) = connection.open_bi().await.map_err(cause)?;
                let stream = QuicStream { receive, send, closing: None, connection, _endpoint: endpoint };
                return Ok((stream, *address));
            }
            Err(error) => last = cause(error),
        }
    }
    Err(last)
}

fn cause(error: ConnectionError) -> DialCause {
    match error {
        // The verifier passes its error on only as text.
        ConnectionError::TransportError(error) if error.reason.ends_with("UnknownIssuer") => {
            DialCause::Tls(TlsCause::UnknownIssuer)
        }
        ConnectionError::TransportError(error) if !error.reason.is_empty() => {
            DialCause::Tls(TlsCause::Other(error.reason))
        }
        ConnectionError::TimedOut => DialCause::NoAnswer,
        ConnectionError::Reset => DialCause::Refused,
        error => DialCause::Other(error.to_string()),
    }
}

impl AsyncRead for QuicStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let read = ready!(AsyncRead::poll_read(Pin::new(&mut self.receive), cx, buffer));
        Poll::Ready(read.or_else(|error| match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            // A broker that closes the connection closes the stream too.
            Some(ReadError::ConnectionLost(
                ConnectionError::ApplicationClosed(_) | ConnectionError::ConnectionClosed(_),
            )) => Ok(()),
            Some(ReadError::ConnectionLost(ConnectionError::TimedOut)) => Err(io::ErrorKind::TimedOut.into()),
            _ => Err(error),
        }))
    }
}

impl AsyncWrite for QuicStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        AsyncWrite::poll_write(Pin::new(&mut self.send), cx, bytes)
    }

    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.closing.is_none() {
            // An error means that the stream has already ended.
            _ = self.send.finish();
            self.closing = Some(Box::pin(self.send.stopped()));
        }
        if let Some(closing) = &mut self.closing {
            // Whatever the result, nothing more can be done for what was sent.
            _ = ready!(closing.as_mut().poll(cx));
        }
        Poll::Ready(Ok(()))
    }
}

impl std::fmt::Debug for QuicStream {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("QuicStream").field(&self.connection.remote_address()).finish()
    }
}
