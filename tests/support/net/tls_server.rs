//! A TLS server.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver};

use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::{HandshakeKind, ServerConfig};

use super::{Inside, Served};
use crate::support::DEADLINE;

/// Speaks TLS, and inside it echoes or forwards.
#[derive(Debug)]
pub struct TlsServer {
    served: Served,
    handshakes: Receiver<Handshake>,
}

/// A handshake as the server saw it.
#[derive(Debug, PartialEq, Eq)]
pub struct Handshake {
    /// The name that the client asked for.
    pub server_name: Option<String>,
    /// The application protocol that was chosen.
    pub alpn: Option<String>,
    /// An earlier session was taken up again.
    pub is_resumed: bool,
}

impl TlsServer {
    /// Echoes.
    pub fn start(config: ServerConfig) -> Self {
        Self::serve(config, Inside::Echo)
    }

    /// Forwards to another server.
    pub fn before(target: SocketAddr, config: ServerConfig) -> Self {
        Self::serve(config, Inside::Forward(target))
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.served.address()
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address().port()
    }

    /// The next handshake that succeeded.
    pub fn handshake(&self) -> Handshake {
        self.handshakes.recv_timeout(DEADLINE).expect("a handshake")
    }

    /// The handshakes that have succeeded so far.
    pub fn handshakes(&self) -> Vec<Handshake> {
        self.handshakes.try_iter().collect()
    }

    fn serve(config: ServerConfig, inside: Inside) -> Self {
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let (sender, handshakes) = mpsc::channel();
        let served = Served::start(move |stream| {
            let (acceptor, sender) = (acceptor.clone(), sender.clone());
            async move {
                let Ok(stream) = acceptor.accept(stream).await else { return };
                let connection = stream.get_ref().1;
                _ = sender.send(Handshake {
                    server_name: connection.server_name().map(str::to_owned),
                    alpn: connection.alpn_protocol().map(|name| String::from_utf8_lossy(name).into_owned()),
                    is_resumed: connection.handshake_kind() == Some(HandshakeKind::Resumed),
                });
                inside.run(stream).await;
            }
        });
        Self { served, handshakes }
    }
}
