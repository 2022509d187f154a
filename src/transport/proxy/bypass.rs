use std::net::IpAddr;

/// Hosts that are connected to without the proxy: `NO_PROXY`, by the rules of curl.
///
/// A name, with or without a leading dot, matches itself and all names below it; an address matches itself,
/// `192.0.2.0/24` a network, `*` alone every host. Ports are ignored.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NoProxy {
    is_all: bool,
    names: Vec<String>,
    networks: Vec<Network>,
}

/// Addresses whose first bits are these.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Network {
    address: IpAddr,
    bits: u32,
}

impl NoProxy {
    /// Names, addresses and networks, separated by commas or spaces.
    pub fn parse(text: &str) -> Self {
        let mut parsed = Self { is_all: text.trim() == "*", ..Self::default() };
        for entry in text.split([',', ' ', '\t', '\n']).filter(|entry| !entry.is_empty()) {
            match Network::parse(entry) {
                Some(network) => parsed.networks.push(network),
                None => parsed.names.push(plain(entry.strip_prefix('.').unwrap_or(entry))),
            }
        }
        parsed
    }

    /// Whether a host is one of them.
    pub fn matches(&self, host: &str) -> bool {
        if self.is_all {
            return true;
        }
        if let Ok(address) = host.parse() {
            return self.networks.iter().any(|network| network.contains(address));
        }
        let host = plain(host);
        self.names.iter().any(|name| match host.strip_suffix(name.as_str()) {
            Some(before) => !name.is_empty() && (before.is_empty() || before.ends_with('.')),
            None => false,
        })
    }
}

impl Network {
    fn parse(text: &str) -> Option<Self> {
        let (address, bits) = match text.split_once('/') {
            Some((address, bits)) => (address, Some(bits.parse().ok()?)),
            None => (text, None),
        };
        let address: IpAddr = address.trim_start_matches('[').trim_end_matches(']').parse().ok()?;
        let all = if address.is_ipv4() { 32 } else { 128 };
        let bits = bits.unwrap_or(all);
        (bits <= all).then_some(Self { address, bits })
    }

    fn contains(&self, address: IpAddr) -> bool {
        match (self.address, address) {
            (IpAddr::V4(network), IpAddr::V4(address)) => {
                (network.to_bits() ^ address.to_bits()).checked_shr(32 - self.bits).unwrap_or(0) == 0
            }
            (IpAddr::V6(network), IpAddr::V6(address)) => {
                (network.to_bits() ^ address.to_bits()).checked_shr(128 - self.bits).unwrap_or(0) == 0
            }
            _ => false,
        }
    }
}

/// In lower case, without the dot that ends an absolute name.
fn plain(name: &str) -> String {
    name.strip_suffix('.').unwrap_or(name).to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_stands_for_itself_and_what_is_below_it() {
        for list in ["example.com", ".example.com", "x.org, EXAMPLE.com.", "x.org example.com"] {
            let bypass = NoProxy::parse(list);
            for host in ["example.com", "a.example.com", "Example.COM.", "b.a.example.com"] {
                assert!(bypass.matches(host), "{list}: {host}");
            }
            for host in ["notexample.com", "example.com.org", "com", "192.0.2.1"] {
                assert!(!bypass.matches(host), "{list}: {host}");
            }
        }
    }

    #[test]
    fn an_address_and_a_network_stand_for_addresses() {
        let bypass = NoProxy::parse("192.0.2.7,10.0.0.0/8,[::1],2001:db8::/32,0.0.0.0/33");
        for host in ["192.0.2.7", "10.255.0.1", "::1", "2001:db8:1::5"] {
            assert!(bypass.matches(host), "{host}");
        }
        for host in ["192.0.2.8", "11.0.0.1", "::2", "2001:db9::1", "localhost"] {
            assert!(!bypass.matches(host), "{host}");
        }
        assert!(NoProxy::parse("0.0.0.0/0").matches("203.0.113.1"));
        assert!(NoProxy::parse("::/0").matches("2001:db8::1"));
    }

    #[test]
    fn a_star_alone_stands_for_all() {
        assert!(NoProxy::parse(" * ").matches("example.com"));
        assert!(!NoProxy::parse("*,x.org").matches("example.com"), "as in curl");
        assert!(!NoProxy::parse("").matches("example.com"));
        assert!(!NoProxy::parse(".").matches("example.com"));
    }
}
