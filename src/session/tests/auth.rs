//! Enhanced authentication [MQTT-4.12].

use super::*;

fn scram() -> ConnectOptions {
    let mut options = options(Version::V5);
    options.properties.authentication_method = Some("M".into());
    options.properties.authentication_data = Some("hello".into());
    options
}

fn auth(reason: ReasonCode, data: &'static str) -> Auth {
    Auth { reason, data: Some(data.into()), details: Details::default() }
}

#[test]
fn an_exchange_ends_in_connack() {
    let mut wire = Wire::new(scram());
    wire.session.connect(wire.now);
    assert_eq!(wire.sent(), hex("10 1b 0004 'MQTT' 05 02 003c 0c 15 0001 'M' 16 0005 'hello' 0002 'me'"));
    wire.receive("f0 0a 18 08 15 0001 'M' 16 0001 'q'");
    assert_eq!(wire.event(), Event::Auth(Box::new(auth(ReasonCode::ContinueAuthentication, "q"))));
    wire.session.authenticate(auth(ReasonCode::ContinueAuthentication, "a")).unwrap();
    assert_eq!(wire.sent(), hex("f0 0a 18 08 15 0001 'M' 16 0001 'a'"));
    wire.receive("20 0b 00 00 08 15 0001 'M' 16 0001 'z'");
    let Event::Connected(ack) = wire.event() else { panic!() };
    assert_eq!(ack.properties.authentication_data.as_deref(), Some(b"z".as_slice()));
}

#[test]
fn a_re_authentication_is_begun_by_us_and_ends_in_success() {
    let mut wire = Wire::connected(scram(), ACCEPTED_V5);
    let too_early = wire.session.authenticate(auth(ReasonCode::ContinueAuthentication, "a"));
    assert_eq!(too_early, Err(AuthenticateError::NotExpected));
    wire.session.authenticate(auth(ReasonCode::ReAuthenticate, "a")).unwrap();
    assert_eq!(wire.sent(), hex("f0 0a 19 08 15 0001 'M' 16 0001 'a'"));
    wire.receive("f0 06 18 04 15 0001 'M'");
    assert!(matches!(wire.event(), Event::Auth(_)));
    wire.session.authenticate(auth(ReasonCode::ContinueAuthentication, "b")).unwrap();
    wire.sent();
    // Success may leave out everything.
    wire.receive("f0 00");
    let success = Auth { reason: ReasonCode::Success, data: None, details: Details::default() };
    assert_eq!(wire.event(), Event::Auth(Box::new(success)));
}

#[test]
fn auth_that_nobody_asked_for_is_a_violation() {
    for (options, packet) in
        [(options(Version::V5), "f0 06 18 04 15 0001 'M'"), (scram(), "f0 06 18 04 15 0001 'M'"), (scram(), "f0 00")]
    {
        let mut wire = Wire::connected(options, ACCEPTED_V5);
        wire.receive(packet);
        wire.assert_blamed(ReasonCode::ProtocolError);
    }
}

#[test]
fn auth_that_does_not_fit_the_exchange_is_a_violation() {
    for packet in [
        "f0 06 00 04 15 0001 'M'",
        "f0 06 18 04 15 0001 'N'",
        "f0 02 18 00",
        "f0 06 19 04 15 0001 'M'",
        "20 07 00 00 04 15 0001 'N'",
    ] {
        let mut wire = Wire::new(scram());
        wire.session.connect(wire.now);
        wire.sent();
        wire.receive(packet);
        wire.assert_blamed(ReasonCode::ProtocolError);
    }
    let mut wire = Wire::new(options(Version::V5));
    wire.session.connect(wire.now);
    wire.sent();
    wire.receive("20 07 00 00 04 15 0001 'M'");
    wire.assert_blamed(ReasonCode::ProtocolError);
}

#[test]
fn authenticate_without_a_method_is_a_local_error() {
    let error = Wire::v5().session.authenticate(auth(ReasonCode::ReAuthenticate, "a")).unwrap_err();
    assert_eq!(error, AuthenticateError::NoMethod);
}

/// Begins with "1", "2" and so on, and accepts any server that says "yes".
#[derive(Debug, Default)]
struct Counting {
    begun: u32,
}

impl Authenticator for Counting {
    fn method(&self) -> &'static str {
        "M"
    }

    fn begin(&mut self) -> bytes::Bytes {
        self.begun += 1;
        self.begun.to_string().into()
    }

    fn answer(&mut self, data: &[u8]) -> Result<bytes::Bytes, AuthenticationFault> {
        if data == b"no" { Err(AuthenticationFault::Refused) } else { Ok("a".into()) }
    }

    fn finish(&mut self, data: Option<&[u8]>) -> Result<(), AuthenticationFault> {
        if data == Some(b"yes") { Ok(()) } else { Err(AuthenticationFault::Wrong("no proof")) }
    }
}

/// A session that an authenticator has connected.
fn authenticated() -> Wire {
    let mut wire = Wire::new(options(Version::V5));
    wire.session.set_authenticator(Box::new(Counting::default())).unwrap();
    wire.session.connect(wire.now);
    wire.sent();
    wire.receive("f0 0a 18 08 15 0001 'M' 16 0001 'q'");
    assert_eq!(wire.sent(), hex("f0 0a 18 08 15 0001 'M' 16 0001 'a'"));
    wire.receive("20 0d 00 00 0a 15 0001 'M' 16 0003 'yes'");
    assert!(matches!(wire.event(), Event::Connected(_)), "AUTH before was no event");
    wire
}

#[test]
fn an_authenticator_sees_to_re_authentication_too() {
    let mut wire = authenticated();
    wire.session.authenticate(auth(ReasonCode::ReAuthenticate, "")).unwrap();
    assert_eq!(wire.sent(), hex("f0 0a 19 08 15 0001 'M' 16 0001 '3'"));
    wire.receive("f0 0a 18 08 15 0001 'M' 16 0001 'q'");
    assert_eq!(wire.sent(), hex("f0 0a 18 08 15 0001 'M' 16 0001 'a'"));
    wire.receive("f0 0c 00 0a 15 0001 'M' 16 0003 'yes'");
    assert_eq!(wire.event(), Event::Auth(Box::new(auth(ReasonCode::Success, "yes"))));
}

#[test]
fn a_re_authentication_that_is_refused_is_told_from_other_ends() {
    for (packet, refusal) in [
        ("e0 02 87 00", Some((ReasonCode::NotAuthorized, None))),
        ("f0 0b 18 09 15 0001 'M' 16 0002 'no'", Some((ReasonCode::NotAuthorized, Some("no".into())))),
        ("e0 02 8e 00", None),
    ] {
        let mut wire = authenticated();
        wire.session.authenticate(auth(ReasonCode::ReAuthenticate, "")).unwrap();
        wire.sent();
        wire.receive(packet);
        let Event::Disconnected(how) = wire.event() else { panic!() };
        let told = match how {
            Disconnected::NotReauthenticated(auth) => Some((auth.reason, auth.data)),
            _ => None,
        };
        assert_eq!(told, refusal, "{packet}");
    }
    let mut wire = authenticated();
    wire.receive("e0 02 87 00");
    assert!(matches!(wire.event(), Event::Disconnected(Disconnected::ByServer(_))), "none was under way");
}

#[test]
fn a_re_authentication_without_a_proof_ends_the_connection() {
    let mut wire = authenticated();
    wire.session.authenticate(auth(ReasonCode::ReAuthenticate, "")).unwrap();
    wire.sent();
    wire.receive("f0 00");
    let Event::Disconnected(Disconnected::Violation(violation)) = wire.event() else { panic!() };
    assert_eq!(violation.to_string(), "no proof");
}
