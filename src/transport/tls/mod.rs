//! TLS: the step between the socket and what is spoken on it.

mod cause;
mod files;
mod options;

pub use cause::TlsCause;
pub use files::{TlsFile, TlsFileProblem, TlsSetupError};
pub use options::{InvalidPin, Pin, TlsIdentity, TlsOptions, TlsVersion};

use super::Stream;

/// TLS as set up once, for all connections of a process: they share its trusted authorities and its memory of
/// sessions to resume. A clone is the same one.
///
/// [`Tls::new`] reads the files that the options name, so that what is wrong with them is known before a connection
/// is tried; the system's authorities are loaded at the first connection that needs them.
#[derive(Debug, Clone, Default)]
pub struct Tls {}

impl Tls {
    /// Reads what the options name.
    pub fn new(_options: &TlsOptions) -> Result<Self, TlsSetupError> {
        Ok(Self {})
    }

    /// Does the handshake over an open stream.
    #[expect(clippy::unused_async, reason = "its body lands next")]
    pub(super) async fn connect(&self, _stream: Stream, _host: &str) -> Result<Stream, TlsCause> {
        Err(TlsCause::Other("TLS is on its way".into()))
    }
}
