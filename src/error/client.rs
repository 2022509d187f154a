//! What a client ended with, as the user sees it: who is at fault and what to try.

use super::transport::{dial_hint, tls_hint};
use super::{Error, ErrorKind};
use crate::client::{Cause, ClientError, Clue, Foreign, LinkLoss};
use crate::mqtt::ReasonCode;
use crate::transport::{Address, Endpoint, Protocol};

impl From<ClientError> for Error {
    fn from(error: ClientError) -> Self {
        let new = Self::new(kind(&error), error.to_string());
        let new = match reason(&error.cause) {
            Some(reason) => new.with_reason(reason),
            None => new,
        };
        match hint(&error.cause, &error.endpoint).or_else(|| error.clue.map(clue_hint)) {
            Some(hint) => new.with_hint(hint),
            None => new,
        }
    }
}

/// What a clue lets suppose.
pub(crate) fn clue_hint(clue: Clue) -> String {
    match clue {
        Clue::Oversized(size) => format!(
            "a message of {size} bytes was in flight, larger than any acknowledged before: is it above the broker's limit?"
        ),
        Clue::SharedClientId => {
            "does another client use this --client-id? Two with the same one throw each other out".to_owned()
        }
    }
}

fn kind(error: &ClientError) -> ErrorKind {
    match &error.cause {
        Cause::Refused(_) | Cause::NotReauthenticated(_) => ErrorKind::ConnectRefused,
        Cause::Violation(_) => ErrorKind::Protocol,
        // Whatever keeps a lost connection from coming back: it is the loss that matters.
        _ if error.was_connected => ErrorKind::ConnectionLost,
        Cause::NoConnAck(_) => ErrorKind::TimedOut,
        Cause::Dial(_) | Cause::NotMqtt(_) | Cause::ClosedEarly(_) => ErrorKind::Connect,
        Cause::Disconnected(_) | Cause::KeepAliveTimeout | Cause::Lost(_) => ErrorKind::ConnectionLost,
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

fn hint(cause: &Cause, endpoint: &Endpoint) -> Option<String> {
    match cause {
        Cause::Dial(error) => dial_hint(error),
        Cause::NotMqtt(Foreign::Tls) => {
            Some(speak(if endpoint.protocol.is_websocket() { Protocol::Wss } else { Protocol::Mqtts }))
        }
        Cause::NotMqtt(Foreign::Http) => {
            Some(format!("is this the broker's MQTT port? For WebSocket {}", speak(Protocol::Ws)))
        }
        Cause::ClosedEarly(LinkLoss::Tls(cause)) => tls_hint(cause).map(Into::into),
        Cause::ClosedEarly(_) if endpoint.protocol == Protocol::Mqtt => {
            let usual = usual_protocol(endpoint);
            usual.or_else(|| Some(format!("does this port speak TLS? Then {}", speak(Protocol::Mqtts))))
        }
        Cause::ClosedEarly(_) | Cause::NoConnAck(_) => usual_protocol(endpoint),
        Cause::Refused(ack) => match ack.reason {
            ReasonCode::BadUserNameOrPassword => Some("check --username and --password".into()),
            ReasonCode::NotAuthorized => Some("check --username, --password and what this user may do".into()),
            ReasonCode::UnsupportedProtocolVersion => Some("try another version, as in --mqtt-version 3.1.1".into()),
            ReasonCode::ClientIdentifierNotValid => Some("choose another one with --client-id".into()),
            ReasonCode::UseAnotherServer | ReasonCode::ServerMoved if ack.properties.server_reference.is_some() => {
                Some("--follow-redirect goes there".into())
            }
            ReasonCode::BadAuthenticationMethod => Some("check --authentication-method".into()),
            _ => None,
        },
        Cause::NotReauthenticated(_) => Some("was the password of this user changed, or its right to be here?".into()),
        Cause::Disconnected(disconnect) if disconnect.properties.server_reference.is_some() => {
            Some("--follow-redirect goes there".into())
        }
        Cause::Disconnected(disconnect) if disconnect.reason == ReasonCode::SessionTakenOver => {
            Some("another client connected with the same --client-id".into())
        }
        Cause::Disconnected(_) | Cause::Violation(_) | Cause::KeepAliveTimeout | Cause::Lost(_) => None,
    }
}

/// The protocol that usually is spoken on the port, if another one was tried.
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
    use crate::session::ConnAck;
    use crate::transport::{DialCause, DialError, DialStep, DialTimings};

    fn error(port: u16, cause: Cause, was_connected: bool) -> Error {
        let endpoint = Endpoint::tcp("localhost", port);
        ClientError { endpoint, cause, was_connected, attempts: 0, clue: None }.into()
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
    fn silence_is_a_timeout() {
        let error = error(1883, Cause::NoConnAck(Duration::from_secs(10)), false);
        assert_eq!((error.kind(), error.message()), (ErrorKind::TimedOut, "no CONNACK within 10 s"));
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
