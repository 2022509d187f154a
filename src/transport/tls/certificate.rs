//! Who a certificate says it is, for `--debug`: a walk through its DER to two names, which rustls does not show.

/// As in `broker.example, issued by Some Authority`; `None` for what is no certificate.
pub(super) fn describe(certificate: &[u8]) -> Option<String> {
    let (_, certificate, _) = element(certificate)?;
    let (_, mut fields, _) = element(certificate)?;
    // RFC 5280, section 4.1: [version], serial number, signature algorithm, issuer, validity, subject.
    if let (VERSION, _, rest) = element(fields)? {
        fields = rest;
    }
    let (_, _, rest) = element(fields)?;
    let (_, _, rest) = element(rest)?;
    let (_, issuer, rest) = element(rest)?;
    let (_, _, rest) = element(rest)?;
    let (_, subject, _) = element(rest)?;
    Some(match (name(subject), name(issuer)) {
        (subject, issuer) if subject == issuer => format!("{subject}, issued by itself"),
        (subject, issuer) => format!("{subject}, issued by {issuer}"),
    })
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
    use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair};

    use super::*;

    fn params(kind: DnType, name: &str) -> CertificateParams {
        let mut params = CertificateParams::default();
        params.distinguished_name = rcgen::DistinguishedName::new();
        params.distinguished_name.push(DnType::CountryName, "DE");
        params.distinguished_name.push(kind, name);
        params
    }

    #[test]
    fn a_certificate_is_called_by_its_common_name_or_else_its_organization() {
        let mut authority = params(DnType::OrganizationName, "Some Authority");
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(authority, KeyPair::generate().unwrap()).unwrap();
        assert_eq!(describe(authority.der()).as_deref(), Some("Some Authority, issued by itself"));
        let key = KeyPair::generate().unwrap();
        let server = params(DnType::CommonName, "broker.example").signed_by(&key, &authority).unwrap();
        assert_eq!(describe(server.der()).as_deref(), Some("broker.example, issued by Some Authority"));
        for length in 0..server.der().len() {
            // Cut anywhere, it does no harm.
            _ = describe(&server.der()[..length]);
        }
    }
}
