use std::fmt;
use std::path::PathBuf;

/// TLS options that cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsSetupError {
    /// A file or folder.
    File {
        /// What it is for.
        file: TlsFile,
        /// Where it is.
        path: PathBuf,
        /// What is wrong with it.
        problem: TlsFileProblem,
    },
    /// The key is not that of the certificate.
    KeyMismatch,
    /// The name to ask for can be in no certificate.
    ServerName(String),
    /// An application protocol of no byte, or of more than 255.
    Alpn(String),
}

/// What a file is for.
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
    /// It cannot be read, in the system's words.
    Unreadable(String),
    /// It is no valid PEM.
    NotPem,
    /// It has no certificate.
    NoCertificate,
    /// A certificate in it is broken, in the library's words.
    BadCertificate(String),
    /// It has no private key.
    NoKey,
    /// The key is of a kind that TLS cannot use, or broken; in the library's words.
    BadKey(String),
    /// The key is encrypted, and there is no password.
    PasswordMissing,
    /// The password does not open the key.
    WrongPassword,
    /// The key is encrypted in the way of old OpenSSL versions, or with an algorithm that is not supported.
    UnsupportedEncryption,
}

impl fmt::Display for TlsSetupError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path, problem, .. } => write!(f, "`{}`: {problem}", path.display()),
            Self::KeyMismatch => f.write_str("the key is not that of the certificate"),
            Self::ServerName(name) => write!(f, "`{name}` is no name that a certificate can have"),
            Self::Alpn(name) => write!(f, "`{name}` is no application protocol: 1 to 255 bytes"),
        }
    }
}

impl fmt::Display for TlsFileProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(reason) => f.write_str(reason),
            Self::NotPem => f.write_str("no valid PEM"),
            Self::NoCertificate => f.write_str("no certificate in it"),
            Self::BadCertificate(reason) => write!(f, "broken certificate: {reason}"),
            Self::NoKey => f.write_str("no private key in it"),
            Self::BadKey(reason) => write!(f, "unusable key: {reason}"),
            Self::PasswordMissing => f.write_str("the key is encrypted, and no password was given"),
            Self::WrongPassword => f.write_str("the password does not open the key"),
            Self::UnsupportedEncryption => f.write_str("the key is encrypted in a way that is not supported"),
        }
    }
}

impl std::error::Error for TlsSetupError {}
