use std::io;
use std::net::SocketAddr;

use crate::error::{Error, ErrorKind};

/// Why a broker did not start.
#[derive(Debug, thiserror::Error)]
pub enum BrokerError {
    /// Something else listens there.
    #[error("{address} is in use")]
    AddressInUse {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The system does not let this user listen there.
    #[error("not permitted to listen on {address}")]
    NotPermitted {
        /// The address that was asked for.
        address: SocketAddr,
    },
    /// The address cannot be listened on for another reason, such as not being one of this machine's.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address that was asked for.
        address: SocketAddr,
        /// What the system said.
        source: io::Error,
    },
    /// No thread or no runtime to be had.
    #[error("cannot start the embedded broker: {0}")]
    Start(io::Error),
}

impl BrokerError {
    pub(super) fn listen(address: SocketAddr, source: io::Error) -> Self {
        match source.kind() {
            io::ErrorKind::AddrInUse => Self::AddressInUse { address },
            io::ErrorKind::PermissionDenied => Self::NotPermitted { address },
            _ => Self::Listen { address, source },
        }
    }
}

impl From<BrokerError> for Error {
    fn from(error: BrokerError) -> Self {
        let shown = Error::new(ErrorKind::Local, format!("the embedded broker did not start: {error}"));
        match error {
            BrokerError::AddressInUse { .. } => {
                shown.with_hint("if a broker runs there already, connect to that one; or take another port with --port")
            }
            BrokerError::NotPermitted { address } if address.port() < 1024 => {
                shown.with_hint("ports below 1024 are the administrator's: take another with --port")
            }
            BrokerError::Listen { .. } => {
                shown.with_hint("--bind takes an address of this machine, or 0.0.0.0 for all")
            }
            BrokerError::NotPermitted { .. } | BrokerError::Start(_) => shown,
        }
    }
}
