use std::io;

use crate::error::{Error, ErrorKind};
use crate::transport::{TlsFile, TlsFileProblem, TlsSetupError};

/// Why a broker did not start.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// Something else is listening there.
    #[error("{address} is already in use")]
    AddressInUse {
        /// The option that names the address.
        flag: &'static str,
        /// The requested address.
        address: String,
    },
    /// The system does not allow this user to listen there.
    #[error("not permitted to listen on {address}")]
    NotPermitted {
        /// The option that names the address.
        flag: &'static str,
        /// The requested address.
        address: String,
    },
    /// The address cannot be listened on for another reason, for example because it is not one of this machine.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The option that names the address.
        flag: &'static str,
        /// The requested address.
        address: String,
        /// The error of the system.
        source: io::Error,
    },
    /// A certificate, its key or the authorities of clients.
    #[error("{0}")]
    Tls(#[from] TlsSetupError),
    /// The certificate of its own authority could not be created or written to a file.
    #[error("cannot make a certificate: {0}")]
    Authority(io::Error),
    /// A file of users or of rights that cannot be read or has an invalid line.
    #[error("{flag}: {problem}")]
    Access {
        /// The option that names the file.
        flag: &'static str,
        /// What is wrong with it, and where.
        problem: String,
    },
    /// A requested fault is not valid.
    #[error("--fault: {problem}")]
    Fault {
        /// What is wrong with it.
        problem: String,
        /// What would be right.
        hint: String,
    },
    /// The system did not provide a thread or a runtime.
    #[error("cannot start the broker: {0}")]
    Start(io::Error),
}

impl BrokerError {
    pub(super) fn listen(flag: &'static str, address: String, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::AddressInUse { flag, address },
            io::ErrorKind::PermissionDenied => Self::NotPermitted { flag, address },
            _ => Self::Listen { flag, address, source },
        }
    }
}

impl From<BrokerError> for Error {
    fn from(error: BrokerError) -> Self {
        let shown = Self::new(ErrorKind::Local, format!("the broker did not start: {error}"));
        match error {
            BrokerError::AddressInUse { flag: "--port", .. } => shown
                .with_hint("if a broker is already running there, connect to it; or choose another port with --port"),
            BrokerError::AddressInUse { flag: "--unix", .. } => {
                shown.with_hint("choose another path with --unix, or remove the file")
            }
            BrokerError::AddressInUse { flag, .. } => shown.with_hint(format!("choose another port with {flag}")),
            BrokerError::NotPermitted { flag: "--unix", .. } | BrokerError::Listen { flag: "--unix", .. } => {
                shown.with_hint("--unix takes the path of a file to create in an existing folder")
            }
            BrokerError::NotPermitted { flag, .. } => {
                shown.with_hint(format!("ports below 1024 may need administrator rights: choose another with {flag}"))
            }
            BrokerError::Listen { .. } => {
                shown.with_hint("--bind takes an address of this machine, or 0.0.0.0 for all")
            }
            BrokerError::Tls(error) => tls(&error),
            BrokerError::Access { flag, problem } => Self::local(format!("{flag}: {problem}")),
            BrokerError::Fault { problem, hint } => Self::usage(format!("--fault: {problem}")).with_hint(hint),
            BrokerError::Authority(_) => shown.with_hint("--cert and --key use a certificate that already exists"),
            BrokerError::Start(_) => shown,
        }
    }
}

/// With the option at fault.
fn tls(error: &TlsSetupError) -> Error {
    let flag = match error {
        TlsSetupError::File { file: TlsFile::Ca, .. } => "--client-ca",
        TlsSetupError::File { file: TlsFile::Certificate, .. } => "--cert",
        _ => "--key",
    };
    let shown = Error::local(format!("{flag}: {error}"));
    match error {
        TlsSetupError::File { problem: TlsFileProblem::PasswordMissing, .. } => {
            shown.with_hint("`openssl pkey -in KEY -out NEW` writes it without a password")
        }
        _ => shown,
    }
}
