//! TLS: the step between the socket and the protocol on it, with rustls and ring.
//!
//! The provider is named at each use and never taken from the process, so that no other crate's choice changes it.
//! The system's authorities come from rustls-native-certs: it reads them on every system, so that one verifier with
//! one set of messages checks all certificates. (On some systems, rustls-platform-verifier asks the system instead.)

mod cause;
mod certificate;
mod files;
mod options;
#[cfg(feature = "broker")]
mod server;
mod stream;
mod verify;

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::client::Resumption;
use tokio_rustls::rustls::crypto::{CryptoProvider, ring};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{
    ClientConfig, ClientConnection, Error, HandshakeKind, InconsistentKeys, KeyLogFile, ProtocolVersion, RootCertStore,
};

pub use cause::TlsCause;
pub use certificate::Certificate;
pub use files::{TlsFile, TlsFileProblem, TlsSetupError};
pub use options::{InvalidPin, Pin, TlsIdentity, TlsOptions, TlsVersion};
#[cfg(feature = "broker")]
pub(crate) use server::{ServerCertificate, server_config};
pub use stream::TlsStream;

use self::cause::Standing;
use self::verify::{Identity, Trust, Verifier};
use super::DialObserver;
use super::observer::Telling;

/// The TLS setup for all connections of a process: they share its trusted authorities and its cache of sessions to
/// resume. A clone shares both.
///
/// [`Tls::new`] reads the files that the options name, so that errors in them are found before a connection
/// is tried; the system's authorities are loaded at the first connection that needs them.
#[derive(Clone)]
pub struct Tls(Arc<Shared>);

struct Shared {
    options: TlsOptions,
    /// Those of `--ca`; `None`: the system's.
    authorities: Option<Vec<CertificateDer<'static>>>,
    identity: Arc<Identity>,
    observer: Telling,
    config: OnceLock<Result<Arc<ClientConfig>, TlsCause>>,
}

impl Tls {
    /// Reads the files that the options name.
    pub fn new(options: &TlsOptions) -> Result<Self, TlsSetupError> {
        if let Some(name) = &options.server_name {
            parse_name(name).map_err(|_| TlsSetupError::ServerName(name.clone()))?;
        }
        if let Some(name) = options.alpn.iter().find(|name| !(1..=255).contains(&name.len())) {
            return Err(TlsSetupError::Alpn(name.clone()));
        }
        Ok(Self::with(
            options.clone(),
            options.ca.as_deref().map(files::read_authorities).transpose()?,
            options.identity.as_ref().map(read_identity).transpose()?,
        ))
    }

    fn with(options: TlsOptions, authorities: Option<Vec<CertificateDer<'static>>>, key: Option<CertifiedKey>) -> Self {
        let identity = Arc::new(Identity { key: key.map(Arc::new), was_asked: AtomicBool::new(false) });
        let observer = Telling::default();
        Self(Arc::new(Shared { options, authorities, identity, observer, config: OnceLock::new() }))
    }

    /// The same for a client with another certificate.
    pub(crate) fn with_identity(&self, identity: &TlsIdentity) -> Result<Self, TlsSetupError> {
        let Shared { options, authorities, .. } = &*self.0;
        Ok(Self::with(options.clone(), authorities.clone(), Some(read_identity(identity)?)))
    }

    /// The same, with an observer of certificates and of the negotiated parameters.
    pub(super) fn observed(&self, observer: Arc<dyn DialObserver>) -> Self {
        let Shared { options, authorities, identity, .. } = &*self.0;
        Self(Arc::new(Shared {
            options: options.clone(),
            authorities: authorities.clone(),
            identity: identity.clone(),
            observer: Telling(Some(observer)),
            config: OnceLock::new(),
        }))
    }

    /// Does the handshake over an open stream.
    pub(super) async fn connect<S: AsyncRead + AsyncWrite + Unpin>(
        &self,
        stream: S,
        host: &str,
    ) -> Result<TlsStream<S>, TlsCause> {
        let config = self.config()?;
        let identity = &self.0.identity;
        let name = parse_name(self.name_for(host))?;
        let handshake = TlsConnector::from(config).connect(name, stream);
        let inner = handshake.await.map_err(|error| TlsCause::from_io(&error, identity.standing()))?;
        self.0.observer.tell(|| agreed(inner.get_ref().1));
        Ok(TlsStream { inner, identity: identity.clone(), has_heard: false })
    }

    /// The configuration for QUIC, and the name to request.
    #[cfg(feature = "quic")]
    pub(super) fn for_quic(&self, host: &str) -> Result<(ClientConfig, String), TlsCause> {
        let mut config = ClientConfig::clone(&*self.config()?);
        if config.alpn_protocols.is_empty() {
            // QUIC has no connection without one.
            config.alpn_protocols.push(b"mqtt".to_vec());
        }
        Ok((config, parse_name(self.name_for(host))?.to_str().into_owned()))
    }

    fn config(&self) -> Result<Arc<ClientConfig>, TlsCause> {
        self.0.config.get_or_init(|| self.0.configure().map(Arc::new)).clone()
    }

    fn name_for<'a>(&'a self, host: &'a str) -> &'a str {
        self.0.options.server_name.as_deref().unwrap_or(host)
    }
}

impl Default for Tls {
    /// Trusts the authorities of the system. Shared, so that dialers that do not use it cost nothing.
    fn default() -> Self {
        static DEFAULT: OnceLock<Tls> = OnceLock::new();
        DEFAULT.get_or_init(|| Self::with(TlsOptions::default(), None, None)).clone()
    }
}

impl Shared {
    fn configure(&self) -> Result<ClientConfig, TlsCause> {
        let provider = provider();
        let verifier = Verifier {
            trust: if self.options.insecure { Trust::Anybody } else { self.trust()? },
            pins: self.options.pins.clone(),
            algorithms: provider.signature_verification_algorithms,
            observer: self.observer.clone(),
        };
        let versions: &[_] = match self.options.minimum_version {
            TlsVersion::V1_2 => &[&TLS13, &TLS12],
            TlsVersion::V1_3 => &[&TLS13],
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .map_err(|error| TlsCause::Other(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_client_cert_resolver(self.identity.clone());
        config.alpn_protocols = self.options.alpn.iter().map(|name| name.clone().into_bytes()).collect();
        config.resumption = Resumption::in_memory_sessions(256);
        if std::env::var_os("SSLKEYLOGFILE").is_some() {
            config.key_log = Arc::new(KeyLogFile::new());
        }
        Ok(config)
    }

    fn trust(&self) -> Result<Trust, TlsCause> {
        let mut roots = RootCertStore::empty();
        if let Some(named) = &self.authorities {
            roots.add_parsable_certificates(named.iter().cloned());
            return Ok(Trust::Authorities { roots, named: named.clone() });
        }
        let found = rustls_native_certs::load_native_certs();
        // Some systems have a few that no library can read.
        roots.add_parsable_certificates(found.certs);
        if roots.is_empty() {
            return Err(TlsCause::NoSystemRoots(found.errors.first().map(ToString::to_string)));
        }
        Ok(Trust::Authorities { roots, named: Vec::new() })
    }
}

impl Identity {
    fn standing(&self) -> Standing {
        Standing { was_asked: self.was_asked.load(Ordering::Relaxed), has_identity: self.key.is_some() }
    }
}

/// The parameters that both ends agreed on.
fn agreed(connection: &ClientConnection) -> String {
    let version = match connection.protocol_version() {
        Some(ProtocolVersion::TLSv1_2) => "TLS 1.2",
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        _ => "TLS",
    };
    let cipher = connection.negotiated_cipher_suite().map(|suite| format!(" with {:?}", suite.suite()));
    let protocol = connection.alpn_protocol().map(|name| format!(", ALPN `{}`", String::from_utf8_lossy(name)));
    let resumed = if connection.handshake_kind() == Some(HandshakeKind::Resumed) { ", resumed" } else { "" };
    format!("{version}{}{}{resumed}", cipher.unwrap_or_default(), protocol.unwrap_or_default())
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(ring::default_provider())
}

fn read_identity(identity: &TlsIdentity) -> Result<CertifiedKey, TlsSetupError> {
    let TlsIdentity { certificate, key, key_password } = identity;
    let chain = files::read_certificates(TlsFile::Certificate, certificate)?;
    let signing_key = files::read_key(key, key_password.as_deref())?;
    let signing_key = provider().key_provider.load_private_key(signing_key).map_err(|error| TlsSetupError::File {
        file: TlsFile::Key,
        path: key.clone(),
        problem: TlsFileProblem::BadKey(error.to_string()),
    })?;
    let certified = CertifiedKey::new(chain, signing_key);
    match certified.keys_match() {
        Err(Error::InconsistentKeys(InconsistentKeys::KeyMismatch)) => Err(TlsSetupError::KeyMismatch),
        // Whether to accept a certificate that the library cannot read, such as one of X.509 version 1, is up to the broker.
        _ => Ok(certified),
    }
}

/// Removes a zone, for example from `fe80::1%eth0`, as it has a meaning only on this machine.
fn parse_name(host: &str) -> Result<ServerName<'static>, TlsCause> {
    let name = host.split_once('%').map_or(host, |(address, _zone)| address);
    ServerName::try_from(name.to_owned()).map_err(|_| TlsCause::InvalidName(host.to_owned()))
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Tls").field(&self.0.options).finish()
    }
}
