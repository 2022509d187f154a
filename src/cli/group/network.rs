use std::net::IpAddr;

use clap::Args;

use crate::cli::value::Secret;

/// The network path to the broker.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Network")]
pub struct NetworkArgs {
    /// Proxy
    #[arg(long, value_name = "URL", help = "Proxy, for example socks5h://host:1080 or http://host:3128")]
    pub proxy: Option<Secret>,
    /// Hosts to reach without the proxy, separated by commas
    #[arg(long, value_name = "HOSTS")]
    pub no_proxy: Option<String>,
    /// Local address to connect from
    #[arg(long, value_name = "ADDRESS")]
    pub bind: Option<IpAddr>,
    /// Use IPv4 only
    #[arg(long, overrides_with = "ipv6")]
    pub ipv4: bool,
    /// Use IPv6 only
    #[arg(long)]
    pub ipv6: bool,
}
