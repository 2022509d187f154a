//! Where the broker redirects us: Server Reference [MQTT-4.11].

use crate::mqtt::ReasonCode;
use crate::transport::{Address, BrokerUrl, Endpoint};

use super::Cause;

/// Another broker that the one at `endpoint` refers to, with the reason. An invalid reference, or one that would leave
/// TLS, is not followed.
pub(super) fn target(cause: &Cause, endpoint: &Endpoint) -> Option<Endpoint> {
    let (reason, references) = match cause {
        Cause::Refused(ack) => (ack.reason, ack.properties.server_reference.as_deref()),
        Cause::Disconnected(disconnect) => (disconnect.reason, disconnect.properties.server_reference.as_deref()),
        _ => return None,
    };
    if !matches!(reason, ReasonCode::UseAnotherServer | ReasonCode::ServerMoved) {
        return None;
    }
    // A list separated by spaces; the first valid one is used.
    references?.split_ascii_whitespace().find_map(|reference| parse(reference, endpoint))
}

/// `host`, `host:port`, `[::1]:port`, or, from some brokers, a URL.
fn parse(reference: &str, endpoint: &Endpoint) -> Option<Endpoint> {
    let text =
        if reference.contains("://") { reference.to_owned() } else { format!("{}://{reference}", endpoint.protocol) };
    let target = BrokerUrl::parse(&text).ok()?.endpoint;
    let leaves_tls = endpoint.protocol.is_secure() && !target.protocol.is_secure();
    (!leaves_tls && matches!(target.address, Address::Host { .. })).then_some(target)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::session::{Disconnect, DisconnectProperties};
    use crate::transport::Protocol;

    fn followed(reason: ReasonCode, reference: &str, protocol: Protocol) -> Option<String> {
        let properties =
            DisconnectProperties { server_reference: Some(reference.to_owned()), ..DisconnectProperties::default() };
        let cause = Cause::Disconnected(Box::new(Disconnect { reason, properties }));
        target(&cause, &Endpoint::new(protocol, "old", 1)).map(|endpoint| endpoint.to_string())
    }

    #[test]
    fn references_of_every_shape_are_understood() {
        for (reference, url) in [
            ("new", "mqtt://new:1883"),
            ("new:1884", "mqtt://new:1884"),
            ("10.0.0.1:1 other:2", "mqtt://10.0.0.1:1"),
            ("[::1]:1884", "mqtt://[::1]:1884"),
            ("mqtts://new", "mqtts://new:8883"),
        ] {
            let target = followed(ReasonCode::ServerMoved, reference, Protocol::Mqtt);
            assert_eq!(target.as_deref(), Some(url), "{reference}");
        }
    }

    #[test]
    fn no_reference_leads_out_of_tls_to_a_file_or_without_its_reason() {
        assert_eq!(followed(ReasonCode::UseAnotherServer, "mqtt://new", Protocol::Mqtts), None);
        assert_eq!(followed(ReasonCode::UseAnotherServer, "unix:///run/x", Protocol::Mqtt), None);
        assert_eq!(followed(ReasonCode::UseAnotherServer, " ", Protocol::Mqtt), None);
        assert_eq!(followed(ReasonCode::ServerShuttingDown, "new", Protocol::Mqtt), None);
        let kept = followed(ReasonCode::UseAnotherServer, "new:5", Protocol::Mqtts);
        assert_eq!(kept.as_deref(), Some("mqtts://new:5"));
    }
}
