//! What is spoken inside TLS or WebSocket.

use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// What becomes of a stream once its outer layers are off.
#[derive(Debug, Clone, Copy)]
pub enum Inside {
    /// All bytes go back.
    Echo,
    /// All bytes go on to another server.
    Forward(SocketAddr),
}

impl Inside {
    /// Does it until both sides have ended.
    pub async fn run<S: AsyncRead + AsyncWrite + Unpin>(self, mut stream: S) {
        match self {
            Self::Echo => {
                let (mut reader, mut writer) = tokio::io::split(stream);
                _ = tokio::io::copy(&mut reader, &mut writer).await;
                _ = tokio::io::AsyncWriteExt::shutdown(&mut writer).await;
            }
            Self::Forward(address) => {
                let Ok(mut target) = TcpStream::connect(address).await else { return };
                target.set_nodelay(true).expect("the socket takes options");
                _ = tokio::io::copy_bidirectional(&mut stream, &mut target).await;
            }
        }
    }
}
