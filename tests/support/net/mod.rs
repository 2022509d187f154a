//! Networks for tests: certificates, TLS and WebSocket servers, proxies, and a link that fails on purpose.
//!
//! Everything here listens on a free port of 127.0.0.1 until it is dropped, and most of it can be put in front of
//! another server, so that a scripted broker or mosquitto is reached by TLS, by WebSocket or over a bad link:
//!
//! ```ignore
//! let broker = ScriptedBroker::start();
//! let authority = Authority::new();
//! let tls = TlsServer::before(broker.address(), authority.server(&["localhost"]));
//! let link = FaultyLink::to(tls.address());
//! link.send_bytewise();
//! ```

pub mod authority;
pub mod cutting_link;
pub mod faulty_link;
pub mod http_server;
pub mod inside;
pub mod proxy;
pub mod served;
pub mod tls_server;
pub mod websocket_server;

pub use authority::Authority;
pub use cutting_link::CuttingLink;
pub use faulty_link::FaultyLink;
pub use http_server::HttpServer;
pub use inside::Inside;
pub use proxy::{HttpProxy, Rules, SocksProxy};
pub use served::Served;
pub use tls_server::TlsServer;
pub use websocket_server::WebSocketServer;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// Sends bytes to a peer that sends them back, and reads them while it sends.
pub async fn assert_echoes<S: AsyncRead + AsyncWrite + Unpin>(stream: &mut S, bytes: &[u8]) {
    let (mut reader, mut writer) = tokio::io::split(stream);
    let mut received = vec![0; bytes.len()];
    let write = async {
        writer.write_all(bytes).await.unwrap();
        writer.flush().await.unwrap();
    };
    let ((), read) = soon(async { tokio::join!(write, reader.read_exact(&mut received)) }).await;
    read.unwrap();
    assert!(received == bytes, "what came back is not what was sent");
}

/// What a future becomes, within the time that everything has.
pub async fn soon<F: Future>(future: F) -> F::Output {
    tokio::time::timeout(super::DEADLINE, future).await.expect("it comes in time")
}
