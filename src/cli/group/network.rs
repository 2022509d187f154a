use std::net::IpAddr;

use clap::Args;

/// How the network is crossed.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Network")]
pub struct NetworkArgs {
    /// Proxy, socks5://, socks5h:// or http://
    #[arg(long, value_name = "URL")]
    pub proxy: Option<String>,
    /// Local address to connect from
    #[arg(long, value_name = "ADDRESS")]
    pub bind: Option<IpAddr>,
    /// IPv4 only
    #[arg(long, overrides_with = "ipv6")]
    pub ipv4: bool,
    /// IPv6 only
    #[arg(long)]
    pub ipv6: bool,
}
