//! Broker URLs: `mqtts://user:p%40ss@host:8883/topic`.

use std::path::PathBuf;

use crate::cli::group::Protocol;
use crate::cli::value::Secret;
use crate::error::Error;

/// What a URL says; what it leaves out is `None`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct BrokerUrl {
    pub(super) protocol: Protocol,
    pub(super) place: Place,
    pub(super) port: Option<u16>,
    pub(super) username: Option<String>,
    pub(super) password: Option<Secret>,
    /// Without its first slash: a topic, or the path of WebSocket.
    pub(super) path: Option<String>,
}

/// Where the broker is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Place {
    /// A name or an address without brackets.
    Host(String),
    /// A Unix socket.
    Socket(PathBuf),
}

impl BrokerUrl {
    /// Parses a URL. Errors do not repeat it, since it may hold a password.
    pub(super) fn parse(name: &str, text: &str) -> Result<Self, Error> {
        let wrong = |what: &str| {
            Error::usage(format!("{name}: {what}")).with_hint("write mqtt://user:password@host:1883/topic")
        };
        let Some((scheme, rest)) = text.split_once("://") else { return Err(wrong("the URL has no scheme")) };
        let protocol = match scheme.to_ascii_lowercase().as_str() {
            "mqtt" | "tcp" => Protocol::Mqtt,
            "mqtts" | "ssl" | "tls" => Protocol::Mqtts,
            "ws" => Protocol::Ws,
            "wss" => Protocol::Wss,
            "unix" | "mqtt+unix" => {
                let path = decoded(rest).filter(|path| !path.is_empty()).ok_or_else(|| wrong("the URL has no path"))?;
                let place = Place::Socket(path.into());
                return Ok(Self {
                    protocol: Protocol::Mqtt,
                    place,
                    port: None,
                    username: None,
                    password: None,
                    path: None,
                });
            }
            _ => return Err(wrong("the URL's scheme is none of mqtt, mqtts, ws, wss, tcp, ssl, tls and unix")),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        // The last `@`: people forget to encode the one in their password.
        let (user, address) = match authority.rsplit_once('@') {
            Some((user, address)) => (Some(user), address),
            None => (None, authority),
        };
        let (host, port) = match address.strip_prefix('[') {
            Some(bracketed) => {
                let (host, port) = bracketed.split_once(']').ok_or_else(|| wrong("the URL's `[` is not closed"))?;
                match port.strip_prefix(':') {
                    None if !port.is_empty() => return Err(wrong("only a port can follow the URL's `]`")),
                    port => (host, port),
                }
            }
            None => match address.split_once(':') {
                Some((host, port)) => (host, Some(port)),
                None => (address, None),
            },
        };
        let port = match port {
            None | Some("") => None,
            Some(digits) => match digits.parse() {
                Ok(port @ 1..) => Some(port),
                _ => return Err(wrong("the URL's port is no whole number from 1 to 65535")),
            },
        };
        let decode =
            |text| decoded(text).ok_or_else(|| wrong("a `%` in the URL is not followed by two hexadecimal digits"));
        let (username, password) = match user
            .map(|user| user.split_once(':').map_or((user, None), |(user, password)| (user, Some(password))))
        {
            None => (None, None),
            Some((user, password)) => {
                (Some(decode(user)?).filter(|user| !user.is_empty()), password.map(decode).transpose()?)
            }
        };
        let host = decode(host)?;
        if host.is_empty() {
            return Err(wrong("the URL has no host"));
        }
        let path = Some(decode(path)?).filter(|path| !path.is_empty());
        Ok(Self { protocol, place: Place::Host(host), port, username, password: password.map(Secret::new), path })
    }
}

/// The text with its `%41`s read [RFC 3986, 2.1]; `None` if one is broken, or the bytes are no UTF-8.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let mut digit = || char::from(rest.next()?).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        bytes.push(digit()? << 4 | digit()?);
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> BrokerUrl {
        BrokerUrl::parse("--url", text).unwrap()
    }

    #[test]
    fn every_part_is_read_and_decoded() {
        let url = parse("mqtts://us%2Fer:p%40ss:%E6%B1%BD@broker.example:8884/car/+/speed");
        assert_eq!(url.protocol, Protocol::Mqtts);
        assert_eq!(url.place, Place::Host("broker.example".into()));
        assert_eq!(url.port, Some(8884));
        assert_eq!(url.username.as_deref(), Some("us/er"));
        assert_eq!(url.password.unwrap().expose(), "p@ss:汽");
        assert_eq!(url.path.as_deref(), Some("car/+/speed"));
    }

    #[test]
    fn what_is_left_out_is_none() {
        for text in ["mqtt://h", "mqtt://h/", "mqtt://h:", "MQTT://h", "tcp://@h"] {
            let url = parse(text);
            assert_eq!((url.place, url.port), (Place::Host("h".into()), None), "{text}");
            assert_eq!((url.username, url.password, url.path), (None, None, None), "{text}");
        }
        assert_eq!(parse("ws://h/mqtt?x=1").path.as_deref(), Some("mqtt?x=1"));
    }

    #[test]
    fn addresses_and_odd_users_are_read() {
        assert_eq!(parse("mqtt://[::1]:1884").place, Place::Host("::1".into()));
        assert_eq!(parse("mqtt://[::1]").port, None);
        assert_eq!(parse("mqtt://a:b@c@h").password.unwrap().expose(), "b@c");
        assert_eq!(parse("mqtt://:token@h").username, None);
        assert_eq!(parse("unix:///run/m%20q.sock").place, Place::Socket("/run/m q.sock".into()));
    }

    #[test]
    fn what_is_no_url_is_refused_without_repeating_it() {
        for text in [
            "host",
            "http://h",
            "mqtt://",
            "mqtt://u:secret@",
            "mqtt://u:secret@h:0",
            "mqtt://u:secret@h:70000",
            "mqtt://u:secret%4@h",
            "mqtt://u:secret%ff@h",
            "mqtt://[::1",
            "mqtt://[::1]x",
            "unix://",
        ] {
            let error = BrokerUrl::parse("--url", text).unwrap_err();
            assert!(!error.message().contains("secret"), "{text}: {error}");
        }
    }
}
