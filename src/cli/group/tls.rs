use std::path::PathBuf;

use clap::Args;

use crate::cli::value::Secret;
use crate::transport::TlsVersion;

/// TLS, for the protocols mqtts and wss; the first of them where no other is named.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "TLS")]
pub struct TlsArgs {
    /// Trusted file or folder [default: system's]
    #[arg(long, value_name = "PATH")]
    pub ca: Option<PathBuf>,
    /// This client's certificate
    #[arg(long, value_name = "PATH", requires = "key")]
    pub cert: Option<PathBuf>,
    /// The certificate's key
    #[arg(long, value_name = "PATH", requires = "cert")]
    pub key: Option<PathBuf>,
    /// Phrase of an encrypted key
    #[arg(long, value_name = "PHRASE", allow_hyphen_values = true, requires = "key")]
    pub key_password: Option<Secret>,
    /// File whose first line is the phrase
    #[arg(long, value_name = "PATH", requires = "key")]
    pub key_password_file: Option<PathBuf>,
    /// Check no certificate: anyone can listen in
    #[arg(long)]
    pub insecure: bool,
    /// Name to ask for and check [default: host]
    #[arg(long, value_name = "NAME")]
    pub sni: Option<String>,
    /// Application protocols to offer
    #[arg(long, value_name = "PROTOCOL", num_args = 1..)]
    pub alpn: Vec<String>,
    /// 1.2 or 1.3
    #[arg(long, value_name = "VERSION", hide_possible_values = true, default_value = "1.2")]
    pub tls_min_version: TlsVersion,
    /// Accept only this public key (SHA-256)
    #[arg(long, value_name = "HASH")]
    pub pin_sha256: Vec<String>,
}
