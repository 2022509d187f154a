use std::path::PathBuf;

use clap::Args;

use crate::cli::value::Secret;
use crate::transport::TlsVersion;

/// TLS, for the protocols mqtts and wss; mqtts is used if no protocol is named.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "TLS")]
pub struct TlsArgs {
    /// Trusted CA certificates, a file or a folder [default: the system's]
    #[arg(long, value_name = "PATH")]
    pub ca: Option<PathBuf>,
    /// Client certificate
    #[arg(long, value_name = "PATH", requires = "key")]
    pub cert: Option<PathBuf>,
    /// Private key of the client certificate
    #[arg(long, value_name = "PATH", requires = "cert")]
    pub key: Option<PathBuf>,
    /// Passphrase of an encrypted key
    #[arg(long, value_name = "PHRASE", allow_hyphen_values = true, requires = "key")]
    pub key_password: Option<Secret>,
    /// File whose first line is the passphrase
    #[arg(long, value_name = "PATH", requires = "key")]
    pub key_password_file: Option<PathBuf>,
    /// Accept any certificate: anyone can listen in
    #[arg(long)]
    pub insecure: bool,
    /// Server name to request and verify [default: the host]
    #[arg(long, value_name = "NAME")]
    pub sni: Option<String>,
    /// Application protocols to offer (ALPN)
    #[arg(long, value_name = "PROTOCOL", num_args = 1..)]
    pub alpn: Vec<String>,
    /// Lowest TLS version to accept: 1.2 or 1.3
    #[arg(long, value_name = "VERSION", hide_possible_values = true, default_value = "1.2")]
    pub tls_min_version: TlsVersion,
    /// Accept only the public key with this SHA-256 hash; repeatable
    #[arg(long, value_name = "HASH")]
    pub pin_sha256: Vec<String>,
}
