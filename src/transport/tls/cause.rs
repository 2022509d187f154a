use std::fmt;
use std::io;

use tokio_rustls::rustls::{AlertDescription, CertificateError, Error, InvalidMessage, PeerIncompatible};

use super::Pin;

/// Why a TLS connection failed or ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsCause {
    /// None of the trusted authorities signed the certificate.
    UnknownIssuer,
    /// An authority with the name of a trusted one signed the certificate, but with another key.
    WrongSignature,
    /// The certificate is for other names.
    WrongName {
        /// The expected name.
        expected: String,
        /// The DNS names and addresses in the certificate.
        presented: Vec<String>,
    },
    /// The certificate is no longer valid.
    Expired {
        /// When it ended, RFC 3339 in UTC; `None` when its dates make no sense.
        not_after: Option<String>,
        /// The owner of the certificate, if it is not the broker.
        issuer: Option<String>,
    },
    /// The certificate is not valid yet.
    NotYetValid {
        /// When it begins, RFC 3339 in UTC; `None` when its dates make no sense.
        not_before: Option<String>,
        /// The owner of the certificate, if it is not the broker.
        issuer: Option<String>,
    },
    /// The certificate was revoked.
    Revoked,
    /// The certificate belongs to an authority, and was not named as trusted.
    IsAuthority,
    /// The certificate is of X.509 version 1 or 2, which has no names to check.
    OldCertificate,
    /// The certificate is broken, or not for this use; as the library describes it.
    BadCertificate(String),
    /// The public key does not match any pin.
    PinMismatch {
        /// The actual one.
        found: Pin,
    },
    /// The broker requires a client certificate.
    ClientCertificateRequired,
    /// The broker does not accept our certificate; the reason from its alert.
    ClientCertificateRefused(&'static str),
    /// The broker has no certificate for the requested name.
    UnknownName,
    /// The other side does not speak TLS.
    NotTls,
    /// The connection was closed in the middle of the handshake.
    Closed,
    /// The two sides have no TLS version or no cipher in common; as the library describes it.
    NothingInCommon(String),
    /// The broker speaks none of the application protocols offered.
    NoCommonAlpn,
    /// The host cannot be in a certificate.
    InvalidName(String),
    /// The system has no list of trusted authorities; the reason, if known.
    NoSystemRoots(Option<String>),
    /// The broker ended the connection with an alert of this name.
    Alert(String),
    /// Something else, as the library or the system describes it.
    Other(String),
}

/// What is known about this side when the broker sends an alert.
#[derive(Debug, Clone, Copy)]
pub(super) struct Standing {
    /// The broker asked for a certificate.
    pub(super) was_asked: bool,
    /// We have one.
    pub(super) has_identity: bool,
}

impl TlsCause {
    /// The TLS reason inside an error of a stream: a broker that refuses a client's certificate says so only after
    /// its part of the handshake, when we may be waiting for CONNACK already.
    pub fn of(error: &io::Error) -> Option<&Self> {
        error.get_ref()?.downcast_ref()
    }

    pub(super) fn from_io(error: &io::Error, standing: Standing) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
            Some(error) => Self::from_rustls(error, standing),
            None => match error.kind() {
                io::ErrorKind::UnexpectedEof | io::ErrorKind::ConnectionReset | io::ErrorKind::BrokenPipe => {
                    Self::Closed
                }
                _ => Self::Other(error.to_string()),
            },
        }
    }

    fn from_rustls(error: &Error, standing: Standing) -> Self {
        match error {
            Error::InvalidCertificate(error) => Self::from_certificate(error),
            Error::AlertReceived(alert) => Self::from_alert(*alert, standing),
            // The first bytes of another protocol are not a TLS record.
            Error::InvalidMessage(
                InvalidMessage::InvalidContentType
                | InvalidMessage::UnknownProtocolVersion
                | InvalidMessage::MessageTooLarge
                | InvalidMessage::InvalidEmptyPayload,
            ) => Self::NotTls,
            Error::PeerIncompatible(
                PeerIncompatible::ServerDoesNotSupportTls12Or13
                | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
                | PeerIncompatible::Tls12NotOffered
                | PeerIncompatible::Tls12NotOfferedOrEnabled
                | PeerIncompatible::NoCipherSuitesInCommon
                | PeerIncompatible::NoKxGroupsInCommon,
            ) => Self::NothingInCommon(error.to_string()),
            Error::NoApplicationProtocol => Self::NoCommonAlpn,
            _ => Self::Other(error.to_string()),
        }
    }

    fn from_certificate(error: &CertificateError) -> Self {
        match error {
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::BadSignature => Self::WrongSignature,
            CertificateError::NotValidForNameContext { expected, presented } => Self::WrongName {
                expected: expected.to_str().into_owned(),
                presented: presented.iter().map(|name| plain_name(name)).collect(),
            },
            CertificateError::ExpiredContext { not_after, .. } => {
                Self::Expired { not_after: Self::date(not_after.as_secs()), issuer: None }
            }
            CertificateError::Expired => Self::Expired { not_after: None, issuer: None },
            CertificateError::NotValidYetContext { not_before, .. } => {
                Self::NotYetValid { not_before: Self::date(not_before.as_secs()), issuer: None }
            }
            CertificateError::NotValidYet => Self::NotYetValid { not_before: None, issuer: None },
            CertificateError::Revoked => Self::Revoked,
            CertificateError::Other(other) => match other.0.downcast_ref::<Self>() {
                Some(ours) => ours.clone(),
                // The type is rustls-webpki's, which rustls does not re-export; its text is its variant's name.
                None => match other.0.to_string().as_str() {
                    "CaUsedAsEndEntity" => Self::IsAuthority,
                    "UnsupportedCertVersion" => Self::OldCertificate,
                    text => Self::BadCertificate(text.to_owned()),
                },
            },
            other => Self::BadCertificate(other.to_string()),
        }
    }

    /// RFC 3339 in UTC.
    pub(super) fn date(unix_seconds: u64) -> Option<String> {
        let timestamp = jiff::Timestamp::from_second(i64::try_from(unix_seconds).ok()?).ok()?;
        Some(timestamp.to_string())
    }

    fn from_alert(alert: AlertDescription, standing: Standing) -> Self {
        let about_certificate = match alert {
            AlertDescription::BadCertificate => Some("broken, or not signed by an authority that it trusts"),
            AlertDescription::UnsupportedCertificate => Some("of a kind that it does not support"),
            AlertDescription::CertificateRevoked => Some("revoked"),
            AlertDescription::CertificateExpired => Some("expired, or not valid yet"),
            AlertDescription::CertificateUnknown => Some("not acceptable"),
            AlertDescription::UnknownCA => Some("not signed by an authority that it trusts"),
            AlertDescription::AccessDenied => Some("of a client that is not allowed to connect"),
            AlertDescription::DecryptError => Some("not proven with its key"),
            _ => None,
        };
        // Before TLS 1.3 there was no separate alert for a missing certificate.
        let may_mean_missing = about_certificate.is_some() || alert == AlertDescription::HandshakeFailure;
        match (alert, about_certificate) {
            (AlertDescription::CertificateRequired | AlertDescription::NoCertificate, _) => {
                Self::ClientCertificateRequired
            }
            _ if may_mean_missing && standing.was_asked && !standing.has_identity => Self::ClientCertificateRequired,
            (_, Some(fault)) if standing.has_identity => Self::ClientCertificateRefused(fault),
            (
                AlertDescription::HandshakeFailure
                | AlertDescription::ProtocolVersion
                | AlertDescription::InsufficientSecurity,
                _,
            ) => Self::NothingInCommon(format!("the broker's alert is {alert:?}")),
            (AlertDescription::NoApplicationProtocol, _) => Self::NoCommonAlpn,
            (AlertDescription::UnrecognisedName, _) => Self::UnknownName,
            _ => Self::Alert(format!("{alert:?}")),
        }
    }
}

/// The library writes names as `DnsName("broker.example")` and `IpAddress(192.0.2.1)`.
fn plain_name(name: &str) -> String {
    let inner = name.split_once('(').and_then(|(_, inner)| inner.strip_suffix(')')).unwrap_or(name).trim_matches('"');
    // It writes `0::1` for `::1`.
    inner.parse::<std::net::IpAddr>().map_or_else(|_| inner.to_owned(), |address| address.to_string())
}

/// Which certificate of the chain.
fn whose(issuer: Option<&str>) -> String {
    match issuer {
        Some(name) => format!("an issuing certificate `{name}`"),
        None => "the broker's certificate".to_owned(),
    }
}

impl fmt::Display for TlsCause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::UnknownIssuer => f.write_str("the certificate is signed by an unknown authority"),
            Self::WrongSignature => {
                f.write_str("the certificate names a trusted authority as its issuer, but is signed with another key")
            }
            Self::WrongName { expected, presented } => {
                write!(f, "the certificate is not for `{expected}` but for ")?;
                match presented.as_slice() {
                    [] => f.write_str("no names"),
                    names => write!(f, "`{}`", names.join("`, `")),
                }
            }
            Self::Expired { not_after, issuer } => {
                write!(f, "{} expired", whose(issuer.as_deref()))?;
                not_after.as_ref().map_or(Ok(()), |date| write!(f, " on {date}"))
            }
            Self::NotYetValid { not_before: Some(date), issuer } => {
                write!(f, "{} is not valid before {date}", whose(issuer.as_deref()))
            }
            Self::NotYetValid { not_before: None, issuer } => {
                write!(f, "{} is not valid yet", whose(issuer.as_deref()))
            }
            Self::Revoked => f.write_str("the certificate was revoked"),
            Self::IsAuthority => f.write_str("the certificate belongs to an authority and cannot be used for a server"),
            Self::OldCertificate => f.write_str("the certificate uses an old version of X.509 without names to verify"),
            Self::BadCertificate(reason) => write!(f, "the certificate is not acceptable: {reason}"),
            Self::PinMismatch { found } => write!(f, "the public key does not match the pinned one, it is {found}"),
            Self::ClientCertificateRequired => f.write_str("the broker requires a client certificate"),
            Self::ClientCertificateRefused(fault) => {
                write!(f, "the broker refuses the client certificate: {fault}")
            }
            Self::UnknownName => f.write_str("the broker has no certificate for this name"),
            Self::NotTls => f.write_str("this port does not speak TLS"),
            Self::Closed => f.write_str("the connection was closed during the handshake"),
            Self::NothingInCommon(reason) => write!(f, "no version or cipher in common with the broker ({reason})"),
            Self::NoCommonAlpn => f.write_str("the broker supports none of the application protocols offered"),
            Self::InvalidName(name) => write!(f, "`{name}` cannot be the name in a certificate"),
            Self::NoSystemRoots(None) => f.write_str("this system has no list of trusted authorities"),
            Self::NoSystemRoots(Some(reason)) => {
                write!(f, "this system's list of trusted authorities cannot be read: {reason}")
            }
            Self::Alert(name) => write!(f, "the broker ended the connection with the alert {name}"),
            Self::Other(text) => f.write_str(text),
        }
    }
}

impl std::error::Error for TlsCause {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_shown_as_one_writes_it() {
        for (written, shown) in [
            ("DnsName(\"broker.example\")", "broker.example"),
            ("IpAddress(192.0.2.1)", "192.0.2.1"),
            ("IpAddress(0::1)", "::1"),
            ("IpAddress(fe80::1:2)", "fe80::1:2"),
        ] {
            assert_eq!(plain_name(written), shown);
        }
    }
}
