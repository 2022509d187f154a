use std::fmt;
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use pkcs8::EncryptedPrivateKeyInfoRef;
use pkcs8::der::SecretDocument;
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::pki_types::pem::{self, PemObject};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// TLS options that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsSetupError {
    /// A file or folder.
    File {
        /// Its purpose.
        file: TlsFile,
        /// Its path.
        path: PathBuf,
        /// What is wrong with it.
        problem: TlsFileProblem,
    },
    /// The key does not belong to the certificate.
    KeyMismatch,
    /// The requested name cannot be in a certificate.
    ServerName(String),
    /// An application protocol of no byte, or of more than 255.
    Alpn(String),
}

/// The purpose of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TlsFile {
    /// Certificates to trust.
    Ca,
    /// This client's certificate.
    Certificate,
    /// The key of this client's certificate.
    Key,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsFileProblem {
    /// It cannot be read; as the system describes it.
    Unreadable(String),
    /// It is not valid PEM.
    NotPem,
    /// It is too large for a certificate or key file.
    TooLarge,
    /// It is PKCS#12, certificate and key in one.
    Pkcs12,
    /// It has no certificate.
    NoCertificate,
    /// A certificate in it is broken; as the library describes it.
    BadCertificate(String),
    /// It has no private key.
    NoKey,
    /// The key is of a kind that TLS cannot use, or broken; as the library describes it.
    BadKey(String),
    /// The key is encrypted, and there is no password.
    PasswordMissing,
    /// The password does not decrypt the key.
    WrongPassword,
    /// The key is encrypted in the way of old OpenSSL versions, or with an algorithm that is not supported.
    UnsupportedEncryption,
}

/// The certificates to trust, from a file or from every certificate file in a folder.
pub(super) fn read_authorities(path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsSetupError> {
    let fail = |problem| TlsSetupError::File { file: TlsFile::Ca, path: path.to_owned(), problem };
    if !path.is_dir() {
        let certificates = read_certificates(TlsFile::Ca, path)?;
        let mut roots = RootCertStore::empty();
        for certificate in &certificates {
            let added = roots.add(certificate.clone());
            added.map_err(|error| fail(TlsFileProblem::BadCertificate(error.to_string())))?;
        }
        return Ok(certificates);
    }
    let unreadable = |error: std::io::Error| fail(TlsFileProblem::Unreadable(plain(&error)));
    let mut paths = Vec::new();
    for entry in fs::read_dir(path).map_err(unreadable)? {
        paths.push(entry.map_err(unreadable)?.path());
    }
    // The order of a folder is arbitrary; errors should not depend on it.
    paths.sort();
    let mut certificates = Vec::new();
    for path in paths.into_iter().filter(|path| path.is_file()) {
        match read_certificates(TlsFile::Ca, &path) {
            Ok(found) => certificates.extend(found),
            // A folder may hold keys and notes too.
            Err(TlsSetupError::File { problem: TlsFileProblem::NoCertificate, .. }) => {}
            Err(error) => return Err(error),
        }
    }
    if certificates.is_empty() { Err(fail(TlsFileProblem::NoCertificate)) } else { Ok(certificates) }
}

/// All certificates of a PEM file, at least one.
pub(super) fn read_certificates(file: TlsFile, path: &Path) -> Result<Vec<CertificateDer<'static>>, TlsSetupError> {
    let fail = |problem| TlsSetupError::File { file, path: path.to_owned(), problem };
    let text = read(path).map_err(fail)?;
    if is_der(&text) {
        return Ok(vec![CertificateDer::from(text)]);
    }
    let certificates: Vec<_> =
        CertificateDer::pem_slice_iter(&text).collect::<Result<_, _>>().map_err(|_| fail(TlsFileProblem::NotPem))?;
    if certificates.is_empty() { Err(fail(TlsFileProblem::NoCertificate)) } else { Ok(certificates) }
}

/// The first private key of a PEM file, decrypted with the password if necessary.
pub(super) fn read_key(path: &Path, password: Option<&str>) -> Result<PrivateKeyDer<'static>, TlsSetupError> {
    let fail = |problem| TlsSetupError::File { file: TlsFile::Key, path: path.to_owned(), problem };
    let text = read(path).map_err(fail)?;
    if is_der(&text) {
        return key_of_der(text, password).map_err(fail);
    }
    let text = String::from_utf8_lossy(&text);
    if let Some(block) = block(&text, "ENCRYPTED PRIVATE KEY") {
        let password = password.ok_or_else(|| fail(TlsFileProblem::PasswordMissing))?;
        return open_key(block, password).map_err(fail);
    }
    if text.contains("Proc-Type: 4,ENCRYPTED") {
        return Err(fail(TlsFileProblem::UnsupportedEncryption));
    }
    PrivateKeyDer::from_pem_slice(text.as_bytes()).map_err(|error| {
        fail(match error {
            pem::Error::NoItemsFound => TlsFileProblem::NoKey,
            _ => TlsFileProblem::NotPem,
        })
    })
}

/// Much larger than all authorities of a system.
const LARGEST_FILE: u64 = 16 << 20;

/// The bytes of a file, without a byte order mark.
fn read(path: &Path) -> Result<Vec<u8>, TlsFileProblem> {
    let mut bytes = Vec::new();
    let file = fs::File::open(path).and_then(|file| file.take(LARGEST_FILE + 1).read_to_end(&mut bytes));
    match file {
        Err(error) => Err(TlsFileProblem::Unreadable(plain(&error))),
        Ok(length) if length as u64 > LARGEST_FILE => Err(TlsFileProblem::TooLarge),
        Ok(_) if is_pkcs12(&bytes) => Err(TlsFileProblem::Pkcs12),
        Ok(_) if bytes.starts_with(BOM) => Ok(bytes.split_off(BOM.len())),
        Ok(_) => Ok(bytes),
    }
}

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// A sequence with a length of two bytes, as all of DER's certificates and most of its keys are, or of one; no PEM
/// file begins like this.
fn is_der(bytes: &[u8]) -> bool {
    matches!(bytes, [0x30, 0x81 | 0x82, ..])
        || matches!(bytes, [0x30, length, rest @ ..] if rest.len() == usize::from(*length))
}

/// Certificate and key in one file: a sequence that begins with the version 3.
fn is_pkcs12(bytes: &[u8]) -> bool {
    matches!(bytes, [0x30, 0x81, _, 2, 1, 3, ..] | [0x30, 0x82, _, _, 2, 1, 3, ..] | [0x30, 0x80, 2, 1, 3, ..])
}

fn key_of_der(bytes: Vec<u8>, password: Option<&str>) -> Result<PrivateKeyDer<'static>, TlsFileProblem> {
    if EncryptedPrivateKeyInfoRef::try_from(bytes.as_slice()).is_ok() {
        return decrypt(&bytes, password.ok_or(TlsFileProblem::PasswordMissing)?);
    }
    PrivateKeyDer::try_from(bytes).map_err(|_| TlsFileProblem::NoKey)
}

/// Decrypts the PKCS#8 of a PEM block.
fn open_key(block: &str, password: &str) -> Result<PrivateKeyDer<'static>, TlsFileProblem> {
    let (_, document) = SecretDocument::from_pem(block).map_err(|_| TlsFileProblem::NotPem)?;
    decrypt(document.as_bytes(), password)
}

fn decrypt(der: &[u8], password: &str) -> Result<PrivateKeyDer<'static>, TlsFileProblem> {
    // What does not parse is, in a whole PEM block, an algorithm that the library has no name for.
    let encrypted = EncryptedPrivateKeyInfoRef::try_from(der).map_err(|_| TlsFileProblem::UnsupportedEncryption)?;
    match encrypted.decrypt(password) {
        Ok(key) => Ok(PrivatePkcs8KeyDer::from(key.as_bytes().to_vec()).into()),
        Err(pkcs8::Error::EncryptedPrivateKey(
            pkcs8::pkcs5::Error::UnsupportedAlgorithm { .. } | pkcs8::pkcs5::Error::NoPbes1CryptSupport,
        )) => Err(TlsFileProblem::UnsupportedEncryption),
        // The wrong key gives bad padding, or now and then good padding around nonsense.
        Err(_) => Err(TlsFileProblem::WrongPassword),
    }
}

/// The first PEM block with a label.
fn block<'a>(text: &'a str, label: &str) -> Option<&'a str> {
    let (begin, end) = (format!("-----BEGIN {label}-----"), format!("-----END {label}-----"));
    let start = text.find(&begin)?;
    let length = text[start..].find(&end)? + end.len();
    Some(&text[start..start + length])
}

/// The system's description without the number after it.
fn plain(error: &std::io::Error) -> String {
    let text = error.to_string();
    match text.split_once(" (os error") {
        Some((words, _)) => words.to_lowercase(),
        None => text,
    }
}

impl fmt::Display for TlsSetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, problem, .. } => write!(f, "`{}`: {problem}", path.display()),
            Self::KeyMismatch => f.write_str("the key does not belong to the certificate"),
            Self::ServerName(name) => write!(f, "`{name}` cannot be the name in a certificate"),
            Self::Alpn(name) => write!(f, "`{name}` is not an application protocol: it must have 1 to 255 bytes"),
        }
    }
}

impl fmt::Display for TlsFileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(reason) => f.write_str(reason),
            Self::NotPem => f.write_str("not valid PEM"),
            Self::TooLarge => f.write_str("too large for a certificate or key file"),
            Self::Pkcs12 => f.write_str("a PKCS#12 file; PEM or DER is needed"),
            Self::NoCertificate => f.write_str("it contains no certificate, neither in PEM nor in DER"),
            Self::BadCertificate(reason) => write!(f, "broken certificate: {reason}"),
            Self::NoKey => f.write_str("no private key in it"),
            Self::BadKey(reason) => write!(f, "unusable key: {reason}"),
            Self::PasswordMissing => f.write_str("the key is encrypted, and no password was given"),
            Self::WrongPassword => f.write_str("the password does not decrypt the key"),
            Self::UnsupportedEncryption => f.write_str("the key is encrypted in a way that is not supported"),
        }
    }
}

impl std::error::Error for TlsSetupError {}
