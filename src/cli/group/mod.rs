//! Groups of options that several commands share, each written once and flattened into the commands.

mod connect_properties;
mod connection;
mod delivery;
mod message;
mod network;
mod options_file;
mod payload;
mod tls;
mod trace;
mod websocket;
mod will;

pub use connect_properties::ConnectPropertiesArgs;
pub use connection::{ConnectionArgs, Protocol};
pub use delivery::DeliveryArgs;
pub use message::MessageArgs;
pub use network::NetworkArgs;
pub use options_file::OptionsFileArgs;
pub use payload::PayloadArgs;
pub use tls::{TlsArgs, TlsVersion};
pub use trace::{TraceArgs, TraceFormat};
pub use websocket::WebSocketArgs;
pub use will::WillArgs;

/// Everything about reaching a broker and opening a session with it: one flatten for every client command.
#[derive(Debug, Clone, clap::Args)]
pub struct ConnectArgs {
    /// Where to, and as whom.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// CONNECT's properties.
    #[command(flatten)]
    pub properties: ConnectPropertiesArgs,
    /// The will.
    #[command(flatten)]
    pub will: WillArgs,
    /// TLS.
    #[command(flatten)]
    pub tls: TlsArgs,
    /// WebSocket.
    #[command(flatten)]
    pub websocket: WebSocketArgs,
    /// Proxy, local address, address family.
    #[command(flatten)]
    pub network: NetworkArgs,
    /// What is told of the wire.
    #[command(flatten)]
    pub trace: TraceArgs,
    /// Files that hold options.
    #[command(flatten)]
    pub options_file: OptionsFileArgs,
}
