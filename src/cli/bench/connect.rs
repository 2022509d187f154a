//! `mqttx-rs bench conn`.

use clap::Args;

use super::clients::{ClientsArgs, id_short};
use super::results::ResultsArgs;
use crate::cli::conn::user_properties_of_connect;
use crate::cli::group::ConnectArgs;

/// `mqttx-rs bench conn`.
#[derive(Debug, Clone, Args)]
#[command(mut_arg("client_id", id_short), mut_arg("conn_user_properties", user_properties_of_connect))]
pub struct BenchConnectArgs {
    /// Number of clients, pace and duration.
    #[command(flatten)]
    pub clients: ClientsArgs,
    /// Where results are written.
    #[command(flatten)]
    pub results: ResultsArgs,
    /// The connection.
    #[command(flatten)]
    pub connect: ConnectArgs,
}
