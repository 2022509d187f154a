//! What to try when no stream could be opened.

use super::{Error, ErrorKind};
use crate::transport::{Address, DialCause, DialError, DialStep, ProxyCause, Spoken, TlsCause, WebSocketCause};

impl From<DialError> for Error {
    fn from(error: DialError) -> Self {
        let new = Self::new(ErrorKind::Connect, error.to_string());
        match dial_hint(&error) {
            Some(hint) => new.with_hint(hint),
            None => new,
        }
    }
}

pub(super) fn dial_hint(error: &DialError) -> Option<String> {
    let hint = match (&error.cause, &error.address) {
        (DialCause::Refused | DialCause::NoSuchHost, _)
            if error.proxy.is_some() && matches!(error.step, DialStep::Resolve | DialStep::Connect) =>
        {
            "check --proxy"
        }
        (DialCause::Refused, Address::Host { host, .. }) => {
            let address = &error.address;
            let is_here = matches!(host.as_str(), "localhost" | "127.0.0.1" | "::1");
            let embedded = if is_here { " --embedded starts one" } else { "" };
            return Some(format!("is a broker running on {address}?{embedded}"));
        }
        (DialCause::Refused, Address::Unix(_)) => "is the broker running?",
        (DialCause::NoSuchSocket, _) => "check --unix, and that the broker is running",
        (DialCause::NoSuchHost, Address::Host { host, .. }) if host.contains('%') => {
            let zone = host.split('%').next_back().unwrap_or_default();
            return Some(format!("is `{zone}` a network interface of this machine?"));
        }
        (DialCause::NoSuchHost, _) => "check --hostname",
        (DialCause::NoIpv4Address, _) => "leave out --ipv4",
        (DialCause::NoIpv6Address, _) => "leave out --ipv6",
        (DialCause::NoAddressFor(_) | DialCause::NoLocalAddress, _) => "check --bind",
        (DialCause::Proxy(cause), _) => return proxy_hint(cause).map(Into::into),
        (DialCause::Tls(cause), _) => return tls_hint(cause).map(Into::into),
        (DialCause::WebSocket(cause), _) => return websocket_hint(cause).map(Into::into),
        _ => return None,
    };
    Some(hint.into())
}

pub(super) fn tls_hint(cause: &TlsCause) -> Option<&'static str> {
    Some(match cause {
        TlsCause::UnknownIssuer => "name the authority with --ca",
        TlsCause::WrongSignature => "was the authority renewed? Name its current certificate with --ca",
        TlsCause::WrongName { presented, .. } if presented.is_empty() => {
            "a name only in the subject is no longer accepted: create a certificate with subjectAltName, or pin its key with \
             --insecure --pin-sha256"
        }
        TlsCause::WrongName { .. } => "connect to one of these names, or choose the one to expect with --sni",
        TlsCause::Expired { .. } => "is this machine's clock right? If so, the broker needs new certificates",
        TlsCause::NotYetValid { .. } => "is this machine's clock right?",
        TlsCause::IsAuthority => "name this certificate with --ca, or pin its key with --insecure --pin-sha256",
        TlsCause::OldCertificate => {
            "create one of version 3 with subjectAltName; --insecure connects without any check"
        }
        TlsCause::PinMismatch { .. } => "was the key changed on purpose? If so, pin this one",
        TlsCause::ClientCertificateRequired => "give one with --cert and --key",
        TlsCause::ClientCertificateRefused(_) => "check --cert and --key",
        TlsCause::UnknownName => "choose the name to request with --sni",
        TlsCause::InvalidName(_) => "choose the name to expect with --sni",
        TlsCause::NotTls | TlsCause::Closed => "does this port speak TLS? If not, use -l mqtt or -l ws",
        TlsCause::NothingInCommon(_) => "check --tls-min-version; TLS 1.0 and 1.1 are not supported",
        TlsCause::NoCommonAlpn => "check --alpn",
        TlsCause::NoSystemRoots(_) => "name the authorities with --ca",
        TlsCause::Revoked | TlsCause::BadCertificate(_) | TlsCause::Alert(_) | TlsCause::Other(_) => return None,
    })
}

fn proxy_hint(cause: &ProxyCause) -> Option<&'static str> {
    Some(match cause {
        ProxyCause::CredentialsRequired => "write them in the URL, for example --proxy http://user:password@host:3128",
        ProxyCause::CredentialsRefused => "check the user name and password in --proxy",
        ProxyCause::NotAProxy(Spoken::Http) => "for an HTTP proxy, use http:// in --proxy",
        ProxyCause::NotAProxy(Spoken::Socks) => "for a SOCKS 5 proxy, use socks5h:// in --proxy",
        ProxyCause::NotAProxy(_) | ProxyCause::NotATunnel | ProxyCause::BadHead(_) | ProxyCause::Closed => {
            "check --proxy"
        }
        ProxyCause::Http { status: 403 | 405, .. } => "does the proxy allow this port? Many allow 443 only",
        ProxyCause::NoUdp => "leave out --proxy; `--proxy ''` ignores a proxy from the environment",
        ProxyCause::LookUp(_) => "with socks5h:// in --proxy, the proxy resolves the name",
        _ => return None,
    })
}

fn websocket_hint(cause: &WebSocketCause) -> Option<&'static str> {
    Some(match cause {
        WebSocketCause::Refused { status: 401 | 403, .. } => {
            "does it require a header, for example --ws-headers 'Authorization: Bearer ...'?"
        }
        WebSocketCause::Refused { status: 400..500, .. } => "check --path",
        WebSocketCause::NotHttp(Spoken::Tls) => "use -l wss",
        WebSocketCause::NotHttp(Spoken::Mqtt) => "use -l mqtt",
        WebSocketCause::Closed => {
            "does this port speak WebSocket? If it speaks TLS, use -l wss; if plain MQTT, -l mqtt"
        }
        WebSocketCause::WrongSubprotocol(_) => "is there an MQTT broker behind this host and --path?",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transport::{DialTimings, Endpoint};

    fn hint(step: DialStep, cause: DialCause, proxy: Option<Address>) -> Option<String> {
        let address = Endpoint::tcp("broker.example", 1883).address;
        let error = DialError { step, address, proxy, cause, attempts: Vec::new(), timings: DialTimings::default() };
        Error::from(error).hint().map(str::to_owned)
    }

    #[test]
    fn a_proxy_that_is_not_there_is_not_the_broker() {
        let proxy = Endpoint::tcp("proxy.example", 1080).address;
        let with_proxy = hint(DialStep::Connect, DialCause::Refused, Some(proxy));
        assert_eq!(with_proxy.as_deref(), Some("check --proxy"));
        let without = hint(DialStep::Connect, DialCause::Refused, None);
        assert_eq!(without.as_deref(), Some("is a broker running on broker.example:1883?"));
    }

    #[test]
    fn a_hint_follows_the_names_that_a_certificate_has() {
        let wrong_name = |presented: &[&str]| {
            let presented = presented.iter().map(ToString::to_string).collect();
            let cause = TlsCause::WrongName { expected: "broker.example".into(), presented };
            hint(DialStep::Tls, DialCause::Tls(cause), None).unwrap()
        };
        assert!(wrong_name(&["localhost"]).contains("--sni"));
        assert!(wrong_name(&[]).contains("subjectAltName"));
    }

    #[test]
    fn a_zone_that_is_not_there_is_named() {
        let address = Endpoint::tcp("fe80::1%eth7", 1883).address;
        let cause = DialCause::NoSuchHost;
        let timings = DialTimings::default();
        let error = DialError { step: DialStep::Resolve, address, proxy: None, cause, attempts: Vec::new(), timings };
        assert_eq!(Error::from(error).hint(), Some("is `eth7` a network interface of this machine?"));
    }

    #[test]
    fn a_hint_follows_the_status_of_a_refusal() {
        let refused = |status| {
            let cause = WebSocketCause::Refused { status, reason: String::new(), body: String::new(), location: None };
            hint(DialStep::WebSocket, DialCause::WebSocket(cause), None)
        };
        assert!(refused(401).unwrap().contains("--ws-headers"));
        assert_eq!(refused(404).as_deref(), Some("check --path"));
        assert_eq!(refused(503), None);
    }
}
