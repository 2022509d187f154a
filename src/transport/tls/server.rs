//! The server side of TLS: the configuration of a listener of the embedded broker.

use std::path::Path;
use std::sync::Arc;

use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::{ClientHello, ResolvesServerCert, WebPkiClientVerifier};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{RootCertStore, ServerConfig};

use super::files::{self, TlsFile, TlsFileProblem, TlsSetupError};
use super::options::TlsIdentity;
use super::{provider, read_identity};

/// The certificate of a server, read and checked.
#[derive(Debug, Clone)]
pub(crate) struct ServerCertificate(Arc<CertifiedKey>);

impl ServerCertificate {
    /// Reads a certificate and its key.
    pub(crate) fn read(identity: &TlsIdentity) -> Result<Self, TlsSetupError> {
        read_identity(identity).map(|certified| Self(Arc::new(certified)))
    }

    /// A certificate that was created in this program; the error is that of the library.
    pub(crate) fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self, String> {
        let key = provider().key_provider.load_private_key(key).map_err(|error| error.to_string())?;
        Ok(Self(Arc::new(CertifiedKey::new(chain, key))))
    }
}

impl ResolvesServerCert for ServerCertificate {
    /// One for all names: a broker for tests is reached under any name in the network of the test.
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.0.clone())
    }
}

/// TLS 1.2 and 1.3. With `client_ca`, only clients with a certificate signed by one of its authorities are accepted.
pub(crate) fn server_config(
    certificate: ServerCertificate,
    client_ca: Option<&Path>,
) -> Result<ServerConfig, TlsSetupError> {
    let broken = |file, path: &Path, reason: String| TlsSetupError::File {
        file,
        path: path.to_owned(),
        problem: TlsFileProblem::BadCertificate(reason),
    };
    let provider = provider();
    let builder = ServerConfig::builder_with_provider(provider.clone())
        .with_protocol_versions(&[&TLS13, &TLS12])
        .map_err(|error| broken(TlsFile::Certificate, Path::new(""), error.to_string()))?;
    let builder = match client_ca {
        None => builder.with_no_client_auth(),
        Some(path) => {
            let mut roots = RootCertStore::empty();
            roots.add_parsable_certificates(files::read_authorities(path)?);
            let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider).build();
            builder.with_client_cert_verifier(verifier.map_err(|error| broken(TlsFile::Ca, path, error.to_string()))?)
        }
    };
    // No ALPN: a client may offer whatever it likes.
    Ok(builder.with_cert_resolver(Arc::new(certificate)))
}
