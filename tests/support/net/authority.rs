//! Certificates, made as a test needs them.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tempfile::TempDir;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::server::WebPkiClientVerifier;
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{RootCertStore, ServerConfig, SupportedProtocolVersion};

/// An authority, and the folder in which the files that it signs are put.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    certificate: String,
    folder: TempDir,
}

/// A certificate and its key, as PEM, in memory and in files.
#[derive(Debug)]
pub struct Certified {
    pub certificate: String,
    pub key: String,
    pub certificate_path: PathBuf,
    pub key_path: PathBuf,
    /// The key's `SubjectPublicKeyInfo`, DER.
    pub public_key: Vec<u8>,
}

/// When a certificate is valid, against the day of the test.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Valid {
    Now,
    /// Until 2001-02-03.
    Past,
    /// From 2999-01-02.
    Future,
}

impl Authority {
    /// One whose name no other has.
    pub fn new() -> Self {
        static NEXT: AtomicU32 = AtomicU32::new(1);
        Self::named(&format!("Authority {} of a test", NEXT.fetch_add(1, Ordering::Relaxed)))
    }

    pub fn named(name: &str) -> Self {
        let mut params = CertificateParams::new(Vec::new()).expect("no names");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate").pem();
        let folder = TempDir::new().expect("a temporary folder");
        std::fs::write(folder.path().join("ca.pem"), &certificate).expect("a file in it");
        Self { issuer: Issuer::new(params, key), certificate, folder }
    }

    /// The folder of all files.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The file of the authority's own certificate.
    pub fn ca(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A certificate for names and addresses, valid now.
    pub fn certify(&self, names: &[&str]) -> Certified {
        self.certify_key(names, Valid::Now, &KeyPair::generate().expect("a key"))
    }

    /// A certificate for names and addresses.
    pub fn certify_key(&self, names: &[&str], valid: Valid, key: &KeyPair) -> Certified {
        let certificate = params(names, valid).signed_by(key, &self.issuer).expect("a certificate").pem();
        self.write(certificate, key)
    }

    /// A certificate that is its own authority, as `openssl req -x509` makes it.
    pub fn self_signed(&self, names: &[&str], valid: Valid) -> Certified {
        let mut params = params(names, valid);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.self_signed(&key).expect("a certificate").pem();
        self.write(certificate, &key)
    }

    /// An authority that this one signed, with its certificate as PEM.
    pub fn intermediate(&self, name: &str, valid: Valid) -> (Self, String) {
        let mut params = params(&[], valid);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CommonName, name);
        let key = KeyPair::generate().expect("a key");
        let certificate = params.signed_by(&key, &self.issuer).expect("a certificate").pem();
        let folder = TempDir::new().expect("a temporary folder");
        (Self { issuer: Issuer::new(params, key), certificate: certificate.clone(), folder }, certificate)
    }

    /// A server that shows a new certificate for these names.
    pub fn server(&self, names: &[&str]) -> ServerConfig {
        self.certify(names).server()
    }

    /// A server that, besides, lets only clients in whose certificate this authority signed.
    pub fn server_for_known_clients(
        &self,
        names: &[&str],
        versions: &[&'static SupportedProtocolVersion],
    ) -> ServerConfig {
        let mut roots = RootCertStore::empty();
        let own = CertificateDer::from_pem_slice(self.certificate.as_bytes()).expect("PEM");
        roots.add(own).expect("an authority");
        let provider = Arc::new(ring::default_provider());
        let verifier = WebPkiClientVerifier::builder_with_provider(roots.into(), provider.clone()).build();
        let certified = self.certify(names);
        ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(versions)
            .expect("versions that the provider has")
            .with_client_cert_verifier(verifier.expect("a verifier"))
            .with_single_cert(certified.chain(), certified.private_key())
            .expect("a key and its certificate")
    }

    fn write(&self, certificate: String, key: &KeyPair) -> Certified {
        let serial = std::fs::read_dir(self.folder.path()).expect("the folder").count();
        let certificate_path = self.folder.path().join(format!("{serial}.crt"));
        let key_path = self.folder.path().join(format!("{serial}.key"));
        std::fs::write(&certificate_path, &certificate).expect("a file");
        std::fs::write(&key_path, key.serialize_pem()).expect("a file");
        let public_key = key.public_key_pem();
        let public_key = public_key.lines().filter(|line| !line.starts_with("-----")).collect::<String>();
        let public_key = data_encoding::BASE64.decode(public_key.as_bytes()).expect("base64 in PEM");
        Certified { certificate, key: key.serialize_pem(), certificate_path, key_path, public_key }
    }
}

impl Certified {
    pub fn chain(&self) -> Vec<CertificateDer<'static>> {
        CertificateDer::pem_slice_iter(self.certificate.as_bytes()).collect::<Result<_, _>>().expect("PEM")
    }

    /// With the certificate of the authority that signed it behind it.
    pub fn behind(mut self, issuer: &str) -> Self {
        self.certificate += issuer;
        self
    }

    pub fn private_key(&self) -> PrivateKeyDer<'static> {
        PrivateKeyDer::from_pem_slice(self.key.as_bytes()).expect("PEM")
    }

    /// A server that shows this certificate.
    pub fn server(&self) -> ServerConfig {
        self.server_with(&[&TLS13, &TLS12])
    }

    /// A server of certain versions that shows this certificate.
    pub fn server_with(&self, versions: &[&'static SupportedProtocolVersion]) -> ServerConfig {
        ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_protocol_versions(versions)
            .expect("versions that the provider has")
            .with_no_client_auth()
            .with_single_cert(self.chain(), self.private_key())
            .expect("a key and its certificate")
    }
}

fn params(names: &[&str], valid: Valid) -> CertificateParams {
    let names: Vec<String> = names.iter().map(ToString::to_string).collect();
    let mut params = CertificateParams::new(names).expect("names that a certificate can have");
    match valid {
        Valid::Now => {}
        Valid::Past => {
            params.not_before = date_time_ymd(2000, 1, 1);
            params.not_after = date_time_ymd(2001, 2, 3);
        }
        Valid::Future => {
            params.not_before = date_time_ymd(2999, 1, 2);
            params.not_after = date_time_ymd(3000, 1, 1);
        }
    }
    params
}
