//! `mqttx-rs broker`: run a broker.

use clap::Args;

/// `mqttx-rs broker`.
#[derive(Debug, Clone, Args)]
pub struct BrokerArgs {}
