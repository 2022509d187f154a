//! The host of a broker: what `-h` accepts, and hints about other ways to name one.

use std::net::Ipv6Addr;

use crate::error::Error;

/// The host as it is resolved: an IPv6 address loses its brackets. `bench` accepts several, separated by commas.
///
/// # Errors
///
/// The text is not a host; `name` is where it comes from, for example `--hostname`.
pub(super) fn parse(text: &str, name: &str) -> Result<String, Error> {
    if text.contains("://") {
        // Not shown, as a URL may contain a password.
        return Err(Error::usage(format!("{name}: a URL is not a host name")).with_hint("use --url for it"));
    }
    let hosts = text.split(',').map(|host| parse_one(host.trim(), name));
    hosts.collect::<Result<Vec<_>, _>>().map(|hosts| hosts.join(","))
}

fn parse_one(host: &str, name: &str) -> Result<String, Error> {
    let refused = |what: &str| Error::usage(format!("{name}: `{host}` {what}"));
    if host.is_empty() {
        return Err(Error::usage(format!("{name}: the host is empty")).with_hint("leave it out for localhost"));
    }
    if let Some(address) = host.strip_prefix('[').and_then(|behind| behind.strip_suffix(']')) {
        return match ipv6(address) {
            Some(_) => refuse_without_zone(address, name).map(|()| address.to_owned()),
            None => Err(refused("does not have an IPv6 address in its brackets")),
        };
    }
    if ipv6(host).is_some() {
        return refuse_without_zone(host, name).map(|()| host.to_owned());
    }
    if host.contains('@') {
        let message = format!("{name}: the host must not contain a user name");
        return Err(Error::usage(message).with_hint("use -u and -P, or --url mqtt://user@host"));
    }
    if let Some((address, port)) = host.rsplit_once(':').filter(|(_, port)| is_number(port)) {
        let address = address.trim_start_matches('[').trim_end_matches(']');
        let is_one = !address.is_empty() && (!address.contains(':') || ipv6(address).is_some());
        if is_one {
            return Err(refused("has a port").with_hint(format!("write -h {address} -p {port}")));
        }
    }
    let is_odd = |c: char| c.is_whitespace() || c.is_control() || ":/\\?#[]\"".contains(c);
    if host.contains(is_odd) {
        return Err(refused("is not a host name").with_hint("for example -h broker.example, -h 192.0.2.1 or -h ::1"));
    }
    Ok(host.to_owned())
}

/// Refuses an address that is a different machine on each network: it is unclear which one is meant.
pub(super) fn refuse_without_zone(host: &str, name: &str) -> Result<(), Error> {
    let is_link_local = |address: &Ipv6Addr| address.segments()[0] & 0xffc0 == 0xfe80;
    if host.contains('%') || !ipv6(host).as_ref().is_some_and(is_link_local) {
        return Ok(());
    }
    let message = format!("{name}: `{host}` is a link-local address, which needs a network interface after a `%`");
    Err(Error::usage(message).with_hint(format!("for example -h {host}%eth0 or --url mqtt://[{host}%25eth0]")))
}

/// The address of `::1` and `fe80::1%eth0`.
fn ipv6(host: &str) -> Option<Ipv6Addr> {
    let address = match host.split_once('%') {
        Some((_, "")) => return None,
        Some((address, _zone)) => address,
        None => host,
    };
    address.parse().ok()
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_a_name_or_an_address_with_or_without_brackets() {
        for (text, host) in [
            ("broker.example", "broker.example"),
            ("192.0.2.1", "192.0.2.1"),
            ("::1", "::1"),
            ("[::1]", "::1"),
            ("fe80::1%eth0", "fe80::1%eth0"),
            ("[fe80::1%eth0]", "fe80::1%eth0"),
            ("a,[::1], b", "a,::1,b"),
            ("汽车.example", "汽车.example"),
        ] {
            assert_eq!(parse(text, "--hostname").as_deref(), Ok(host), "{text}");
        }
    }

    #[test]
    fn what_is_more_than_a_host_is_refused_with_what_to_write() {
        for (text, hint) in [
            ("", "localhost"),
            ("host:1883", "-h host -p 1883"),
            ("[::1]:1883", "-h ::1 -p 1883"),
            ("mqtt://host", "--url"),
            ("me@host", "-u"),
            ("fe80::1", "fe80::1%eth0"),
            ("[fe80::1]", "fe80::1%eth0"),
            ("a b", "-h broker.example"),
            ("host/path", "-h broker.example"),
            ("a,,b", "localhost"),
        ] {
            let error = parse(text, "--hostname").unwrap_err();
            assert!(error.hint().is_some_and(|shown| shown.contains(hint)), "{text}: {error:?}");
        }
        assert!(parse("[nonsense]", "--hostname").is_err());
        assert!(!parse("mqtt://u:hunter2@h", "--hostname").unwrap_err().message().contains("hunter2"));
    }
}
