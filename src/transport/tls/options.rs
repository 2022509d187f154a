use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The TLS options as given by the user, before any file is read ([`Tls::new`](super::Tls::new) does).
///
/// Paths rather than bytes, so that settings can be compared and shown; [`Default`] trusts the system's
/// authorities and has no client certificate.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TlsOptions {
    /// A PEM file of certificates to trust, or a folder of such files; `None`: those of the system.
    pub ca: Option<PathBuf>,
    /// This client's own certificate.
    pub identity: Option<TlsIdentity>,
    /// Trust any certificate. [`Self::pins`] still apply.
    pub insecure: bool,
    /// The name to request (SNI) and to find in the certificate; `None`: the host.
    pub server_name: Option<String>,
    /// The protocols to offer (ALPN), the preferred first; empty: the extension is left out.
    pub alpn: Vec<String>,
    /// The lowest version to accept.
    pub minimum_version: TlsVersion,
    /// The accepted public keys of the broker, whatever else is in its certificate; empty: any.
    pub pins: Vec<Pin>,
}

/// The certificate that identifies a client.
#[derive(Clone, PartialEq, Eq)]
pub struct TlsIdentity {
    /// PEM: the certificate, then those that lead to its authority.
    pub certificate: PathBuf,
    /// PEM: PKCS#8 (encrypted or not), PKCS#1 or SEC1.
    pub key: PathBuf,
    /// The passphrase of an encrypted key; `Debug` does not show it.
    pub key_password: Option<String>,
}

/// A version of TLS.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum TlsVersion {
    /// TLS 1.2.
    #[default]
    V1_2,
    /// TLS 1.3.
    V1_3,
}

/// The SHA-256 hash of a public key: of its `SubjectPublicKeyInfo`, DER, as in RFC 7469 and in curl's `--pinnedpubkey`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Pin(pub(super) [u8; 32]);

/// A text that is not the hash of a public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a SHA-256 hash: 44 characters of base64 or 64 of hexadecimal")]
pub struct InvalidPin;

impl TlsVersion {
    /// All of them, the oldest first.
    pub const ALL: [Self; 2] = [Self::V1_2, Self::V1_3];

    /// For example "TLS 1.2".
    pub const fn name(self) -> &'static str {
        match self {
            Self::V1_2 => "1.2",
            Self::V1_3 => "1.3",
        }
    }
}

impl FromStr for Pin {
    type Err = InvalidPin;

    /// `sha256//` and base64, base64 alone, or hexadecimal with or without colons.
    fn from_str(text: &str) -> Result<Self, InvalidPin> {
        use data_encoding::{BASE64, HEXLOWER_PERMISSIVE};
        let text = text.trim();
        let hexadecimal = text.replace(':', "");
        let bytes = match text.strip_prefix("sha256//") {
            None if hexadecimal.len() == 64 => HEXLOWER_PERMISSIVE.decode(hexadecimal.as_bytes()),
            base64 => BASE64.decode(base64.unwrap_or(text).as_bytes()),
        };
        bytes.ok().and_then(|bytes| bytes.try_into().ok()).map(Self).ok_or(InvalidPin)
    }
}

impl fmt::Display for Pin {
    /// In the form of curl: `sha256//` and base64.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "sha256//{}", data_encoding::BASE64.encode(&self.0))
    }
}

impl fmt::Debug for Pin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for TlsIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TlsIdentity")
            .field("certificate", &self.certificate)
            .field("key", &self.key)
            .field("key_password", &self.key_password.as_ref().map(|_| "***"))
            .finish()
    }
}

impl fmt::Display for TlsVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pin_is_read_as_curl_writes_it_and_as_openssl_does() {
        let base64 = "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        let hexadecimal = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        let colons: Vec<&str> = (0..32).map(|at| &hexadecimal[at * 2..at * 2 + 2]).collect();
        let colons = colons.join(":").to_uppercase();
        let curl = format!("sha256//{base64}");
        for text in [base64, hexadecimal, &colons, &curl] {
            assert_eq!(text.parse::<Pin>().unwrap().to_string(), curl, "{text}");
        }
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        for text in
            ["", "sha256//", "e3b0", "sha256//e3b0", &"z".repeat(64), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU"]
        {
            assert_eq!(text.parse::<Pin>(), Err(InvalidPin), "{text}");
        }
    }

    #[test]
    fn debug_does_not_show_the_phrase_of_a_key() {
        let identity = TlsIdentity { certificate: "c".into(), key: "k".into(), key_password: Some("hunter2".into()) };
        assert!(!format!("{identity:?}").contains("hunter2"));
    }
}
