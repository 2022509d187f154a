//! Reads the names, the dates and the key of a certificate from its DER, which rustls does not expose.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use super::Pin;

/// A certificate that a broker presented; its content is not verified here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    /// The subject: its common name, or else its organization.
    pub subject: String,
    /// The issuer.
    pub issuer: String,
    /// When it begins to be valid; `None` for an invalid date.
    pub not_before: Option<Timestamp>,
    /// When it ends.
    pub not_after: Option<Timestamp>,
    /// Its public key.
    pub pin: Pin,
}

impl Certificate {
    /// `None` if it is not a certificate.
    pub(super) fn read(certificate: &[u8]) -> Option<Self> {
        let (_, certificate, _) = element(certificate)?;
        let (_, mut fields, _) = element(certificate)?;
        // RFC 5280, section 4.1: [version], serial number, signature algorithm, issuer, validity, subject, key.
        if let (VERSION, _, rest) = element(fields)? {
            fields = rest;
        }
        let (_, _, rest) = element(fields)?;
        let (_, _, rest) = element(rest)?;
        let (_, issuer, rest) = element(rest)?;
        let (_, validity, rest) = element(rest)?;
        let (_, subject, key) = element(rest)?;
        let (_, _, behind_key) = element(key)?;
        let (before, not_before, rest) = element(validity)?;
        let (after, not_after, _) = element(rest)?;
        Some(Self {
            subject: name(subject),
            issuer: name(issuer),
            not_before: time(before, not_before),
            not_after: time(after, not_after),
            pin: Pin::of_key(&key[..key.len() - behind_key.len()]),
        })
    }

    /// For example `broker.example, issued by Some Authority`.
    pub(super) fn describe(&self) -> String {
        match (&self.subject, &self.issuer) {
            (subject, issuer) if subject == issuer => format!("{subject}, self-signed"),
            (subject, issuer) => format!("{subject}, issued by {issuer}"),
        }
    }
}

const UTC_TIME: u8 = 0x17;

/// `YYMMDDHHMMSSZ`, for the years 1950 to 2049, or `YYYYMMDDHHMMSSZ` (RFC 5280, section 4.1.2.5).
fn time(tag: u8, text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?.strip_suffix('Z')?;
    let century = match tag {
        UTC_TIME if text < "50" => "20",
        UTC_TIME => "19",
        _ => "",
    };
    let time = DateTime::strptime("%Y%m%d%H%M%S", format!("{century}{text}")).ok()?;
    time.to_zoned(TimeZone::UTC).ok().map(|time| time.timestamp())
}

const VERSION: u8 = 0xA0;
/// Common Name, Organization and Organizational Unit: the first that is there is what people call it.
const TELLING: [&[u8]; 3] = [&[0x55, 4, 3], &[0x55, 4, 10], &[0x55, 4, 11]];

fn name(mut sets: &[u8]) -> String {
    let mut found = [const { None }; TELLING.len()];
    while let Some((_, set, rest)) = element(sets) {
        sets = rest;
        let Some((_, pair, _)) = element(set) else { continue };
        let Some((_, kind, value)) = element(pair) else { continue };
        let place = TELLING.iter().position(|telling| *telling == kind);
        if let (Some(place), Some((_, text, _))) = (place, element(value)) {
            found[place] = Some(String::from_utf8_lossy(text).into_owned());
        }
    }
    found.into_iter().flatten().next().unwrap_or_else(|| "(no name)".to_owned())
}

/// The element of DER at the front: its tag, its contents, and what follows it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&[tag, length], rest) = bytes.split_first_chunk()?;
    let (length, rest) = match length {
        0..=0x7F => (usize::from(length), rest),
        0x81 => rest.split_first().map(|(length, rest)| (usize::from(*length), rest))?,
        0x82 => rest.split_first_chunk().map(|(length, rest)| (usize::from(u16::from_be_bytes(*length)), rest))?,
        // Longer than any certificate.
        _ => return None,
    };
    rest.split_at_checked(length).map(|(contents, rest)| (tag, contents, rest))
}

#[cfg(test)]
mod tests {
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, PublicKeyData};

    use super::*;

    fn params(kind: DnType, name: &str) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CountryName, "DE");
        params.distinguished_name.push(kind, name);
        params
    }

    fn read(certificate: &[u8]) -> Certificate {
        Certificate::read(certificate).unwrap()
    }

    #[test]
    fn a_certificate_is_called_by_its_common_name_or_else_its_organization() {
        let mut authority = params(DnType::OrganizationName, "Some Authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        assert_eq!(read(authority.der()).describe(), "Some Authority, self-signed");
        let key = KeyPair::generate().unwrap();
        let mut server = params(DnType::CommonName, "broker.example");
        (server.not_before, server.not_after) = (rcgen::date_time_ymd(1999, 12, 31), rcgen::date_time_ymd(2050, 1, 2));
        let server = server.signed_by(&key, &authority).unwrap();
        let certificate = read(server.der());
        assert_eq!(certificate.describe(), "broker.example, issued by Some Authority");
        let dates = [certificate.not_before, certificate.not_after].map(|date| date.unwrap().to_string());
        assert_eq!(dates, ["1999-12-31T00:00:00Z", "2050-01-02T00:00:00Z"]);
        assert_eq!(certificate.pin, Pin::of_key(&key.subject_public_key_info()));
        for length in 0..server.der().len() {
            // Truncation anywhere does no harm.
            _ = Certificate::read(&server.der()[..length]);
        }
    }
}
