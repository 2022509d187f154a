//! The rules by which the certificate of a broker is accepted, and which of ours it is shown.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio_rustls::rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use tokio_rustls::rustls::client::{ResolvesClientCert, verify_server_cert_signed_by_trust_anchor, verify_server_name};
use tokio_rustls::rustls::crypto::{WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use tokio_rustls::rustls::server::ParsedCertificate;
use tokio_rustls::rustls::sign::CertifiedKey;
use tokio_rustls::rustls::{
    CertificateError, DigitallySignedStruct, Error, OtherError, RootCertStore, SignatureScheme,
};

use super::{Certificate, Pin, TlsCause};
use crate::transport::observer::Telling;

/// Accepts a certificate that an authority vouches for, or any, and only pinned keys if there are pins.
#[derive(Debug)]
pub(super) struct Verifier {
    pub(super) trust: Trust,
    pub(super) pins: Vec<Pin>,
    pub(super) algorithms: WebPkiSupportedAlgorithms,
    /// Receives the chain before it is verified.
    pub(super) observer: Telling,
}

/// What makes a certificate trusted.
#[derive(Debug)]
pub(super) enum Trust {
    /// Nothing is required: `--insecure`.
    Anybody,
    /// The signature of an authority.
    Authorities {
        roots: RootCertStore,
        /// The certificates that were named one by one (`--ca`), which may include that of the server.
        named: Vec<CertificateDer<'static>>,
    },
}

impl Verifier {
    fn verify_trust(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        now: UnixTime,
    ) -> Result<(), Error> {
        let Trust::Authorities { roots, named } = &self.trust else { return Ok(()) };
        let parsed = ParsedCertificate::try_from(end_entity)?;
        let signed = verify_server_cert_signed_by_trust_anchor(&parsed, roots, intermediates, now, self.algorithms.all);
        match signed {
            // By default, `openssl req -x509` makes the certificate of a server an authority too. If exactly this one
            // was named as trusted, nothing is left to prove: its dates were checked before its role.
            Err(Error::InvalidCertificate(CertificateError::Other(other)))
                if other.0.to_string() == "CaUsedAsEndEntity" && named.contains(end_entity) => {}
            signed => signed.map_err(|error| name_the_issuer(error, end_entity, intermediates))?,
        }
        verify_server_name(&parsed, server_name)
    }

    fn verify_pin(&self, end_entity: &CertificateDer<'_>) -> Result<(), Error> {
        if self.pins.is_empty() {
            return Ok(());
        }
        let key = ParsedCertificate::try_from(end_entity)?.subject_public_key_info();
        let found = Pin::of_key(&key);
        if self.pins.contains(&found) {
            return Ok(());
        }
        let cause = TlsCause::PinMismatch { found };
        Err(Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(cause)))))
    }

    /// Without authority and pin it does not matter who holds the key, and the library need not even be able to read
    /// the certificate (X.509 version 1).
    fn is_signature_idle(&self) -> bool {
        matches!(self.trust, Trust::Anybody) && self.pins.is_empty()
    }
}

/// The library says that a certificate of the chain has expired, or is not valid yet, but not which: if it is not the
/// broker's own, its name is added.
fn name_the_issuer(error: Error, end_entity: &CertificateDer<'_>, intermediates: &[CertificateDer<'_>]) -> Error {
    let (is_over, date) = match &error {
        Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. }) => (true, not_after.as_secs()),
        Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. }) => {
            (false, not_before.as_secs())
        }
        _ => return error,
    };
    let has_date = |certificate: &Certificate| {
        let own = if is_over { certificate.not_after } else { certificate.not_before };
        own.is_some_and(|own| u64::try_from(own.as_second()) == Ok(date))
    };
    if Certificate::read(end_entity).as_ref().is_some_and(has_date) {
        return error;
    }
    let mut issuers = intermediates.iter().filter_map(|der| Certificate::read(der));
    let Some(issuer) = issuers.find(has_date).map(|certificate| certificate.subject) else { return error };
    let cause = match (is_over, TlsCause::date(date)) {
        (true, not_after) => TlsCause::Expired { not_after, issuer: Some(issuer) },
        (false, not_before) => TlsCause::NotYetValid { not_before, issuer: Some(issuer) },
    };
    Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(cause))))
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if let Some(observer) = &self.observer.0 {
            let chain: Vec<_> =
                std::iter::once(end_entity).chain(intermediates).map(|der| Certificate::read(der)).collect();
            for (number, certificate) in chain.iter().enumerate() {
                let name = certificate.as_ref().map_or_else(|| "(not readable)".to_owned(), Certificate::describe);
                observer.hear(&format!("certificate {}: {name}", number + 1));
            }
            observer.see(&chain.into_iter().flatten().collect::<Vec<_>>());
        }
        self.verify_trust(end_entity, intermediates, server_name, now)?;
        self.verify_pin(end_entity)?;
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if self.is_signature_idle() {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls12_signature(message, certificate, signature, &self.algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if self.is_signature_idle() {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls13_signature(message, certificate, signature, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

impl Pin {
    /// The hash of a `SubjectPublicKeyInfo` in DER.
    pub(super) fn of_key(subject_public_key_info: &[u8]) -> Self {
        let digest = ring::digest::digest(&ring::digest::SHA256, subject_public_key_info);
        let mut hash = [0; 32];
        hash.copy_from_slice(digest.as_ref());
        Self(hash)
    }
}

/// Presents our certificate, if any, and remembers whether it was requested.
#[derive(Debug)]
pub(super) struct Identity {
    pub(super) key: Option<Arc<CertifiedKey>>,
    pub(super) was_asked: AtomicBool,
}

impl ResolvesClientCert for Identity {
    fn resolve(&self, _root_hint_subjects: &[&[u8]], _schemes: &[SignatureScheme]) -> Option<Arc<CertifiedKey>> {
        self.was_asked.store(true, Ordering::Relaxed);
        self.key.clone()
    }

    fn has_certs(&self) -> bool {
        self.key.is_some()
    }
}
