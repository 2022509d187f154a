//! What a client ended with, as the user sees it: who is at fault and what to try.

use super::transport::{dial_hint, tls_hint};
use super::{Error, ErrorKind};
use crate::client::{Cause, ClientError, Clue, Foreign, LinkLoss};
use crate::mqtt::{ReasonCode, Version};
use crate::transport::{Address, Endpoint, Protocol};

impl From<ClientError> for Error {
    fn from(error: ClientError) -> Self {
        let new = Self::new(kind(&error), error.to_string());
        let new = match reason(&error.cause) {
            Some(reason) => new.with_reason(reason),
            None => new,
        };
        match hint(&error.cause, &error.endpoint, error.version).or_else(|| error.clue.map(clue_hint)) {
            Some(hint) => new.with_hint(hint),
            None => new,
        }
    }
}

/// The guess that a clue suggests.
pub(crate) fn clue_hint(clue: Clue) -> String {
    match clue {
        Clue::Oversized(size) => format!(
            "a message of {size} bytes was in flight, larger than any acknowledged before: is it above the broker's limit?"
        ),
        Clue::SharedClientId => {
            "does another client use this --client-id? Two clients with the same one disconnect each other".to_owned()
        }
    }
}

fn kind(error: &ClientError) -> ErrorKind {
    match &error.cause {
        Cause::Refused(_) | Cause::NotReauthenticated(_) => ErrorKind::ConnectRefused,
        Cause::Violation(_) => ErrorKind::Protocol,
        Cause::Journal(_) => ErrorKind::Local,
        // Whatever prevents the reconnect: the loss is what matters.
        _ if error.was_connected => ErrorKind::ConnectionLost,
        Cause::NoConnAck(_) => ErrorKind::TimedOut,
        Cause::Dial(_) | Cause::NotMqtt(_) | Cause::ClosedEarly(_) => ErrorKind::Connect,
        Cause::Disconnected(_) | Cause::KeepAliveTimeout | Cause::Lost(_) | Cause::NotConfirmed | Cause::Resuming => {
            ErrorKind::ConnectionLost
        }
    }
}

fn reason(cause: &Cause) -> Option<ReasonCode> {
    match cause {
        Cause::Refused(ack) => Some(ack.reason),
        Cause::Disconnected(disconnect) => Some(disconnect.reason),
        Cause::NotReauthenticated(refusal) => Some(refusal.reason),
        Cause::Violation(violation) => Some(violation.reason),
        _ => None,
    }
}

fn hint(cause: &Cause, endpoint: &Endpoint, version: Version) -> Option<String> {
    match cause {
        Cause::Dial(error) => dial_hint(error),
        Cause::NotMqtt(Foreign::Tls) => {
            Some(speak(if endpoint.protocol.is_websocket() { Protocol::Wss } else { Protocol::Mqtts }))
        }
        Cause::NotMqtt(Foreign::Http) => {
            Some(format!("is this the broker's MQTT port? For WebSocket {}", speak(Protocol::Ws)))
        }
        Cause::ClosedEarly(LinkLoss::Tls(cause)) => tls_hint(cause).map(Into::into),
        Cause::ClosedEarly(_) => usual_protocol(endpoint).or_else(|| closed_early_hint(endpoint, version)),
        Cause::NoConnAck(_) => usual_protocol(endpoint).or_else(|| {
            Some("is this the broker's MQTT port? --connect-timeout waits longer for a broker that is slow".into())
        }),
        Cause::Refused(ack) => match ack.reason {
            ReasonCode::BadUserNameOrPassword => Some("check --username and --password".into()),
            ReasonCode::NotAuthorized => Some("check --username, --password and what this user may do".into()),
            ReasonCode::UnsupportedProtocolVersion => {
                Some("try another version, for example --mqtt-version 3.1.1".into())
            }
            ReasonCode::ClientIdentifierNotValid => Some("choose another one with --client-id".into()),
            ReasonCode::UseAnotherServer | ReasonCode::ServerMoved if ack.properties.server_reference.is_some() => {
                Some("--follow-redirect connects to it".into())
            }
            ReasonCode::BadAuthenticationMethod => Some("check --authentication-method".into()),
            ReasonCode::TopicNameInvalid => Some("check --will-topic".into()),
            ReasonCode::PayloadFormatInvalid => Some("leave out --will-payload-format-indicator".into()),
            ReasonCode::RetainNotSupported => Some("leave out --will-retain".into()),
            ReasonCode::QoSNotSupported => Some("use a lower --will-qos".into()),
            ReasonCode::PacketTooLarge => Some("CONNECT is too large: shorten the will and the user properties".into()),
            ReasonCode::QuotaExceeded => Some("the broker has reached its limit of connections".into()),
            reason => reason_hint(reason).map(Into::into),
        },
        Cause::NotReauthenticated(_) => {
            Some("has the password of this user changed, or its permission to connect?".into())
        }
        Cause::Disconnected(disconnect) if disconnect.properties.server_reference.is_some() => {
            Some("--follow-redirect connects to it".into())
        }
        Cause::Disconnected(disconnect) => reason_hint(disconnect.reason).map(Into::into),
        Cause::Violation(_)
        | Cause::KeepAliveTimeout
        | Cause::Lost(_)
        | Cause::NotConfirmed
        | Cause::Resuming
        | Cause::Journal(_) => None,
    }
}

/// What to try when the broker ends a connection with a reason.
fn reason_hint(reason: ReasonCode) -> Option<&'static str> {
    Some(match reason {
        ReasonCode::Banned => "the broker has banned this client id, user name or address: ask its operator",
        ReasonCode::ServerUnavailable | ReasonCode::ServerBusy => {
            "the broker does not accept connections now: try again later"
        }
        ReasonCode::ConnectionRateExceeded => "too many clients connected in a short time: try again later",
        ReasonCode::NotAuthorized => "check which topics this user may publish and subscribe to",
        ReasonCode::KeepAliveTimeout => {
            "the broker received nothing for one and a half times --keepalive: was this machine asleep or its network down?"
        }
        ReasonCode::SessionTakenOver => "another client connected with the same --client-id",
        ReasonCode::TopicFilterInvalid | ReasonCode::TopicNameInvalid => "the broker does not accept this --topic",
        ReasonCode::ReceiveMaximumExceeded => {
            "more QoS 1 and 2 messages were in flight than the broker allows: use a lower --inflight"
        }
        ReasonCode::TopicAliasInvalid => "use a lower --topic-alias, or leave it out",
        ReasonCode::PacketTooLarge => "a packet was larger than the broker accepts: use smaller payloads",
        ReasonCode::MessageRateTooHigh => "publish more slowly: the broker limits the rate of messages",
        ReasonCode::QuotaExceeded => "the broker limits how much this client or user may send or store",
        ReasonCode::AdministrativeAction => "an operator of the broker ended the connection (kicked the client)",
        ReasonCode::PayloadFormatInvalid => "leave out --payload-format-indicator: the payload is not UTF-8",
        ReasonCode::RetainNotSupported => "leave out --retain: the broker does not support retained messages",
        ReasonCode::QoSNotSupported => "use a lower --qos",
        ReasonCode::SharedSubscriptionsNotSupported => {
            "subscribe without `$share/`: the broker does not support shared subscriptions"
        }
        ReasonCode::SubscriptionIdentifiersNotSupported => "leave out --subscription-identifier",
        ReasonCode::WildcardSubscriptionsNotSupported => {
            "subscribe without `+` and `#`: the broker does not support wildcards"
        }
        _ => return None,
    })
}

/// Brokers without MQTT 5.0 should refuse it, but some just close the connection, and so do ports that speak TLS.
fn closed_early_hint(endpoint: &Endpoint, version: Version) -> Option<String> {
    let old = "a broker without MQTT 5.0 may close the connection like this: try --mqtt-version 3.1.1";
    match (endpoint.protocol == Protocol::Mqtt, version.is_v5()) {
        (true, true) => Some(format!("does this port speak TLS? Then {}; {old}", speak(Protocol::Mqtts))),
        (true, false) => Some(format!("does this port speak TLS? Then {}", speak(Protocol::Mqtts))),
        (false, true) => Some(old.to_owned()),
        (false, false) => None,
    }
}

/// The protocol usually spoken on the port, if another one was tried.
fn usual_protocol(endpoint: &Endpoint) -> Option<String> {
    let Address::Host { port, .. } = &endpoint.address else { return None };
    let usual = [Protocol::Mqtts, Protocol::Ws, Protocol::Wss, Protocol::Mqtt, Protocol::Quic];
    let protocol = usual.into_iter().find(|protocol| protocol.default_port() == *port)?;
    let name = match protocol {
        Protocol::Mqtt => "plain MQTT",
        Protocol::Mqtts => "TLS",
        Protocol::Ws => "WebSocket",
        Protocol::Wss => "WebSocket over TLS",
        Protocol::Quic => "QUIC",
    };
    (protocol != endpoint.protocol).then(|| format!("port {port} usually speaks {name}: {}", speak(protocol)))
}

fn speak(protocol: Protocol) -> String {
    format!("use -l {protocol}")
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::client::LinkLoss;
    use crate::mqtt::ConnAckProperties;
    use crate::session::{ConnAck, Disconnect, DisconnectProperties};
    use crate::transport::{DialCause, DialError, DialStep, DialTimings};

    fn error(port: u16, cause: Cause, was_connected: bool) -> Error {
        let endpoint = Endpoint::tcp("localhost", port);
        ClientError { version: Version::V5, endpoint, cause, was_connected, attempts: 0, clue: None }.into()
    }

    fn refused_dial() -> Cause {
        Cause::Dial(Box::new(DialError {
            step: DialStep::Connect,
            address: Endpoint::tcp("localhost", 1883).address,
            proxy: None,
            cause: DialCause::Refused,
            attempts: Vec::new(),
            timings: DialTimings::default(),
        }))
    }

    #[test]
    fn nothing_listens() {
        let error = error(1883, refused_dial(), false);
        assert_eq!(error.kind(), ErrorKind::Connect);
        assert_eq!(error.message(), "cannot connect to localhost:1883: connection refused");
        assert_eq!(error.hint(), Some("is a broker running on localhost:1883? --embedded starts one"));
    }

    #[test]
    fn a_connection_that_does_not_come_back_is_lost() {
        assert_eq!(error(1883, refused_dial(), true).kind(), ErrorKind::ConnectionLost);
    }

    #[test]
    fn the_port_hints_at_the_protocol() {
        let error = error(8883, Cause::ClosedEarly(LinkLoss::EndOfStream), false);
        assert_eq!(error.kind(), ErrorKind::Connect);
        assert_eq!(error.hint(), Some("port 8883 usually speaks TLS: use -l mqtts"));
    }

    #[test]
    fn a_broker_that_closes_before_connack_may_be_old() {
        let of = |version: Version, protocol: Protocol| {
            let endpoint = Endpoint::new(protocol, "localhost", 1);
            let cause = Cause::ClosedEarly(LinkLoss::EndOfStream);
            let error =
                Error::from(ClientError { version, endpoint, cause, was_connected: false, attempts: 0, clue: None });
            error.hint().unwrap_or_default().to_owned()
        };
        let hint = of(Version::V5, Protocol::Mqtt);
        assert!(hint.contains("-l mqtts") && hint.contains("--mqtt-version 3.1.1"), "{hint}");
        assert_eq!(of(Version::V3_1_1, Protocol::Mqtt), "does this port speak TLS? Then use -l mqtts");
        assert!(of(Version::V5, Protocol::Wss).contains("--mqtt-version 3.1.1"));
        assert_eq!(of(Version::V3_1_1, Protocol::Wss), "");
    }

    #[test]
    fn each_reason_that_a_user_can_act_on_has_a_hint() {
        for (reason, hint) in [
            (ReasonCode::Banned, "banned"),
            (ReasonCode::NotAuthorized, "may publish"),
            (ReasonCode::ReceiveMaximumExceeded, "--inflight"),
            (ReasonCode::AdministrativeAction, "kicked"),
            (ReasonCode::KeepAliveTimeout, "--keepalive"),
            (ReasonCode::SessionTakenOver, "--client-id"),
            (ReasonCode::PacketTooLarge, "smaller"),
        ] {
            let disconnect = Disconnect { reason, properties: DisconnectProperties::default() };
            let error = error(1883, Cause::Disconnected(Box::new(disconnect)), true);
            assert!(error.hint().is_some_and(|shown| shown.contains(hint)), "{error:?}");
        }
    }

    #[test]
    fn silence_is_a_timeout() {
        let error = error(1883, Cause::NoConnAck(Duration::from_secs(10)), false);
        assert_eq!((error.kind(), error.message()), (ErrorKind::TimedOut, "no CONNACK within 10 s"));
        assert!(error.hint().is_some_and(|hint| hint.contains("MQTT port") && hint.contains("--connect-timeout")));
    }

    #[test]
    fn a_refusal_has_its_reason_and_the_brokers_words() {
        let properties = ConnAckProperties { reason_string: Some("go away".into()), ..ConnAckProperties::default() };
        let ack = ConnAck { session_present: false, reason: ReasonCode::NotAuthorized, properties };
        let error = error(1883, Cause::Refused(Box::new(ack)), false);
        assert_eq!(error.kind(), ErrorKind::ConnectRefused);
        assert_eq!(error.reason(), Some(ReasonCode::NotAuthorized));
        assert_eq!(error.message(), "the broker refused the connection: Not authorized (0x87): go away");
    }

    #[test]
    fn tls_where_mqtt_was_expected() {
        let error = error(1883, Cause::NotMqtt(Foreign::Tls), false);
        assert_eq!((error.kind(), error.hint()), (ErrorKind::Connect, Some("use -l mqtts")));
    }
}
