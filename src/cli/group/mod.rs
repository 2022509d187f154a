//! Groups of options that several commands share, each written once and flattened into the commands.

mod connect_properties;
mod connection;
mod delivery;
mod message;
mod network;
mod options_file;
mod payload;
mod queue;
mod tls;
mod trace;
mod websocket;
mod will;
mod work;

pub(crate) use connect_properties::ConnectPropertiesArgs;
pub(crate) use connection::ConnectionArgs;
pub(crate) use delivery::DeliveryArgs;
pub(crate) use message::MessageArgs;
pub(crate) use network::NetworkArgs;
pub(crate) use options_file::OptionsFileArgs;
pub(crate) use payload::{CompressArgs, DecompressArgs, PayloadArgs, TemplateArgs};
pub(crate) use queue::QueueArgs;
pub(crate) use tls::TlsArgs;
pub(crate) use trace::TraceArgs;
pub(crate) use websocket::WebSocketArgs;
pub(crate) use will::WillArgs;
pub(crate) use work::{AckTime, OnFailure, WorkArgs};

/// Everything about reaching a broker and opening a session with it: one flatten for every client command.
#[derive(Debug, Clone, clap::Args)]
pub struct ConnectArgs {
    /// The broker, and the identity to connect with.
    #[command(flatten)]
    pub connection: ConnectionArgs,
    /// Properties of CONNECT.
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
    /// How packets are logged.
    #[command(flatten)]
    pub trace: TraceArgs,
    /// Files that hold options.
    #[command(flatten)]
    pub options_file: OptionsFileArgs,
}
