//! URLs of brokers (`--url`) and the parts that they share with those of proxies.
//!
//! Not the `url` crate: it follows the rules of the web, by which the `#` of a topic filter starts a fragment, and its
//! tables for international names would be larger than the rest of this module. No error here shows what follows the
//! scheme in the URL, since a password may be misplaced anywhere in it.

use std::fmt;
use std::net::Ipv6Addr;
use std::path::PathBuf;

use super::{Address, Endpoint, Protocol};

/// The content of `--url`: `mqtt://user:p%40ss@host:1883/topic`, `wss://host/path?token=x`, `unix:///run/broker.sock`.
#[derive(Clone, PartialEq, Eq)]
pub struct BrokerUrl {
    /// The endpoint; the port follows from the protocol unless the URL has one.
    pub endpoint: Endpoint,
    /// The MQTT user name, decoded.
    pub username: Option<String>,
    /// The MQTT password, decoded; `Debug` does not show it.
    pub password: Option<String>,
    /// What follows the host of `mqtt` and `mqtts`, decoded: a topic name or filter, not checked here.
    pub topic: Option<String>,
    /// What follows the host of `ws` and `wss`: path and query, unchanged.
    pub path: Option<String>,
}

/// Why a text is not a usable URL.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UrlError {
    /// There is no `://`.
    NoScheme,
    /// `http` or `https` in the URL of a broker.
    Web,
    /// An unknown scheme.
    UnknownScheme {
        /// The scheme.
        found: String,
        /// The known ones.
        known: &'static str,
    },
    /// Nothing between `://` and the path.
    NoHost,
    /// A host that cannot be one, such as an IPv6 address without brackets.
    BadHost,
    /// Not a number between 1 and 65535.
    BadPort,
    /// `/`, `?` or `#` before the `@`.
    ReservedInUserInfo,
    /// A `%` without two hexadecimal digits after it, or bytes that are not UTF-8.
    BadEncoding {
        /// Which part of the URL.
        part: &'static str,
    },
    /// `unix:` with a host, or without an absolute path.
    BadUnixPath,
    /// Something after the host and port of a proxy.
    PathOfProxy,
}

/// The parts of a URL; user and password are decoded.
pub(super) struct Parts<'a> {
    /// In lower case.
    pub(super) scheme: String,
    pub(super) user: Option<String>,
    pub(super) password: Option<String>,
    /// Without brackets; empty when there is none.
    pub(super) host: &'a str,
    pub(super) port: Option<u16>,
    /// From the first `/`, `?` or `#` after the host.
    pub(super) rest: &'a str,
}

const SCHEMES: &str = "mqtt, mqtts, ws, wss, tcp, ssl, tls or unix";

impl BrokerUrl {
    /// Splits a URL.
    pub fn parse(text: &str) -> Result<Self, UrlError> {
        let parts = Parts::split(text)?;
        let protocol = match parts.scheme.as_str() {
            "unix" => return Self::unix(parts),
            "http" | "https" => return Err(UrlError::Web),
            scheme => match Protocol::named(scheme) {
                Some(protocol) => protocol,
                None => return Err(UrlError::UnknownScheme { found: parts.scheme, known: SCHEMES }),
            },
        };
        if parts.host.is_empty() {
            return Err(UrlError::NoHost);
        }
        let (mut topic, mut path) = (None, None);
        if protocol.is_websocket() {
            path = (!parts.rest.is_empty()).then(|| parts.rest.to_owned());
        } else if let Some(encoded) = parts.rest.strip_prefix('/').filter(|encoded| !encoded.is_empty()) {
            topic = Some(decode(encoded, "topic")?);
        } else if !matches!(parts.rest, "" | "/") {
            return Err(UrlError::BadHost);
        }
        Ok(Self {
            endpoint: Endpoint::new(protocol, decode_zone(parts.host)?, parts.port.unwrap_or(protocol.default_port())),
            username: parts.user,
            password: parts.password,
            topic,
            path,
        })
    }

    fn unix(parts: Parts<'_>) -> Result<Self, UrlError> {
        if !parts.host.is_empty() || parts.port.is_some() || !parts.rest.starts_with('/') {
            return Err(UrlError::BadUnixPath);
        }
        let path = PathBuf::from(decode(parts.rest, "path")?);
        let endpoint = Endpoint { protocol: Protocol::Mqtt, address: Address::Unix(path) };
        Ok(Self { endpoint, username: parts.user, password: parts.password, topic: None, path: None })
    }
}

impl<'a> Parts<'a> {
    /// `scheme://user:password@host:port/rest`.
    pub(super) fn split(text: &'a str) -> Result<Self, UrlError> {
        let (scheme, behind) = text.split_once("://").ok_or(UrlError::NoScheme)?;
        if !scheme.chars().all(|c| c.is_ascii_alphanumeric() || "+-.".contains(c)) || scheme.is_empty() {
            return Err(UrlError::NoScheme);
        }
        let end = behind.find(['/', '?', '#']).unwrap_or(behind.len());
        let (authority, rest) = behind.split_at(end);
        let (user_info, place) = match authority.rsplit_once('@') {
            Some((user_info, place)) => (Some(user_info), place),
            None => (None, authority),
        };
        let (host, port) = match split_port(place) {
            // `mqtt://user:pa/ss@host`: what was found as the host is the user.
            Err(_) if user_info.is_none() && rest.contains('@') => return Err(UrlError::ReservedInUserInfo),
            split => split?,
        };
        let (user, password) = match user_info.map(|user_info| user_info.split_once(':').ok_or(user_info)) {
            Some(Ok((user, password))) => (Some(user), Some(password)),
            Some(Err(user)) => (Some(user), None),
            None => (None, None),
        };
        Ok(Self {
            scheme: scheme.to_ascii_lowercase(),
            user: user.filter(|user| !user.is_empty()).map(|user| decode(user, "user name")).transpose()?,
            password: password.map(|password| decode(password, "password")).transpose()?,
            host,
            port,
            rest,
        })
    }
}

/// `host`, `host:port`, `[IPv6]`, `[IPv6]:port`.
fn split_port(place: &str) -> Result<(&str, Option<u16>), UrlError> {
    let (host, port) = match place.strip_prefix('[') {
        Some(bracketed) => {
            let (host, behind) = bracketed.split_once(']').ok_or(UrlError::BadHost)?;
            let (address, _zone) = host.split_once('%').unwrap_or((host, ""));
            address.parse::<Ipv6Addr>().map_err(|_| UrlError::BadHost)?;
            let port = match behind {
                "" => None,
                _ => Some(behind.strip_prefix(':').ok_or(UrlError::BadPort)?),
            };
            (host, port)
        }
        None => match place.split_once(':') {
            Some((host, port)) => (host, Some(port)),
            None => (place, None),
        },
    };
    let is_bare_ipv6 = place.parse::<Ipv6Addr>().is_ok();
    if is_bare_ipv6 || host.chars().any(|c| c.is_whitespace() || c.is_control() || "[]@\\".contains(c)) {
        return Err(UrlError::BadHost);
    }
    let port = port.map(|port| port.parse().ok().filter(|port| *port != 0).ok_or(UrlError::BadPort)).transpose()?;
    Ok((host, port))
}

/// In `fe80::1%25eth0`, the zone follows an encoded `%` (RFC 6874); a bare one, as people write it, is accepted too.
pub(super) fn decode_zone(host: &str) -> Result<String, UrlError> {
    match host.split_once('%') {
        Some((address, zone)) if address.parse::<Ipv6Addr>().is_ok() => {
            let zone = zone.strip_prefix("25").filter(|zone| !zone.is_empty()).unwrap_or(zone);
            Ok(format!("{address}%{}", decode(zone, "zone")?))
        }
        _ => Ok(host.to_owned()),
    }
}

/// Percent-decoding; strict, since a slip in a password is hard to find otherwise.
fn decode(text: &str, part: &'static str) -> Result<String, UrlError> {
    let error = UrlError::BadEncoding { part };
    let mut decoded = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let [first, behind @ ..] = rest {
        rest = behind;
        if *first != b'%' {
            decoded.push(*first);
            continue;
        }
        let Some((digits, behind)) = rest.split_at_checked(2) else { return Err(error) };
        let Ok(byte) = data_encoding::HEXLOWER_PERMISSIVE.decode(digits) else { return Err(error) };
        decoded.extend(byte);
        rest = behind;
    }
    String::from_utf8(decoded).map_err(|_| error)
}

impl UrlError {
    /// What to try.
    pub fn hint(&self) -> Option<&'static str> {
        match self {
            Self::NoScheme => Some("write it like mqtt://localhost:1883"),
            Self::Web => Some("MQTT over WebSocket is ws:// (behind http) or wss:// (behind https)"),
            Self::BadHost => Some("write an IPv6 address in brackets, for example mqtt://[::1]:1883"),
            Self::BadPort => Some("a `:` or `@` in a user name or password must be written %3A or %40"),
            Self::ReservedInUserInfo => Some("write %2F for `/`, %3F for `?` and %23 for `#`"),
            Self::BadEncoding { .. } => Some("write a literal `%` as %25"),
            Self::BadUnixPath => Some("use three slashes, for example unix:///run/mosquitto.sock"),
            Self::UnknownScheme { .. } | Self::NoHost | Self::PathOfProxy => None,
        }
    }
}

impl fmt::Display for UrlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoScheme => f.write_str("the URL does not begin with a scheme"),
            Self::Web => f.write_str("http and https are not MQTT protocols"),
            Self::UnknownScheme { found, known } => write!(f, "unknown scheme `{found}`: use {known}"),
            Self::NoHost => f.write_str("the URL has no host"),
            Self::BadHost => f.write_str("the URL's host is not valid"),
            Self::BadPort => f.write_str("the URL's port is not a number between 1 and 65535"),
            Self::ReservedInUserInfo => {
                f.write_str("the URL has an unescaped `/`, `?` or `#` in its user name or password")
            }
            Self::BadEncoding { part } => write!(f, "the {part} of the URL is not percent-encoded UTF-8"),
            Self::BadUnixPath => f.write_str("the URL does not have the absolute path of a Unix socket"),
            Self::PathOfProxy => f.write_str("the URL of a proxy must end after its port"),
        }
    }
}

impl std::error::Error for UrlError {}

impl fmt::Debug for BrokerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokerUrl")
            .field("endpoint", &self.endpoint)
            .field("username", &self.username)
            .field("password", &self.password.as_ref().map(|_| "***"))
            .field("topic", &self.topic)
            // A query may contain a token.
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> BrokerUrl {
        BrokerUrl::parse(text).unwrap()
    }

    #[test]
    fn every_part_is_found_and_decoded() {
        let url = parse("mqtt://us%20er:p%40s%3As@broker.example:1884/car/%E6%B1%BD%E8%BD%A6");
        assert_eq!(url.endpoint, Endpoint::tcp("broker.example", 1884));
        assert_eq!(url.username.as_deref(), Some("us er"));
        assert_eq!(url.password.as_deref(), Some("p@s:s"));
        assert_eq!(url.topic.as_deref(), Some("car/汽车"));
        assert_eq!(url.path, None);
    }

    #[test]
    fn the_port_follows_the_scheme() {
        for (text, protocol, port) in [
            ("mqtt://h", Protocol::Mqtt, 1883),
            ("tcp://h", Protocol::Mqtt, 1883),
            ("MQTTS://h", Protocol::Mqtts, 8883),
            ("ssl://h/", Protocol::Mqtts, 8883),
            ("tls://h", Protocol::Mqtts, 8883),
            ("ws://h", Protocol::Ws, 8083),
            ("wss://h", Protocol::Wss, 8084),
            ("wss://h:443", Protocol::Wss, 443),
        ] {
            assert_eq!(parse(text).endpoint, Endpoint::new(protocol, "h", port), "{text}");
        }
    }

    #[test]
    fn wildcards_belong_to_the_topic_and_queries_to_the_path() {
        assert_eq!(parse("mqtt://h/+/state/#").topic.as_deref(), Some("+/state/#"));
        assert_eq!(parse("mqtt://h//a").topic.as_deref(), Some("/a"));
        assert_eq!(parse("mqtt://h/").topic, None);
        let url = parse("wss://h/mqtt%20x?token=a%2Fb");
        assert_eq!((url.path.as_deref(), url.topic), (Some("/mqtt%20x?token=a%2Fb"), None));
        assert_eq!(parse("ws://h?token=a").path.as_deref(), Some("?token=a"));
    }

    #[test]
    fn an_ipv6_address_stands_in_brackets() {
        assert_eq!(parse("mqtt://[::1]:1884").endpoint, Endpoint::tcp("::1", 1884));
        assert_eq!(parse("mqtt://u@[fe80::1%eth0]").endpoint, Endpoint::tcp("fe80::1%eth0", 1883));
        assert_eq!(parse("mqtt://[fe80::1%25eth0]:1").endpoint, Endpoint::tcp("fe80::1%eth0", 1));
        assert_eq!(parse("mqtt://[fe80::1%25en%2D1]").endpoint, Endpoint::tcp("fe80::1%en-1", 1883));
        for text in ["mqtt://::1", "mqtt://fe80::1", "mqtt://[::1", "mqtt://[nonsense]", "mqtt://a b"] {
            assert_eq!(BrokerUrl::parse(text), Err(UrlError::BadHost), "{text}");
        }
    }

    #[test]
    fn a_unix_socket_has_an_absolute_path() {
        assert_eq!(parse("unix:///run/my%20broker.sock").endpoint, Endpoint::unix("/run/my broker.sock"));
        for text in ["unix://run/broker.sock", "unix://", "unix://:1/x"] {
            assert_eq!(BrokerUrl::parse(text), Err(UrlError::BadUnixPath), "{text}");
        }
    }

    #[test]
    fn a_user_name_or_a_password_may_stand_alone() {
        let url = parse("mqtt://name@h");
        assert_eq!((url.username.as_deref(), url.password.as_deref()), (Some("name"), None));
        let url = parse("mqtt://:pass@h");
        assert_eq!((url.username.as_deref(), url.password.as_deref()), (None, Some("pass")));
        let url = parse("mqtt://name:@h");
        assert_eq!((url.username.as_deref(), url.password.as_deref()), (Some("name"), Some("")));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (text, error) in [
            ("localhost:1883", UrlError::NoScheme),
            ("://h", UrlError::NoScheme),
            ("https://h", UrlError::Web),
            ("amqp://h", UrlError::UnknownScheme { found: "amqp".into(), known: SCHEMES }),
            ("mqtt://", UrlError::NoHost),
            ("mqtt:///a", UrlError::NoHost),
            ("mqtt://h:0", UrlError::BadPort),
            ("mqtt://h:65536", UrlError::BadPort),
            ("mqtt://[::1]1883", UrlError::BadPort),
            ("mqtt://h?x=y", UrlError::BadHost),
            ("mqtt://u:100%@h", UrlError::BadEncoding { part: "password" }),
            ("mqtt://u%ff@h", UrlError::BadEncoding { part: "user name" }),
            ("mqtt://h/%zz", UrlError::BadEncoding { part: "topic" }),
            ("mqtt://u:p/x@h", UrlError::ReservedInUserInfo),
            ("mqtt://u:p#x@h", UrlError::ReservedInUserInfo),
        ] {
            assert_eq!(BrokerUrl::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn a_password_is_shown_neither_by_debug_nor_by_an_error() {
        assert!(!format!("{:?}", parse("wss://u:hunter2@h/mqtt?token=hunter2")).contains("hunter2"));
        for text in
            ["mqtt://u:hunter2@h:x", "mqtt://u:hunter2", "mqtt://u:hunter2/@h", "u:hunter2@h", "mqtt://u:%hunter2@h"]
        {
            let error = BrokerUrl::parse(text).unwrap_err();
            assert!(!format!("{error} {error:?} {:?}", error.hint()).contains("hunter2"), "{text}: {error}");
        }
    }
}
