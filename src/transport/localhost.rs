//! `localhost` and the names below it: loopback addresses, whatever a name server says (RFC 6761, section 6.3).
//!
//! The resolver of a static program asks a name server for them where there is no hosts file, as in a container made of
//! that program alone. To answer here also saves the most usual host the thread that a resolver needs.

use std::io::{BufRead, BufReader};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, UdpSocket};

/// The addresses of a local name: those of the hosts file, or else both loopback addresses. IPv6 comes first, as from
/// the resolver. `None`: the resolver knows.
pub(super) fn addresses(host: &str, port: u16) -> Option<Vec<SocketAddr>> {
    if !is_local(host) {
        return None;
    }
    let listed = match std::fs::File::open("/etc/hosts") {
        Ok(file) if cfg!(unix) => listed(BufReader::with_capacity(4096, file), host),
        _ => Vec::new(),
    };
    let has_ipv6 = || UdpSocket::bind((Ipv6Addr::LOCALHOST, 0)).is_ok();
    Some(chosen(listed, has_ipv6).into_iter().map(|address| SocketAddr::new(address, port)).collect())
}

fn is_local(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    let last = host.rsplit('.').next().unwrap_or(host);
    // An empty label is an error of the resolver.
    last.eq_ignore_ascii_case("localhost") && !host.starts_with('.') && !host.contains("..")
}

/// The addresses that a hosts file gives a name.
fn listed(hosts: impl BufRead, host: &str) -> Vec<IpAddr> {
    let host = host.strip_suffix('.').unwrap_or(host);
    let mut found = Vec::new();
    for line in hosts.split(b'\n').map_while(Result::ok) {
        let line = String::from_utf8_lossy(&line);
        let mut words = line.split('#').next().unwrap_or_default().split_ascii_whitespace();
        // Of IPv6 with a zone, `fe80::1%lo0`, only the loopback address is needed.
        let Some(Ok(address)) = words.next().map(str::parse) else { continue };
        if words.any(|name| name.eq_ignore_ascii_case(host)) {
            found.push(address);
        }
    }
    found
}

/// `::1` is left out where this machine lacks IPv6: each connection would begin with an error.
fn chosen(mut listed: Vec<IpAddr>, has_ipv6: impl FnOnce() -> bool) -> Vec<IpAddr> {
    if listed.is_empty() {
        listed = vec![Ipv6Addr::LOCALHOST.into(), Ipv4Addr::LOCALHOST.into()];
    }
    if listed.iter().any(IpAddr::is_ipv4) && listed.iter().any(IpAddr::is_ipv6) && !has_ipv6() {
        listed.retain(IpAddr::is_ipv4);
    }
    listed.sort_by_key(IpAddr::is_ipv4);
    listed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ip(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn local_names_are_told_from_others() {
        for host in ["localhost", "LocalHost", "localhost.", "broker.localhost", "a.b.localhost."] {
            assert!(is_local(host), "{host}");
        }
        for host in ["", ".", "localhost.example", "mylocalhost", "localhost..", ".localhost", "a..localhost", "local"]
        {
            assert!(!is_local(host), "{host}");
        }
    }

    #[test]
    fn a_name_has_the_addresses_of_the_hosts_file() {
        let hosts = "127.0.0.1\tlocalhost  box # localhost\n\n::1 LOCALHOST\nfe80::1%lo0 localhost\nbad localhost\n\
                     #192.0.2.1 localhost\n127.0.0.7 broker.localhost\n127.0.0.8 more # broker.localhost";
        assert_eq!(listed(hosts.as_bytes(), "localhost"), [ip("127.0.0.1"), ip("::1")]);
        assert_eq!(listed(hosts.as_bytes(), "Broker.localhost."), [ip("127.0.0.7")]);
        assert_eq!(listed(hosts.as_bytes(), "other.localhost"), [] as [IpAddr; 0]);
    }

    #[test]
    fn without_a_hosts_file_a_local_name_is_loopback() {
        assert_eq!(chosen(Vec::new(), || true), [ip("::1"), ip("127.0.0.1")]);
        assert_eq!(chosen(Vec::new(), || false), [ip("127.0.0.1")]);
    }

    #[test]
    fn the_hosts_file_decides_and_ipv6_comes_first() {
        assert_eq!(chosen(vec![ip("127.0.0.1"), ip("::1")], || true), [ip("::1"), ip("127.0.0.1")]);
        assert_eq!(chosen(vec![ip("127.0.0.1"), ip("::1")], || false), [ip("127.0.0.1")]);
        assert_eq!(chosen(vec![ip("192.0.2.1")], || unreachable!("one family")), [ip("192.0.2.1")]);
        assert_eq!(chosen(vec![ip("::1")], || unreachable!("one family")), [ip("::1")]);
    }
}
