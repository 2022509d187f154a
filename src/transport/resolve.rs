use std::net::{IpAddr, SocketAddr};

use super::{Address, DialCause, localhost};

/// Which addresses of a host are tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AddressFamily {
    /// All, in the order of the system's resolver, families taking turns.
    #[default]
    Any,
    /// IPv4 only.
    Ipv4,
    /// IPv6 only.
    Ipv6,
}

/// A resolved target, which many connections to one broker share.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Resolved {
    /// TCP, in the order in which they are tried; never empty.
    Tcp(Vec<SocketAddr>),
    /// A Unix socket.
    Unix(std::path::PathBuf),
}

impl AddressFamily {
    fn admits(self, address: &SocketAddr) -> bool {
        match self {
            Self::Any => true,
            Self::Ipv4 => address.is_ipv4(),
            Self::Ipv6 => address.is_ipv6(),
        }
    }
}

/// Resolves a host and orders its addresses. `local` is the address to bind to, which determines the family.
pub(super) async fn resolve(
    address: &Address,
    family: AddressFamily,
    local: Option<IpAddr>,
) -> Result<Resolved, DialCause> {
    let (host, port) = match address {
        Address::Host { host, port } => (host.as_str(), *port),
        Address::Unix(path) => return Ok(Resolved::Unix(path.clone())),
    };
    let found: Vec<SocketAddr> = if let Ok(address) = host.parse::<IpAddr>() {
        vec![SocketAddr::new(address, port)]
    } else if let Some(local) = localhost::addresses(host, port) {
        local
    } else {
        tokio::net::lookup_host((host, port)).await.map_err(|error| DialCause::from_resolver(&error))?.collect()
    };
    if found.is_empty() {
        return Err(DialCause::NoSuchHost);
    }
    let fitting = found
        .into_iter()
        .filter(|address| family.admits(address))
        .filter(|address| local.is_none_or(|local| local.is_ipv4() == address.is_ipv4()));
    let addresses = interleave(fitting);
    if addresses.is_empty() {
        return Err(match (local, family) {
            (Some(local), _) => DialCause::NoAddressFor(local),
            (None, AddressFamily::Ipv6) => DialCause::NoIpv6Address,
            (None, _) => DialCause::NoIpv4Address,
        });
    }
    Ok(Resolved::Tcp(addresses))
}

/// Alternates the families, beginning with that of the first address (RFC 8305, section 4), so that one
/// broken family costs one delay and not one for each of its addresses. An address that is listed twice is tried
/// once.
fn interleave(addresses: impl Iterator<Item = SocketAddr>) -> Vec<SocketAddr> {
    let mut first_family = Vec::new();
    let mut second_family = Vec::new();
    for address in addresses {
        let is_of_first = first_family.first().is_none_or(|first: &SocketAddr| first.is_ipv4() == address.is_ipv4());
        let family = if is_of_first { &mut first_family } else { &mut second_family };
        if !family.contains(&address) {
            family.push(address);
        }
    }
    let mut ordered = Vec::with_capacity(first_family.len() + second_family.len());
    let (mut first_family, mut second_family) = (first_family.into_iter(), second_family.into_iter());
    loop {
        let (first, second) = (first_family.next(), second_family.next());
        if first.is_none() && second.is_none() {
            return ordered;
        }
        ordered.extend(first);
        ordered.extend(second);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(list: &[&str]) -> Vec<SocketAddr> {
        list.iter().map(|text| text.parse().unwrap()).collect()
    }

    fn host(host: &str) -> Address {
        Address::Host { host: host.into(), port: 1883 }
    }

    #[test]
    fn the_families_take_turns_and_the_first_stays_first() {
        let found = addresses(&["[2001:db8::1]:1", "[2001:db8::2]:1", "[2001:db8::1]:1", "192.0.2.1:1", "192.0.2.2:1"]);
        let ordered = interleave(found.into_iter());
        assert_eq!(ordered, addresses(&["[2001:db8::1]:1", "192.0.2.1:1", "[2001:db8::2]:1", "192.0.2.2:1"]));
        let ordered = interleave(addresses(&["192.0.2.1:1", "192.0.2.2:1", "[2001:db8::1]:1"]).into_iter());
        assert_eq!(ordered, addresses(&["192.0.2.1:1", "[2001:db8::1]:1", "192.0.2.2:1"]));
    }

    #[tokio::test]
    async fn an_address_needs_no_resolver() {
        let resolved = resolve(&host("::1"), AddressFamily::Any, None).await;
        assert_eq!(resolved, Ok(Resolved::Tcp(addresses(&["[::1]:1883"]))));
    }

    #[tokio::test]
    async fn a_family_that_the_host_lacks_is_named() {
        let resolved = resolve(&host("127.0.0.1"), AddressFamily::Ipv6, None).await;
        assert_eq!(resolved, Err(DialCause::NoIpv6Address));
        let local = "::1".parse().unwrap();
        let resolved = resolve(&host("127.0.0.1"), AddressFamily::Any, Some(local)).await;
        assert_eq!(resolved, Err(DialCause::NoAddressFor(local)));
    }

    #[tokio::test]
    async fn no_name_server_is_asked_for_a_name_below_localhost() {
        // No hosts file has it; a name server would refuse it, or take its time.
        let resolved = resolve(&host("broker.of.this.test.localhost"), AddressFamily::Ipv4, None).await;
        assert_eq!(resolved, Ok(Resolved::Tcp(addresses(&["127.0.0.1:1883"]))));
    }

    #[tokio::test]
    async fn a_name_that_no_name_server_can_know_is_no_such_host() {
        // RFC 2606 reserves `.invalid`; an empty label is refused by the resolver itself, without a network.
        let resolved = resolve(&host("no..invalid"), AddressFamily::Any, None).await;
        assert!(matches!(resolved, Err(DialCause::NoSuchHost | DialCause::ResolverSilent)), "{resolved:?}");
    }
}
