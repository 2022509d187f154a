use std::fmt;

use super::Pin;

/// Why a TLS connection did not come about, or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsCause {
    /// None of the trusted authorities signed the certificate.
    UnknownIssuer,
    /// The certificate is for other names.
    WrongName {
        /// The name asked for.
        expected: String,
        /// The names that it has: DNS names and addresses.
        presented: Vec<String>,
    },
    /// The certificate was valid until then.
    Expired {
        /// When it ended, RFC 3339 in UTC; `None` when the certificate's dates make no sense.
        not_after: Option<String>,
    },
    /// The certificate becomes valid then.
    NotYetValid {
        /// When it begins, RFC 3339 in UTC.
        not_before: String,
    },
    /// The certificate was revoked.
    Revoked,
    /// The certificate is an authority's own, and not one that was named as trusted.
    IsAuthority,
    /// The certificate is of X.509 version 1 or 2, which has no names to check.
    OldCertificate,
    /// The certificate is broken, or not for this use; in the library's words.
    BadCertificate(String),
    /// The certificate's public key is none of those asked for.
    PinMismatch {
        /// The one it has.
        found: Pin,
    },
    /// The broker wants to see a certificate of ours.
    ClientCertificateRequired,
    /// The broker does not accept our certificate; in the words of its alert.
    ClientCertificateRefused(&'static str),
    /// The broker has no certificate for the name.
    UnknownName(String),
    /// What answers is no TLS.
    NotTls {
        /// It looks like an HTTP server's answer.
        is_http: bool,
    },
    /// The connection was closed in the middle of the handshake.
    Closed,
    /// No version of TLS, or no cipher suite, that both sides have.
    NothingInCommon,
    /// None of the application protocols offered (ALPN).
    NoCommonAlpn,
    /// The host, or the name that was asked for instead, can be in no certificate.
    InvalidName(String),
    /// The system has no list of trusted authorities.
    NoSystemRoots(String),
    /// An alert of the broker's, by name.
    Alert(String),
    /// Something else, in the library's words.
    Other(String),
}

impl fmt::Display for TlsCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self:?}")
    }
}
