//! Byte streams to a broker, and the one dialer that opens them.
//!
//! Nothing here depends on MQTT. A dial is a sequence of steps, each of which takes the result of the one before:
//!
//! ```text
//! Endpoint -> resolve -> connect -> (proxy) -> (TLS) -> (WebSocket) -> Stream
//! ```
//!
//! With a proxy, the proxy is resolved and connected to, and the next step asks it for a tunnel. A step
//! in brackets is a file or folder with one async function; TLS and WebSocket are one variant of [`Stream`] each.
//! [`Dialer`] only defines the order, enforces the deadline for the whole, records how long each step took, and reports
//! to a [`DialObserver`]. QUIC is another way from the addresses to a stream.

mod backoff;
mod dial;
mod endpoint;
mod error;
mod http;
mod localhost;
mod observer;
mod prompt;
mod proxy;
#[cfg(feature = "quic")]
mod quic;
mod race;
mod redact;
mod resolve;
mod spoken;
mod step;
mod stream;
mod tap;
mod tls;
mod url;
mod websocket;

pub use backoff::Backoff;
pub(crate) use dial::Opening;
pub use dial::{Dialed, Dialer};
pub use endpoint::{Address, Endpoint, Protocol};
pub use error::{DialCause, DialError, ProxyCause};
pub use observer::DialObserver;
pub(crate) use prompt::Prompt;
pub use proxy::{NoProxy, Proxy, ProxyKind};
#[cfg(feature = "quic")]
pub use quic::QuicStream;
pub use redact::{MASK, redact, redact_header, redact_path, without_credentials, without_password};
pub use resolve::{AddressFamily, Resolved};
pub use spoken::Spoken;
pub use step::{DialStep, DialTimings};
pub use stream::Stream;
pub use tap::{Tap, TappedStream};
pub use tls::{
    Certificate, InvalidPin, Pin, Tls, TlsCause, TlsFile, TlsFileProblem, TlsIdentity, TlsOptions, TlsSetupError,
    TlsStream, TlsVersion,
};
#[cfg(feature = "broker")]
pub(crate) use tls::{ServerCertificate, server_config};
pub use url::{BrokerUrl, UrlError};
#[cfg(feature = "broker")]
pub(crate) use websocket::accept_of;
pub use websocket::{InvalidWebSocketOptions, WebSocketCause, WebSocketOptions, WebSocketStream};
