use clap::Args;

use crate::cli::value::{self, Secret};

/// WebSocket, for the protocols ws and wss.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "WebSocket")]
pub struct WebSocketArgs {
    /// Path of the upgrade request
    #[arg(long, value_name = "PATH", default_value = "/mqtt")]
    pub path: String,
    /// Headers to add to the request, "name: value"
    #[arg(long, value_name = "PAIR", num_args = 1.., value_parser = value::header)]
    pub ws_headers: Vec<(String, Secret)>,
}
